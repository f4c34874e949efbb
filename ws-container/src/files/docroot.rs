//! Files of a directory over HTTP.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, IF_RANGE, LOCATION, RANGE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Empty;
use tower_http::services::ServeDir;
use tower_http::services::fs::DefaultServeDirFallback;

use crate::files::jail::{Found, Jail, blocking};
use crate::files::listing;
use crate::files::path::Names;
use crate::response::{Body, content, plain, with};

/// A directory of static files.
#[derive(Clone, Debug)]
pub(crate) struct Docroot {
    jail: Arc<Jail>,
    service: ServeDir<DefaultServeDirFallback, Jail>,
    list: bool,
}

/// What a path leads to.
#[derive(Debug)]
enum Target {
    /// A file, by its path in normal form.
    File(String),
    /// A directory that was asked for without its trailing slash, by its path with it.
    Moved(String),
    /// The page that lists a directory.
    Listing(String),
}

impl Docroot {
    /// Serves `root`, listing its directories if `list` is set.
    ///
    /// # Errors
    ///
    /// When `root` is no directory or cannot be read.
    pub(crate) fn new(root: &Path, list: bool) -> io::Result<Self> {
        let jail = Jail::new(root)?;
        let service = ServeDir::with_backend(jail.root(), jail.clone())
            .append_index_html_on_directories(false)
            .redirect_to_trailing_slash(false)
            .ignore_multi_range_requests(true);
        Ok(Self { jail: Arc::new(jail), service, list })
    }

    /// The response to `request`, which asks by `method`, GET or HEAD, for `names` below `root`;
    /// `None` where there is no file.
    pub(crate) async fn respond(
        &self,
        names: &Names,
        root: &str,
        method: &Method,
        request: &Parts,
    ) -> Option<Response<Body>> {
        if names.is_hidden() {
            return None;
        }
        let (jail, list, names) = (Arc::clone(&self.jail), self.list, names.clone());
        let target = blocking(move || find(&jail, &names, list)).await;
        match target {
            Ok(Some(Target::File(path))) => self.file(&path, method, &request.headers).await,
            Ok(Some(Target::Moved(path))) => Some(moved(root, &path, request.uri.query())),
            Ok(Some(Target::Listing(page))) => {
                let response = content(StatusCode::OK, "text/html; charset=utf-8", page.into());
                Some(with(response, CONTENT_SECURITY_POLICY, listing::POLICY))
            }
            Ok(None) => None,
            Err(error) => Some(failed(&error)),
        }
    }

    /// The file at `path`: conditional requests, ranges and the media type are the service's work.
    async fn file(
        &self,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
    ) -> Option<Response<Body>> {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.parse().ok()?;
        request.headers_mut().clone_from(headers);
        if !range_counts(method, headers) {
            request.headers_mut().remove(RANGE);
        }
        let response = match self.service.clone().try_call(request).await {
            Ok(response) => response,
            Err(error) => return Some(failed(&error)),
        };
        if response.status() == StatusCode::NOT_FOUND {
            return None;
        }
        let mut response = response.map(Body::File);
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // Browsers guess the encoding of text that does not say it.
        if let Some(with_charset) = headers.get(CONTENT_TYPE).and_then(utf8_text) {
            headers.insert(CONTENT_TYPE, with_charset);
        }
        Some(response)
    }
}

/// Whether the `Range` of a request is to be looked at (RFC 9110 §14.2). With an `If-Range` the whole
/// file is as good an answer, and right whatever became of the file.
fn range_counts(method: &Method, headers: &HeaderMap) -> bool {
    let bytes = headers.get(RANGE).is_some_and(|range| range.as_bytes().starts_with(b"bytes="));
    bytes && *method == Method::GET && !headers.contains_key(IF_RANGE)
}

/// The type of text that does not say its encoding, saying UTF-8.
fn utf8_text(content_type: &HeaderValue) -> Option<HeaderValue> {
    let plain = content_type.to_str().ok().filter(|it| it.starts_with("text/"))?;
    if plain.contains("charset") {
        return None;
    }
    HeaderValue::try_from(format!("{plain}; charset=utf-8")).ok()
}

/// Looks at the file system. Blocks.
fn find(jail: &Jail, names: &Names, list: bool) -> io::Result<Option<Target>> {
    let mut path = jail.root().to_owned();
    path.extend(&names.names);
    match jail.look(&path) {
        None => Ok(None),
        Some(Found::File) if names.directory => Ok(None),
        Some(Found::File) => Ok(Some(Target::File(names.to_uri_path()))),
        Some(Found::Directory) if !names.directory => {
            let directory = Names { names: names.names.clone(), directory: true };
            Ok(Some(Target::Moved(directory.to_uri_path())))
        }
        Some(Found::Directory) => {
            if jail.look(&path.join("index.html")) == Some(Found::File) {
                return Ok(Some(Target::File(names.to_uri_path() + "index.html")));
            }
            list.then(|| listing::page(jail, &path, names).map(Target::Listing)).transpose()
        }
    }
}

/// Sends the client on to `path` below `root`, with the query that it sent. The path is in normal
/// form and so cannot name another host.
fn moved(root: &str, path: &str, query: Option<&str>) -> Response<Body> {
    let mut response =
        plain(StatusCode::PERMANENT_REDIRECT, "The directory has a trailing slash.\n");
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(location) = HeaderValue::try_from(format!("{root}{path}{query}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn failed(error: &io::Error) -> Response<Body> {
    match error.kind() {
        io::ErrorKind::PermissionDenied => plain(StatusCode::FORBIDDEN, "Forbidden.\n"),
        _ => {
            tracing::warn!(%error, "cannot read a static file");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "The file cannot be read.\n")
        }
    }
}

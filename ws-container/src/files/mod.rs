//! What a plain GET finds: a file of the docroot, or a page that is part of the program.

#[cfg(feature = "docroot")]
mod docroot;
#[cfg(feature = "docroot")]
mod jail;
#[cfg(feature = "docroot")]
mod listing;
mod page;
mod path;

use http::header::ALLOW;
use http::{Method, Response, StatusCode, request};

use crate::files::page::Prepared;
pub(crate) use crate::files::page::registered;
pub use crate::files::page::{Page, PageRegistration};
use crate::files::path::Names;
use crate::response::{Body, plain, with};

/// The static content of a container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    pages: Vec<Prepared>,
    #[cfg(feature = "docroot")]
    docroot: Option<docroot::Docroot>,
}

impl Files {
    /// Serves `pages`.
    ///
    /// # Errors
    ///
    /// When the system has no source of randomness.
    pub(crate) fn new(pages: &[Page]) -> std::io::Result<Self> {
        let nonce = page::nonce()?;
        let pages = pages.iter().map(|page| Prepared::new(page, &nonce)).collect();
        Ok(Self {
            pages,
            #[cfg(feature = "docroot")]
            docroot: None,
        })
    }

    /// Serves the files of `root` too, and before the pages; lists directories if `list` is set.
    ///
    /// # Errors
    ///
    /// When `root` is no directory or cannot be read.
    #[cfg(feature = "docroot")]
    pub(crate) fn with_docroot(
        mut self,
        root: &std::path::Path,
        list: bool,
    ) -> std::io::Result<Self> {
        self.docroot = Some(docroot::Docroot::new(root, list)?);
        Ok(self)
    }

    /// The response to `request`, whose path below the container's root is `path`; `None` where there
    /// is nothing.
    pub(crate) async fn respond(
        &self,
        request: &request::Parts,
        path: &str,
    ) -> Option<Response<Body>> {
        let Ok(names) = Names::parse(path) else {
            return Some(plain(StatusCode::BAD_REQUEST, "The path cannot be that of a file.\n"));
        };
        let readable = matches!(request.method, Method::GET | Method::HEAD);
        // Only whether the file is there matters when the method is refused.
        let method = if readable { &request.method } else { &Method::HEAD };
        // What the container has before its paths.
        let root = request.uri.path().strip_suffix(path).unwrap_or_default();
        let response = self.find(&names, root, method, request).await?;
        Some(if readable {
            response
        } else {
            let text = "Files can be read, and no more.\n";
            with(plain(StatusCode::METHOD_NOT_ALLOWED, text), ALLOW, "GET, HEAD")
        })
    }

    #[cfg(feature = "docroot")]
    async fn find(
        &self,
        names: &Names,
        root: &str,
        method: &Method,
        request: &request::Parts,
    ) -> Option<Response<Body>> {
        if let Some(docroot) = &self.docroot
            && let Some(response) = docroot.respond(names, root, method, request).await
        {
            return Some(response);
        }
        self.page(names)
    }

    #[cfg(not(feature = "docroot"))]
    #[expect(clippy::unused_async, reason = "as with a docroot")]
    async fn find(
        &self,
        names: &Names,
        _: &str,
        _: &Method,
        _: &request::Parts,
    ) -> Option<Response<Body>> {
        self.page(names)
    }

    fn page(&self, names: &Names) -> Option<Response<Body>> {
        let path = names.to_uri_path();
        self.pages.iter().find(|page| page.path == path).map(Prepared::respond)
    }
}

#[cfg(test)]
#[cfg(feature = "docroot")]
mod tests;

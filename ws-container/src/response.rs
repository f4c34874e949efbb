//! The HTTP responses that are not an upgrade.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::Full;

/// The body of a response.
pub(crate) enum Body {
    /// Bytes in memory, or none.
    Full(Full<Bytes>),
    /// A file, or a part of one.
    #[cfg(feature = "docroot")]
    File(tower_http::services::fs::ServeFileSystemResponseBody),
}

impl Body {
    /// No body.
    pub(crate) fn empty() -> Self {
        Self::Full(Full::default())
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full",
            #[cfg(feature = "docroot")]
            Self::File(_) => "File",
        })
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Full(body) => {
                Pin::new(body).poll_frame(cx).map_err(|impossible| match impossible {})
            }
            #[cfg(feature = "docroot")]
            Self::File(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(body) => body.is_end_stream(),
            #[cfg(feature = "docroot")]
            Self::File(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(body) => body.size_hint(),
            #[cfg(feature = "docroot")]
            Self::File(body) => body.size_hint(),
        }
    }
}

/// A short plain text that says what `status` means. `text` is ours: nothing of the peer's.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    content(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

/// `content` of the type `content_type`.
pub(crate) fn content(
    status: StatusCode,
    content_type: &'static str,
    content: Bytes,
) -> Response<Body> {
    let mut response = Response::new(Body::Full(Full::new(content)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !status.is_success() {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// `response`, with one more header.
pub(crate) fn with(
    mut response: Response<Body>,
    name: HeaderName,
    value: &'static str,
) -> Response<Body> {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

//! An application's refusal of a handshake.

use std::fmt;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::message::BoxError;

/// The answer of an application that lets a handshake fail: a status, and header fields and a body
/// of its own.
///
/// Any error becomes one with `?`: then the answer is 500 without a body, and the error goes to the
/// log only.
///
/// # Examples
///
/// ```
/// use http::StatusCode;
/// use ws_core::Reject;
///
/// let reject = Reject::new(StatusCode::TOO_MANY_REQUESTS)
///     .header("Retry-After", "60")
///     .body("Come back in a minute.\n");
/// assert_eq!(reject.status(), 429);
///
/// fn port(text: &str) -> Result<u16, Reject> {
///     Ok(text.parse::<u16>()?)
/// }
/// assert_eq!(port("many").unwrap_err().status(), 500);
/// ```
pub struct Reject {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    cause: Option<BoxError>,
}

impl Reject {
    /// A refusal with `status` and no body. A status below 300 is no refusal, and becomes 500.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        let refuses = status.as_u16() >= 300;
        let status = if refuses { status } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), cause: None }
    }

    /// Adds a header field. One that cannot be sent, and those that frame the answer
    /// (`Connection`, `Content-Length`, `Transfer-Encoding`, `Upgrade`), are left out.
    #[must_use]
    pub fn header(
        mut self,
        name: impl TryInto<HeaderName>,
        value: impl TryInto<HeaderValue>,
    ) -> Self {
        if let (Ok(name), Ok(value)) = (name.try_into(), value.try_into())
            && ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE].contains(&name)
        {
            self.headers.append(name, value);
        }
        self
    }

    /// Sets the body; plain text unless a header field says otherwise.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Says what is behind it, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<BoxError>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What is behind it; never sent.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }

    /// The answer.
    #[must_use]
    pub fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl fmt::Debug for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reject")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

/// Deliberately no `std::error::Error` of its own: so every error can become one.
impl<E: Into<BoxError>> From<E> for Reject {
    fn from(error: E) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR).because(error)
    }
}

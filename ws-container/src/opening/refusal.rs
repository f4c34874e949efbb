//! A handshake that opens nothing, and its answer.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use ws_core::Reject;
use ws_core::handshake::Rejection;

/// Why a handshake opens nothing.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The answer. It ends the connection: who took the request for an upgrade must not find a
    /// second request behind it.
    pub(crate) response: Box<Response<Bytes>>,
    /// For the log.
    pub(crate) reason: String,
    /// Whether this program is to blame.
    pub(crate) ours: bool,
    /// Its name among the metrics.
    pub(crate) kind: &'static str,
}

impl Refusal {
    /// A short plain `text` that says what `status` means.
    pub(crate) fn new(status: StatusCode, text: &'static str) -> Self {
        let mut response = Response::new(Bytes::from_static(text.as_bytes()));
        *response.status_mut() = status;
        let reason = text.trim_end().to_owned();
        Self { response: closing(response), reason, ours: false, kind: "request" }
    }

    /// The same, with another name among the metrics.
    pub(crate) const fn of_kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// This program failed in `what`, for `why`: 500, of which the peer learns nothing.
    pub(crate) fn fault(what: &str, why: &str) -> Self {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Self {
            response: closing(response),
            reason: format!("{what}: {why}"),
            ours: true,
            kind: "failure",
        }
    }

    /// The server is about to end.
    pub(crate) fn stopping() -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "The server is shutting down.\n");
        refusal.with_retry_after().of_kind("shutdown")
    }

    /// An application decided nothing within its time.
    pub(crate) fn too_slow(what: &str) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "The server is too busy.\n");
        let refusal = refusal.of_kind("handshake_timeout");
        Self { reason: format!("{what} took too long"), ours: true, ..refusal.with_retry_after() }
    }

    /// The peer must say who it is.
    pub(crate) fn unauthenticated(challenge: Option<HeaderValue>) -> Self {
        let mut refusal =
            Self::new(StatusCode::UNAUTHORIZED, "Say who you are.\n").of_kind("identity");
        if let Some(challenge) = challenge {
            refusal.response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        refusal
    }

    fn with_retry_after(mut self) -> Self {
        self.response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        self
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let response = rejection.into_response();
        let mut response = response.map(|reason| Bytes::from_static(reason.as_bytes()));
        let nosniff = HeaderValue::from_static("nosniff");
        response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        let reason = rejection.reason().to_owned();
        let kind = match rejection {
            Rejection::OriginForbidden => "origin",
            _ => "request",
        };
        Self { response: Box::new(response), reason, ours: false, kind }
    }
}

impl From<Reject> for Refusal {
    fn from(reject: Reject) -> Self {
        let ours = reject.status().is_server_error();
        let reason = reject.cause().map_or_else(
            || "the application refused it".to_owned(),
            |cause| format!("the application refused it: {cause}"),
        );
        Self { response: closing(reject.into_response()), reason, ours, kind: "application" }
    }
}

/// `response`, after which the connection ends; its body is plain text unless it says otherwise.
fn closing(mut response: Response<Bytes>) -> Box<Response<Bytes>> {
    let has_body = !response.body().is_empty();
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if has_body && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    Box::new(response)
}

//! A server's answer to the opening handshake, as applications see it.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

/// Longest body of a refusal that is kept, in bytes.
pub const MAX_BODY_LEN: usize = 16 * 1024;

/// A server's answer (Jakarta `HandshakeResponse`).
#[derive(Clone)]
#[doc(alias = "jakarta.websocket.HandshakeResponse")]
pub struct HandshakeResponse {
    uri: String,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    whole: bool,
}

impl HandshakeResponse {
    pub(super) const fn new(
        uri: String,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        whole: bool,
    ) -> Self {
        Self { uri, status, headers, body, whole }
    }

    /// The URI that was asked, after any redirects.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The status; 101 opens a WebSocket.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The header fields.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body of an answer other than 101, its first [`MAX_BODY_LEN`] bytes at most.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Whether [`body`](Self::body) is all of it.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// How long the server asks to wait before another attempt (RFC 9110 §10.2.3).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.headers.get(RETRY_AFTER)?, SystemTime::now())
    }
}

impl fmt::Debug for HandshakeResponse {
    /// Leaves the query of the URI and the values of header fields out, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeResponse")
            .field("uri", &self.uri.split('?').next().unwrap_or_default())
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body", &self.body)
            .field("whole", &self.whole)
            .finish()
    }
}

/// Seconds, or a date.
fn retry_after(value: &HeaderValue, now: SystemTime) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_when_to_come_back() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |text: &'static str| retry_after(&HeaderValue::from_static(text), now);
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO), "past");
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
        assert_eq!(wait("99999999999999999999999"), None);
    }
}

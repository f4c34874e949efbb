//! What can fail on a client's side of the opening handshake, sorted by fault: [`InvalidRequest`] is
//! this program's, [`HandshakeError`] the server's.

use http::header::HeaderName;
use http::uri::InvalidUri;
use http::{HeaderMap, StatusCode};
use thiserror::Error;

use crate::extension::InvalidExtensions;
use crate::handshake::subprotocol::Subprotocol;

/// A request that cannot be sent. Nothing went over the wire.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// The URI has a fragment, which RFC 6455 §3 forbids.
    #[error("a WebSocket URI has no fragment; write `#` as `%23`")]
    Fragment,
    /// The URI names no host.
    #[error("the URI names no host; write `ws://HOST/PATH`")]
    HostMissing,
    /// The URI's port is not between 1 and 65535.
    #[error("the URI's port is not between 1 and 65535")]
    Port,
    /// A subprotocol is offered twice, which RFC 6455 §4.1 item 10 forbids.
    #[error("subprotocol `{0}` is offered twice")]
    RepeatedSubprotocol(Subprotocol),
    /// A header field that the handshake itself writes, or that would announce a body.
    #[error("`{0}` is the handshake's own and cannot be set")]
    ReservedHeader(HeaderName),
    /// The URI's scheme is neither `ws` nor `wss`.
    #[error("the URI's scheme is neither `ws` nor `wss`")]
    Scheme,
    /// The text is no URI.
    #[error("not a URI")]
    Uri(#[from] InvalidUri),
    /// The URI has a user or password.
    #[error("a WebSocket URI has no user; send an `Authorization` header instead")]
    UserInfo,
}

/// An answer that does not open a WebSocket. The connection is of no further use.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// `Sec-WebSocket-Accept` does not answer our key (§4.1 item 4).
    #[error("Sec-WebSocket-Accept does not answer the key")]
    AcceptMismatch,
    /// No `Sec-WebSocket-Accept`, or several.
    #[error("Sec-WebSocket-Accept is missing or repeated")]
    AcceptNotSingle,
    /// `Connection` does not name `Upgrade` (§4.1 item 3).
    #[error("Connection does not name Upgrade")]
    Connection,
    /// An extension that was not offered (§4.1 item 5).
    #[error("the server chose an extension that was not offered")]
    ExtensionNotOffered,
    /// An extension twice.
    #[error("the server chose an extension twice")]
    ExtensionRepeated,
    /// `Sec-WebSocket-Extensions` cannot be read.
    #[error("Sec-WebSocket-Extensions cannot be read")]
    Extensions(#[from] InvalidExtensions),
    /// The head is longer than [`MAX_HEAD_LEN`](crate::handshake::MAX_HEAD_LEN).
    #[error("the response's head exceeds 16384 bytes")]
    HeadTooLong,
    /// The answer is not HTTP/1.1.
    #[error("the response is not HTTP/1.1")]
    HttpVersion,
    /// A line of the head does not end with CR LF.
    #[error("a line of the response's head does not end with CR LF")]
    LineEnding,
    /// The head is not of HTTP's syntax.
    #[error("the response's head is malformed")]
    Malformed(#[source] httparse::Error),
    /// Any status but 101, such as a redirect or a request for credentials.
    #[error("the server answered {code}")]
    Status {
        /// The status.
        code: StatusCode,
        /// The fields that came with it.
        headers: Box<HeaderMap>,
    },
    /// A subprotocol that was not offered (§4.1 item 6).
    #[error("the server chose a subprotocol that was not offered")]
    SubprotocolNotOffered,
    /// `Sec-WebSocket-Protocol` twice (§11.3.4).
    #[error("Sec-WebSocket-Protocol is repeated")]
    SubprotocolRepeated,
    /// More than [`MAX_HEADERS`](crate::handshake::MAX_HEADERS) fields.
    #[error("the response has more than 100 header fields")]
    TooManyHeaders,
    /// `Upgrade` is not `websocket` (§4.1 item 2).
    #[error("Upgrade is not `websocket`")]
    Upgrade,
}

impl HandshakeError {
    /// The status of an answer that is not 101; `None` where the status is not what is wrong.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        if let Self::Status { code, .. } = self { Some(*code) } else { None }
    }

    /// The header fields of an answer that is not 101.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        if let Self::Status { headers, .. } = self { Some(headers) } else { None }
    }
}

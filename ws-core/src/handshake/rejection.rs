//! Why a server refuses a request for a WebSocket, and the answer it gives.

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderValue, Response, StatusCode};
use thiserror::Error;

use crate::extension::InvalidExtensions;

/// A request that gets no WebSocket. Always the client's doing.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{}", self.reason())]
#[non_exhaustive]
pub enum Rejection {
    /// A body, or a head that announces one. Its bytes could be taken for frames.
    Body,
    /// `Upgrade: websocket`, but `Connection` does not name `Upgrade` (§4.2.1 item 4).
    ConnectionWithoutUpgrade,
    /// `Sec-WebSocket-Extensions` is not of its grammar (§9.1).
    ExtensionsMalformed,
    /// The keys of a draft from before RFC 6455, hixie-76.
    Hixie76,
    /// `Host` is no host and port.
    HostMalformed,
    /// No `Host` (§4.2.1 item 2).
    HostMissing,
    /// `Host` twice.
    HostRepeated,
    /// Any HTTP version but 1.1 (§4.2.1 item 1).
    HttpVersion,
    /// `Sec-WebSocket-Key` is not the base64 form of 16 bytes (§4.2.1 item 5).
    KeyMalformed,
    /// No `Sec-WebSocket-Key`.
    KeyMissing,
    /// `Sec-WebSocket-Key` twice (§11.3.1).
    KeyRepeated,
    /// A method other than GET.
    Method,
    /// A plain request: nothing in it asks for a WebSocket.
    NotUpgrade,
    /// The policy does not let pages of this origin connect (§10.2).
    OriginForbidden,
    /// `Origin` twice.
    OriginRepeated,
    /// `Sec-WebSocket-Protocol` is not a list of tokens (§11.3.4).
    SubprotocolsMalformed,
    /// More extensions, or parameters of one, than a request may offer.
    TooManyExtensions,
    /// More subprotocols than a request may offer.
    TooManySubprotocols,
    /// `Connection: Upgrade`, but `Upgrade` is missing (§4.2.1 item 3).
    UpgradeMissing,
    /// `Sec-WebSocket-Version` is missing or not 13 (§4.4).
    Version,
    /// Several values of `Sec-WebSocket-Version` (§11.3.5).
    VersionRepeated,
}

impl Rejection {
    /// Status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::OriginForbidden => StatusCode::FORBIDDEN,
            Self::NotUpgrade | Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Body
            | Self::ConnectionWithoutUpgrade
            | Self::ExtensionsMalformed
            | Self::Hixie76
            | Self::HostMalformed
            | Self::HostMissing
            | Self::HostRepeated
            | Self::HttpVersion
            | Self::KeyMalformed
            | Self::KeyMissing
            | Self::KeyRepeated
            | Self::OriginRepeated
            | Self::SubprotocolsMalformed
            | Self::TooManyExtensions
            | Self::TooManySubprotocols
            | Self::UpgradeMissing
            | Self::VersionRepeated => StatusCode::BAD_REQUEST,
        }
    }

    /// A short phrase for people, the same for every request: nothing of the client's is in it.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Body => "a WebSocket request has no body",
            Self::ConnectionWithoutUpgrade => "Connection does not name Upgrade",
            Self::ExtensionsMalformed => "Sec-WebSocket-Extensions is malformed",
            Self::Hixie76 => "the hixie-76 draft is not supported",
            Self::HostMalformed => "Host is malformed",
            Self::HostMissing => "Host is missing",
            Self::HostRepeated => "Host is repeated",
            Self::HttpVersion => "a WebSocket request is HTTP/1.1",
            Self::KeyMalformed => "Sec-WebSocket-Key is not 16 bytes in base64",
            Self::KeyMissing => "Sec-WebSocket-Key is missing",
            Self::KeyRepeated => "Sec-WebSocket-Key is repeated",
            Self::Method => "a WebSocket request is a GET",
            Self::NotUpgrade => "this is a WebSocket endpoint",
            Self::OriginForbidden => "this origin may not connect",
            Self::OriginRepeated => "Origin is repeated",
            Self::SubprotocolsMalformed => "Sec-WebSocket-Protocol is malformed",
            Self::TooManyExtensions => "too many extensions or parameters",
            Self::TooManySubprotocols => "too many subprotocols",
            Self::UpgradeMissing => "Upgrade is missing",
            Self::Version => "Sec-WebSocket-Version is not 13",
            Self::VersionRepeated => "Sec-WebSocket-Version has several values",
        }
    }

    /// The answer, its body the [`reason`](Self::reason).
    ///
    /// It ends the connection: an intermediary that took the request for an upgrade must not find
    /// a second request behind it. A 405 names GET in `Allow`, a 426 says which protocol and
    /// version it wants in `Upgrade` and `Sec-WebSocket-Version` (RFC 6455 §4.4, RFC 9110 §15.5.22).
    #[must_use]
    pub fn into_response(self) -> Response<&'static str> {
        let mut response = Response::new(self.reason());
        let status = self.status();
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET"));
        }
        if status == StatusCode::UPGRADE_REQUIRED {
            // Who sends Upgrade must name it in Connection (RFC 9110 §7.8).
            headers.insert(CONNECTION, HeaderValue::from_static("close, Upgrade"));
            headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        } else {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<InvalidExtensions> for Rejection {
    fn from(error: InvalidExtensions) -> Self {
        match error {
            InvalidExtensions::Malformed => Self::ExtensionsMalformed,
            InvalidExtensions::TooMany => Self::TooManyExtensions,
        }
    }
}

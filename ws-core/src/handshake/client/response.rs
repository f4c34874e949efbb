//! Reads a server's answer and judges it.

use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL,
    UPGRADE,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::ClientRequest;
use crate::extension::ExtensionOffer;
use crate::handshake::error::HandshakeError;
use crate::handshake::fields::{list_has, single};
use crate::handshake::subprotocol::Subprotocol;

/// Longest head of an answer, in bytes, blank line included.
pub const MAX_HEAD_LEN: usize = 16 * 1024;

/// Most header lines of an answer.
pub const MAX_HEADERS: usize = 100;

/// An answer that opens the WebSocket.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[doc(alias = "HandshakeResponse")]
pub struct Verified {
    /// The subprotocol the server chose, one of those offered.
    pub subprotocol: Option<Subprotocol>,
    /// The extensions the server chose, each offered and none twice. Whether their parameters make
    /// sense, and whether two claim the same reserved bit, is not judged yet.
    pub extensions: Vec<ExtensionOffer>,
    /// All header fields of the answer.
    pub headers: HeaderMap,
    /// Length of the head, in bytes; frames begin behind it.
    pub consumed: usize,
}

/// The length of the head, once its blank line is there; `scanned` bytes were searched before.
pub(super) fn find_end(
    received: &[u8],
    scanned: &mut usize,
) -> Result<Option<usize>, HandshakeError> {
    let head = &received[..received.len().min(MAX_HEAD_LEN)];
    while let Some(offset) = head.get(*scanned..).and_then(|new| new.iter().position(is_newline)) {
        let end = *scanned + offset + 1;
        let line = &head[..end];
        // A bare LF is a line ending to some and none to others: the way to smuggle a header line.
        if !line.ends_with(b"\r\n") {
            return Err(HandshakeError::LineEnding);
        }
        if line.ends_with(b"\r\n\r\n") {
            return Ok(Some(end));
        }
        *scanned = end;
    }
    *scanned = head.len();
    if head.len() == MAX_HEAD_LEN { Err(HandshakeError::HeadTooLong) } else { Ok(None) }
}

const fn is_newline(byte: &u8) -> bool {
    *byte == b'\n'
}

/// Takes a complete head apart.
pub(super) fn parse(head: &[u8]) -> Result<(StatusCode, HeaderMap), HandshakeError> {
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut lines);
    let parsed = response.parse(head).map_err(|error| match error {
        httparse::Error::TooManyHeaders => HandshakeError::TooManyHeaders,
        httparse::Error::Version => HandshakeError::HttpVersion,
        other => HandshakeError::Malformed(other),
    })?;
    // The parser skips blank lines before the status line: then there is no response in the head.
    let code = response.code.filter(|_| parsed.is_complete());
    let code = code.and_then(|code| StatusCode::from_u16(code).ok());
    let code = code.ok_or(HandshakeError::Malformed(httparse::Error::Status))?;
    if response.version != Some(1) {
        return Err(HandshakeError::HttpVersion);
    }
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    for line in response.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes())
            .map_err(|_| HandshakeError::Malformed(httparse::Error::HeaderName))?;
        let value = HeaderValue::from_bytes(line.value)
            .map_err(|_| HandshakeError::Malformed(httparse::Error::HeaderValue))?;
        headers.append(name, value);
    }
    Ok((code, headers))
}

/// Checks an answer against what `request` asked for, as §4.1 says.
pub(super) fn check(
    request: &ClientRequest,
    code: StatusCode,
    headers: HeaderMap,
    consumed: usize,
) -> Result<Verified, HandshakeError> {
    if code != StatusCode::SWITCHING_PROTOCOLS {
        return Err(HandshakeError::Status { code, headers: Box::new(headers) });
    }
    // Unlike a request's, this is no list of choices: it says what the connection is from now on.
    let upgrade = single(&headers, &UPGRADE, HandshakeError::Upgrade)?;
    if !upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return Err(HandshakeError::Upgrade);
    }
    if !list_has(&headers, &CONNECTION, "upgrade") {
        return Err(HandshakeError::Connection);
    }
    let accept = single(&headers, &SEC_WEBSOCKET_ACCEPT, HandshakeError::AcceptNotSingle)?
        .ok_or(HandshakeError::AcceptNotSingle)?;
    if accept.as_bytes() != request.key.accept_value() {
        return Err(HandshakeError::AcceptMismatch);
    }
    let subprotocol = subprotocol(&headers, &request.subprotocols)?;
    let extensions = extensions(&headers, &request.extensions)?;
    Ok(Verified { subprotocol, extensions, headers, consumed })
}

fn subprotocol(
    headers: &HeaderMap,
    offered: &[Subprotocol],
) -> Result<Option<Subprotocol>, HandshakeError> {
    let chosen = single(headers, &SEC_WEBSOCKET_PROTOCOL, HandshakeError::SubprotocolRepeated)?;
    let Some(chosen) = chosen else { return Ok(None) };
    let offered = offered.iter().find(|offered| offered.as_header_value() == chosen);
    offered.cloned().map(Some).ok_or(HandshakeError::SubprotocolNotOffered)
}

fn extensions(
    headers: &HeaderMap,
    offered: &[ExtensionOffer],
) -> Result<Vec<ExtensionOffer>, HandshakeError> {
    let chosen = ExtensionOffer::parse_list(headers.get_all(SEC_WEBSOCKET_EXTENSIONS))?;
    for (index, extension) in chosen.iter().enumerate() {
        let same = |other: &ExtensionOffer| other.name() == extension.name();
        if !offered.iter().any(same) {
            return Err(HandshakeError::ExtensionNotOffered);
        }
        if chosen[..index].iter().any(same) {
            return Err(HandshakeError::ExtensionRepeated);
        }
    }
    Ok(chosen)
}

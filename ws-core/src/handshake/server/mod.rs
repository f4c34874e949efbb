//! The server's side: judges a request and builds the 101, RFC 6455 §4.2.

use std::sync::Arc;

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderName, ORIGIN, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version};
use thiserror::Error;

use crate::extension::{Agreed, Extension, negotiate};
use crate::handshake::fields::{list_has, single};
use crate::handshake::key::{ACCEPT_LEN, HandshakeKey};
use crate::handshake::origin::{HostPort, OriginPolicy};
use crate::handshake::rejection::Rejection;
use crate::handshake::scheme::Scheme;
use crate::handshake::subprotocol::{Subprotocol, SubprotocolOrder, requested_subprotocols};

const HIXIE_KEY1: HeaderName = HeaderName::from_static("sec-websocket-key1");
const HIXIE_KEY2: HeaderName = HeaderName::from_static("sec-websocket-key2");

/// What a server agrees to. The default supports no subprotocol and no extension and lets pages of
/// its own origin connect.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// Which pages may connect.
    pub origin: OriginPolicy,
    /// The supported subprotocols, the preferred first.
    pub subprotocols: Vec<Subprotocol>,
    /// Whose order of subprotocols counts; the client's.
    pub subprotocol_order: SubprotocolOrder,
    /// The installed extensions; the client's order counts.
    pub extensions: Vec<Arc<dyn Extension>>,
}

/// A request that gets its WebSocket, and on what terms.
#[derive(Clone, Debug)]
pub struct Accepted {
    accept: [u8; ACCEPT_LEN],
    subprotocol: Option<Subprotocol>,
    extensions: Vec<Agreed>,
}

/// A subprotocol that the client did not offer: it would have to fail the connection (§4.1).
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("subprotocol `{0}` was not offered by the client")]
pub struct NotOffered(pub Subprotocol);

impl Accepted {
    /// Accepts the request that has `key`, on terms that were found otherwise than by [`accept`].
    #[must_use]
    pub fn new(
        key: &HandshakeKey,
        subprotocol: Option<Subprotocol>,
        extensions: Vec<Agreed>,
    ) -> Self {
        Self { accept: key.accept_value(), subprotocol, extensions }
    }

    /// The subprotocol of the connection.
    #[must_use]
    #[doc(alias = "getNegotiatedSubprotocol")]
    pub const fn subprotocol(&self) -> Option<&Subprotocol> {
        self.subprotocol.as_ref()
    }

    /// The extensions of the connection, in the order in which they were offered.
    #[must_use]
    #[doc(alias = "getNegotiatedExtensions")]
    pub fn extensions(&self) -> &[Agreed] {
        &self.extensions
    }

    /// Overrules the choice of a subprotocol; `headers` are the request's.
    ///
    /// # Errors
    ///
    /// [`NotOffered`] when they do not offer it; the choice then stays what it was.
    pub fn choose_subprotocol(
        &mut self,
        headers: &HeaderMap,
        subprotocol: Option<Subprotocol>,
    ) -> Result<(), NotOffered> {
        if let Some(wanted) = &subprotocol {
            let offered = requested_subprotocols(headers)
                .is_ok_and(|offered| offered.contains(&wanted.as_str()));
            if !offered {
                return Err(NotOffered(wanted.clone()));
            }
        }
        self.subprotocol = subprotocol;
        Ok(())
    }

    /// The answer that opens the connection: 101 with `Upgrade`, `Connection`,
    /// `Sec-WebSocket-Accept`, and what was agreed (§4.2.2).
    #[must_use]
    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.reserve(5);
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        insert_text(headers, SEC_WEBSOCKET_ACCEPT, &self.accept);
        if let Some(subprotocol) = &self.subprotocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol.as_header_value().clone());
        }
        if !self.extensions.is_empty() {
            let answers: Vec<_> = self.extensions.iter().map(|e| e.answer.to_string()).collect();
            insert_text(headers, SEC_WEBSOCKET_EXTENSIONS, answers.join(", ").as_bytes());
        }
        response
    }
}

/// Inserts base64 or a list of tokens: visible ASCII, and so always a legal value.
fn insert_text(headers: &mut HeaderMap, name: HeaderName, text: &[u8]) {
    let value = HeaderValue::from_bytes(text);
    debug_assert!(value.is_ok(), "{name} of this side is no header value");
    if let Ok(value) = value {
        headers.insert(name, value);
    }
}

/// Whether a request wants a WebSocket, well-formed or not, so that [`accept`] should answer it.
///
/// It does when `Upgrade` lists `websocket`, when it has the keys of the hixie-76 draft, and when it
/// has a `Sec-WebSocket-Key` and `Connection: Upgrade` but no `Upgrade`. Any other request is one
/// for a page; who has none can have [`accept`] answer it with 426.
#[must_use]
pub fn is_upgrade(parts: &Parts) -> bool {
    let headers = &parts.headers;
    list_has(headers, &UPGRADE, "websocket")
        || has_hixie_key(headers)
        || (headers.contains_key(SEC_WEBSOCKET_KEY)
            && !headers.contains_key(UPGRADE)
            && list_has(headers, &CONNECTION, "upgrade"))
}

/// Judges a request that came over `scheme`: the terms of a WebSocket, or why there is none.
///
/// A server behind a proxy that ends TLS says [`Scheme::Wss`] for what came to the proxy over TLS;
/// else the pages of its own site seem to have another port.
///
/// The checks run in this order and the first that fails answers: method (405); HTTP/1.1 and one
/// `Host` (400); keys of hixie-76 (400); `Upgrade` (400 when `Connection` names it, else 426);
/// `Connection` (400); version (426, several 400); key (400); body (400); origin (403);
/// subprotocols and extensions (400 when malformed, or above
/// [`MAX_SUBPROTOCOLS`](crate::handshake::MAX_SUBPROTOCOLS) subprotocols,
/// [`MAX_EXTENSIONS`](crate::extension::MAX_EXTENSIONS) extensions or
/// [`MAX_PARAMS`](crate::extension::MAX_PARAMS) parameters of one). Unknown subprotocols and
/// extensions are passed over: the connection then has none. How large a head may be, and whether
/// its syntax is HTTP, was the HTTP parser's to judge.
///
/// ```
/// use http::Request;
/// use ws_core::handshake::{Policy, Scheme, Subprotocol, accept};
///
/// let mut policy = Policy::default();
/// policy.subprotocols.push(Subprotocol::new("chat")?);
///
/// let request = Request::get("/chat/lobby")
///     .header("Host", "server.example.com")
///     .header("Upgrade", "websocket")
///     .header("Connection", "Upgrade")
///     .header("Sec-WebSocket-Version", "13")
///     .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
///     .header("Sec-WebSocket-Protocol", "superchat, chat")
///     .body(())?;
/// let (parts, ()) = request.into_parts();
///
/// let response = accept(&parts, Scheme::Ws, &policy)?.response();
/// assert_eq!(response.status(), 101);
/// assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Rejection`], which knows its own answer.
pub fn accept(parts: &Parts, scheme: Scheme, policy: &Policy) -> Result<Accepted, Rejection> {
    let headers = &parts.headers;
    let key = examine(parts)?;
    check_origin(headers, scheme, &policy.origin)?;
    let subprotocol = policy.subprotocol_order.choose(headers, &policy.subprotocols)?.cloned();
    let extensions = negotiate(&policy.extensions, headers.get_all(SEC_WEBSOCKET_EXTENSIONS))?;
    Ok(Accepted::new(&key, subprotocol, extensions))
}

/// The first part of [`accept`]: everything from the method to the body. Returns the key, for
/// [`Accepted::new`].
///
/// # Errors
///
/// [`Rejection`] with any status but 403.
pub fn examine(parts: &Parts) -> Result<HandshakeKey, Rejection> {
    let headers = &parts.headers;
    if parts.method != Method::GET {
        return Err(Rejection::Method);
    }
    if parts.version != Version::HTTP_11 {
        return Err(Rejection::HttpVersion);
    }
    host(headers)?;
    check_upgrade(headers)?;
    check_version(headers)?;
    let key = single(headers, &SEC_WEBSOCKET_KEY, Rejection::KeyRepeated)?;
    let key = HandshakeKey::parse(key.ok_or(Rejection::KeyMissing)?.as_bytes())
        .ok_or(Rejection::KeyMalformed)?;
    check_no_body(headers)?;
    Ok(key)
}

/// The one `Origin` of a request, `None` without.
///
/// # Errors
///
/// [`Rejection::OriginRepeated`], and [`Rejection::OriginForbidden`] when it is no visible ASCII.
pub fn origin(headers: &HeaderMap) -> Result<Option<&str>, Rejection> {
    single(headers, &ORIGIN, Rejection::OriginRepeated)?
        .map(HeaderValue::to_str)
        .transpose()
        .map_err(|_| Rejection::OriginForbidden)
}

/// The second part of [`accept`]: whether the page that sent a request over `scheme` may connect.
///
/// # Errors
///
/// [`Rejection`] when it may not, and when `Host` or `Origin` is malformed.
pub fn check_origin(
    headers: &HeaderMap,
    scheme: Scheme,
    policy: &OriginPolicy,
) -> Result<(), Rejection> {
    let origin = origin(headers)?;
    if policy.permits(origin, scheme, host(headers)?) {
        Ok(())
    } else {
        Err(Rejection::OriginForbidden)
    }
}

fn host(headers: &HeaderMap) -> Result<HostPort<'_>, Rejection> {
    let host = single(headers, &HOST, Rejection::HostRepeated)?.ok_or(Rejection::HostMissing)?;
    host.to_str().ok().and_then(HostPort::parse).ok_or(Rejection::HostMalformed)
}

fn check_upgrade(headers: &HeaderMap) -> Result<(), Rejection> {
    if has_hixie_key(headers) {
        return Err(Rejection::Hixie76);
    }
    match (list_has(headers, &UPGRADE, "websocket"), list_has(headers, &CONNECTION, "upgrade")) {
        (true, true) => Ok(()),
        (true, false) => Err(Rejection::ConnectionWithoutUpgrade),
        (false, true) if !headers.contains_key(UPGRADE) => Err(Rejection::UpgradeMissing),
        (false, _) => Err(Rejection::NotUpgrade),
    }
}

fn has_hixie_key(headers: &HeaderMap) -> bool {
    headers.contains_key(HIXIE_KEY1) || headers.contains_key(HIXIE_KEY2)
}

fn check_version(headers: &HeaderMap) -> Result<(), Rejection> {
    let version = single(headers, &SEC_WEBSOCKET_VERSION, Rejection::VersionRepeated)?
        .ok_or(Rejection::Version)?;
    match version.as_bytes() {
        b"13" => Ok(()),
        list if list.contains(&b',') => Err(Rejection::VersionRepeated),
        _ => Err(Rejection::Version),
    }
}

fn check_no_body(headers: &HeaderMap) -> Result<(), Rejection> {
    // Anything but zeros, a length that does not parse included.
    let is_zero = |len: &HeaderValue| !len.is_empty() && len.as_bytes().iter().all(|&b| b == b'0');
    let empty = !headers.contains_key(TRANSFER_ENCODING)
        && headers.get_all(CONTENT_LENGTH).iter().all(is_zero);
    if empty { Ok(()) } else { Err(Rejection::Body) }
}

#[cfg(test)]
mod tests;

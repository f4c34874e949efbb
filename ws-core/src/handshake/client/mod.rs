//! The client's side: builds the request and judges the answer, RFC 6455 §4.1.

mod response;

use std::fmt;

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderName, ORIGIN, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Uri};

pub use self::response::{MAX_HEAD_LEN, MAX_HEADERS, Verified};
use crate::extension::{Extension, ExtensionOffer};
use crate::handshake::error::{HandshakeError, InvalidRequest};
use crate::handshake::key::HandshakeKey;
use crate::handshake::scheme::Scheme;
use crate::handshake::subprotocol::Subprotocol;

/// The fields that [`ClientRequest::header`] refuses: the handshake writes them, or they would say
/// that a body follows or that the connection is something else.
const RESERVED: [HeaderName; 12] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A client's request for a WebSocket, and what is needed to judge the answer.
///
/// ```
/// use ws_core::handshake::{ClientRequest, HandshakeKey, Subprotocol};
///
/// let key = HandshakeKey::from_random(*b"the sample nonce"); // random bytes in earnest
/// let mut request = ClientRequest::new("ws://server.example.com/chat", key)?
///     .subprotocol(Subprotocol::new("chat")?)?;
/// let head = request.to_bytes();
/// assert!(head.starts_with(b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\n"));
///
/// let mut received = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n".to_vec();
/// assert!(request.verify(&received)?.is_none(), "more bytes wanted");
/// received.extend_from_slice(
///     b"Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
///       Sec-WebSocket-Protocol: chat\r\n\r\n\x81\x02hi",
/// );
/// let verified = request.verify(&received)?.ok_or("unfinished")?;
/// assert_eq!(verified.subprotocol, Some(Subprotocol::new("chat")?));
/// assert_eq!(&received[verified.consumed..], b"\x81\x02hi", "the first frame");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "ClientEndpointConfig")]
pub struct ClientRequest {
    uri: Uri,
    scheme: Scheme,
    port: u16,
    key: HandshakeKey,
    subprotocols: Vec<Subprotocol>,
    extensions: Vec<ExtensionOffer>,
    headers: HeaderMap,
    /// Bytes of the answer in which the end of the head was looked for.
    scanned: usize,
}

impl ClientRequest {
    /// A request for `uri`, such as `wss://example.com/chat`.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`] when it is no WebSocket URI (RFC 6455 §3).
    pub fn new(uri: &str, key: HandshakeKey) -> Result<Self, InvalidRequest> {
        // The parser below would drop a fragment without a word.
        if uri.contains('#') {
            return Err(InvalidRequest::Fragment);
        }
        let uri: Uri = uri.parse()?;
        let named = uri.scheme_str().unwrap_or_default();
        let scheme = [Scheme::Ws, Scheme::Wss]
            .into_iter()
            .find(|scheme| named.eq_ignore_ascii_case(scheme.as_str()))
            .ok_or(InvalidRequest::Scheme)?;
        let authority = uri.authority().ok_or(InvalidRequest::HostMissing)?;
        if authority.as_str().contains('@') {
            return Err(InvalidRequest::UserInfo);
        }
        if authority.host().is_empty() {
            return Err(InvalidRequest::HostMissing);
        }
        let port = match &authority.as_str()[authority.host().len()..] {
            "" | ":" => scheme.default_port(),
            _ => authority.port_u16().filter(|&port| port != 0).ok_or(InvalidRequest::Port)?,
        };
        Ok(Self {
            uri,
            scheme,
            port,
            key,
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            headers: HeaderMap::new(),
            scanned: 0,
        })
    }

    /// Offers `subprotocol`, less preferred than those offered before.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest::RepeatedSubprotocol`] when it is offered already.
    pub fn subprotocol(mut self, subprotocol: Subprotocol) -> Result<Self, InvalidRequest> {
        if self.subprotocols.contains(&subprotocol) {
            return Err(InvalidRequest::RepeatedSubprotocol(subprotocol));
        }
        self.subprotocols.push(subprotocol);
        Ok(self)
    }

    /// Offers an extension, less preferred than those offered before. The same one may be offered
    /// again with other parameters.
    #[must_use]
    pub fn extension(mut self, offer: ExtensionOffer) -> Self {
        self.extensions.push(offer);
        self
    }

    /// Offers `extension` with all that it [offers](Extension::offers). What the server answered is
    /// started by [`Stack::start_all`](crate::extension::Stack::start_all), which judges it too.
    ///
    /// ```
    /// use ws_core::extension::Identity; // or `PerMessageDeflate`
    /// use ws_core::handshake::{ClientRequest, HandshakeKey};
    ///
    /// let key = HandshakeKey::from_random(*b"the sample nonce");
    /// let request = ClientRequest::new("ws://localhost/", key)?;
    /// let request = request.offer(&Identity);
    /// let head = String::from_utf8(request.to_bytes())?;
    /// assert!(head.contains("Sec-WebSocket-Extensions: identity\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn offer(mut self, extension: &dyn Extension) -> Self {
        let Ok(offer) = ExtensionOffer::new(extension.name().to_owned()) else {
            debug_assert!(false, "{extension:?} has a name that is no token");
            return self;
        };
        let offers = extension.offers().into_iter().map(|params| offer.clone().with_params(params));
        self.extensions.extend(offers);
        self
    }

    /// Sends `Origin`, as browsers do (§4.1 item 8).
    #[must_use]
    pub fn origin(mut self, origin: HeaderValue) -> Self {
        self.headers.insert(ORIGIN, origin);
        self
    }

    /// Adds a header line, such as `Authorization` or `Cookie`. A line of that name that is there
    /// already stays.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest::ReservedHeader`] for a field that the handshake writes itself, or that
    /// would say that a body follows.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Result<Self, InvalidRequest> {
        if RESERVED.contains(&name) {
            return Err(InvalidRequest::ReservedHeader(name));
        }
        self.headers.append(name, value);
        Ok(self)
    }

    /// Whether the connection is to be made over TLS.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host to connect to: a name or an address, one of IPv6 without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = self.uri.host().unwrap_or_default();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The URI that is asked for.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The request-target as it stands in the request line: the path and the query, of which what is
    /// not ASCII is percent-encoded (RFC 9112 §3.2.1). Digest authentication signs it.
    #[must_use]
    pub fn target(&self) -> String {
        let mut target = encoded(self.uri.path());
        if let Some(query) = self.uri.query() {
            target.push('?');
            target.push_str(&encoded(query));
        }
        target
    }

    /// The request's head, blank line included.
    ///
    /// All that goes in is a parsed URI, tokens and header values, none of which can hold a line
    /// ending: no input can add a line of its own.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(512);
        head.extend_from_slice(b"GET ");
        head.extend_from_slice(self.target().as_bytes());
        head.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        head.extend_from_slice(self.uri.host().unwrap_or_default().as_bytes());
        if self.port != self.scheme.default_port() {
            head.extend_from_slice(format!(":{}", self.port).as_bytes());
        }
        head.extend_from_slice(b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
        line(&mut head, "Sec-WebSocket-Version", b"13");
        line(&mut head, "Sec-WebSocket-Key", self.key.as_bytes());
        if !self.subprotocols.is_empty() {
            let names: Vec<_> = self.subprotocols.iter().map(Subprotocol::as_str).collect();
            line(&mut head, "Sec-WebSocket-Protocol", names.join(", ").as_bytes());
        }
        if !self.extensions.is_empty() {
            let offers: Vec<_> = self.extensions.iter().map(ToString::to_string).collect();
            line(&mut head, "Sec-WebSocket-Extensions", offers.join(", ").as_bytes());
        }
        for (name, value) in &self.headers {
            line(&mut head, name.as_str(), value.as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    /// Judges the answer; `received` is all that came from the server so far, from its first byte.
    /// `None` means that the head is not complete: call again when there is more.
    ///
    /// Only bytes that are new since the last call are searched, and the head is parsed once: the
    /// work is proportional to its length however small the pieces are in which it comes.
    ///
    /// # Errors
    ///
    /// [`HandshakeError`] as soon as the answer cannot open a WebSocket any more.
    pub fn verify(&mut self, received: &[u8]) -> Result<Option<Verified>, HandshakeError> {
        let Some(len) = response::find_end(received, &mut self.scanned)? else { return Ok(None) };
        let (code, headers) = response::parse(&received[..len])?;
        response::check(self, code, headers, len).map(Some)
    }
}

impl fmt::Debug for ClientRequest {
    /// Leaves out the query and the values of header fields, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRequest")
            .field("scheme", &self.scheme)
            .field("host", &self.host())
            .field("port", &self.port)
            .field("path", &self.uri.path())
            .field("subprotocols", &self.subprotocols)
            .field("extensions", &self.extensions)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A part of the URI; what is not ASCII is percent-encoded (RFC 3986 §2.5).
fn encoded(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn line(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests;

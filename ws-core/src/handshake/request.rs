//! The request that asks for a WebSocket, as applications see it.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::header::{COOKIE, HOST};
use http::request::Parts;
use http::{Extensions, HeaderMap};

use crate::handshake::scheme::Scheme;
use crate::principal::Principal;

/// The values of a path's variables, percent-decoded, in template order.
pub type PathParams = Vec<(Arc<str>, String)>;

/// The request that asks for a WebSocket (Jakarta `HandshakeRequest`): what a configurator, an
/// authenticator and a factory of instances look at, and `#[on_open]` too where it takes one.
///
/// It is read-only: only the identity is added to it, once it is known.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use ws_core::handshake::HandshakeRequest;
///
/// let request = Request::get("/chat/lobby?max=5")
///     .header("Host", "server.example.com")
///     .header("Cookie", "theme=dark; id=7")
///     .body(())?;
/// let (parts, ()) = request.into_parts();
///
/// let request = HandshakeRequest::new(parts).with_path_params(vec![("room".into(), "lobby".into())]);
/// assert_eq!(request.uri(), "ws://server.example.com/chat/lobby?max=5");
/// assert_eq!(request.path_param("room"), Some("lobby"));
/// assert_eq!(request.query(), Some("max=5"));
/// assert_eq!(request.cookie("id"), Some("7"));
/// assert_eq!(request.headers()["HOST"], "server.example.com");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "jakarta.websocket.server.HandshakeRequest")]
pub struct HandshakeRequest {
    parts: Parts,
    uri: OnceLock<String>,
    path_params: PathParams,
    peer_addr: Option<SocketAddr>,
    local_addr: Option<SocketAddr>,
    scheme: Scheme,
    tls: Option<Box<TlsInfo>>,
    principal: Option<Arc<Principal>>,
}

impl HandshakeRequest {
    /// The request with the head `parts`, over a plain connection of unknown addresses.
    #[must_use]
    pub const fn new(parts: Parts) -> Self {
        Self {
            parts,
            uri: OnceLock::new(),
            path_params: Vec::new(),
            peer_addr: None,
            local_addr: None,
            scheme: Scheme::Ws,
            tls: None,
            principal: None,
        }
    }

    /// With the values of the path's variables.
    #[must_use]
    pub fn with_path_params(mut self, path_params: PathParams) -> Self {
        self.path_params = path_params;
        self
    }

    /// With the addresses of both ends of the connection.
    #[must_use]
    pub const fn with_addrs(mut self, peer: Option<SocketAddr>, local: Option<SocketAddr>) -> Self {
        self.peer_addr = peer;
        self.local_addr = local;
        self
    }

    /// Over TLS, as `tls` says; the scheme then is `wss`.
    #[must_use]
    pub fn with_tls(mut self, tls: TlsInfo) -> Self {
        self.tls = Some(Box::new(tls));
        self.with_scheme(Scheme::Wss)
    }

    /// With `scheme`: [`Scheme::Wss`] also behind a proxy that ends TLS.
    #[must_use]
    pub fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self.uri = OnceLock::new();
        self
    }

    /// With the identity of the peer.
    #[must_use]
    pub fn with_principal(mut self, principal: Option<Arc<Principal>>) -> Self {
        self.principal = principal;
        self
    }

    /// The head of the request.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Its header fields; names have any case of letters.
    #[must_use]
    #[doc(alias = "getHeaders")]
    pub const fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Its full URI as it was requested, with scheme `ws` or `wss` and the host of `Host`.
    #[must_use]
    #[doc(alias = "getRequestURI")]
    pub fn uri(&self) -> &str {
        self.uri.get_or_init(|| full_uri(&self.parts, self.scheme))
    }

    /// The path of its URI as it was sent.
    #[must_use]
    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The query of its URI as it was sent, `None` without one.
    #[must_use]
    #[doc(alias = "getQueryString")]
    pub fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    /// The names and values in its query, in order and decoded, as
    /// [`Session::query_pairs`](crate::Session::query_pairs) says.
    #[doc(alias = "getParameterMap")]
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query().unwrap_or_default().as_bytes())
    }

    /// The names and values of its cookies, as they were sent (RFC 6265 §4.2.1). Lines that are no
    /// visible ASCII are passed over.
    #[doc(alias = "getHttpSession")]
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.headers().get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim()))
    }

    /// The value of the first cookie called `name`.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The value of the path variable `name`, percent-decoded.
    #[must_use]
    pub fn path_param(&self, name: &str) -> Option<&str> {
        self.path_params().find(|(variable, _)| *variable == name).map(|(_, value)| value)
    }

    /// All path variables, in template order.
    pub fn path_params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.path_params.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// The peer's address; `None` where it is not known.
    #[must_use]
    pub const fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer_addr
    }

    /// This side's address; `None` where it is not known.
    #[must_use]
    pub const fn local_addr(&self) -> Option<SocketAddr> {
        self.local_addr
    }

    /// `ws` or `wss`.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether TLS protects the connection, as far as this side knows.
    #[must_use]
    #[doc(alias = "isSecure")]
    pub const fn is_secure(&self) -> bool {
        matches!(self.scheme, Scheme::Wss)
    }

    /// What the TLS handshake said; `None` without TLS, and where it ended at a proxy.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_deref()
    }

    /// Who the peer is; `None` before an authenticator said so, and for anonymous peers.
    #[must_use]
    #[doc(alias = "getUserPrincipal")]
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.as_deref()
    }

    /// Whether the peer is known and has `role`.
    #[must_use]
    #[doc(alias = "isUserInRole")]
    pub fn has_role(&self, role: &str) -> bool {
        self.principal().is_some_and(|principal| principal.has_role(role))
    }

    /// What layers in front of the container attached to the request, such as an HTTP session.
    #[must_use]
    #[doc(alias = "getHttpSession")]
    pub const fn extensions(&self) -> &Extensions {
        &self.parts.extensions
    }

    /// Takes out what a session keeps: the full URI, the path variables, the principal.
    #[doc(hidden)]
    pub fn take_facts(&mut self, keep: bool) -> (String, PathParams, Option<Arc<Principal>>) {
        if keep {
            return (self.uri().to_owned(), self.path_params.clone(), self.principal.clone());
        }
        let uri = self.uri.take().unwrap_or_else(|| full_uri(&self.parts, self.scheme));
        (uri, std::mem::take(&mut self.path_params), self.principal.take())
    }
}

fn full_uri(parts: &Parts, scheme: Scheme) -> String {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(|it| it.as_str())).unwrap_or_default();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut uri = String::with_capacity(6 + host.len() + target.len());
    uri.push_str(scheme.as_str());
    uri.push_str("://");
    uri.push_str(host);
    uri.push_str(target);
    uri
}

/// What the TLS handshake under a connection said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TlsInfo {
    /// The client's certificates in DER, its own first; none unless it was asked for them.
    pub peer_certificates: Vec<Bytes>,
    /// The application protocol agreed on (RFC 7301), such as `http/1.1`.
    pub alpn: Option<String>,
    /// The host that the client asked for (RFC 6066 §3).
    pub server_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn cookies_of_all_lines() {
        let request = Request::get("/")
            .header("Cookie", "a=1; b=two=2;c=; ; d")
            .header("Cookie", "a=9")
            .body(())
            .unwrap();
        let request = HandshakeRequest::new(request.into_parts().0);
        let cookies: Vec<_> = request.cookies().collect();
        assert_eq!(cookies, [("a", "1"), ("b", "two=2"), ("c", ""), ("a", "9")]);
        assert_eq!(request.cookie("a"), Some("1"));
        assert_eq!(request.cookie("d"), None);
    }

    #[test]
    fn tls_makes_it_secure() {
        let request = Request::get("/a").header("Host", "h:1").body(()).unwrap();
        let plain = HandshakeRequest::new(request.into_parts().0);
        assert_eq!((plain.uri(), plain.is_secure()), ("ws://h:1/a", false));
        let secure = plain.with_tls(TlsInfo::default());
        assert_eq!((secure.uri(), secure.is_secure()), ("wss://h:1/a", true));
    }
}

//! The handshake as a configurator may change it.

use http::{Extensions, HeaderMap};

use crate::handshake::request::HandshakeRequest;

/// A handshake that is about to be answered with 101 (Jakarta `modifyHandshake`): the request, the
/// header fields of the answer, and the properties of the session to be.
///
/// The fields are the real ones, with `Upgrade`, `Connection`, `Sec-WebSocket-Accept` and what was
/// agreed. Others may be added, changed and removed. To change these, or to announce a body, is a
/// mistake that is answered with 500.
///
/// The properties are this connection's own: they begin as a copy of the endpoint's
/// ([`ServerEndpointConfig`](crate::ServerEndpointConfig)), and no other connection sees what is
/// changed here (Jakarta §3.1.5). [`Session::data`](crate::Session::data) finds them again.
#[derive(Debug)]
#[doc(alias = "HandshakeResponse")]
pub struct Handshake<'h> {
    request: &'h HandshakeRequest,
    headers: &'h mut HeaderMap,
    properties: &'h mut Extensions,
}

impl<'h> Handshake<'h> {
    /// The answer to `request` with the fields `headers`, for a session with `properties`.
    pub const fn new(
        request: &'h HandshakeRequest,
        headers: &'h mut HeaderMap,
        properties: &'h mut Extensions,
    ) -> Self {
        Self { request, headers, properties }
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &'h HandshakeRequest {
        self.request
    }

    /// The header fields of the 101.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        self.headers
    }

    /// The header fields of the 101, to be changed.
    #[must_use]
    #[doc(alias = "getHeaders")]
    pub const fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers
    }

    /// The properties of the session to be, by type.
    #[must_use]
    pub const fn properties(&self) -> &Extensions {
        self.properties
    }

    /// The properties of the session to be, to be changed.
    #[must_use]
    #[doc(alias = "getUserProperties")]
    pub const fn properties_mut(&mut self) -> &mut Extensions {
        self.properties
    }
}

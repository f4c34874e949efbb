//! What the opening handshake said.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::extension::ExtensionOffer;
use crate::handshake::{HandshakeRequest, PathParams};
use crate::principal::Principal;

/// The request that opened a session.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Request {
    /// The full `ws` or `wss` URI.
    pub uri: String,
    /// The path variables and their percent-decoded values, in template order.
    pub path_params: PathParams,
    /// The peer's address; `None` where the transport has none.
    pub peer_addr: Option<SocketAddr>,
    /// The address of this side; `None` where the transport has none.
    pub local_addr: Option<SocketAddr>,
    /// The user properties that the session begins with: this connection's own copy.
    pub user: http::Extensions,
    /// The extensions that both sides agreed on, with the parameters of the answer.
    pub extensions: Vec<ExtensionOffer>,
    /// Who the peer is; `None` where nobody asked, and for anonymous peers.
    pub principal: Option<Arc<Principal>>,
    /// The request itself, for endpoints whose `#[on_open]` takes it.
    pub handshake: Option<Box<HandshakeRequest>>,
}

impl Request {
    /// A request for `uri`.
    #[must_use]
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), ..Self::default() }
    }
}

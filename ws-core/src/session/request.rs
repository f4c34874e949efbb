//! What the opening handshake said.

use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
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

/// What a session keeps of its request; there is one for every open connection.
pub(super) struct Opened {
    pub(super) uri: Box<str>,
    pub(super) path_params: Box<[(Arc<str>, String)]>,
    pub(super) peer_addr: Option<Addr>,
    pub(super) local_addr: Option<Addr>,
    pub(super) extensions: Box<[ExtensionOffer]>,
    pub(super) principal: Option<Arc<Principal>>,
}

/// An address in half the room that [`SocketAddr`] takes.
#[derive(Clone, Debug)]
pub(super) enum Addr {
    V4(SocketAddrV4),
    V6(Box<SocketAddrV6>),
}

impl From<SocketAddr> for Addr {
    fn from(addr: SocketAddr) -> Self {
        match addr {
            SocketAddr::V4(addr) => Self::V4(addr),
            SocketAddr::V6(addr) => Self::V6(Box::new(addr)),
        }
    }
}

impl Addr {
    pub(super) fn get(&self) -> SocketAddr {
        match self {
            Self::V4(addr) => (*addr).into(),
            Self::V6(addr) => (**addr).into(),
        }
    }
}

impl Opened {
    pub(super) fn new(request: Request) -> Self {
        let Request { uri, path_params, peer_addr, local_addr, extensions, principal, .. } =
            request;
        Self {
            uri: uri.into(),
            path_params: path_params.into(),
            peer_addr: peer_addr.map(Addr::from),
            local_addr: local_addr.map(Addr::from),
            extensions: extensions.into(),
            principal,
        }
    }
}

impl Request {
    /// A request for `uri`.
    #[must_use]
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), ..Self::default() }
    }
}

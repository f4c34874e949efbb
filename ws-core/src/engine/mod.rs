//! The engine: drives the protocol and an endpoint's callbacks over any tokio byte stream.
//!
//! One task owns the socket. It reads into a buffer of its thread, parses and dispatches there,
//! collects the replies and writes them at once. An idle connection owns no buffer.

mod ahead;
mod at_once;
mod attend;
mod buffers;
mod changes;
mod clock;
mod control;
mod deadlines;
mod deliver;
mod finish;
mod guard;
mod handing;
mod keys;
mod link;
mod other;
mod output;
mod pump;
mod rate;
mod reply;
mod run;
mod stream;
mod transport;
mod waits;
mod write;

pub use transport::{ByteStream, Transport};

use crate::endpoint::Endpoint;
pub(crate) use crate::engine::run::run;
use crate::extension::Stack;
use crate::role::Role;
use crate::session::Session;

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
    /// The extensions that the handshake agreed on; none unless
    /// [`with_extensions`](Self::with_extensions) says so.
    pub extensions: Stack,
}

impl Start {
    /// A connection over `transport`, as `role`.
    #[must_use]
    pub fn new(transport: Transport, early: Vec<u8>, role: Role, session: Session) -> Self {
        Self { transport, early, role, session, extensions: Stack::default() }
    }

    /// The same with `extensions`, which the session's request should name too.
    #[must_use]
    pub fn with_extensions(mut self, extensions: Stack) -> Self {
        self.extensions = extensions;
        self
    }
}

/// Runs a connection with `endpoint` until its session has ended and its socket is closed.
pub fn serve<E: Endpoint>(endpoint: E, start: Start) -> impl Future<Output = ()> + Send {
    run(endpoint, E::codecs(), start)
}

/// As [`serve`], with a new `E`.
#[must_use]
pub fn start<E: Endpoint + Default>(
    start: Start,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(serve(E::default(), start))
}

//! The handle that application code holds.

mod causes;
mod closing;
mod error;
mod hub;
mod id;
pub(crate) mod outbox;
pub(crate) mod reader;
mod request;
mod send;
mod topics;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Notify;

pub use closing::Closing;
pub use error::{Error, PathParamError, Timeout};
pub use hub::{Deployed, Hub};
pub use id::SessionId;
pub use outbox::{PUBLISH_CAP, SEND_HIGH_WATER};
pub use reader::MessageReader;
pub use request::Request;

use crate::close::CloseReason;
use crate::config::EndpointConfig;
use crate::session::outbox::{Item, Outbox};

/// Where a session stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SessionState {
    /// The opening handshake is not over.
    Connecting,
    /// Messages pass.
    Open,
    /// A Close frame was sent, or is about to be.
    Closing,
    /// The connection is over.
    Closed,
}

/// A connection as applications see it (Jakarta `Session`): a cheap handle that may be cloned, kept
/// and used by any task.
///
/// Several tasks may send at once. Messages that one task sends go out in the order of its calls,
/// each whole.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    id: SessionId,
    deployed: Arc<Deployed>,
    request: Request,
    subprotocol: Option<Box<str>>,
    state: AtomicU8,
    outbox: Outbox,
    topics: Mutex<Vec<Arc<str>>>,
    /// Told when the state becomes [`SessionState::Closed`].
    closed: Notify,
    /// What `#[on_close]` is told.
    ended: OnceLock<Box<CloseReason>>,
}

impl Session {
    /// A session of `deployed`, opened by `request`, speaking `subprotocol`.
    #[must_use]
    pub fn new(deployed: Arc<Deployed>, request: Request, subprotocol: Option<&str>) -> Self {
        Self {
            inner: Arc::new(Inner {
                id: SessionId::random(),
                deployed,
                request,
                subprotocol: subprotocol.map(Into::into),
                state: AtomicU8::new(SessionState::Connecting as u8),
                outbox: Outbox::new(),
                topics: Mutex::default(),
                closed: Notify::new(),
                ended: OnceLock::new(),
            }),
        }
    }

    /// Identifies the session; never used twice.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.inner.id
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> SessionState {
        match self.inner.state.load(Ordering::Acquire) {
            0 => SessionState::Connecting,
            1 => SessionState::Open,
            2 => SessionState::Closing,
            _ => SessionState::Closed,
        }
    }

    /// Whether messages can be sent: `false` from the moment the session is asked to close.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state() == SessionState::Open
    }

    /// The URI of the request that opened it, with scheme `ws` or `wss`.
    #[must_use]
    #[doc(alias = "getRequestURI")]
    pub fn uri(&self) -> &str {
        &self.inner.request.uri
    }

    /// The path of its URI as it was sent.
    #[must_use]
    pub fn path(&self) -> &str {
        let uri = self.uri();
        let behind_scheme = uri.find("://").map_or(0, |at| at + 3);
        let path = uri[behind_scheme..].find('/').map_or("/", |at| &uri[behind_scheme + at..]);
        path.split(['?', '#']).next().unwrap_or(path)
    }

    /// The query of its URI as it was sent, `None` without one.
    #[must_use]
    #[doc(alias = "getQueryString")]
    pub fn query(&self) -> Option<&str> {
        self.uri().split_once('?').map(|(_, query)| query)
    }

    /// Whether TLS protects it.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.uri().starts_with("wss:")
    }

    /// The value of the path variable `name`, percent-decoded.
    #[must_use]
    pub fn path_param(&self, name: &str) -> Option<&str> {
        self.path_params().find(|(variable, _)| *variable == name).map(|(_, value)| value)
    }

    /// All path variables, in template order.
    pub fn path_params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inner.request.path_params.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// The peer's address; `None` where the transport has none.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.inner.request.peer_addr
    }

    /// The subprotocol that both sides agreed on (RFC 6455 §1.9).
    #[must_use]
    #[doc(alias = "getNegotiatedSubprotocol")]
    pub fn subprotocol(&self) -> Option<&str> {
        self.inner.subprotocol.as_deref()
    }

    /// `13` (RFC 6455 §4.1).
    #[must_use]
    pub const fn protocol_version(&self) -> &'static str {
        "13"
    }

    /// The configuration of its endpoint.
    #[must_use]
    pub fn config(&self) -> &EndpointConfig {
        &self.inner.deployed.config
    }

    /// A snapshot of the open sessions of its endpoint, itself included.
    #[must_use]
    #[doc(alias = "getOpenSessions")]
    pub fn peers(&self) -> Vec<Self> {
        self.inner.deployed.sessions()
    }

    /// Closes the session with `reason`, after everything sent so far. Only the first call has an
    /// effect. The closing handshake goes on by itself; awaiting what this returns waits for its
    /// end, at most for the close timeout.
    #[expect(clippy::must_use_candidate, reason = "closing needs no waiting")]
    pub fn close(&self, reason: CloseReason) -> Closing {
        if self.inner.outbox.push(Item::Close(reason)).is_ok() {
            self.advance(SessionState::Closing);
        }
        Closing::new(self.clone())
    }

    /// Ends the connection at once, without a closing handshake (code 1006).
    pub fn abort(&self) {
        self.advance(SessionState::Closing);
        // Refused only when the connection is over already.
        let _ = self.inner.outbox.push(Item::Abort);
    }

    pub(super) fn hub(&self) -> &Hub {
        self.inner.deployed.hub()
    }

    pub(super) fn topics(&self) -> std::sync::MutexGuard<'_, Vec<Arc<str>>> {
        self.inner.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        &self.inner.outbox
    }

    /// Moves on to `state`; never back.
    pub(crate) fn advance(&self, state: SessionState) {
        self.inner.state.fetch_max(state as u8, Ordering::AcqRel);
        if state == SessionState::Closed {
            self.inner.closed.notify_waiters();
        }
    }

    /// Begins the session's life.
    pub(crate) fn enter(&self) {
        self.advance(SessionState::Open);
        self.inner.deployed.enter(self);
    }

    /// Ends it: nothing more is sent to it or by it.
    pub(crate) fn leave(&self) {
        self.inner.outbox.close();
        self.advance(SessionState::Closed);
        for topic in std::mem::take(&mut *self.topics()) {
            self.hub().unsubscribe(&topic, self);
        }
        self.inner.deployed.leave(self);
    }

    /// Why it ended, as `#[on_close]` is told; `None` before.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.inner.ended.get().map(|reason| (**reason).clone())
    }

    /// Says why it ended; the first call counts.
    pub(crate) fn end_with(&self, reason: &CloseReason) {
        self.inner.ended.get_or_init(|| Box::new(reason.clone()));
    }

    pub(crate) fn closed(&self) -> &Notify {
        &self.inner.closed
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("uri", &self.uri())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Session {}

//! The handle that application code holds.

mod batch;
mod causes;
mod closing;
mod data;
mod error;
mod handlers;
mod hub;
mod id;
mod live;
pub(crate) mod message_handler;
mod opening;
mod openings;
pub(crate) mod outbox;
mod pings;
pub(crate) mod reader;
mod request;
mod send;
mod states;
mod times;
mod topics;
mod traffic;
mod writer;

use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

pub use batch::BatchGuard;
pub use closing::Closing;
pub use error::{Error, PathParamError, Timeout};
pub(crate) use handlers::Handlers;
pub use handlers::{HandlerConflict, HandlerEntry, HandlerGuard};
pub use hub::{Deployed, Hub};
pub use id::SessionId;
pub(crate) use live::{IdleTimeouts, Live};
pub use message_handler::{Answers, MessageHandler, NativeType};
pub use openings::Identified;
pub use outbox::{PUBLISH_CAP, SEND_HIGH_WATER};
pub use pings::MAX_PINGS;
pub use reader::MessageReader;
use request::Opened;
pub use request::Request;
pub use states::States;
pub use times::HandlerTimes;
pub use traffic::{Flow, Traffic};
pub use writer::MessageWriter;

use crate::close::{CloseCode, CloseReason};
use crate::session::outbox::{Item, Outbox};
use crate::session::pings::Pings;
use crate::session::topics::{Topics, published};
use crate::session::traffic::Counts;

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
#[doc(alias = "RemoteEndpoint")]
pub struct Session {
    inner: Arc<Inner>,
}

/// What each message touches lies together: the end of the outbox and the counts.
#[repr(C)]
struct Inner {
    outbox: Outbox,
    counts: Counts,
    id: SessionId,
    deployed: Arc<Deployed>,
    opened: Opened,
    /// What the application keeps here; the request's are moved to this place.
    data: Mutex<http::Extensions>,
    subprotocol: Option<Box<str>>,
    pings: Pings,
    /// In microseconds.
    send_timeout: AtomicU64,
    topics: Mutex<Topics>,
    /// What may change while it is open.
    live: Live,
    /// Told when the state becomes [`SessionState::Closed`].
    closed: Notify,
    /// What `#[on_close]` is told.
    ended: OnceLock<Box<CloseReason>>,
    state: AtomicU8,
}

impl Session {
    /// A session of `deployed`, opened by `request`, speaking `subprotocol`.
    #[must_use]
    pub fn new(deployed: Arc<Deployed>, mut request: Request, subprotocol: Option<&str>) -> Self {
        let data = std::mem::take(&mut request.user);
        let handshake = request.handshake.take();
        let send_timeout = AtomicU64::new(micros(deployed.config.send_timeout));
        Self {
            inner: Arc::new(Inner {
                id: SessionId::random(),
                deployed,
                opened: Opened::new(request),
                data: Mutex::new(data),
                subprotocol: subprotocol.map(Into::into),
                state: AtomicU8::new(SessionState::Connecting as u8),
                outbox: Outbox::new(),
                counts: Counts::default(),
                pings: Pings::default(),
                send_timeout,
                topics: Mutex::default(),
                live: Live::new(handshake),
                closed: Notify::new(),
                ended: OnceLock::new(),
            }),
        }
    }

    /// Identifies the session; never used twice.
    #[must_use]
    #[doc(alias = "getId")]
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
    #[doc(alias = "isOpen")]
    pub fn is_open(&self) -> bool {
        self.state() == SessionState::Open
    }

    /// Closes the session with `reason`, after everything sent so far. Only the first call has an
    /// effect. The closing handshake goes on by itself; awaiting what this returns waits for its
    /// end: at most for the close timeout, and before that for what was sent to be taken, which has
    /// the send timeout (20 s where that is zero), however little of it the peer takes at a time.
    #[expect(clippy::must_use_candidate, reason = "closing needs no waiting")]
    pub fn close(&self, reason: CloseReason) -> Closing {
        if self.inner.outbox.push(Item::Close(Box::new(reason))).is_ok() {
            self.advance(SessionState::Closing);
        }
        Closing::new(self.clone())
    }

    /// Closes the session with 1008 "identity revoked": whoever its peer was at the opening handshake
    /// is not to be trusted any more (Jakarta §7.2). [`Hub::revoke`] does it to all sessions of a
    /// user.
    #[expect(clippy::must_use_candidate, reason = "closing needs no waiting")]
    pub fn revoke(&self) -> Closing {
        self.close(CloseReason::local(CloseCode::POLICY_VIOLATION, "identity revoked".into()))
    }

    /// Ends the connection at once, without a closing handshake (code 1006).
    pub fn abort(&self) {
        self.advance(SessionState::Closing);
        // Refused only when the connection is over already.
        let _ = self.inner.outbox.push(Item::Abort);
    }

    /// How long the peer may take no byte while there is something to write, before the session ends;
    /// also how long a message waits for another that was begun in parts and does not go on. Zero
    /// is for ever (Jakarta `getSendTimeout`). It begins as the endpoint's setting, 20 s by default.
    #[must_use]
    #[doc(alias = "getSendTimeout")]
    pub fn send_timeout(&self) -> Duration {
        Duration::from_micros(self.inner.send_timeout.load(Ordering::Relaxed))
    }

    /// Changes the [send timeout](Self::send_timeout) of this session, for what is sent from now on.
    /// Zero turns it off (Jakarta §1.7): a peer that takes nothing then keeps its senders waiting for
    /// as long as its connection lasts, or until the session is closed.
    #[doc(alias = "setSendTimeout")]
    pub fn set_send_timeout(&self, timeout: Duration) {
        self.inner.send_timeout.store(micros(timeout), Ordering::Relaxed);
    }

    fn topics(&self) -> std::sync::MutexGuard<'_, Topics> {
        self.inner.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pings(&self) -> &Pings {
        &self.inner.pings
    }

    /// The transport takes nothing more, and nothing more comes from it: who waits for either is
    /// told.
    pub(crate) fn end(&self) {
        self.inner.outbox.end();
        self.inner.pings.end();
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
        self.end();
        self.advance(SessionState::Closed);
        for topic in std::mem::take(&mut *self.topics()).0.into_iter().flat_map(|topics| *topics) {
            self.hub().unsubscribe(&topic, self);
        }
        self.inner.deployed.leave(self);
        self.drop_handlers();
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

/// A duration that is too long to be counted is as good as none; one that is too short is not zero,
/// which would be none.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)
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

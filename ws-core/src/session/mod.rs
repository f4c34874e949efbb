//! The handle that application code holds.

mod closing;
mod error;
mod hub;
mod id;
pub(crate) mod outbox;
mod request;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

pub use closing::Closing;
pub use error::{Error, PathParamError, Timeout};
pub use hub::{Deployed, Hub};
pub use id::SessionId;
pub use outbox::{PUBLISH_CAP, SEND_HIGH_WATER};
pub use request::Request;

use crate::close::{CloseCode, CloseReason};
use crate::codec::{AnyEncoder, Kind};
use crate::config::EndpointConfig;
use crate::frame::{Frame, FrameHeader, MAX_CONTROL_LEN, Rsv, encode_header};
use crate::message::{Encode, Message, MessageKind};
use crate::opcode::OpCode;
use crate::session::outbox::{Item, Outbox, Published};

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
        self.inner.request.path_params.iter().map(|(name, value)| (*name, value.as_str()))
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

    /// Sends a message, waiting while more than [`SEND_HIGH_WATER`] bytes are queued.
    ///
    /// Done when the message is queued: it is then written before anything sent later, and before
    /// a Close. This future may be dropped before it is done: nothing is sent then.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once the session is closing, [`Error::Encode`] for a value that does not
    /// encode.
    pub async fn send(&self, message: impl Encode + Send) -> Result<(), Error> {
        let item = Item::Message(message.into_message()?);
        self.inner.outbox.send(item).await
    }

    /// Sends the message that `encoder`, a [`TextEncoder`] or [`BinaryEncoder`], makes of `value`.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// [`TextEncoder`]: crate::TextEncoder
    /// [`BinaryEncoder`]: crate::BinaryEncoder
    pub async fn send_with<E, K>(&self, encoder: &E, value: &E::Message) -> Result<(), Error>
    where
        E: AnyEncoder<K>,
        K: Kind,
    {
        // Encoded before the first wait: the value need not be `Sync`.
        let item = Item::Message(encoder.encode_any(value)?);
        self.inner.outbox.send(item).await
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there is not, else as [`send`](Self::send).
    pub fn try_send(&self, message: impl Encode) -> Result<(), Error> {
        self.inner.outbox.try_send(Item::Message(message.into_message()?))
    }

    /// Sends a single frame. The caller keeps to the order of RFC 6455 §5.4: a message that is
    /// begun with [`Frame::unfinished`] is continued and finished before another begins.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once the session is closing.
    pub async fn send_frame(&self, frame: Frame<'_>) -> Result<(), Error> {
        let payload = std::borrow::Cow::Owned(frame.payload.into_owned());
        self.inner.outbox.send(Item::Frame(Frame { payload, ..frame })).await
    }

    /// Sends a Ping with at most 125 bytes (RFC 6455 §5.5.2).
    ///
    /// # Errors
    ///
    /// [`Error::ControlTooLong`], or [`Error::Closed`] once the session is closing.
    pub async fn ping(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.inner.outbox.send(Item::Ping(control_payload(payload.into())?)).await
    }

    /// Sends a Pong that nobody asked for, with at most 125 bytes (RFC 6455 §5.5.3).
    ///
    /// # Errors
    ///
    /// [`Error::ControlTooLong`], or [`Error::Closed`] once the session is closing.
    pub async fn pong(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.inner.outbox.send(Item::Pong(control_payload(payload.into())?)).await
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

    /// Makes this session receive what is published to `topic`, until it ends.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once the session is closing.
    pub fn subscribe(&self, topic: impl AsRef<str>) -> Result<(), Error> {
        if !self.is_open() {
            return Err(Error::Closed);
        }
        let name = self.hub().subscribe(topic.as_ref(), self);
        let mut topics = self.topics();
        if !topics.contains(&name) {
            topics.push(name);
        }
        drop(topics);
        if self.state() == SessionState::Closed {
            // It ended meanwhile, and may have looked through its topics before this one was there.
            self.unsubscribe(topic);
            return Err(Error::Closed);
        }
        Ok(())
    }

    /// Undoes [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&self, topic: impl AsRef<str>) {
        self.hub().unsubscribe(topic.as_ref(), self);
        self.topics().retain(|name| **name != *topic.as_ref());
    }

    /// Sends a message to every subscriber of `topic` in this container, this session included if
    /// it is one. The message is encoded once and its bytes are shared.
    ///
    /// A slow subscriber holds nobody up: when more than [`PUBLISH_CAP`] bytes wait for it, its
    /// session is closed with 1013.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] for a value that does not encode.
    pub async fn publish<M>(&self, topic: impl AsRef<str>, message: &M) -> Result<(), Error>
    where
        M: Encode + ?Sized,
    {
        let published = published(&message.encode()?);
        self.hub().publish(topic.as_ref(), &published);
        Ok(())
    }

    /// Queues a published message.
    fn deliver(&self, message: &Published) {
        if let Err(Error::Full) = self.inner.outbox.push(Item::Published(message.clone())) {
            tracing::warn!(session = %self.id(), "subscriber is too slow, closing it with 1013");
            let reason = CloseReason::local(CloseCode::TRY_AGAIN_LATER, "too slow".into());
            self.close(reason);
        }
    }

    fn hub(&self) -> &Hub {
        self.inner.deployed.hub()
    }

    fn topics(&self) -> std::sync::MutexGuard<'_, Vec<Arc<str>>> {
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

    pub(crate) fn closed(&self) -> &Notify {
        &self.inner.closed
    }
}

fn control_payload(payload: Bytes) -> Result<Bytes, Error> {
    if payload.len() > MAX_CONTROL_LEN {
        return Err(Error::ControlTooLong(payload.len()));
    }
    Ok(payload)
}

/// The frame that carries `message`, encoded as servers send it.
fn published(message: &Message<'_>) -> Published {
    let kind = message.kind();
    let payload = message.payload();
    let header = FrameHeader {
        fin: true,
        rsv: Rsv::NONE,
        opcode: match kind {
            MessageKind::Text => OpCode::Text,
            MessageKind::Binary => OpCode::Binary,
        },
        mask: None,
        payload_len: payload.len() as u64,
    };
    let (header, payload_at) = encode_header(&header);
    let mut wire = Vec::with_capacity(payload_at + payload.len());
    wire.extend_from_slice(&header[..payload_at]);
    wire.extend_from_slice(payload);
    Published { kind, wire: wire.into(), payload_at }
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

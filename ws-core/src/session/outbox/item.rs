//! What waits in the queue, and what it counts.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::close::CloseReason;
use crate::extension::SendOptions;
use crate::frame::Frame;
use crate::message::{Message, MessageKind};
use crate::opcode::OpCode;
use crate::session::outbox::SEND_HIGH_WATER;
use crate::session::pings::PingId;

/// A message encoded once for all its receivers.
#[derive(Clone, Debug)]
pub(crate) struct Published(Arc<Encoded>);

#[derive(Debug)]
struct Encoded {
    kind: MessageKind,
    /// Messages with the same topic and key may replace one another; no topic is that of all
    /// sessions of an endpoint.
    topic: Option<Arc<str>>,
    key: Box<str>,
    /// The frame as a server sends it.
    wire: Bytes,
    /// Where in `wire` the payload begins.
    payload_at: usize,
    /// What extensions made of it, once for all receivers that agreed on the same.
    coded: Mutex<Vec<(Arc<str>, Bytes)>>,
}

impl Published {
    /// A message whose payload begins at `payload_at` of the frame in `wire`.
    pub(crate) fn new(kind: MessageKind, wire: Bytes, payload_at: usize) -> Self {
        Self(Arc::new(Encoded {
            kind,
            topic: None,
            key: Box::default(),
            wire,
            payload_at,
            coded: Mutex::default(),
        }))
    }

    /// The same, for subscribers of `topic`.
    pub(crate) fn to(mut self, topic: Arc<str>, key: &str) -> Self {
        if let Some(encoded) = Arc::get_mut(&mut self.0) {
            (encoded.topic, encoded.key) = (Some(topic), key.into());
        }
        self
    }

    /// Whether one of both may replace the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.0.topic, &self.0.key) == (&other.0.topic, &other.0.key)
    }

    pub(crate) fn kind(&self) -> MessageKind {
        self.0.kind
    }

    /// The frame as a server sends it that has no extension.
    pub(crate) fn wire(&self) -> &Bytes {
        &self.0.wire
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.0.wire[self.0.payload_at..]
    }

    /// The bytes for receivers with this key: those that `encode` appends, for the first of them.
    pub(crate) fn coded(&self, key: &Arc<str>, encode: impl FnOnce(&mut Vec<u8>)) -> Bytes {
        // Who comes meanwhile waits, instead of doing the same work.
        let mut coded = self.0.coded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, wire)) = coded.iter().find(|(known, _)| known == key) {
            return wire.clone();
        }
        let mut wire = Vec::new();
        encode(&mut wire);
        // What no extension changed is there already.
        let wire = if wire == self.0.wire { self.0.wire.clone() } else { Bytes::from(wire) };
        coded.push((Arc::clone(key), wire.clone()));
        wire
    }
}

/// A frame of a message that a [`MessageWriter`](crate::MessageWriter) sends.
#[derive(Debug)]
pub(crate) struct Fragment {
    pub(crate) kind: MessageKind,
    pub(crate) first: bool,
    pub(crate) last: bool,
    pub(crate) options: SendOptions,
    pub(crate) payload: Bytes,
}

/// What waits to be written.
#[derive(Debug)]
pub(crate) enum Item {
    Message(Message<'static>),
    MessageWith(Box<(Message<'static>, SendOptions)>),
    Published(Published),
    Frame(Frame<'static>),
    Fragment(Fragment),
    Ping(Bytes, Option<PingId>),
    Pong(Bytes),
    Close(Box<CloseReason>),
    /// End the connection without a closing handshake.
    Abort,
}

impl Item {
    /// What it counts against the queue's bound; a control frame counts too, as it takes room.
    pub(crate) fn weight(&self) -> usize {
        let payload = match self {
            Self::Message(message) => message.payload().len(),
            Self::MessageWith(message) => message.0.payload().len(),
            Self::Published(published) => published.wire().len(),
            Self::Frame(frame) => frame.payload.len(),
            Self::Fragment(fragment) => fragment.payload.len(),
            Self::Ping(payload, _) | Self::Pong(payload) => payload.len(),
            Self::Close(_) | Self::Abort => 0,
        };
        payload + size_of::<Self>()
    }

    /// The permits that its sender takes.
    pub(super) fn permits(&self) -> u32 {
        u32::try_from(self.weight().min(SEND_HIGH_WATER)).unwrap_or(u32::MAX)
    }

    /// Its part in a message.
    pub(super) fn part(&self) -> Part {
        let (first, last) = match self {
            Self::Message(_) | Self::MessageWith(_) | Self::Published(_) => return Part::Whole,
            Self::Frame(frame) => (frame.opcode != OpCode::Continuation, frame.fin),
            Self::Fragment(fragment) => (fragment.first, fragment.last),
            Self::Ping(..) | Self::Pong(_) | Self::Close(_) | Self::Abort => return Part::Control,
        };
        match (first, last) {
            (true, true) => Part::Whole,
            (true, false) => Part::First,
            (false, false) => Part::Middle,
            (false, true) => Part::Last,
        }
    }

    /// Whether it begins a message of its own, whose turn has to come.
    pub(super) fn takes_turn(&self) -> bool {
        !matches!(self, Self::Fragment(_)) && matches!(self.part(), Part::Whole | Part::First)
    }
}

/// What an item is to the message it belongs to (RFC 6455 §5.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Whole,
    First,
    Middle,
    Last,
    /// None: it may come between all of these.
    Control,
}

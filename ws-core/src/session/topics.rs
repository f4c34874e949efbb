//! Topics: what one session publishes, all subscribers of its container receive.

use crate::close::{CloseCode, CloseReason};
use crate::frame::{FrameHeader, Rsv, encode_header};
use crate::message::{Encode, Message, MessageKind};
use crate::opcode::OpCode;
use crate::session::outbox::{Item, Published};
use crate::session::{Error, Session, SessionState};

impl Session {
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
    /// A slow subscriber holds nobody up: when more than [`PUBLISH_CAP`](crate::PUBLISH_CAP) bytes wait for it, its
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
    pub(super) fn deliver(&self, message: &Published) {
        if let Err(Error::Full) = self.inner.outbox.push(Item::Published(message.clone())) {
            tracing::warn!(session = %self.id(), "subscriber is too slow, closing it with 1013");
            self.outbox().drop_published();
            let reason = CloseReason::local(CloseCode::TRY_AGAIN_LATER, "too slow".into());
            self.close(reason);
        }
    }
}

/// The frame that carries `message`, encoded as servers send it.
pub(super) fn published(message: &Message<'_>) -> Published {
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
    Published::new(kind, wire.into(), payload_at)
}

//! Topics: what one session publishes, all subscribers of its container receive.

use std::sync::Arc;

use crate::close::{CloseCode, CloseReason};
use crate::frame::{FrameHeader, Rsv, encode_header};
use crate::message::{Encode, Message, MessageKind};
use crate::opcode::OpCode;
use crate::overflow::Overflow;
use crate::session::outbox::{Item, Published};
use crate::session::{Error, Session, SessionState};

/// What a session is subscribed to; most sessions are to nothing.
#[derive(Debug, Default)]
#[expect(clippy::box_collection, reason = "a pointer is what an open connection has room for")]
pub(super) struct Topics(pub(super) Option<Box<Vec<Arc<str>>>>);

impl Topics {
    fn add(&mut self, name: Arc<str>) {
        let names = self.0.get_or_insert_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }

    fn remove(&mut self, topic: &str) {
        if let Some(names) = &mut self.0 {
            names.retain(|name| **name != *topic);
            if names.is_empty() {
                self.0 = None;
            }
        }
    }
}

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
        self.topics().add(name);
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
        self.topics().remove(topic.as_ref());
    }

    /// Sends a message to every subscriber of `topic` in this container, this session included if
    /// it is one. The message is encoded once and its bytes are shared.
    ///
    /// What happens where a subscriber is slow, an [`Overflow`] says: by default its session is closed
    /// with 1013 when more than [`PUBLISH_CAP`](crate::PUBLISH_CAP) bytes wait for it. Only
    /// [`Overflow::Wait`] makes this wait.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] for a value that does not encode.
    pub async fn publish<M>(&self, topic: impl AsRef<str>, message: &M) -> Result<(), Error>
    where
        M: Encode + ?Sized,
    {
        self.publish_keyed(topic, "", message).await
    }

    /// As [`publish`](Self::publish), for a message that replaces earlier ones with the same `key`
    /// and topic where [`Overflow::Latest`] is the policy.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_core::{Error, Session};
    /// async fn price(session: &Session, symbol: &str, cents: u32) -> Result<(), Error> {
    ///     session.publish_keyed("prices", symbol, &format!("{symbol} {cents}")).await
    /// }
    /// ```
    pub async fn publish_keyed<M>(
        &self,
        topic: impl AsRef<str>,
        key: impl AsRef<str>,
        message: &M,
    ) -> Result<(), Error>
    where
        M: Encode + ?Sized,
    {
        let message = message.encode()?;
        let Some(subscribed) = self.hub().subscribed(topic.as_ref()) else { return Ok(()) };
        let published = published(&message).to(subscribed.name(), key.as_ref());
        let late = subscribed.deliver(&published);
        wait_for(late, &published).await;
        Ok(())
    }

    /// Queues a published message. Whether the publisher has to wait for room.
    pub(super) fn deliver(&self, message: &Published, overflow: Option<Overflow>) -> bool {
        let overflow = overflow.unwrap_or(self.config().overflow);
        match self.outbox().publish(message, overflow) {
            Ok(0) | Err(Error::Closed) => {}
            Ok(gave_way) => self.counts().dropped(gave_way),
            Err(Error::Full) if overflow == Overflow::Wait => return true,
            Err(_) => self.is_too_slow(),
        }
        false
    }

    /// Closes it with 1013.
    fn is_too_slow(&self) {
        tracing::debug!(session = %self.id(), "subscriber is too slow, closing it with 1013");
        self.outbox().drop_published();
        let reason = CloseReason::local(CloseCode::TRY_AGAIN_LATER, "too slow".into());
        self.close(reason);
    }
}

/// Queues `message` for sessions whose queues were full, as soon as there is room.
pub(super) async fn wait_for(late: Vec<Session>, message: &Published) {
    for session in late {
        let item = Item::Published(message.clone());
        match session.outbox().enqueue(item, session.send_timeout()).await {
            Ok(_) | Err(Error::Closed) => {}
            Err(_) => session.is_too_slow(),
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

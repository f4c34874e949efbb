//! Sending on a session (Jakarta `RemoteEndpoint`).

use bytes::Bytes;

use crate::codec::{AnyEncoder, Encoded, Kind};
use crate::frame::{Frame, MAX_CONTROL_LEN};
use crate::message::Encode;
use crate::session::outbox::Item;
use crate::session::{Error, Session};

impl Session {
    /// Sends a message, waiting while more than [`SEND_HIGH_WATER`](crate::SEND_HIGH_WATER) bytes are queued.
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
        self.queue(item).await
    }

    /// Sends the message that `encoder` makes of `value`.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// use ws_core::{Error, Session, TextEncoder};
    ///
    /// struct Celsius;
    ///
    /// impl TextEncoder for Celsius {
    ///     type Message = f32;
    ///     type Error = std::convert::Infallible;
    ///
    ///     fn encode(&self, degrees: &f32) -> Result<String, Self::Error> {
    ///         Ok(format!("{degrees:.1} °C"))
    ///     }
    /// }
    ///
    /// async fn report(session: &Session) -> Result<(), Error> {
    ///     session.send_with(&Celsius, &21.0).await
    /// }
    /// ```
    pub async fn send_with<E, K>(&self, encoder: &E, value: &E::Message) -> Result<(), Error>
    where
        E: AnyEncoder<K>,
        K: Kind,
    {
        match encoder.encode_any(value, self)? {
            Encoded::Message(message) => self.queue(Item::Message(message)).await,
            Encoded::Work(work) => work.await,
        }
    }

    /// Sends a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there is not, else as [`send`](Self::send).
    pub fn try_send(&self, message: impl Encode) -> Result<(), Error> {
        self.inner.outbox.try_send(Item::Message(message.into_message()?))
    }

    /// Sends a single frame. A message that is begun with [`Frame::unfinished`] is to be continued
    /// and finished by the task that began it: until then every other message of this session waits,
    /// so that fragments never mix (RFC 6455 §5.4).
    ///
    /// # Errors
    ///
    /// [`Error::NothingToContinue`] for a Continuation frame while no message is unfinished,
    /// [`Error::MessageInProgress`] for another message when the one that was begun is not finished
    /// within the send timeout, [`Error::Closed`] once the session is closing.
    pub async fn send_frame(&self, frame: Frame<'_>) -> Result<(), Error> {
        self.queue(Item::Frame(frame.into_owned())).await
    }

    /// Sends a Ping with at most 125 bytes (RFC 6455 §5.5.2).
    ///
    /// # Errors
    ///
    /// [`Error::ControlTooLong`], or [`Error::Closed`] once the session is closing.
    pub async fn ping(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.queue(Item::Ping(control_payload(payload.into())?)).await
    }

    /// Sends a Pong that nobody asked for, with at most 125 bytes (RFC 6455 §5.5.3).
    ///
    /// # Errors
    ///
    /// [`Error::ControlTooLong`], or [`Error::Closed`] once the session is closing.
    pub async fn pong(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.queue(Item::Pong(control_payload(payload.into())?)).await
    }

    async fn queue(&self, item: Item) -> Result<(), Error> {
        self.inner.outbox.send(item, self.config().send_timeout).await
    }
}

fn control_payload(payload: Bytes) -> Result<Bytes, Error> {
    if payload.len() > MAX_CONTROL_LEN {
        return Err(Error::ControlTooLong(payload.len()));
    }
    Ok(payload)
}

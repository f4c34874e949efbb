//! Sending on a session (Jakarta `RemoteEndpoint`).

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use crate::codec::{AnyEncoder, Encoded, Kind};
use crate::extension::SendOptions;
use crate::frame::{Frame, MAX_CONTROL_LEN};
use crate::message::Encode;
use crate::session::outbox::Item;
use crate::session::{Error, Session, Timeout};

/// # Sending
///
/// | method | done when | waits for |
/// |---|---|---|
/// | [`send`](Self::send) | the transport has the message | room, its turn, the socket |
/// | [`enqueue`](Self::enqueue) | the message is queued | room, its turn |
/// | [`try_send`](Self::try_send) | at once | nothing |
/// | [`flush`](Self::flush) | the transport has all that was queued before | the socket |
///
/// "The transport" is the operating system's side of the socket: that it has a message does not say
/// that the peer has it.
///
/// Whatever is queued is written before anything that is queued later, and before a Close that comes
/// later. There is room for [`SEND_HIGH_WATER`](crate::SEND_HIGH_WATER) bytes; who finds none waits, in
/// the order of the calls, so that a slow peer slows its senders down. A peer that takes nothing at
/// all for the [send timeout](Self::send_timeout) loses its session, and all who wait get
/// [`Error::Closed`].
impl Session {
    /// Sends a message. Done when it is handed to the transport, or held by a
    /// [batch](Self::batch).
    ///
    /// This future may be dropped: before the message is queued nothing is sent then, behind that the
    /// message is sent all the same. A handler may send to its own session. What blocks its thread
    /// instead of awaiting blocks the connection too; there, use [`try_send`](Self::try_send).
    ///
    /// Poll it until it is done, or drop it. Where there is no room it waits for that with its
    /// message's turn, so that messages keep their order: while it is kept and not polled, all who
    /// send behind it wait.
    ///
    /// To wait for the transport means one write for each message. A handler that answers with
    /// several messages is faster with [`enqueue`](Self::enqueue), which collects them, and with a
    /// return value for the last one.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once the session is closing, or when it ends before the transport has the
    /// message; [`Error::Encode`] for a value that does not encode; [`Error::MessageInProgress`]
    /// when another message was begun in parts, and nothing more of it came for the send timeout.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_core::{Error, Session};
    /// async fn greet(session: &Session) -> Result<(), Error> {
    ///     session.send("hello").await?;
    ///     session.send(vec![1, 2, 3]).await
    /// }
    /// ```
    #[doc(alias = "sendText")]
    #[doc(alias = "sendBinary")]
    #[doc(alias = "sendObject")]
    #[doc(alias = "getBasicRemote")]
    #[doc(alias = "SendHandler")]
    #[doc(alias = "SendResult")]
    pub async fn send(&self, message: impl Encode + Send) -> Result<(), Error> {
        let item = Item::Message(message.into_message()?);
        self.hand_over(item).await
    }

    /// As [`send`](Self::send), and as `options` say.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// A secret that must not be compressed together with what others wrote (RFC 7692 §8):
    ///
    /// ```
    /// use ws_core::extension::SendOptions;
    /// # use ws_core::{Error, Session};
    ///
    /// async fn hand_out(session: &Session, token: &str) -> Result<(), Error> {
    ///     session.send_with_options(token, SendOptions::new().no_compress()).await
    /// }
    /// ```
    pub async fn send_with_options(
        &self,
        message: impl Encode + Send,
        options: SendOptions,
    ) -> Result<(), Error> {
        let message = message.into_message()?;
        self.hand_over(Item::MessageWith(Box::new((message, options)))).await
    }

    /// As [`send`](Self::send), giving up after `limit`.
    ///
    /// # Errors
    ///
    /// [`Timeout::Send`] after `limit`. A message that was queued by then is sent all the same, if the
    /// peer begins to read again. Else as [`send`](Self::send).
    pub async fn send_within(
        &self,
        message: impl Encode + Send,
        limit: Duration,
    ) -> Result<(), Error> {
        let item = Item::Message(message.into_message()?);
        timeout(limit, self.hand_over(item)).await.map_err(|_| Timeout::Send)?
    }

    /// Sends the message that `encoder` makes of `value`: an encoder of any of the four kinds. A
    /// [`TextStreamEncoder`] or [`BinaryStreamEncoder`] writes it as a
    /// [`MessageWriter`](crate::MessageWriter) does.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and what the writer reports.
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
    ///
    /// [`TextStreamEncoder`]: crate::TextStreamEncoder
    /// [`BinaryStreamEncoder`]: crate::BinaryStreamEncoder
    pub async fn send_with<E, K>(&self, encoder: &E, value: &E::Message) -> Result<(), Error>
    where
        E: AnyEncoder<K>,
        K: Kind,
    {
        match encoder.encode_any(value, self)? {
            Encoded::Message(message) => self.hand_over(Item::Message(message)).await,
            Encoded::Work(work) => work.await,
        }
    }

    /// Queues a message, waiting while there is no room for it. Sending is faster like this where
    /// many messages follow one another: nobody waits for the socket.
    ///
    /// This future may be dropped before it is done: nothing is sent then.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); but that the session ends before the message is written goes
    /// unnoticed.
    #[doc(alias = "getAsyncRemote")]
    pub async fn enqueue(&self, message: impl Encode + Send) -> Result<(), Error> {
        let item = Item::Message(message.into_message()?);
        self.queue(item).await.map(drop)
    }

    /// Queues a message if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] when there is not, or another message is being sent in parts; else as
    /// [`send`](Self::send).
    pub fn try_send(&self, message: impl Encode) -> Result<(), Error> {
        self.outbox().try_send(Item::Message(message.into_message()?))
    }

    /// Waits until everything that was queued so far is handed to the transport, by whomever it was
    /// sent. What a [batch](Self::batch) holds is written.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] when the session ends before.
    pub async fn flush(&self) -> Result<(), Error> {
        self.outbox().flush(self.send_timeout()).await
    }

    /// Sends a single frame; done when it is queued. A message that is begun with
    /// [`Frame::unfinished`] is to be continued and finished by the task that began it: until then
    /// every other message of this session waits, so that fragments never mix (RFC 6455 §5.4).
    ///
    /// # Errors
    ///
    /// [`Error::NothingToContinue`] for a Continuation frame while no message is unfinished,
    /// [`Error::MessageInProgress`] for another message when nothing more comes of the one that was
    /// begun for the send timeout, [`Error::Closed`] once the session is closing.
    pub async fn send_frame(&self, frame: Frame<'_>) -> Result<(), Error> {
        self.queue(Item::Frame(frame.into_owned())).await.map(drop)
    }

    /// Sends a Ping with at most 125 bytes (RFC 6455 §5.5.2) and waits for its Pong: the time between
    /// the two.
    ///
    /// An answer to a later Ping answers this one as well (§5.5.3). A handler may wait for its own
    /// Ping, unless so many messages of the peer come before the Pong that they do not fit in the
    /// 64 KiB that are read ahead of a busy handler. The Pong reaches a Pong handler too, in its turn.
    ///
    /// # Errors
    ///
    /// [`Timeout::Pong`] when no answer comes within the Pong timeout of the configuration, counted
    /// from when the transport has the Ping; [`Error::ControlTooLong`]; [`Error::Full`] while
    /// [`MAX_PINGS`](crate::MAX_PINGS) others wait for theirs; [`Error::Closed`] once the session is
    /// closing, or when it ends before.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_core::{Error, Session};
    /// async fn measure(session: &Session) -> Result<(), Error> {
    ///     let round_trip = session.ping("how long?").await?;
    ///     session.send(format!("{} µs", round_trip.as_micros())).await
    /// }
    /// ```
    pub async fn ping(&self, payload: impl Into<Bytes>) -> Result<Duration, Error> {
        let payload = control_payload(payload.into())?;
        let asking = self.pings().ask(payload.clone())?;
        let number = self.queue(Item::Ping(payload, Some(asking.id()))).await?;
        // Who waits for an answer does not want its question held.
        self.outbox().release();
        self.outbox().handed_over(number).await?;
        let answer = poll_fn(|cx| asking.poll_answer(cx));
        match self.config().pong_timeout {
            Duration::ZERO => answer.await,
            wait => timeout(wait, answer).await.map_err(|_| Timeout::Pong)?,
        }
    }

    /// Sends a Ping with at most 125 bytes (RFC 6455 §5.5.2); done when it is queued. Its Pong, which
    /// a Pong handler gets, says how long it took.
    ///
    /// # Errors
    ///
    /// [`Error::ControlTooLong`], or [`Error::Closed`] once the session is closing.
    #[doc(alias = "sendPing")]
    pub async fn send_ping(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        let payload = control_payload(payload.into())?;
        let id = self.pings().note(payload.clone());
        self.queue(Item::Ping(payload, id)).await.map(drop)
    }

    /// Sends a Pong that nobody asked for, with at most 125 bytes (RFC 6455 §5.5.3); done when it is
    /// queued.
    ///
    /// # Errors
    ///
    /// [`Error::ControlTooLong`], or [`Error::Closed`] once the session is closing.
    #[doc(alias = "sendPong")]
    pub async fn pong(&self, payload: impl Into<Bytes>) -> Result<(), Error> {
        self.queue(Item::Pong(control_payload(payload.into())?)).await.map(drop)
    }

    /// Queues `item`: its number.
    async fn queue(&self, item: Item) -> Result<u64, Error> {
        self.outbox().enqueue(item, self.send_timeout()).await
    }

    async fn hand_over(&self, item: Item) -> Result<(), Error> {
        let number = self.queue(item).await?;
        self.outbox().handed_over(number).await
    }
}

fn control_payload(payload: Bytes) -> Result<Bytes, Error> {
    if payload.len() > MAX_CONTROL_LEN {
        return Err(Error::ControlTooLong(payload.len()));
    }
    Ok(payload)
}

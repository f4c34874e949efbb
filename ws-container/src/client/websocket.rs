//! A connection as a stream of messages and a sink for them.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_sink::Sink;
use thiserror::Error as ThisError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use ws_core::endpoint::{self, Declared, HandlerSet};
use ws_core::{
    Binary, CloseReason, Closing, Delivery, Encode, Endpoint, Error, Message, Reply, Session, Text,
};

/// Bytes that may wait to be taken before the connection is read no further. One message more may be
/// on its way, of any legal length.
const MAX_WAITING: usize = 256 * 1024;

/// Bytes that each waiting message counts besides its payload.
const OVERHEAD: usize = 64;

/// A connection as a `Stream` of the messages that come and a `Sink` for those to be sent, for
/// programs that want no endpoint; [`Client::open`](crate::client::Client::open) makes it.
///
/// Messages that are not taken make the connection wait: no more than 256 KiB and one message are
/// kept, and TCP holds the server back. Pings are answered meanwhile, while the connection still reads.
/// The stream ends when the session does; if that was no orderly end, with
/// [`Disconnected`] as its last item. Dropping it closes the session with 1000.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use ws_container::client::Client;
///
/// let mut socket = Client::new().open("wss://echo.example.com/").await?;
/// socket.send("hello").await?;
/// while let Some(message) = socket.recv().await {
///     println!("{} bytes", message?.payload().len());
/// }
/// # Ok(())
/// # }
/// ```
///
/// The methods of `StreamExt` and `SinkExt`, of the crate `futures-util`, work too; `split` makes two
/// halves of it. Other tasks may send with a clone of [`session`](Self::session).
pub struct WebSocket {
    session: Session,
    incoming: mpsc::UnboundedReceiver<Waiting>,
    ended: Arc<OnceLock<CloseReason>>,
    /// The end was told.
    told: bool,
    sending: Option<Sending>,
    /// Something was sent that may not have been written.
    unflushed: bool,
}

type Sending = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A message, with the room that it takes.
type Waiting = (Message<'static>, OwnedSemaphorePermit);

impl WebSocket {
    pub(super) fn new() -> (Channel, impl FnOnce(Session) -> Self) {
        let (sender, incoming) = mpsc::unbounded_channel();
        let ended = Arc::new(OnceLock::new());
        let room = Arc::new(Semaphore::new(MAX_WAITING));
        let channel = Channel { sender: Some(sender), room, ended: Arc::clone(&ended) };
        (channel, |session| Self {
            session,
            incoming,
            ended,
            told: false,
            sending: None,
            unflushed: false,
        })
    }

    /// Its session.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The next message; `None` after the end. May be dropped before it is done: nothing is lost.
    ///
    /// # Errors
    ///
    /// As its last item, [`Disconnected`] when the session did not end in order.
    pub async fn recv(&mut self) -> Option<Result<Message<'static>, Disconnected>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Sends a message, as [`Session::send`] does.
    ///
    /// # Errors
    ///
    /// As [`Session::send`].
    pub async fn send(&self, message: impl Encode + Send) -> Result<(), Error> {
        self.session.send(message).await
    }

    /// Closes the session, as [`Session::close`] does. What comes until the server's Close can still
    /// be received.
    pub fn close(&self, reason: CloseReason) -> Closing {
        self.session.close(reason)
    }

    /// Goes on with what a sink has begun.
    fn poll_sending(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(sending) = &mut self.sending else { return Poll::Ready(Ok(())) };
        let done = ready!(sending.as_mut().poll(cx));
        self.sending = None;
        Poll::Ready(done)
    }

    /// Why it ended, once all messages were received.
    #[must_use]
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.ended.get()
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.session.close(CloseReason::default());
    }
}

/// A session that ended otherwise than by two Close frames in order.
#[derive(Clone, Debug, ThisError)]
#[error(transparent)]
pub struct Disconnected(Box<Unclean>);

/// In a box, to be no larger than the messages it stands beside.
#[derive(Clone, Debug, ThisError)]
#[error("the session ended: {reason}")]
struct Unclean {
    reason: CloseReason,
    source: Option<Cause>,
}

impl Disconnected {
    fn new(reason: &CloseReason) -> Self {
        let source = reason.cause().map(|cause| Cause(cause.to_string()));
        Self(Box::new(Unclean { reason: reason.clone(), source }))
    }

    /// Why it ended; its [cause](CloseReason::cause) is the error itself.
    #[must_use]
    pub fn reason(&self) -> &CloseReason {
        &self.0.reason
    }
}

/// What the session's cause says.
#[derive(Clone, Debug, ThisError)]
#[error("{0}")]
struct Cause(String);

impl Stream for WebSocket {
    type Item = Result<Message<'static>, Disconnected>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some((message, _room)) = ready!(self.incoming.poll_recv(cx)) {
            return Poll::Ready(Some(Ok(message)));
        }
        if std::mem::replace(&mut self.told, true) {
            return Poll::Ready(None);
        }
        let unclean = self.ended.get().filter(|reason| !reason.is_clean());
        Poll::Ready(unclean.map(|reason| Err(Disconnected::new(reason))))
    }
}

impl Sink<Message<'static>> for WebSocket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_sending(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message<'static>) -> Result<(), Error> {
        let session = self.session.clone();
        self.sending = Some(Box::pin(async move { session.enqueue(message).await }));
        self.unflushed = true;
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_sending(cx))?;
        if std::mem::take(&mut self.unflushed) {
            let session = self.session.clone();
            self.sending = Some(Box::pin(async move { session.flush().await }));
        }
        self.poll_sending(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.as_mut().poll_flush(cx))?;
        self.session.close(CloseReason::default());
        Poll::Ready(Ok(()))
    }
}

/// The endpoint at the other end of a [`WebSocket`].
#[derive(Debug)]
pub(super) struct Channel {
    sender: Option<mpsc::UnboundedSender<Waiting>>,
    room: Arc<Semaphore>,
    ended: Arc<OnceLock<CloseReason>>,
}

impl Channel {
    /// Waits for room, then hands `message` over. Nobody takes it when the [`WebSocket`] was dropped:
    /// its session is closing then.
    async fn hand_over(&self, message: Message<'static>) {
        let Some(sender) = &self.sender else { return };
        let weight = (message.payload().len() + OVERHEAD).min(MAX_WAITING);
        let permits = u32::try_from(weight).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(permits);
        tokio::select! {
            biased;
            () = sender.closed() => {}
            Ok(room) = room => {
                let _ = sender.send((message, room));
            }
        }
    }
}

impl Declared for Channel {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = None;

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl Endpoint for Channel {
    const HANDLERS: HandlerSet = HandlerSet {
        text: Delivery::Whole,
        binary: Delivery::Whole,
        // Said by the close reason.
        error: true,
        ..HandlerSet::NONE
    };

    async fn on_text<'a>(
        &'a mut self,
        _: endpoint::Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        self.hand_over(Message::SharedText(message.into_utf8_bytes())).await;
        Ok(Reply::None)
    }

    async fn on_binary<'a>(
        &'a mut self,
        _: endpoint::Context<'a, Self>,
        message: Binary<'a>,
    ) -> Result<Reply<'a>, Error> {
        self.hand_over(Message::SharedBinary(message.into_bytes())).await;
        Ok(Reply::None)
    }

    async fn on_close<'a>(
        &'a mut self,
        _: endpoint::Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<(), Error> {
        // Set before the stream ends, which tells it.
        let _ = self.ended.set(reason.clone());
        self.sender = None;
        Ok(())
    }
}

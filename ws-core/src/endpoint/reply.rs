//! What a handler returns, as what is sent.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task;

use futures_core::Stream;

use crate::codec::{Encoded, FindEncoder};
use crate::endpoint::callbacks::Declared;
use crate::endpoint::message_param::BuiltIn;
use crate::frame::Frame;
use crate::message::{BoxError, Encode, Message};
use crate::session::{Closing, Error, Session};

/// What is sent for a handler's return value.
#[non_exhaustive]
pub enum Reply<'a> {
    /// Nothing.
    None,
    /// One message.
    Message(Message<'a>),
    /// One frame, with the fragmentation it says.
    Frame(Frame<'a>),
    /// More to do before the next callback: the engine goes on with it as it does with a handler,
    /// and what it fails with reaches `#[on_error]` likewise.
    Work(Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>),
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Message(message) => f.debug_tuple("Message").field(message).finish(),
            Self::Frame(frame) => f.debug_tuple("Frame").field(frame).finish(),
            Self::Work(_) => f.write_str("Work(..)"),
        }
    }
}

/// What a return value may need to become a reply. It outlives the handler, so that a reply may be
/// work that goes on behind it.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReplyContext<'a, E: Declared + ?Sized> {
    /// The session that is answered.
    pub session: &'a Session,
    /// This connection's encoders.
    pub encoders: &'a E::Encoders,
}

impl<'a, E: Declared + ?Sized> ReplyContext<'a, E> {
    /// Of a callback's [`Context`](crate::endpoint::Context).
    #[inline]
    #[must_use]
    pub const fn new(session: &'a Session, encoders: &'a E::Encoders) -> Self {
        Self { session, encoders }
    }
}

impl<E: Declared + ?Sized> Clone for ReplyContext<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: Declared + ?Sized> Copy for ReplyContext<'_, E> {}

/// A type that a handler of endpoint `E` may return. `Via` is inferred.
///
/// `()` and `None` send nothing; an `Err` reaches `#[on_error]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no reply",
    label = "cannot be sent",
    note = "return `()`, a string, bytes, a number, `Json(value)`, a type of an encoder in `encoders = [..]`, or an `Option` or `Result` of one of these",
    note = "the value of `Json(value)` and `MsgPack(value)` is `serde::Serialize`, that of `Parsed(value)` is `Display`"
)]
pub trait IntoReply<'a, E: Declared + ?Sized, Via> {
    /// Whether it may become [`Reply::Work`]. Where it never does, a message and its reply need not
    /// be kept anywhere while the reply waits.
    const MAY_BE_WORK: bool = true;

    /// What is to be sent.
    ///
    /// # Errors
    ///
    /// The error that the handler returned, or [`EncodeError`](crate::EncodeError).
    fn into_reply(self, cx: ReplyContext<'a, E>) -> Result<Reply<'a>, Error>;
}

#[diagnostic::do_not_recommend]
impl<'a, E: Declared + ?Sized> IntoReply<'a, E, ()> for () {
    const MAY_BE_WORK: bool = false;

    #[inline]
    fn into_reply(self, _: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
        Ok(Reply::None)
    }
}

/// Borrowed replies keep their borrow; all other `Encode` types hand over their bytes.
macro_rules! borrowed_reply {
    ($($type:ty, $message:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<'a, E: Declared + ?Sized> IntoReply<'a, E, ()> for $type {
            const MAY_BE_WORK: bool = false;

            #[inline]
            fn into_reply(self, _: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
                Ok(Reply::Message($message(self)))
            }
        }
    )*};
}

borrowed_reply! {
    &'a str, Message::text;
    &'a String, |text: &'a String| Message::text(text.as_str());
    &'a [u8], Message::binary;
    &'a Vec<u8>, |payload: &'a Vec<u8>| Message::binary(payload.as_slice());
    Message<'a>, |message| message;
}

#[diagnostic::do_not_recommend]
impl<'a, E: Declared + ?Sized> IntoReply<'a, E, ()> for Frame<'a> {
    const MAY_BE_WORK: bool = false;

    #[inline]
    fn into_reply(self, _: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
        Ok(Reply::Frame(self))
    }
}

#[diagnostic::do_not_recommend]
impl<'a, E: Declared + ?Sized, T: Encode + Owned> IntoReply<'a, E, BuiltIn> for T {
    const MAY_BE_WORK: bool = false;

    #[inline]
    fn into_reply(self, _: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
        Ok(Reply::Message(self.into_message()?))
    }
}

/// `Encode` types that are no references: those have replies that borrow.
pub trait Owned {}

macro_rules! owned {
    ($($type:ty),*) => { $(impl Owned for $type {})* };
}

owned!(String, crate::message::Utf8Bytes, Vec<u8>, bytes::Bytes);
owned!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, bool, char);

impl<const N: usize> Owned for [u8; N] {}

#[cfg(feature = "json")]
impl<T: ?Sized> Owned for crate::message::Json<T> {}

#[cfg(feature = "msgpack")]
impl<T: ?Sized> Owned for crate::message::MsgPack<T> {}

impl<T: ?Sized> Owned for crate::message::Parsed<T> {}

/// Marks types that the endpoint's encoder at `At` takes.
#[derive(Debug)]
pub struct ThroughEncoder<At>(PhantomData<At>);

#[diagnostic::do_not_recommend]
impl<'a, E: Declared + ?Sized, M, At> IntoReply<'a, E, ThroughEncoder<At>> for M
where
    E::Encoders: FindEncoder<M, At>,
{
    const MAY_BE_WORK: bool = <E::Encoders as FindEncoder<M, At>>::WRITES_PIECES;

    fn into_reply(self, cx: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
        Ok(match cx.encoders.find_and_encode(self, cx.session)? {
            Encoded::Message(message) => Reply::Message(message),
            Encoded::Work(work) => Reply::Work(work),
        })
    }
}

/// Marks an `Option` of a reply.
#[derive(Debug)]
pub struct WithOption<Via>(PhantomData<Via>);

#[diagnostic::do_not_recommend]
impl<'a, E: Declared + ?Sized, R, Via> IntoReply<'a, E, WithOption<Via>> for Option<R>
where
    R: IntoReply<'a, E, Via>,
{
    const MAY_BE_WORK: bool = R::MAY_BE_WORK;

    #[inline]
    fn into_reply(self, cx: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
        self.map_or(Ok(Reply::None), |reply| reply.into_reply(cx))
    }
}

/// Marks a `Result` of a reply.
#[derive(Debug)]
pub struct WithResult<Via>(PhantomData<Via>);

#[diagnostic::do_not_recommend]
impl<'a, E: Declared + ?Sized, R, X, Via> IntoReply<'a, E, WithResult<Via>> for Result<R, X>
where
    R: IntoReply<'a, E, Via>,
    X: Into<BoxError>,
{
    const MAY_BE_WORK: bool = R::MAY_BE_WORK;

    #[inline]
    fn into_reply(self, cx: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
        match self {
            Ok(reply) => reply.into_reply(cx),
            Err(error) => Err(Error::from_handler(error.into())),
        }
    }
}

/// Many replies: each item of a stream, in order, as it comes.
///
/// The stream is polled when its turn comes, after the handler: what it has is sent before the next
/// message is delivered, and it is asked for no more while the peer takes nothing. An item may be
/// anything that a handler may return; with an `Err` in it the stream ends, and the error reaches
/// `#[on_error]`.
///
/// # Examples
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
///
/// use ws_core::endpoint::Replies;
/// use ws_core::{handlers, server_endpoint};
///
/// struct Countdown(u32);
///
/// impl futures_core::Stream for Countdown {
///     type Item = u32;
///
///     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
///         let left = self.0.checked_sub(1);
///         self.0 = left.unwrap_or(0);
///         Poll::Ready(left)
///     }
/// }
///
/// #[server_endpoint("/countdown", crate = ws_core)]
/// #[derive(Default)]
/// struct Launch;
///
/// #[handlers(crate = ws_core)]
/// impl Launch {
///     #[on_message]
///     fn from(&mut self, n: u32) -> Replies<Countdown> {
///         Replies(Countdown(n))
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper that handlers make")]
pub struct Replies<S>(pub S);

/// Marks a stream of replies.
#[derive(Debug)]
pub struct WithReplies<Via>(PhantomData<Via>);

#[diagnostic::do_not_recommend]
impl<'a, E, S, Via> IntoReply<'a, E, WithReplies<Via>> for Replies<S>
where
    E: Declared + ?Sized + 'a,
    S: Stream<Item: IntoReply<'a, E, Via>> + Send + 'a,
    Via: 'a,
{
    fn into_reply(self, cx: ReplyContext<'a, E>) -> Result<Reply<'a>, Error> {
        Ok(Reply::Work(Box::pin(async move {
            let mut stream = Box::pin(self.0);
            // Made replies where they come: items need not be `Send`.
            let mut next = |task: &mut task::Context<'_>| {
                let item = stream.as_mut().poll_next(task);
                item.map(|item| item.map(|item| item.into_reply(cx)))
            };
            let mut closed = Closing::new(cx.session.clone()).into_future();
            loop {
                // A stream that says nothing must not outlive the connection.
                let reply = poll_fn(|task| match next(task) {
                    task::Poll::Pending => closed.as_mut().poll(task).map(|()| Err(Error::Closed)),
                    task::Poll::Ready(reply) => task::Poll::Ready(Ok(reply)),
                });
                let Some(reply) = reply.await? else { return Ok(()) };
                send(cx.session, reply?).await?;
            }
        })))
    }
}

/// Sends one of many replies.
async fn send(session: &Session, reply: Reply<'_>) -> Result<(), Error> {
    match reply {
        Reply::None => Ok(()),
        Reply::Message(message) => session.send(message).await,
        Reply::Frame(frame) => session.send_frame(frame).await,
        Reply::Work(work) => work.await,
    }
}

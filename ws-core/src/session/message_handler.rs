//! Message handlers that are added to a live session (Jakarta `MessageHandler`).

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;

use crate::message::{BinaryPart, BoxError, Delivery, Message, Pong, TextPart, Utf8Bytes};
use crate::protocol::Part;
use crate::session::error::Error;

/// The types of messages that a session has at most one handler for (Jakarta §2.1.3).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "Jakarta's native websocket message types")]
pub enum NativeType {
    /// Text messages.
    Text,
    /// Binary messages.
    Binary,
    /// Pongs.
    Pong,
}

impl NativeType {
    pub(super) const ALL: [Self; 3] = [Self::Text, Self::Binary, Self::Pong];
}

impl fmt::Display for NativeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Pong => "pong",
        })
    }
}

/// What a handler that was added is called with.
#[derive(Debug)]
pub(crate) enum Received {
    /// A message, or a part of one with whether it is the last.
    Text(String, bool),
    Binary(Bytes, bool),
    Pong(Pong),
}

impl From<Part<'_>> for Received {
    fn from(part: Part<'_>) -> Self {
        match part {
            Part::Text(TextPart { text, last }) => Self::Text(text.into(), last),
            Part::Binary(BinaryPart { payload, last }) => {
                Self::Binary(Bytes::copy_from_slice(payload), last)
            }
        }
    }
}

/// What becomes of a call: a message to be sent, if any.
pub(super) type Answer =
    Pin<Box<dyn Future<Output = Result<Option<Message<'static>>, Error>> + Send>>;

pub(super) type Call = Box<dyn FnMut(Received) -> Option<Answer> + Send>;

/// What a [`MessageHandler`] returns: `()`, something sent as the reply, or an `Option` or `Result`
/// of these. The error of a `Result` reaches `#[on_error]`.
#[diagnostic::on_unimplemented(
    message = "a message handler cannot return `{Self}`",
    label = "is no answer",
    note = "return `()`, a string, bytes or `Message<'static>`, or an `Option` or `Result` of these"
)]
pub trait Answers {
    /// The reply.
    ///
    /// # Errors
    ///
    /// The handler's own.
    fn into_answer(self) -> Result<Option<Message<'static>>, Error>;
}

#[diagnostic::do_not_recommend]
impl Answers for () {
    fn into_answer(self) -> Result<Option<Message<'static>>, Error> {
        Ok(None)
    }
}

macro_rules! answers {
    ($($type:ty, $value:ident => $message:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Answers for $type {
            fn into_answer(self) -> Result<Option<Message<'static>>, Error> {
                let $value = self;
                Ok(Some($message))
            }
        }
    )*};
}

answers! {
    Message<'static>, message => message;
    String, text => Message::text(text);
    &'static str, text => Message::text(text);
    Utf8Bytes, text => Message::SharedText(text);
    Vec<u8>, payload => Message::binary(payload);
    Bytes, payload => Message::SharedBinary(payload);
}

#[diagnostic::do_not_recommend]
impl<T: Answers> Answers for Option<T> {
    fn into_answer(self) -> Result<Option<Message<'static>>, Error> {
        self.map_or(Ok(None), T::into_answer)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Answers, X: Into<BoxError>> Answers for Result<T, X> {
    fn into_answer(self) -> Result<Option<Message<'static>>, Error> {
        match self {
            Ok(value) => value.into_answer(),
            Err(error) => Err(Error::from_handler(error.into())),
        }
    }
}

/// A handler for messages of one type, to be added to a session while it is open (Jakarta
/// `MessageHandler`).
///
/// It is an asynchronous closure. The engine calls it as it calls an endpoint's own handlers: one
/// call after the other, never beside another callback of the session.
///
/// # Examples
///
/// An endpoint that asks for a name, and puts it before what it is sent from then on:
///
/// ```
/// use ws_core::{BoxError, MessageHandler, Session, handlers, server_endpoint};
///
/// #[server_endpoint("/named", crate = ws_core)]
/// #[derive(Default)]
/// struct Named;
///
/// #[handlers(crate = ws_core)]
/// impl Named {
///     #[on_open]
///     fn open(&mut self, session: &Session) -> Result<(), BoxError> {
///         let mut name = None;
///         session.add_message_handler(MessageHandler::text(move |text: String| {
///             let answer = match &name {
///                 None => format!("hello {text}"),
///                 Some(name) => format!("{name}: {text}"),
///             };
///             name.get_or_insert(text);
///             async move { answer }
///         }))?;
///         Ok(())
///     }
/// }
/// ```
pub struct MessageHandler {
    pub(super) native_type: NativeType,
    pub(super) delivery: Delivery,
    pub(super) call: Call,
}

impl fmt::Debug for MessageHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageHandler")
            .field("native_type", &self.native_type)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

/// Makes the future of a handler the future of an [`Answer`].
fn answer<F>(work: F) -> Option<Answer>
where
    F: Future<Output: Answers> + Send + 'static,
{
    Some(Box::pin(async move { work.await.into_answer() }))
}

impl MessageHandler {
    fn new(
        native_type: NativeType,
        delivery: Delivery,
        call: impl FnMut(Received) -> Option<Answer> + Send + 'static,
    ) -> Self {
        Self { native_type, delivery, call: Box::new(call) }
    }

    /// For whole text messages.
    #[doc(alias = "MessageHandler.Whole")]
    pub fn text<F>(mut handle: impl FnMut(String) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Answers> + Send + 'static,
    {
        Self::new(NativeType::Text, Delivery::Whole, move |received| match received {
            Received::Text(text, _) => answer(handle(text)),
            Received::Binary(..) | Received::Pong(_) => None,
        })
    }

    /// For whole binary messages.
    #[doc(alias = "MessageHandler.Whole")]
    pub fn binary<F>(mut handle: impl FnMut(Bytes) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Answers> + Send + 'static,
    {
        Self::new(NativeType::Binary, Delivery::Whole, move |received| match received {
            Received::Binary(payload, _) => answer(handle(payload)),
            Received::Text(..) | Received::Pong(_) => None,
        })
    }

    /// For Pongs, asked for or not.
    pub fn pong<F>(mut handle: impl FnMut(Pong) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Answers> + Send + 'static,
    {
        Self::new(NativeType::Pong, Delivery::Whole, move |received| match received {
            Received::Pong(pong) => answer(handle(pong)),
            Received::Text(..) | Received::Binary(..) => None,
        })
    }

    /// For text messages part by part, as their bytes come; `true` with the last part. See
    /// [`TextPart`].
    #[doc(alias = "MessageHandler.Partial")]
    pub fn text_parts<F>(mut handle: impl FnMut(String, bool) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Answers> + Send + 'static,
    {
        Self::new(NativeType::Text, Delivery::Parts, move |received| match received {
            Received::Text(text, last) => answer(handle(text, last)),
            Received::Binary(..) | Received::Pong(_) => None,
        })
    }

    /// For binary messages part by part, as their bytes come; `true` with the last part. See
    /// [`BinaryPart`].
    #[doc(alias = "MessageHandler.Partial")]
    pub fn binary_parts<F>(mut handle: impl FnMut(Bytes, bool) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Answers> + Send + 'static,
    {
        Self::new(NativeType::Binary, Delivery::Parts, move |received| match received {
            Received::Binary(payload, last) => answer(handle(payload, last)),
            Received::Text(..) | Received::Pong(_) => None,
        })
    }

    /// What it takes.
    #[must_use]
    pub const fn native_type(&self) -> NativeType {
        self.native_type
    }
}

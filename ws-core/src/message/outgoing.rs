//! A message on its way out.

use std::borrow::Cow;

use bytes::Bytes;

use crate::message::{MessageKind, Utf8Bytes};

/// A whole message to be sent, borrowed, owned or shared (RFC 6455 §5.6). A handler returns one when
/// it decides by itself whether to answer with text or with bytes.
///
/// # Examples
///
/// ```
/// use ws_core::{Message, MessageKind};
///
/// fn answer(text: &str) -> Message<'_> {
///     match text.strip_prefix("bytes ") {
///         Some(rest) => Message::binary(rest.as_bytes()),
///         None => Message::text(text),
///     }
/// }
///
/// assert_eq!(answer("bytes ab").kind(), MessageKind::Binary);
/// assert_eq!(answer("ab").payload(), b"ab");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Binary(Cow<'a, [u8]>),
    /// Text whose bytes are shared, not copied.
    SharedText(Utf8Bytes),
    /// Bytes that are shared, not copied.
    SharedBinary(Bytes),
}

impl<'a> Message<'a> {
    /// A text message.
    #[must_use]
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message.
    #[must_use]
    pub fn binary(payload: impl Into<Cow<'a, [u8]>>) -> Self {
        Self::Binary(payload.into())
    }

    /// Whether it is text or binary.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) | Self::SharedText(_) => MessageKind::Text,
            Self::Binary(_) | Self::SharedBinary(_) => MessageKind::Binary,
        }
    }

    /// The payload; of text, its UTF-8.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(payload) => payload,
            Self::SharedText(text) => text.as_bytes(),
            Self::SharedBinary(payload) => payload,
        }
    }

    /// The payload as bytes of its own, copied only when it is borrowed.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(Cow::Borrowed(text)) => Bytes::copy_from_slice(text.as_bytes()),
            Self::Text(Cow::Owned(text)) => text.into(),
            Self::Binary(Cow::Borrowed(payload)) => Bytes::copy_from_slice(payload),
            Self::Binary(Cow::Owned(payload)) => payload.into(),
            Self::SharedText(text) => text.into_bytes(),
            Self::SharedBinary(payload) => payload,
        }
    }

    /// The same message, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Message<'static> {
        match self {
            Self::Text(text) => Message::Text(Cow::Owned(text.into_owned())),
            Self::Binary(payload) => Message::Binary(Cow::Owned(payload.into_owned())),
            Self::SharedText(text) => Message::SharedText(text),
            Self::SharedBinary(payload) => Message::SharedBinary(payload),
        }
    }
}

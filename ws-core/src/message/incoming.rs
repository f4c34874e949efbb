//! A message that arrived.

use std::borrow::Cow;

use bytes::Bytes;
use thiserror::Error;

use crate::message::{BoxError, Utf8Bytes};

/// The two kinds of data messages (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 knows two kinds")]
pub enum MessageKind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

impl MessageKind {
    /// Whether both are the same kind; `==` in a `const`.
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        matches!((self, other), (Self::Text, Self::Text) | (Self::Binary, Self::Binary))
    }
}

/// A whole text message, valid UTF-8: in the read buffer when it came in one frame and one read,
/// else put together.
#[derive(Debug)]
#[non_exhaustive]
pub enum Text<'a> {
    /// In the read buffer.
    Borrowed(&'a str),
    /// Put together from pieces; taking it spares a copy.
    Assembled(&'a mut String),
}

impl<'a> Text<'a> {
    /// Bytes of its payload.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Borrowed(text) => text.len(),
            Self::Assembled(text) => text.len(),
        }
    }

    /// Whether it has no payload.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text, for as long as its buffer lives.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Borrowed(text) => text,
            Self::Assembled(text) => text,
        }
    }

    /// The text as a string of its own.
    #[must_use]
    pub fn into_string(self) -> String {
        match self {
            Self::Borrowed(text) => text.to_owned(),
            Self::Assembled(text) => std::mem::take(text),
        }
    }

    /// The text as shared bytes.
    #[must_use]
    pub fn into_utf8_bytes(self) -> Utf8Bytes {
        Utf8Bytes::from(self.into_string())
    }
}

/// A whole binary message: in the read buffer when it came in one frame and one read, else put
/// together.
#[derive(Debug)]
#[non_exhaustive]
pub enum Binary<'a> {
    /// In the read buffer.
    Borrowed(&'a [u8]),
    /// Put together from pieces; taking it spares a copy.
    Assembled(&'a mut Vec<u8>),
}

impl<'a> Binary<'a> {
    /// Bytes of its payload.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Borrowed(payload) => payload.len(),
            Self::Assembled(payload) => payload.len(),
        }
    }

    /// Whether it has no payload.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The payload, for as long as its buffer lives.
    #[must_use]
    pub fn as_slice(self) -> &'a [u8] {
        match self {
            Self::Borrowed(payload) => payload,
            Self::Assembled(payload) => payload,
        }
    }

    /// The payload as a vector of its own.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Borrowed(payload) => payload.to_vec(),
            Self::Assembled(payload) => std::mem::take(payload),
        }
    }

    /// The payload as shared bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Borrowed(payload) => Bytes::copy_from_slice(payload),
            Self::Assembled(payload) => std::mem::take(payload).into(),
        }
    }
}

/// A whole message of either kind.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 knows two kinds")]
pub enum Incoming<'a> {
    /// Text.
    Text(Text<'a>),
    /// Bytes.
    Binary(Binary<'a>),
}

impl Incoming<'_> {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Binary(_) => MessageKind::Binary,
        }
    }
}

/// A message that does not decode (Jakarta §4.1.3, `DecodeException`): the type that was wanted, the
/// beginning of the message, and as its source the decoder's own error, or
/// [`NoDecoder`](crate::codec::NoDecoder).
///
/// It reaches `#[on_error]`, and the session stays open. Without an `#[on_error]` the session is
/// closed with 1007.
///
/// # Examples
///
/// ```
/// use ws_core::{DecodeError, Error, Session, handlers, server_endpoint};
///
/// #[server_endpoint("/double", crate = ws_core)]
/// #[derive(Default)]
/// struct Double;
///
/// #[handlers(crate = ws_core)]
/// impl Double {
///     #[on_message]
///     fn double(&mut self, number: i32) -> i64 {
///         2 * i64::from(number)
///     }
///
///     #[on_error]
///     async fn error(&mut self, session: &Session, error: &Error) -> Result<(), Error> {
///         match error.find::<DecodeError>() {
///             Some(error) => session.send(format!("not a number: {}", error.text())).await,
///             None => Ok(()),
///         }
///     }
/// }
/// ```
#[derive(Debug, Error)]
#[doc(alias = "DecodeException")]
#[error(transparent)]
pub struct DecodeError(Box<NotDecoded>);

/// In a box: results with such an error pass through every message's way.
#[derive(Debug, Error)]
#[error("message does not decode into {type_name}")]
struct NotDecoded {
    type_name: &'static str,
    data: Bytes,
    source: BoxError,
}

/// Bytes of offending data an error keeps.
const KEPT: usize = 1024;

impl DecodeError {
    /// The failure to decode `data` into a `T`. At most the first 1,024 bytes of `data` are kept.
    pub fn new<T: ?Sized>(data: &[u8], source: impl Into<BoxError>) -> Self {
        let data = Bytes::copy_from_slice(&data[..data.len().min(KEPT)]);
        Self(Box::new(NotDecoded {
            type_name: std::any::type_name::<T>(),
            data,
            source: source.into(),
        }))
    }

    /// The type that was wanted.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.0.type_name
    }

    /// The beginning of the message, at most its first 1,024 bytes. Empty when a
    /// [`TextStreamDecoder`] or [`BinaryStreamDecoder`] failed: what it read, it alone has.
    ///
    /// [`TextStreamDecoder`]: crate::TextStreamDecoder
    /// [`BinaryStreamDecoder`]: crate::BinaryStreamDecoder
    #[must_use]
    #[doc(alias = "getBytes")]
    pub fn data(&self) -> &Bytes {
        &self.0.data
    }

    /// The same as text; what is no UTF-8 in it, and a character that was cut at its end, is
    /// replaced.
    #[must_use]
    #[doc(alias = "getText")]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.data)
    }
}

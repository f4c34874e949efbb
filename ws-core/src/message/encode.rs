//! Types that know how to be sent.

use std::borrow::Cow;

use bytes::Bytes;
use thiserror::Error;

use crate::message::{BoxError, Message, Utf8Bytes};

/// A type that is a message by itself: strings and byte strings of every kind, numbers, `bool` and
/// `char` as text (Jakarta §4.7), [`Json`](crate::Json), `MsgPack` and
/// [`Parsed`](crate::Parsed).
///
/// Other types are sent through an encoder: `encoders = [..]` for replies,
/// [`Session::send_with`](crate::Session::send_with) for the rest.
///
/// # Examples
///
/// ```
/// use ws_core::{Encode, EncodeError, Message};
///
/// struct Celsius(f32);
///
/// impl Encode for Celsius {
///     fn encode(&self) -> Result<Message<'_>, EncodeError> {
///         Ok(Message::text(format!("{:.1} °C", self.0)))
///     }
/// }
///
/// assert_eq!(Celsius(21.0).encode()?.payload(), "21.0 °C".as_bytes());
/// # Ok::<(), EncodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent by itself",
    label = "is no `Encode`",
    note = "send `Json(value)`, or implement `Encode`, or use `session.send_with(&encoder, &value)`"
)]
pub trait Encode {
    /// The message that says `self`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when `self` cannot be said.
    fn encode(&self) -> Result<Message<'_>, EncodeError>;

    /// As [`encode`](Self::encode), consuming `self`: types that own their bytes hand them over.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    fn into_message(self) -> Result<Message<'static>, EncodeError>
    where
        Self: Sized,
    {
        self.encode().map(Message::into_owned)
    }
}

/// A value that could not be made a message (Jakarta §4.1.2, `EncodeException`): its type, and as its
/// source the encoder's own error.
///
/// It reaches `#[on_error]` when a handler returned the value, and the caller of
/// [`Session::send`](crate::Session::send) when that was to send it; nothing is sent. Jakarta's
/// carries the object itself. Ours does not: the object is the caller's, or gone with the handler.
///
/// # Examples
///
/// ```
/// use std::error::Error as _;
///
/// use ws_core::EncodeError;
///
/// struct Score(f64);
///
/// let error = EncodeError::new::<Score>("not a number");
/// assert!(error.to_string().ends_with("Score does not encode"));
/// assert_eq!(error.source().unwrap().to_string(), "not a number");
/// ```
#[derive(Debug, Error)]
#[doc(alias = "EncodeException")]
#[error("{type_name} does not encode")]
pub struct EncodeError {
    type_name: &'static str,
    source: BoxError,
}

impl EncodeError {
    /// The failure to encode a `T`.
    pub fn new<T: ?Sized>(source: impl Into<BoxError>) -> Self {
        Self { type_name: std::any::type_name::<T>(), source: source.into() }
    }

    /// The type that was to be sent.
    #[must_use]
    #[doc(alias = "getObject")]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        (**self).encode()
    }
}

impl Encode for str {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::Text(Cow::Borrowed(self)))
    }
}

impl Encode for String {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::Text(Cow::Borrowed(self)))
    }

    fn into_message(self) -> Result<Message<'static>, EncodeError> {
        Ok(Message::Text(Cow::Owned(self)))
    }
}

impl Encode for Cow<'_, str> {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::Text(Cow::Borrowed(self)))
    }
}

impl Encode for Utf8Bytes {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::SharedText(self.clone()))
    }
}

impl Encode for [u8] {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::Binary(Cow::Borrowed(self)))
    }
}

impl<const N: usize> Encode for [u8; N] {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::Binary(Cow::Borrowed(self)))
    }
}

impl Encode for Vec<u8> {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::Binary(Cow::Borrowed(self)))
    }

    fn into_message(self) -> Result<Message<'static>, EncodeError> {
        Ok(Message::Binary(Cow::Owned(self)))
    }
}

impl Encode for Cow<'_, [u8]> {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::Binary(Cow::Borrowed(self)))
    }
}

impl Encode for Bytes {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::SharedBinary(self.clone()))
    }
}

impl Encode for Message<'_> {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(match self {
            Self::Text(text) => Message::Text(Cow::Borrowed(text)),
            Self::Binary(payload) => Message::Binary(Cow::Borrowed(payload)),
            Self::SharedText(text) => Message::SharedText(text.clone()),
            Self::SharedBinary(payload) => Message::SharedBinary(payload.clone()),
        })
    }

    fn into_message(self) -> Result<Message<'static>, EncodeError> {
        Ok(self.into_owned())
    }
}

macro_rules! as_text {
    ($($primitive:ty),*) => {$(
        impl Encode for $primitive {
            fn encode(&self) -> Result<Message<'_>, EncodeError> {
                Ok(Message::Text(Cow::Owned(self.to_string())))
            }
        }
    )*};
}

as_text!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, bool, char);

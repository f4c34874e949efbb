//! A message that arrived, as the type a handler asks for.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::codec::{Decoding, FindDecoder, Kind, not_a_stream};
use crate::endpoint::callbacks::Declared;
#[cfg(feature = "json")]
use crate::message::Json;
#[cfg(feature = "msgpack")]
use crate::message::MsgPack;
use crate::message::{BoxError, DecodeError, Delivery, Incoming, MessageKind, Parsed, Utf8Bytes};
use crate::session::MessageReader;

/// A type that a handler of endpoint `E` may take as its message. `Via` is inferred: [`BuiltIn`], or
/// [`ThroughDecoder`] for what the endpoint's decoders make.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message type of this endpoint",
    label = "no decoder makes this type",
    note = "built in are `&str`, `String`, `Utf8Bytes`, `&[u8]`, `Vec<u8>`, `Bytes`, primitives, `Pong`, `Json<T>` and `MsgPack<T>` of a `serde::Deserialize`, and `Parsed<T>` of a `FromStr`",
    note = "for a type of your own name a decoder: `#[server_endpoint(\"/path\", decoders = [MyDecoder])]`"
)]
pub trait FromMessage<'a, E: Declared + ?Sized, Via>: Sized + 'a {
    /// The kind of message it is made from.
    const KIND: MessageKind;
    /// Whether it is made from a whole message, or read while the message comes.
    const DELIVERY: Delivery = Delivery::Whole;

    /// Makes it, from a message of that kind.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the message is no such value.
    fn from_message(message: Incoming<'a>, decoders: &mut E::Decoders)
    -> Result<Self, DecodeError>;

    /// Makes it while a message of that kind comes; for [`Delivery::Stream`].
    fn from_stream(reader: MessageReader, decoders: &'a mut E::Decoders) -> Decoding<'a, Self> {
        let _ = (reader, decoders);
        Box::pin(async { Err(not_a_stream::<Self>()) })
    }
}

/// Marks types that need no decoder.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BuiltIn;

/// Marks types made by the endpoint's decoder at `At`.
#[derive(Debug)]
pub struct ThroughDecoder<At>(PhantomData<At>);

impl<'a, E: Declared + ?Sized, At, M: 'a> FromMessage<'a, E, ThroughDecoder<At>> for M
where
    E::Decoders: FindDecoder<M, At>,
{
    const KIND: MessageKind = <<E::Decoders as FindDecoder<M, At>>::Kind as Kind>::KIND;
    const DELIVERY: Delivery = <<E::Decoders as FindDecoder<M, At>>::Kind as Kind>::DELIVERY;

    fn from_message(message: Incoming<'a>, decoders: &mut E::Decoders) -> Result<M, DecodeError> {
        decoders.find_and_decode(message)
    }

    fn from_stream(reader: MessageReader, decoders: &'a mut E::Decoders) -> Decoding<'a, M> {
        decoders.find_and_read(reader)
    }
}

/// A message reached a type of the other kind; dispatch by kind keeps this from happening.
fn other_kind<T>() -> DecodeError {
    DecodeError::new::<T>(&[], "message is of the other kind")
}

macro_rules! built_in {
    ($($type:ty, $kind:ident, $message:ident => $made:expr;)*) => {$(
        impl<'a, E: Declared + ?Sized> FromMessage<'a, E, BuiltIn> for $type {
            const KIND: MessageKind = MessageKind::$kind;

            #[inline]
            fn from_message(
                message: Incoming<'a>,
                _: &mut E::Decoders,
            ) -> Result<Self, DecodeError> {
                let Incoming::$kind($message) = message else { return Err(other_kind::<Self>()) };
                Ok($made)
            }
        }
    )*};
}

built_in! {
    &'a str, Text, text => text.as_str();
    String, Text, text => text.into_string();
    Utf8Bytes, Text, text => text.into_utf8_bytes();
    &'a [u8], Binary, payload => payload.as_slice();
    Vec<u8>, Binary, payload => payload.into_vec();
    Bytes, Binary, payload => payload.into_bytes();
}

macro_rules! parsed {
    ($($primitive:ty),*) => {$(
        impl<'a, E: Declared + ?Sized> FromMessage<'a, E, BuiltIn> for $primitive {
            const KIND: MessageKind = MessageKind::Text;

            fn from_message(
                message: Incoming<'a>,
                _: &mut E::Decoders,
            ) -> Result<Self, DecodeError> {
                let Incoming::Text(text) = message else { return Err(other_kind::<Self>()) };
                let text = text.as_str();
                text.parse().map_err(|e| DecodeError::new::<Self>(text.as_bytes(), e))
            }
        }
    )*};
}

parsed!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, bool, char);

#[cfg(feature = "json")]
impl<'a, E: Declared + ?Sized, T> FromMessage<'a, E, BuiltIn> for Json<T>
where
    T: serde::Deserialize<'a> + 'a,
{
    const KIND: MessageKind = MessageKind::Text;

    fn from_message(message: Incoming<'a>, _: &mut E::Decoders) -> Result<Self, DecodeError> {
        let Incoming::Text(text) = message else { return Err(other_kind::<Self>()) };
        let text = text.as_str();
        serde_json::from_str(text).map(Json).map_err(|e| DecodeError::new::<T>(text.as_bytes(), e))
    }
}

#[cfg(feature = "msgpack")]
impl<'a, E: Declared + ?Sized, T> FromMessage<'a, E, BuiltIn> for MsgPack<T>
where
    T: serde::Deserialize<'a> + 'a,
{
    const KIND: MessageKind = MessageKind::Binary;

    fn from_message(message: Incoming<'a>, _: &mut E::Decoders) -> Result<Self, DecodeError> {
        let Incoming::Binary(payload) = message else { return Err(other_kind::<Self>()) };
        Self::decode(payload.as_slice())
    }
}

impl<'a, E: Declared + ?Sized, T> FromMessage<'a, E, BuiltIn> for Parsed<T>
where
    T: std::str::FromStr<Err: Into<BoxError>> + 'a,
{
    const KIND: MessageKind = MessageKind::Text;

    fn from_message(message: Incoming<'a>, _: &mut E::Decoders) -> Result<Self, DecodeError> {
        let Incoming::Text(text) = message else { return Err(other_kind::<Self>()) };
        Self::decode(text.as_str())
    }
}

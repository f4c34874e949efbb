//! Finding the decoder of a type in an endpoint's list, at compile time.
//!
//! A list is a nested pair, `(A, (B, ()))`. Which entry makes a type, and of what kind it is, is
//! found by inference of the last parameter of [`FindDecoder`]: only one implementation fits.

use std::pin::Pin;

use crate::codec::decoder::{BinaryDecoder, BinaryStreamDecoder, TextDecoder, TextStreamDecoder};
use crate::codec::first_of::NoDecoder;
use crate::codec::kind::{
    BinaryKind, BinaryStreamKind, Here, Kind, TextKind, TextStreamKind, There,
};
use crate::config::EndpointConfig;
use crate::message::{BoxError, DecodeError, Incoming};
use crate::session::{Error, MessageReader};

/// A message that is being read and decoded.
pub type Decoding<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A decoder of any kind; `K` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no decoder",
    label = "implements none of the decoder traits",
    note = "implement `TextDecoder` or `BinaryDecoder` for `{Self}`, or `TextStreamDecoder` or `BinaryStreamDecoder`, which read a message while it comes",
    note = "`FirstOf<(A, B)>` takes up to four `TextDecoder`s, or as many `BinaryDecoder`s, with the same `Message`"
)]
pub trait AnyDecoder<K: Kind>: Default {
    /// What it makes.
    type Message;

    /// Prepares it for a connection.
    fn init_any(&mut self, config: &EndpointConfig);

    /// Decodes a whole message of its kind.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the decoder's own error as source.
    fn decode_any(&mut self, message: Incoming<'_>) -> Result<Self::Message, DecodeError> {
        Err(misdirected::<Self::Message>(message))
    }

    /// Decodes a message of its kind while it comes.
    fn read_any<'a>(&'a mut self, reader: MessageReader) -> Decoding<'a, Self::Message>
    where
        Self::Message: 'a,
    {
        drop(reader);
        Box::pin(async { Err(not_a_stream::<Self::Message>()) })
    }

    /// Releases it behind a connection.
    fn destroy_any(&mut self);
}

/// A message reached a decoder of another kind; dispatch by kind keeps this from happening.
#[cold]
fn misdirected<T>(message: Incoming<'_>) -> DecodeError {
    let data: &[u8] = match message {
        Incoming::Text(text) => text.as_str().as_bytes(),
        Incoming::Binary(payload) => payload.as_slice(),
    };
    DecodeError::new::<T>(data, "message is of another kind")
}

/// The same of a stream.
#[cold]
pub(crate) fn not_a_stream<T>() -> Error {
    DecodeError::new::<T>(&[], "message is of another kind").into()
}

/// The failure of a stream decoder: what the session itself reported through the reader stays that.
fn unreadable<T>(error: impl Into<BoxError>) -> Error {
    match Error::handed_back(error.into()) {
        Ok(error) => error,
        Err(error) => DecodeError::new::<T>(&[], error).into(),
    }
}

/// What all four kinds have in common.
macro_rules! any_decoder {
    ($trait:ident, $kind:ident, $($decode:tt)*) => {
        #[diagnostic::do_not_recommend]
        impl<D: $trait> AnyDecoder<$kind> for D {
            type Message = D::Message;

            fn init_any(&mut self, config: &EndpointConfig) {
                self.init(config);
            }

            $($decode)*

            fn destroy_any(&mut self) {
                self.destroy();
            }
        }
    };
}

any_decoder! { TextDecoder, TextKind,
    fn decode_any(&mut self, message: Incoming<'_>) -> Result<D::Message, DecodeError> {
        let Incoming::Text(text) = message else { return Err(misdirected::<D::Message>(message)) };
        let text = text.as_str();
        if !self.will_decode(text) {
            return Err(DecodeError::new::<D::Message>(text.as_bytes(), NoDecoder));
        }
        self.decode(text).map_err(|e| DecodeError::new::<D::Message>(text.as_bytes(), e))
    }
}

any_decoder! { BinaryDecoder, BinaryKind,
    fn decode_any(&mut self, message: Incoming<'_>) -> Result<D::Message, DecodeError> {
        let Incoming::Binary(data) = message else { return Err(misdirected::<D::Message>(message)) };
        let data = data.as_slice();
        if !self.will_decode(data) {
            return Err(DecodeError::new::<D::Message>(data, NoDecoder));
        }
        self.decode(data).map_err(|e| DecodeError::new::<D::Message>(data, e))
    }
}

any_decoder! { TextStreamDecoder, TextStreamKind,
    fn read_any<'a>(&'a mut self, reader: MessageReader) -> Decoding<'a, D::Message>
    where
        D::Message: 'a,
    {
        Box::pin(async { self.decode(reader).await.map_err(unreadable::<D::Message>) })
    }
}

any_decoder! { BinaryStreamDecoder, BinaryStreamKind,
    fn read_any<'a>(&'a mut self, reader: MessageReader) -> Decoding<'a, D::Message>
    where
        D::Message: 'a,
    {
        Box::pin(async { self.decode(reader).await.map_err(unreadable::<D::Message>) })
    }
}

/// A list with a decoder that makes an `M`; `At` is inferred.
#[diagnostic::on_unimplemented(
    message = "no decoder of this endpoint makes a `{M}`",
    label = "no decoder for `{M}`",
    note = "name one: `#[server_endpoint(\"/path\", decoders = [MyDecoder])]`, where `MyDecoder` is a `TextDecoder`, a `BinaryDecoder` or one of their stream forms, with `type Message = {M}`",
    note = "or take `Json<{M}>`, when `{M}` is `serde::Deserialize`"
)]
pub trait FindDecoder<M, At> {
    /// The kind of its messages.
    type Kind: Kind;

    /// Decodes a whole message with it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] of that decoder.
    fn find_and_decode(&mut self, message: Incoming<'_>) -> Result<M, DecodeError>;

    /// Decodes a message with it while it comes.
    fn find_and_read<'a>(&'a mut self, reader: MessageReader) -> Decoding<'a, M>
    where
        M: 'a;
}

#[diagnostic::do_not_recommend]
impl<M, K: Kind, D: AnyDecoder<K, Message = M>, Rest> FindDecoder<M, Here<K>> for (D, Rest) {
    type Kind = K;

    fn find_and_decode(&mut self, message: Incoming<'_>) -> Result<M, DecodeError> {
        self.0.decode_any(message)
    }

    fn find_and_read<'a>(&'a mut self, reader: MessageReader) -> Decoding<'a, M>
    where
        M: 'a,
    {
        self.0.read_any(reader)
    }
}

#[diagnostic::do_not_recommend]
impl<M, At, D, Rest: FindDecoder<M, At>> FindDecoder<M, There<At>> for (D, Rest) {
    type Kind = Rest::Kind;

    fn find_and_decode(&mut self, message: Incoming<'_>) -> Result<M, DecodeError> {
        self.1.find_and_decode(message)
    }

    fn find_and_read<'a>(&'a mut self, reader: MessageReader) -> Decoding<'a, M>
    where
        M: 'a,
    {
        self.1.find_and_read(reader)
    }
}

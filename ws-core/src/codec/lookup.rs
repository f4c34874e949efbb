//! Finding the decoder or encoder of a type in an endpoint's list, at compile time.
//!
//! A list is a nested pair, `(A, (B, ()))`. Which entry serves a type, and whether it concerns text
//! or bytes, is found by inference of the last parameter of [`FindDecoder`] and [`FindEncoder`]:
//! only one implementation fits.

use std::marker::PhantomData;

use crate::codec::traits::{
    BinaryDecoder, BinaryEncoder, BinaryKind, Kind, NoDecoder, TextDecoder, TextEncoder, TextKind,
};
use crate::config::EndpointConfig;
use crate::message::{BoxError, DecodeError, EncodeError, Incoming, Message};

/// A decoder of either kind; `K` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no decoder",
    label = "neither a `TextDecoder` nor a `BinaryDecoder`",
    note = "implement `TextDecoder` or `BinaryDecoder` for `{Self}`"
)]
pub trait AnyDecoder<K: Kind> {
    /// What it makes.
    type Message;

    /// Prepares it for a connection.
    fn init_any(&mut self, config: &EndpointConfig);

    /// Releases it behind a connection.
    fn destroy_any(&mut self);

    /// Decodes a message of its kind.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the decoder's own error as source.
    fn decode_any(&mut self, message: Incoming<'_>) -> Result<Self::Message, DecodeError>;
}

/// A message reached a decoder of the other kind; dispatch by kind keeps this from happening.
fn wrong_kind<T>(message: Incoming<'_>) -> DecodeError {
    let data: &[u8] = match message {
        Incoming::Text(text) => text.as_str().as_bytes(),
        Incoming::Binary(payload) => payload.as_slice(),
    };
    DecodeError::new::<T>(data, "message is of the other kind")
}

impl<D: TextDecoder> AnyDecoder<TextKind> for D {
    type Message = D::Message;

    fn init_any(&mut self, config: &EndpointConfig) {
        self.init(config);
    }

    fn destroy_any(&mut self) {
        self.destroy();
    }

    fn decode_any(&mut self, message: Incoming<'_>) -> Result<D::Message, DecodeError> {
        let Incoming::Text(text) = message else { return Err(wrong_kind::<D::Message>(message)) };
        let text = text.as_str();
        if !self.will_decode(text) {
            return Err(DecodeError::new::<D::Message>(text.as_bytes(), NoDecoder));
        }
        self.decode(text).map_err(|e| DecodeError::new::<D::Message>(text.as_bytes(), e))
    }
}

impl<D: BinaryDecoder> AnyDecoder<BinaryKind> for D {
    type Message = D::Message;

    fn init_any(&mut self, config: &EndpointConfig) {
        self.init(config);
    }

    fn destroy_any(&mut self) {
        self.destroy();
    }

    fn decode_any(&mut self, message: Incoming<'_>) -> Result<D::Message, DecodeError> {
        let Incoming::Binary(data) = message else { return Err(wrong_kind::<D::Message>(message)) };
        let data = data.as_slice();
        if !self.will_decode(data) {
            return Err(DecodeError::new::<D::Message>(data, NoDecoder));
        }
        self.decode(data).map_err(|e| DecodeError::new::<D::Message>(data, e))
    }
}

/// An encoder of either kind; `K` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no encoder",
    label = "neither a `TextEncoder` nor a `BinaryEncoder`",
    note = "implement `TextEncoder` or `BinaryEncoder` for `{Self}`"
)]
pub trait AnyEncoder<K: Kind> {
    /// What it takes.
    type Message;

    /// Prepares it for a connection.
    fn init_any(&mut self, config: &EndpointConfig);

    /// Releases it behind a connection.
    fn destroy_any(&mut self);

    /// Encodes to a message of its kind.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] with the encoder's own error as source.
    fn encode_any(&self, message: &Self::Message) -> Result<Message<'static>, EncodeError>;
}

fn encode_error<T>(source: impl Into<BoxError>) -> EncodeError {
    EncodeError::new::<T>(source)
}

impl<E: TextEncoder> AnyEncoder<TextKind> for E {
    type Message = E::Message;

    fn init_any(&mut self, config: &EndpointConfig) {
        self.init(config);
    }

    fn destroy_any(&mut self) {
        self.destroy();
    }

    fn encode_any(&self, message: &E::Message) -> Result<Message<'static>, EncodeError> {
        self.encode(message).map(Message::text).map_err(encode_error::<E::Message>)
    }
}

impl<E: BinaryEncoder> AnyEncoder<BinaryKind> for E {
    type Message = E::Message;

    fn init_any(&mut self, config: &EndpointConfig) {
        self.init(config);
    }

    fn destroy_any(&mut self) {
        self.destroy();
    }

    fn encode_any(&self, message: &E::Message) -> Result<Message<'static>, EncodeError> {
        self.encode(message).map(Message::binary).map_err(encode_error::<E::Message>)
    }
}

/// The first entry of a list, of kind `K`.
#[derive(Debug)]
pub struct Here<K>(PhantomData<K>);

/// An entry further down, where `At` says.
#[derive(Debug)]
pub struct There<At>(PhantomData<At>);

/// A list with a decoder that makes an `M`; `At` is inferred.
#[diagnostic::on_unimplemented(
    message = "no decoder of this endpoint makes a `{M}`",
    label = "no decoder for `{M}`",
    note = "name one: `#[server_endpoint(\"/path\", decoders = [MyDecoder])]`, where `MyDecoder` is a `TextDecoder` or `BinaryDecoder` with `type Message = {M}`"
)]
pub trait FindDecoder<M, At> {
    /// The kind of its messages.
    type Kind: Kind;

    /// Decodes with it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] of that decoder.
    fn find_and_decode(&mut self, message: Incoming<'_>) -> Result<M, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<M, K: Kind, D: AnyDecoder<K, Message = M>, Rest> FindDecoder<M, Here<K>> for (D, Rest) {
    type Kind = K;

    fn find_and_decode(&mut self, message: Incoming<'_>) -> Result<M, DecodeError> {
        self.0.decode_any(message)
    }
}

#[diagnostic::do_not_recommend]
impl<M, At, D, Rest: FindDecoder<M, At>> FindDecoder<M, There<At>> for (D, Rest) {
    type Kind = Rest::Kind;

    fn find_and_decode(&mut self, message: Incoming<'_>) -> Result<M, DecodeError> {
        self.1.find_and_decode(message)
    }
}

/// A list with an encoder that takes an `M`; `At` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{M}` is no reply: it is not `Encode`, and no encoder of this endpoint takes it",
    label = "no encoder for `{M}`",
    note = "return `Json(value)`, or name an encoder: `#[server_endpoint(\"/path\", encoders = [MyEncoder])]`"
)]
pub trait FindEncoder<M, At> {
    /// Encodes with it.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] of that encoder.
    fn find_and_encode(&self, message: &M) -> Result<Message<'static>, EncodeError>;
}

#[diagnostic::do_not_recommend]
impl<M, K: Kind, E: AnyEncoder<K, Message = M>, Rest> FindEncoder<M, Here<K>> for (E, Rest) {
    fn find_and_encode(&self, message: &M) -> Result<Message<'static>, EncodeError> {
        self.0.encode_any(message)
    }
}

#[diagnostic::do_not_recommend]
impl<M, At, E, Rest: FindEncoder<M, At>> FindEncoder<M, There<At>> for (E, Rest) {
    fn find_and_encode(&self, message: &M) -> Result<Message<'static>, EncodeError> {
        self.1.find_and_encode(message)
    }
}

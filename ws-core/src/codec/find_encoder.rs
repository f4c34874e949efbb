//! Finding the encoder of a type in an endpoint's list, at compile time, as
//! [`find_decoder`](super::find_decoder) does for decoders.

use std::fmt;
use std::pin::Pin;

use crate::codec::encoder::{BinaryEncoder, BinaryStreamEncoder, TextEncoder, TextStreamEncoder};
use crate::codec::kind::{
    BinaryKind, BinaryStreamKind, Here, Kind, TextKind, TextStreamKind, There,
};
use crate::config::EndpointConfig;
use crate::message::{BoxError, Delivery, EncodeError, Message};
use crate::session::{Error, Session};

/// What an encoder makes of an object.
#[non_exhaustive]
pub enum Encoded<'a> {
    /// A message.
    Message(Message<'static>),
    /// A message that is sent while it is encoded, when this is run.
    Work(Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>),
}

impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.debug_tuple("Message").field(message).finish(),
            Self::Work(_) => f.write_str("Work(..)"),
        }
    }
}

/// An encoder of any kind; `K` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no encoder",
    label = "implements none of the encoder traits",
    note = "implement `TextEncoder` or `BinaryEncoder` for `{Self}`, or `TextStreamEncoder` or `BinaryStreamEncoder`, which write a message piece by piece"
)]
pub trait AnyEncoder<K: Kind> {
    /// What it takes.
    type Message;

    /// Prepares it for a connection.
    fn init_any(&mut self, config: &EndpointConfig);

    /// Encodes to a message of its kind, on `session`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] with the encoder's own error as source.
    fn encode_any<'a>(
        &'a self,
        message: &'a Self::Message,
        session: &'a Session,
    ) -> Result<Encoded<'a>, EncodeError>;

    /// As [`encode_any`](Self::encode_any), for an object that nobody else keeps.
    ///
    /// # Errors
    ///
    /// As there.
    fn encode_owned<'a>(
        &'a self,
        message: Self::Message,
        session: &'a Session,
    ) -> Result<Encoded<'a>, EncodeError>;

    /// Releases it behind a connection.
    fn destroy_any(&mut self);
}

/// An encoder of which each connection of an endpoint has an instance; `K` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no encoder, or has no `Default`",
    label = "cannot stand in `encoders = [..]`",
    note = "implement `TextEncoder` or `BinaryEncoder` for `{Self}`, or `TextStreamEncoder` or `BinaryStreamEncoder`, which write a message piece by piece",
    note = "derive `Default` for `{Self}`: each connection has an instance of its own"
)]
pub trait ListedEncoder<K: Kind>: AnyEncoder<K> + Default {}

#[diagnostic::do_not_recommend]
impl<K: Kind, E: AnyEncoder<K> + Default> ListedEncoder<K> for E {}

/// The failure of a stream encoder: what the session itself reported through the writer stays that.
fn unwritable<T>(error: impl Into<BoxError>) -> Error {
    match Error::handed_back(error.into()) {
        Ok(error) => error,
        Err(error) => EncodeError::new::<T>(error).into(),
    }
}

/// What all four kinds have in common.
macro_rules! any_encoder {
    ($trait:ident, $kind:ident, $($encode:tt)*) => {
        #[diagnostic::do_not_recommend]
        impl<E: $trait> AnyEncoder<$kind> for E {
            type Message = E::Message;

            fn init_any(&mut self, config: &EndpointConfig) {
                self.init(config);
            }

            $($encode)*

            fn destroy_any(&mut self) {
                self.destroy();
            }
        }
    };
}

macro_rules! whole_encoder {
    ($trait:ident, $kind:ident, $message:ident) => {
        any_encoder! { $trait, $kind,
            fn encode_any<'a>(
                &'a self,
                message: &'a E::Message,
                _: &'a Session,
            ) -> Result<Encoded<'a>, EncodeError> {
                match self.encode(message) {
                    Ok(encoded) => Ok(Encoded::Message(Message::$message(encoded))),
                    Err(error) => Err(EncodeError::new::<E::Message>(error)),
                }
            }

            fn encode_owned<'a>(
                &'a self,
                message: E::Message,
                _: &'a Session,
            ) -> Result<Encoded<'a>, EncodeError> {
                match self.encode(&message) {
                    Ok(encoded) => Ok(Encoded::Message(Message::$message(encoded))),
                    Err(error) => Err(EncodeError::new::<E::Message>(error)),
                }
            }
        }
    };
}

whole_encoder!(TextEncoder, TextKind, text);
whole_encoder!(BinaryEncoder, BinaryKind, binary);

macro_rules! stream_encoder {
    ($trait:ident, $kind:ident, $writer:ident, $write:ident) => {
        any_encoder! { $trait, $kind,
            fn encode_any<'a>(
                &'a self,
                message: &'a E::Message,
                session: &'a Session,
            ) -> Result<Encoded<'a>, EncodeError> {
                Ok(Encoded::Work(Box::pin($write(self, message, session))))
            }

            fn encode_owned<'a>(
                &'a self,
                message: E::Message,
                session: &'a Session,
            ) -> Result<Encoded<'a>, EncodeError> {
                Ok(Encoded::Work(Box::pin(async move { $write(self, &message, session).await })))
            }
        }

        async fn $write<E: $trait>(
            encoder: &E,
            message: &E::Message,
            session: &Session,
        ) -> Result<(), Error> {
            let mut writer = session.$writer().await?;
            encoder.encode(message, &mut writer).await.map_err(unwritable::<E::Message>)?;
            writer.finish().await
        }
    };
}

stream_encoder!(TextStreamEncoder, TextStreamKind, text_writer, write_text);
stream_encoder!(BinaryStreamEncoder, BinaryStreamKind, binary_writer, write_binary);

/// A list with an encoder that takes an `M`; `At` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{M}` is no reply: it is not `Encode`, and no encoder of this endpoint takes it",
    label = "no encoder for `{M}`",
    note = "return `Json(value)`, or name an encoder: `#[server_endpoint(\"/path\", encoders = [MyEncoder])]`"
)]
pub trait FindEncoder<M, At> {
    /// Whether it makes [`Encoded::Work`].
    const WRITES_PIECES: bool;

    /// Encodes with it, on `session`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] of that encoder.
    fn find_and_encode<'a>(
        &'a self,
        message: M,
        session: &'a Session,
    ) -> Result<Encoded<'a>, EncodeError>;
}

#[diagnostic::do_not_recommend]
impl<M, K: Kind, E: AnyEncoder<K, Message = M>, Rest> FindEncoder<M, Here<K>> for (E, Rest) {
    const WRITES_PIECES: bool = K::DELIVERY.is(Delivery::Stream);

    fn find_and_encode<'a>(
        &'a self,
        message: M,
        session: &'a Session,
    ) -> Result<Encoded<'a>, EncodeError> {
        self.0.encode_owned(message, session)
    }
}

#[diagnostic::do_not_recommend]
impl<M, At, E, Rest: FindEncoder<M, At>> FindEncoder<M, There<At>> for (E, Rest) {
    const WRITES_PIECES: bool = Rest::WRITES_PIECES;

    fn find_and_encode<'a>(
        &'a self,
        message: M,
        session: &'a Session,
    ) -> Result<Encoded<'a>, EncodeError> {
        self.1.find_and_encode(message, session)
    }
}

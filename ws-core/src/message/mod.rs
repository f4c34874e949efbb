//! Messages as applications see them: what arrives, what is sent, and the types that are messages
//! by themselves.

mod encode;
mod incoming;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod outgoing;
mod parsed;
mod part;
mod pong;
mod utf8_bytes;

pub use encode::{Encode, EncodeError};
pub use incoming::{Binary, DecodeError, Incoming, MessageKind, Text};
#[cfg(feature = "json")]
pub use json::Json;
#[cfg(feature = "msgpack")]
pub use msgpack::MsgPack;
pub use outgoing::Message;
pub use parsed::Parsed;
pub use part::{BinaryPart, Delivery, TextPart};
pub use pong::Pong;
pub use utf8_bytes::Utf8Bytes;

/// An error of any type, as applications return them.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

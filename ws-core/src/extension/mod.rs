//! What extensions may do to messages, RFC 6455 §9.
//!
//! The opening handshake agrees on extensions: a [`Negotiator`] answers each [`ExtensionOffer`]. An
//! agreed extension owns reserved bits of the frame header and transforms message payloads: a
//! [`PayloadEncoder`] what is sent, a [`PayloadDecoder`] what arrives. Two extensions never own the
//! same bit.

mod grammar;
mod negotiation;
mod stack;

pub(crate) use grammar::is_token;
pub use grammar::{
    ExtensionOffer, ExtensionParam, InvalidExtensions, InvalidToken, MAX_EXTENSIONS, MAX_PARAMS,
};
pub use negotiation::{Agreed, Negotiator, agree, negotiate};
pub use stack::{Conflict, Decoders, Encoders, PayloadDecoder, PayloadEncoder, Stack};

//! What extensions may do to messages, RFC 6455 §9.
//!
//! An agreed extension owns reserved bits of the frame header and transforms message payloads: a
//! [`PayloadEncoder`] what is sent, a [`PayloadDecoder`] what arrives. Two extensions never own the
//! same bit.

mod stack;

pub use stack::{Conflict, Decoders, Encoders, PayloadDecoder, PayloadEncoder, Stack};

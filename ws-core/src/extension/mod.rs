//! What extensions may do to messages and frames, RFC 6455 §9.
//!
//! An [`Extension`] is installed once and used by many connections. The opening handshake agrees on
//! parameters, [`ExtensionOffer`]; an agreed extension may own reserved bits of the frame header, and
//! transforms what is sent by an [`Encoder`] and what arrives by a [`Decoder`]: the payloads of whole
//! messages, or single frames with their payload, their reserved bits and FIN. Two extensions never
//! own the same bit.
//!
//! `PerMessageDeflate` (feature `deflate`) is the one that matters; [`Identity`] and [`Fragment`] are
//! examples.

#[cfg(feature = "deflate")]
mod deflate;
mod fragment;
mod grammar;
mod identity;
mod interface;
mod negotiation;
mod params;
mod stack;

#[cfg(feature = "legacy-deflate-frame")]
pub use deflate::DeflateFrame;
#[cfg(feature = "deflate")]
pub use deflate::{InvalidWindowBits, PerMessageDeflate, WindowBits};
pub use fragment::Fragment;
pub(crate) use grammar::is_token;
pub use grammar::{
    ExtensionOffer, ExtensionParam, InvalidExtensions, InvalidToken, MAX_EXTENSIONS, MAX_PARAMS,
};
pub use identity::Identity;
pub use interface::{Decoder, Encoder, Extension, FrameHead, Halves, Part, Scope, SendOptions};
pub use negotiation::{Agreed, agree, negotiate};
pub use params::{InvalidParams, ParamReader};
pub use stack::{Conflict, Decoders, Encoders, Stack, StackError};

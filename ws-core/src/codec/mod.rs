//! Decoders and encoders: the types between messages and the objects of an application (Jakarta
//! §4.1.2, §4.1.3).
//!
//! Strings, bytes, numbers, [`Json`](crate::Json), `MsgPack` and
//! [`Parsed`](crate::Parsed) are messages by themselves. For everything else an application writes a
//! codec, a type of its own that implements one of eight traits, and names it in the attribute:
//!
//! | | text | bytes |
//! |---|---|---|
//! | decoders of whole messages | [`TextDecoder`] | [`BinaryDecoder`] |
//! | decoders that read a message while it comes | [`TextStreamDecoder`] | [`BinaryStreamDecoder`] |
//! | encoders of whole messages | [`TextEncoder`] | [`BinaryEncoder`] |
//! | encoders that write a message piece by piece | [`TextStreamEncoder`] | [`BinaryStreamEncoder`] |
//!
//! ```
//! use ws_core::{TextDecoder, TextEncoder, handlers, server_endpoint};
//!
//! /// Two numbers, written as `x,y`.
//! struct Point(i32, i32);
//!
//! #[derive(Default)]
//! struct PointCodec;
//!
//! impl TextDecoder for PointCodec {
//!     type Message = Point;
//!     type Error = Box<dyn std::error::Error + Send + Sync>;
//!
//!     fn decode(&mut self, text: &str) -> Result<Point, Self::Error> {
//!         let (x, y) = text.split_once(',').ok_or("no comma")?;
//!         Ok(Point(x.parse()?, y.parse()?))
//!     }
//! }
//!
//! impl TextEncoder for PointCodec {
//!     type Message = Point;
//!     type Error = std::convert::Infallible;
//!
//!     fn encode(&self, point: &Point) -> Result<String, Self::Error> {
//!         Ok(format!("{},{}", point.0, point.1))
//!     }
//! }
//!
//! #[server_endpoint("/mirror", decoders = [PointCodec], encoders = [PointCodec], crate = ws_core)]
//! #[derive(Default)]
//! struct Mirror;
//!
//! #[handlers(crate = ws_core)]
//! impl Mirror {
//!     #[on_message]
//!     fn point(&mut self, point: Point) -> Point {
//!         Point(point.1, point.0)
//!     }
//! }
//! ```
//!
//! # Which codec serves a type
//!
//! It is found when the program is compiled: the decoder whose `Message` is the handler's parameter,
//! the encoder whose `Message` is what it returns. So a list has **one decoder for a type, and one
//! encoder**, and their order means nothing. A parameter that no decoder makes does not compile; one
//! that two decoders make does not either (`type annotations needed`, says the compiler, and names the
//! list).
//!
//! Jakarta keeps an ordered list for each native type instead, and asks each decoder in it whether it
//! [will decode](TextDecoder::will_decode) the message at hand, until one does (WSC-4.1.3). That is
//! [`FirstOf`]: one decoder that asks others in order. A message that no decoder takes is an error
//! with [`NoDecoder`] as its cause, and is not lost in silence.
//!
//! A codec is of one kind: a type that implements two of the decoder traits, or two of the encoder
//! traits, leaves open which is meant, and does not compile in a list. Being a decoder and an encoder
//! in one, as above, is no such thing.
//!
//! # Life of a codec
//!
//! Each connection has an instance of its own of each codec of its endpoint, made by `Default`. `init`
//! is called once, before `#[on_open]`; `destroy` once, after `#[on_close]`. In between one message
//! at a time is decoded or encoded, so a decoder may keep state from message to message in `&mut self`.
//! A type that is in both lists has one instance for each.
//!
//! # Failures
//!
//! What a decoder returns as error reaches `#[on_error]` as [`DecodeError`](crate::DecodeError), with
//! the beginning of the message; an encoder's as [`EncodeError`](crate::EncodeError). The session
//! stays open. Without an `#[on_error]` it is closed, with 1007 for what does not decode and 1011 for
//! what does not encode.

mod decoder;
mod encoder;
mod find_decoder;
mod find_encoder;
mod first_of;
mod kind;

pub use decoder::{BinaryDecoder, BinaryStreamDecoder, TextDecoder, TextStreamDecoder};
pub use encoder::{BinaryEncoder, BinaryStreamEncoder, TextEncoder, TextStreamEncoder};
pub(crate) use find_decoder::not_a_stream;
pub use find_decoder::{AnyDecoder, Decoding, FindDecoder};
pub use find_encoder::{AnyEncoder, Encoded, FindEncoder, ListedEncoder};
pub use first_of::{FirstOf, NoDecoder};
pub use kind::{BinaryKind, BinaryStreamKind, Here, Kind, TextKind, TextStreamKind, There};

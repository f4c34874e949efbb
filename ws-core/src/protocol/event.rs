//! What arrived.

use crate::close::CloseFrame;
use crate::frame::Frame;
use crate::message::{Binary, BinaryPart, Text, TextPart};

/// Something that arrived, borrowed from the bytes it came in or from the receiver that put it
/// together.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "messages, and all else")]
pub enum Event<'a> {
    /// A whole text message, valid UTF-8.
    Text(Text<'a>),
    /// A whole binary message.
    Binary(Binary<'a>),
    /// Anything but a message.
    Other(Other<'a>),
}

/// What arrives besides messages.
#[derive(Debug)]
#[non_exhaustive]
pub enum Other<'a> {
    /// A single data frame, before the message it belongs to.
    Frame(Frame<'a>),
    /// A part of a message that is delivered in parts.
    Part {
        /// What came of it.
        part: Part<'a>,
        /// Bytes of its frame that are still to come: a part may end inside of a frame.
        missing: u64,
    },
    /// A Ping, to be answered with its payload.
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close. Nothing that comes behind it is an event.
    Close(Box<CloseFrame>),
}

/// A part of a message of either kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 knows two kinds")]
pub enum Part<'a> {
    /// Of text.
    Text(TextPart<'a>),
    /// Of bytes.
    Binary(BinaryPart<'a>),
}

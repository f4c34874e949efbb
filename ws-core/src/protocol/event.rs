//! What arrived.

use crate::close::CloseFrame;
use crate::frame::Frame;
use crate::message::{Binary, Text};

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
    /// A Ping, to be answered with its payload.
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close. Nothing that comes behind it is an event.
    Close(Box<CloseFrame>),
}

//! A frame with its payload, as `#[on_frame]` sees it and `Session::send_frame` takes it.

use std::borrow::Cow;

use crate::frame::header::Rsv;
use crate::opcode::OpCode;

/// A single data frame, for endpoints that care how messages are fragmented (RFC 6455 §5.4).
///
/// # Examples
///
/// Two frames of one message:
///
/// ```
/// use ws_core::frame::Frame;
///
/// let first = Frame::text("Hel").unfinished();
/// let last = Frame::continuation("lo");
/// assert!(!first.fin && last.fin);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame<'a> {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The reserved bits. Where an extension set one, the payload is what it made of it.
    pub rsv: Rsv,
    /// Text, Binary or Continuation.
    pub opcode: OpCode,
    /// The payload, unmasked. A fragment of text may begin or end inside a code point.
    pub payload: Cow<'a, [u8]>,
}

impl<'a> Frame<'a> {
    /// The first frame of a text message, finished until told otherwise.
    #[must_use]
    pub fn text(payload: impl Into<Cow<'a, str>>) -> Self {
        let payload = match payload.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Self { fin: true, rsv: Rsv::NONE, opcode: OpCode::Text, payload }
    }

    /// The first frame of a binary message, finished until told otherwise.
    #[must_use]
    pub fn binary(payload: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { fin: true, rsv: Rsv::NONE, opcode: OpCode::Binary, payload: payload.into() }
    }

    /// The last frame of a fragmented message, until told otherwise.
    #[must_use]
    pub fn continuation(payload: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        let payload = Cow::Borrowed(payload.as_ref());
        Self { fin: true, rsv: Rsv::NONE, opcode: OpCode::Continuation, payload }
    }

    /// The same frame, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Frame<'static> {
        Frame { payload: Cow::Owned(self.payload.into_owned()), ..self }
    }

    /// The same frame, with more of its message to come.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.fin = false;
        self
    }
}

//! The short way: a message that lies whole in the caller's bytes, in one frame.

use crate::frame::decode_whole_message;
use crate::mask;
use crate::message::{Binary, MessageKind, Text};
use crate::opcode::OpCode;
use crate::protocol::buffers::Buffers;
use crate::protocol::event::Event;
use crate::protocol::receive::Receiver;
use crate::protocol_error::ProtocolError;
use crate::utf8;

impl<B: Buffers> Receiver<B> {
    /// The message that `input` begins with, if all of it lies there in one frame and `takes` its kind
    /// and length; else all of `input` is given back.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    #[inline(always)] // as there
    pub(crate) fn receive_whole<'i>(
        &self,
        input: &'i mut [u8],
        takes: impl FnOnce(MessageKind, usize) -> bool,
    ) -> Result<(Option<Event<'i>>, &'i mut [u8]), ProtocolError> {
        if self.resting
            && let Some(message) = decode_whole_message(input, self.role.receives_masked())
            && let kind = kind_of(message.opcode)
            && let len = message.payload.1 - message.payload.0
            && takes(kind, len)
            && self.delivery(kind).is_whole()
            && len as u64 <= self.max_len(kind)
        {
            let (frame, rest) = input.split_at_mut(message.payload.1);
            let payload = &mut frame[message.payload.0..];
            mask::apply(payload, message.key, 0);
            let event = match kind {
                MessageKind::Text => Event::Text(Text::Borrowed(utf8::whole(payload)?)),
                MessageKind::Binary => Event::Binary(Binary::Borrowed(payload)),
            };
            return Ok((Some(event), rest));
        }
        Ok((None, input))
    }

    /// The longest message of `kind`.
    #[inline]
    pub(super) const fn max_len(&self, kind: MessageKind) -> u64 {
        match kind {
            MessageKind::Text => self.limits.max_text_len,
            MessageKind::Binary => self.limits.max_binary_len,
        }
    }
}

/// The kind of the message that a first frame begins.
#[inline]
const fn kind_of(opcode: OpCode) -> MessageKind {
    match opcode {
        OpCode::Text => MessageKind::Text,
        _ => MessageKind::Binary,
    }
}

//! Frames that extensions have a say in, and frames that are events.

use std::borrow::Cow;

use crate::close::CloseFrame;
use crate::extension::FrameHead;
use crate::frame::{Frame, FrameHeader, Rsv};
use crate::message::{Delivery, MessageKind};
use crate::opcode::OpCode;
use crate::protocol::buffers::Buffers;
use crate::protocol::event::{Event, Other};
use crate::protocol::receive::Receiver;
use crate::protocol_error::ProtocolError;

/// Bytes that are decompressed at once where nothing but their ratio bounds what becomes of them:
/// DEFLATE makes at most 1,032 times as much, about 1 MiB.
const STEP: usize = 1024;

impl<B: Buffers> Receiver<B> {
    /// Judges the reserved bits of a header (RFC 6455 §5.2).
    #[cold]
    pub(super) fn check_bits(&self, header: &FrameHeader) -> Result<(), ProtocolError> {
        let claimed = match header.opcode {
            OpCode::Text | OpCode::Binary => self.decoders.claimed(),
            OpCode::Continuation => self.decoders.claimed_on_frames(),
            OpCode::Close | OpCode::Ping | OpCode::Pong => Rsv::NONE,
        };
        let unclaimed = header.rsv.without(claimed);
        if unclaimed.is_empty() {
            Ok(())
        } else {
            Err(ProtocolError::ReservedBits(unclaimed.bits()))
        }
    }

    /// Lets extensions change the header of a data frame.
    pub(super) fn show_header(&mut self, header: &mut FrameHeader) -> Result<(), ProtocolError> {
        if self.decoders.takes_frames() && !header.opcode.is_control() {
            let FrameHeader { fin, rsv, opcode, .. } = *header;
            let mut head = FrameHead { fin, rsv, opcode };
            self.decoders.frame(&mut head)?;
            (header.fin, header.rsv) = (head.fin, head.rsv);
        }
        Ok(())
    }

    /// Whether extensions transformed the payload of the current frame.
    pub(super) fn is_transformed(&self, header: &FrameHeader) -> bool {
        let message = self.assembly.belongs_to_current();
        !header.opcode.is_control()
            && message.is_some_and(|message| self.decoders.transforms(message, header.rsv))
    }

    /// The event of the frame in `self.payload`.
    pub(super) fn frame_event(&mut self, header: FrameHeader) -> Result<Event<'_>, ProtocolError> {
        self.lent = true;
        Ok(Event::Other(match header.opcode {
            OpCode::Ping => Other::Ping(&self.payload),
            OpCode::Pong => Other::Pong(&self.payload),
            OpCode::Close => {
                self.closed = true;
                Other::Close(Box::new(CloseFrame::parse(&self.payload)?))
            }
            OpCode::Text | OpCode::Binary | OpCode::Continuation => Other::Frame(Frame {
                fin: header.fin,
                rsv: header.rsv,
                opcode: header.opcode,
                payload: Cow::Borrowed(&self.payload),
            }),
        }))
    }

    /// How many bytes of a frame's payload may be taken at once.
    #[inline]
    pub(super) fn step(&self, header: &FrameHeader, kind: MessageKind) -> usize {
        let whole = matches!(self.delivery(kind), Delivery::Whole) && !self.assembly.is_discarded();
        if !whole && self.is_transformed(header) { STEP } else { usize::MAX }
    }
}

#[cfg(test)]
#[cfg(feature = "deflate")]
mod tests;

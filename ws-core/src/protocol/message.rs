//! Frames to a message: their order, its limits, and its payload as it grows, RFC 6455 §5.4.

use crate::extension::{Decoders, Part};
use crate::frame::{FrameHeader, Rsv};
use crate::limits::Limits;
use crate::message::{Delivery, MessageKind};
use crate::opcode::OpCode;
use crate::protocol::buffers::Buffers;
use crate::protocol_error::{Limited, ProtocolError};
use crate::utf8::{self, Partial};

/// What has no limit as a message, because it is not kept whole, may decompress to so many times what
/// came, and to this many bytes in any case.
const MAX_RATIO: u64 = 200;
const FREE: u64 = 64 * 1024;

/// A message whose last frame has not come.
#[derive(Clone, Copy, Debug)]
struct Unfinished {
    kind: MessageKind,
    /// Bits of its first frame.
    rsv: Rsv,
    /// Bytes of payload on the wire, as far as headers announced them.
    len: u64,
    fragments: u32,
    empty_fragments: u32,
    /// Nobody wants the rest of it any more.
    discarded: bool,
    /// Bytes of payload that extensions transformed, before and after that was undone.
    coded: u64,
    decoded: u64,
}

/// The message that is being put together.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    unfinished: Option<Unfinished>,
    pub(super) text: String,
    partial: Partial,
    pub(super) binary: Vec<u8>,
}

/// What is done with a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Keep {
    /// It is put together.
    Whole,
    /// A part is put together, delivered and forgotten.
    Part,
    /// Its bytes are delivered from where they lie.
    InPlace,
    /// It is checked, and nothing of it is kept.
    Nothing,
}

impl Assembly {
    /// Whether a message has begun and not ended.
    pub(super) const fn is_unfinished(&self) -> bool {
        self.unfinished.is_some()
    }

    /// The kind of the message that a data frame with `header` belongs to.
    ///
    /// # Errors
    ///
    /// A frame out of order.
    #[inline]
    pub(super) fn belongs_to(&self, header: &FrameHeader) -> Result<MessageKind, ProtocolError> {
        match (header.opcode, &self.unfinished) {
            (OpCode::Continuation, Some(message)) => Ok(message.kind),
            (OpCode::Continuation, None) => Err(ProtocolError::UnexpectedContinuation),
            (_, Some(_)) => Err(ProtocolError::UnfinishedMessage),
            (OpCode::Text, None) => Ok(MessageKind::Text),
            (_, None) => Ok(MessageKind::Binary),
        }
    }

    /// The extension bits of the message that has begun.
    pub(super) fn belongs_to_current(&self) -> Option<Rsv> {
        self.unfinished.map(|message| message.rsv)
    }

    /// Tests the limits for a data frame, before anything of it is kept, unless it was `transformed`:
    /// then its length says little.
    #[inline]
    pub(super) fn check(
        &self,
        header: &FrameHeader,
        kind: MessageKind,
        delivery: Delivery,
        transformed: bool,
        limits: &Limits,
    ) -> Result<(), ProtocolError> {
        let whole = delivery.is_whole() && !transformed;
        let Some(message) = &self.unfinished else {
            return if whole { check_len(kind, header.payload_len, limits) } else { Ok(()) };
        };
        if whole {
            check_len(kind, message.len.saturating_add(header.payload_len), limits)?;
        }
        let bounded = whole || matches!(delivery, Delivery::None | Delivery::Whole);
        if bounded && message.fragments >= limits.max_fragments {
            return Err(ProtocolError::TooManyFragments(limits.max_fragments));
        }
        if header.payload_len == 0 && message.empty_fragments >= limits.max_empty_fragments {
            return Err(ProtocolError::TooManyFragments(limits.max_empty_fragments));
        }
        Ok(())
    }

    /// Begins a data frame that passed [`check`](Self::check).
    pub(super) fn begin(&mut self, header: &FrameHeader, kind: MessageKind) {
        let message = self.unfinished.get_or_insert(Unfinished {
            kind,
            rsv: header.rsv,
            len: 0,
            fragments: 0,
            empty_fragments: 0,
            discarded: false,
            coded: 0,
            decoded: 0,
        });
        message.len = message.len.saturating_add(header.payload_len);
        message.fragments = message.fragments.saturating_add(1);
        message.empty_fragments =
            message.empty_fragments.saturating_add(u32::from(header.payload_len == 0));
    }

    /// Takes a part of the payload, unmasked.
    pub(super) fn append(
        &mut self,
        part: Part<'_>,
        mut how: How<'_, impl Buffers>,
    ) -> Result<(), ProtocolError> {
        let Some(message) = self.unfinished else { return Ok(()) };
        if how.decoders.transforms(message.rsv, how.rsv) {
            self.append_decoded(part, &mut how)?;
        } else {
            self.append_plain(message.kind, part.payload, &how)?;
        }
        if matches!(how.keep, Keep::Nothing) {
            self.reclaim(how.buffers); // no event will
        }
        Ok(())
    }

    /// As [`append`](Self::append), for what no extension transformed.
    fn append_plain(
        &mut self,
        kind: MessageKind,
        part: &[u8],
        how: &How<'_, impl Buffers>,
    ) -> Result<(), ProtocolError> {
        if how.decoders.takes_frames() && matches!(how.keep, Keep::Whole) {
            // The header told nothing of what earlier frames of the message became.
            let len = self.text.len() + self.binary.len() + part.len();
            check_len(kind, len as u64, how.limits)?;
        }
        match (kind, how.keep) {
            (MessageKind::Text, _) => {
                if self.text.capacity() == 0 {
                    self.text = empty_text(how.buffers.take(part.len()));
                }
                utf8::append(&mut self.text, &mut self.partial, part)?;
            }
            (MessageKind::Binary, Keep::Whole | Keep::Part) => {
                if self.binary.capacity() == 0 {
                    self.binary = how.buffers.take(part.len());
                }
                self.binary.extend_from_slice(part);
            }
            (MessageKind::Binary, Keep::InPlace | Keep::Nothing) => {}
        }
        Ok(())
    }

    /// As [`append`](Self::append), for what extensions transformed.
    fn append_decoded(
        &mut self,
        part: Part<'_>,
        how: &mut How<'_, impl Buffers>,
    ) -> Result<(), ProtocolError> {
        let Some(message) = &mut self.unfinished else { return Ok(()) };
        let (kind, bits) = (message.kind, (message.rsv, how.rsv));
        message.coded += part.payload.len() as u64;
        let kept = (self.text.len() + self.binary.len()) as u64;
        let limit = match how.keep {
            Keep::Whole => limit(kind, how.limits).saturating_sub(kept),
            Keep::Part | Keep::InPlace | Keep::Nothing => {
                (MAX_RATIO * message.coded).max(FREE).saturating_sub(message.decoded)
            }
        };
        // A part that waits for the end of its frame is kept as that frame is.
        let frame_room = match how.keep {
            Keep::Part if how.frames => how.limits.max_frame_len.saturating_sub(kept),
            _ => u64::MAX,
        };
        let mut decoded = match kind {
            MessageKind::Binary if self.binary.capacity() > 0 => std::mem::take(&mut self.binary),
            _ => how.buffers.take(2 * part.payload.len()),
        };
        let before = decoded.len();
        how.decoders.decode(bits, part, &mut decoded, limit.min(frame_room))?;
        let len = (decoded.len() - before) as u64;
        message.decoded += len;
        if len > frame_room {
            let (what, limit) = (Limited::Frame, how.limits.max_frame_len);
            return Err(ProtocolError::MessageTooBig { what, len: kept + len, limit });
        }
        if len > limit {
            let Keep::Whole = how.keep else { return Err(ProtocolError::Inflation) };
            return check_len(kind, kept + len, how.limits);
        }
        match kind {
            MessageKind::Binary => self.binary = decoded,
            MessageKind::Text => {
                if self.text.capacity() == 0 {
                    self.text = empty_text(how.buffers.take(decoded.len()));
                }
                utf8::append(&mut self.text, &mut self.partial, &decoded)?;
                decoded.clear();
                how.buffers.give(decoded);
            }
        }
        Ok(())
    }

    /// Ends the message: its kind.
    pub(super) fn finish(&mut self) -> Result<Option<MessageKind>, ProtocolError> {
        if !self.partial.is_empty() {
            return Err(ProtocolError::InvalidUtf8);
        }
        Ok(self.unfinished.take().map(|message| message.kind))
    }

    /// Nothing more of the message is kept.
    pub(super) fn discard(&mut self) {
        if let Some(message) = &mut self.unfinished {
            message.discarded = true;
        }
    }

    /// Whether the rest of the message is not wanted.
    pub(super) fn is_discarded(&self) -> bool {
        self.unfinished.is_some_and(|message| message.discarded)
    }

    /// Whether nothing is kept.
    pub(super) const fn is_empty(&self) -> bool {
        self.text.is_empty() && self.binary.is_empty()
    }

    /// Forgets the part that was delivered.
    pub(super) fn forget_part(&mut self) {
        self.text.clear();
        self.binary.clear();
    }

    /// Gives back the memory of a message that was delivered.
    pub(super) fn reclaim(&mut self, buffers: &impl Buffers) {
        for mut buffer in
            [std::mem::take(&mut self.text).into_bytes(), std::mem::take(&mut self.binary)]
        {
            if buffer.capacity() > 0 {
                buffer.clear();
                buffers.give(buffer);
            }
        }
    }
}

/// How a part of a message is taken.
pub(super) struct How<'a, B> {
    pub(super) keep: Keep,
    /// Single frames are delivered too, each before what it holds.
    pub(super) frames: bool,
    pub(super) decoders: &'a mut Decoders,
    /// Bits of the frame.
    pub(super) rsv: Rsv,
    pub(super) limits: &'a Limits,
    pub(super) buffers: &'a B,
}

/// A string in the memory of `buffer`, which is empty.
fn empty_text(mut buffer: Vec<u8>) -> String {
    buffer.clear();
    String::from_utf8(buffer).unwrap_or_default()
}

/// The longest message of `kind`.
const fn limit(kind: MessageKind, limits: &Limits) -> u64 {
    match kind {
        MessageKind::Text => limits.max_text_len,
        MessageKind::Binary => limits.max_binary_len,
    }
}

#[inline]
fn check_len(kind: MessageKind, len: u64, limits: &Limits) -> Result<(), ProtocolError> {
    let limit = limit(kind, limits);
    if len <= limit {
        return Ok(());
    }
    let what = match kind {
        MessageKind::Text => Limited::Text,
        MessageKind::Binary => Limited::Binary,
    };
    Err(ProtocolError::MessageTooBig { what, len, limit })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Counts the buffers that are out.
    #[derive(Default)]
    struct Counted(Cell<i32>);

    impl Buffers for Counted {
        fn take(&self, hint: usize) -> Vec<u8> {
            self.0.set(self.0.get() + 1);
            Vec::with_capacity(hint.max(1))
        }

        fn give(&self, _: Vec<u8>) {
            self.0.set(self.0.get() - 1);
        }
    }

    #[test]
    fn text_that_nobody_wants_keeps_no_buffer() {
        let (mut assembly, buffers) = (Assembly::default(), Counted::default());
        let (mut decoders, limits) = (Decoders::default(), Limits::default());
        let euro = "€".as_bytes();
        let header = FrameHeader {
            fin: true,
            rsv: Rsv::NONE,
            opcode: OpCode::Text,
            mask: None,
            payload_len: 3,
        };
        assembly.begin(&header, MessageKind::Text);
        for (part, last) in [(&euro[..1], false), (&euro[1..], true)] {
            let (decoders, limits) = (&mut decoders, &limits);
            let (keep, rsv, frames) = (Keep::Nothing, Rsv::NONE, false);
            let how = How { keep, frames, decoders, rsv, limits, buffers: &buffers };
            assembly.append(Part { payload: part, frame_end: last, fin: last }, how).unwrap();
            assert_eq!((buffers.0.get(), assembly.text.capacity()), (0, 0));
        }
        assert_eq!(assembly.finish(), Ok(Some(MessageKind::Text)));
    }
}

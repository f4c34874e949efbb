//! Messages that are delivered part by part.

use crate::frame::encode_header;
use crate::limits::Limits;
use crate::mask;
use crate::message::{BinaryPart, Delivery, MessageKind, TextPart};
use crate::protocol::buffers::Buffers;
use crate::protocol::event::{Event, Other, Part};
use crate::protocol::lookahead::Lookahead;
use crate::protocol::message::Keep;
use crate::protocol::receive::{Current, Receiver, Taken, Wants};

impl<B: Buffers> Receiver<B> {
    /// What is kept of the current message, which is of `kind`.
    pub(super) fn keep(&self, kind: MessageKind) -> Keep {
        if self.assembly.is_discarded() {
            return Keep::Nothing;
        }
        let transformed =
            || self.current.is_some_and(|current| self.is_transformed(&current.header));
        match self.delivery(kind) {
            Delivery::None => Keep::Nothing,
            Delivery::Whole => Keep::Whole,
            Delivery::Parts | Delivery::Stream => match kind {
                MessageKind::Binary if !self.wants.frames && !transformed() => Keep::InPlace,
                _ => Keep::Part,
            },
        }
    }

    /// The event of a part that lies in the caller's bytes.
    pub(super) fn part_in_place<'e>(&self, taken: &Taken<'e>) -> Option<Event<'e>> {
        let Current { header, kind, .. } = self.current?;
        let last = taken.whole && header.fin;
        let nothing = taken.bytes.is_empty() && !last;
        if header.opcode.is_control() || nothing || !matches!(self.keep(kind), Keep::InPlace) {
            return None;
        }
        let part = Part::Binary(BinaryPart { payload: taken.bytes, last });
        Some(Event::Other(Other::Part { part, missing: self.missing() }))
    }

    /// The event of the part that was put together.
    pub(super) fn part_event(&mut self, kind: MessageKind, last: bool) -> Event<'_> {
        self.part_lent = true;
        let missing = self.missing();
        let part = match kind {
            MessageKind::Text => Part::Text(TextPart { text: &self.assembly.text, last }),
            MessageKind::Binary => {
                Part::Binary(BinaryPart { payload: &self.assembly.binary, last })
            }
        };
        Event::Other(Other::Part { part, missing })
    }

    /// Whether a message is due that needs no further bytes.
    #[inline]
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.ready.is_some()
    }

    /// Whether a message begins with the next byte, as far as is known without a look.
    #[inline]
    #[must_use]
    pub const fn is_resting(&self) -> bool {
        self.resting
    }

    /// Makes nothing more of the message of which a part was delivered: what still comes of it is
    /// checked and dropped.
    pub fn discard(&mut self) {
        self.assembly.discard();
    }

    /// Whether no message has begun that has not ended: [`change`](Self::change) then changes none.
    #[must_use]
    pub const fn is_between_messages(&self) -> bool {
        !self.assembly.is_unfinished() && self.ready.is_none()
    }

    /// What the caller has a use for.
    #[must_use]
    pub const fn wants(&self) -> Wants {
        self.wants
    }

    /// Bytes of memory that a message holds which is being put together.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.assembly.text.capacity() + self.assembly.binary.capacity()
    }

    /// Changes what the caller has a use for, and the limits, for the next message. To be called
    /// [between two](Self::is_between_messages).
    pub const fn change(&mut self, wants: Wants, limits: Limits) {
        self.wants = wants;
        self.in_pieces = wants.frames || self.decoders.takes_frames();
        self.resting = false;
        self.limits = limits;
    }

    /// Looks for control frames in the bytes that come next.
    #[must_use]
    pub fn lookahead(&self) -> Lookahead {
        let mut begun = Vec::new();
        match self.current {
            Some(Current { header, .. }) if header.opcode.is_control() => {
                let (bytes, len) = encode_header(&header);
                begun.extend_from_slice(&bytes[..len]);
                begun.extend_from_slice(&self.payload);
                if let Some(key) = header.mask {
                    mask::apply(&mut begun[len..], key, 0);
                }
            }
            Some(_) => return Lookahead::new(self.missing()),
            None => begun.extend_from_slice(&self.head[..self.head_len]),
        }
        let mut look = Lookahead::new(0);
        // Not all of a frame is there, so that nothing is found.
        look.scan(&begun, |_| {});
        look
    }
}

#[cfg(test)]
mod tests;

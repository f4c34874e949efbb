//! Bytes to events: decode, unmask, check the order and the limits, put together, undo extensions,
//! check UTF-8, in this order.
//!
//! A message that lies whole in the caller's bytes, in one frame, is delivered from there. All
//! else is put together piece by piece, and what is wrong with a piece shows when it comes.

mod direct;
mod extended;
mod parts;
mod whole;

use crate::extension::{Decoders, Part};
use crate::frame::{Decoded, FrameHeader, MAX_HEADER_LEN, decode_header};
use crate::limits::Limits;
use crate::mask;
use crate::message::{Binary, Delivery, MessageKind, Text};
use crate::protocol::buffers::{Buffers, Heap};
use crate::protocol::event::Event;
use crate::protocol::message::{Assembly, How, Keep};
use crate::protocol_error::{Limited, ProtocolError};
use crate::role::Role;

/// Which events the caller has a use for. Messages without one are checked and dropped.
/// [`Delivery::Stream`] is [`Delivery::Parts`] here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "one flag an event")]
pub struct Wants {
    /// Text messages.
    pub text: Delivery,
    /// Binary messages.
    pub binary: Delivery,
    /// Single data frames.
    pub frames: bool,
}

/// The frame whose payload is coming.
#[derive(Clone, Copy, Debug)]
struct Current {
    header: FrameHeader,
    kind: MessageKind,
    /// Bytes of its payload that came.
    seen: u64,
}

/// What is due as an event before anything more is looked at.
#[derive(Clone, Copy, Debug)]
enum Ready {
    /// A message that was put together.
    Message(MessageKind),
    /// A part of one, and whether it is the last.
    Part(MessageKind, bool),
}

/// Some of a frame's payload, unmasked.
struct Taken<'i> {
    bytes: &'i [u8],
    /// It is the end of the frame.
    whole: bool,
}

/// Makes events of the bytes that one side of one connection receives.
#[derive(Debug)]
#[repr(C)] // what the short way looks at lies together
pub struct Receiver<B: Buffers = Heap> {
    /// A message begins with the next byte, for all that is known: the short way may be tried.
    resting: bool,
    role: Role,
    wants: Wants,
    /// Something has to see every data frame.
    in_pieces: bool,
    ready: Option<Ready>,
    /// The last event borrowed memory that is to be given back.
    lent: bool,
    /// That was a part of a message.
    part_lent: bool,
    /// The Close came.
    closed: bool,
    /// Some of a data frame came since that was last asked.
    data_came: bool,
    limits: Limits,
    decoders: Decoders,
    buffers: B,
    /// A header of which not all is there.
    head: [u8; MAX_HEADER_LEN],
    head_len: usize,
    current: Option<Current>,
    assembly: Assembly,
    /// Payload of an unfinished control frame, or of a single frame to be delivered.
    payload: Vec<u8>,
}

impl<B: Buffers> Receiver<B> {
    /// The receiving half of a connection.
    #[must_use]
    pub fn new(role: Role, limits: Limits, wants: Wants, decoders: Decoders, buffers: B) -> Self {
        let in_pieces = wants.frames || decoders.takes_frames();
        Self {
            resting: !in_pieces,
            role,
            wants,
            in_pieces,
            ready: None,
            lent: false,
            part_lent: false,
            closed: false,
            data_came: false,
            limits,
            decoders,
            buffers,
            head: [0; MAX_HEADER_LEN],
            head_len: 0,
            current: None,
            assembly: Assembly::default(),
            payload: Vec::new(),
        }
    }

    /// The next event in `input`, and what follows it. Without an event everything was taken, and
    /// the answer's rest is empty.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`] at the first byte that breaks the protocol. The connection is to be failed
    /// then (RFC 6455 §7.1.7): nothing behind that byte is looked at.
    #[inline(always)] // the way of nearly every message; the rest is another function
    pub fn receive<'e, 's: 'e, 'i: 'e>(
        &'s mut self,
        input: &'i mut [u8],
    ) -> Result<(Option<Event<'e>>, &'i mut [u8]), ProtocolError> {
        match self.receive_whole(input, |_, _| true)? {
            (None, input) => self.receive_pieces(input),
            received => Ok(received),
        }
    }

    /// Whether the next byte begins a message, and nothing has to see single frames.
    const fn may_rest(&self) -> bool {
        self.current.is_none()
            && self.head_len == 0
            && self.is_between_messages()
            && !self.closed
            && !self.in_pieces
    }

    /// The general case.
    #[inline(never)]
    fn receive_pieces<'e, 's: 'e, 'i: 'e>(
        &'s mut self,
        input: &'i mut [u8],
    ) -> Result<(Option<Event<'e>>, &'i mut [u8]), ProtocolError> {
        self.reclaim();
        if !std::mem::take(&mut self.resting) && self.may_rest() {
            self.resting = true;
            return self.receive(input);
        }
        let mut rest = input;
        while self.ready.is_none() && !self.closed {
            if self.current.is_none() {
                let Some(mut header) = self.take_header(&mut rest)? else {
                    return Ok((None, rest));
                };
                let kind = self.check(&header)?;
                self.show_header(&mut header)?;
                if !header.opcode.is_control() {
                    self.assembly.begin(&header, kind);
                    self.data_came = true;
                }
                self.current = Some(Current { header, kind, seen: 0 });
            }
            let taken = self.take_payload(&mut rest)?;
            let part = self.part_in_place(&taken);
            if taken.whole
                && let Some(header) = self.end_frame()?
            {
                return Ok((Some(self.frame_event(header)?), rest));
            }
            if part.is_some() {
                return Ok((part, rest));
            }
            if !taken.whole && self.ready.is_none() && rest.is_empty() {
                return Ok((None, rest));
            }
        }
        if self.closed {
            return Ok((None, &mut []));
        }
        Ok((self.message_event(), rest))
    }

    /// Judges a header: masking, reserved bits, order, limits (RFC 6455 §5.1, §5.2, §5.4).
    fn check(&self, header: &FrameHeader) -> Result<MessageKind, ProtocolError> {
        if header.mask.is_some() != self.role.receives_masked() {
            return Err(ProtocolError::WrongMasking);
        }
        if !header.rsv.is_empty() {
            self.check_bits(header)?;
        }
        if header.opcode.is_control() {
            return Ok(MessageKind::Binary);
        }
        let kind = self.assembly.belongs_to(header)?;
        // What an extension transformed has its length tested as it is undone.
        let rsv = self.assembly.belongs_to_current().unwrap_or(header.rsv);
        let transformed = (self.in_pieces || !rsv.is_empty() || !header.rsv.is_empty())
            && self.decoders.transforms(rsv, header.rsv);
        self.assembly.check(header, kind, self.delivery(kind), transformed, &self.limits)?;
        if self.wants.frames && header.payload_len > self.limits.max_frame_len {
            return Err(ProtocolError::MessageTooBig {
                what: Limited::Frame,
                len: header.payload_len,
                limit: self.limits.max_frame_len,
            });
        }
        Ok(kind)
    }

    /// How messages of `kind` are delivered.
    const fn delivery(&self, kind: MessageKind) -> Delivery {
        match kind {
            MessageKind::Text => self.wants.text,
            MessageKind::Binary => self.wants.binary,
        }
    }

    /// Takes a header off the front of `rest`; without one, all of `rest` is kept.
    fn take_header(&mut self, rest: &mut &mut [u8]) -> Result<Option<FrameHeader>, ProtocolError> {
        loop {
            match decode_header(&self.head[..self.head_len])? {
                Decoded::Header(header, _) => {
                    self.head_len = 0;
                    return Ok(Some(header));
                }
                Decoded::NeedMore(_) if rest.is_empty() => return Ok(None),
                Decoded::NeedMore(missing) => {
                    let len = missing.min(rest.len());
                    let (bytes, behind) = std::mem::take(rest).split_at_mut(len);
                    self.head[self.head_len..][..bytes.len()].copy_from_slice(bytes);
                    self.head_len += bytes.len();
                    *rest = behind;
                }
            }
        }
    }

    /// Takes what `rest` has of the current frame's payload.
    fn take_payload<'i>(&mut self, rest: &mut &'i mut [u8]) -> Result<Taken<'i>, ProtocolError> {
        let Some(Current { header, kind, seen }) = self.current else {
            return Ok(Taken { bytes: &[], whole: true });
        };
        let missing = header.payload_len - seen;
        let len = usize::try_from(missing).map_or(rest.len(), |missing| missing.min(rest.len()));
        let len = len.min(self.step(&header, kind));
        let (part, behind) = std::mem::take(rest).split_at_mut(len);
        *rest = behind;
        if let Some(key) = header.mask {
            mask::apply(part, key, seen);
        }
        let whole = missing == len as u64;
        if header.opcode.is_control() || self.wants.frames {
            if self.payload.capacity() == 0 {
                self.payload = self.buffers.take(part.len());
            }
            self.payload.extend_from_slice(part);
        }
        if !header.opcode.is_control() {
            self.data_came |= len > 0;
            let keep = self.keep(kind);
            let (decoders, limits) = (&mut self.decoders, &self.limits);
            let (frames, rsv, buffers) = (self.wants.frames, header.rsv, &self.buffers);
            let how = How { keep, frames, decoders, rsv, limits, buffers };
            let last = whole && header.fin;
            let part = Part { payload: part, frame_end: whole, fin: last };
            self.assembly.append(part, how)?;
            // With single frames, a part is a frame: it comes behind that.
            if matches!(keep, Keep::Part)
                && (last || !self.assembly.is_empty())
                && (whole || !self.wants.frames)
            {
                self.ready = Some(Ready::Part(kind, last));
            }
        }
        self.current = Some(Current { header, kind, seen: seen + len as u64 });
        Ok(Taken { bytes: part, whole })
    }

    /// Ends the current frame: its header if the frame itself is an event.
    fn end_frame(&mut self) -> Result<Option<FrameHeader>, ProtocolError> {
        let Some(Current { header, kind, .. }) = self.current.take() else { return Ok(None) };
        if header.opcode.is_control() {
            return Ok(Some(header));
        }
        if header.fin {
            self.assembly.finish()?;
            if self.delivery(kind).is_whole() {
                self.ready = Some(Ready::Message(kind));
            }
        }
        Ok(self.wants.frames.then_some(header))
    }

    /// The message that is due, or the part of one.
    fn message_event(&mut self) -> Option<Event<'_>> {
        self.lent = true;
        Some(match self.ready.take()? {
            Ready::Message(MessageKind::Text) => {
                Event::Text(Text::Assembled(&mut self.assembly.text))
            }
            Ready::Message(MessageKind::Binary) => {
                Event::Binary(Binary::Assembled(&mut self.assembly.binary))
            }
            Ready::Part(kind, last) => self.part_event(kind, last),
        })
    }

    /// Gives back the memory of the last event, if that was no part of the caller's bytes. To be
    /// called once the event is done with; the next [`receive`](Self::receive) does it too.
    #[inline]
    pub fn reclaim(&mut self) {
        if self.lent {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        self.lent = false;
        if std::mem::take(&mut self.part_lent) {
            self.assembly.forget_part();
        }
        if self.payload.capacity() > 0 {
            let mut payload = std::mem::take(&mut self.payload);
            payload.clear();
            self.buffers.give(payload);
        }
        if !self.assembly.is_unfinished() && self.ready.is_none() {
            self.assembly.reclaim(&self.buffers);
        }
    }

    /// Bytes of the current frame's payload that have not come; 0 between two frames.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.current.map_or(0, |current| current.header.payload_len - current.seen)
    }

    /// Whether some of a data frame that is no event yet came since this was last asked.
    pub fn take_data_came(&mut self) -> bool {
        std::mem::take(&mut self.data_came)
    }
}

#[cfg(test)]
mod tests;

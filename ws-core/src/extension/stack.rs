//! The extensions of one connection, in the order in which they were agreed.

use std::fmt;

use thiserror::Error;

use crate::frame::Rsv;
use crate::protocol_error::ProtocolError;

/// Undoes an extension on the messages of one connection that arrive.
pub trait PayloadDecoder: Send {
    /// The bits it owns. On messages whose first frame sets none of them it is not asked.
    fn rsv(&self) -> Rsv;

    /// Takes a part of a message, the last one when `fin`, and appends what it says to `out`, which
    /// must not grow beyond `limit` bytes: one byte more is enough to show that it would.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::InvalidPayload`] when the part makes no sense.
    fn decode(
        &mut self,
        part: &[u8],
        fin: bool,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError>;
}

/// Applies an extension to the messages of one connection that are sent.
pub trait PayloadEncoder: Send {
    /// The bits it sets on the first frame of messages it transformed.
    fn rsv(&self) -> Rsv;

    /// Appends the transformed `payload` of a whole message to `out` and returns `true`, or leaves
    /// the message as it is and returns `false`.
    fn encode(&mut self, payload: &[u8], out: &mut Vec<u8>) -> bool;
}

/// Two extensions claim the same reserved bit.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("two extensions claim reserved bits {0:#05b}")]
pub struct Conflict(pub u8);

/// The agreed extensions of one connection; empty on most.
#[derive(Default)]
pub struct Stack {
    decoders: Vec<Box<dyn PayloadDecoder>>,
    encoders: Vec<Box<dyn PayloadEncoder>>,
    claimed: Rsv,
}

impl Stack {
    /// Adds an extension behind those agreed so far.
    ///
    /// # Errors
    ///
    /// [`Conflict`] when a bit has an owner already.
    pub fn push(
        &mut self,
        decoder: Box<dyn PayloadDecoder>,
        encoder: Box<dyn PayloadEncoder>,
    ) -> Result<(), Conflict> {
        let wanted = decoder.rsv().union(encoder.rsv());
        if wanted.intersects(self.claimed) {
            return Err(Conflict(wanted.bits()));
        }
        self.claimed = self.claimed.union(wanted);
        self.decoders.push(decoder);
        self.encoders.push(encoder);
        Ok(())
    }

    /// The bits that some extension owns.
    #[must_use]
    pub const fn claimed(&self) -> Rsv {
        self.claimed
    }

    /// Splits it into what concerns arriving messages and what concerns sent ones.
    #[must_use]
    pub fn split(self) -> (Decoders, Encoders) {
        (Decoders { list: self.decoders, claimed: self.claimed }, Encoders { list: self.encoders })
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("claimed", &self.claimed).finish_non_exhaustive()
    }
}

/// The receiving half of a [`Stack`].
#[derive(Default)]
pub struct Decoders {
    list: Vec<Box<dyn PayloadDecoder>>,
    claimed: Rsv,
}

impl Decoders {
    /// The bits that some extension owns.
    #[must_use]
    pub const fn claimed(&self) -> Rsv {
        self.claimed
    }

    /// Undoes, from the last agreed to the first, every extension whose bit is in `rsv`.
    ///
    /// # Errors
    ///
    /// As [`PayloadDecoder::decode`].
    pub fn decode(
        &mut self,
        rsv: Rsv,
        part: &[u8],
        fin: bool,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError> {
        let mut asked = self.list.iter_mut().rev().filter(|d| d.rsv().intersects(rsv)).peekable();
        let mut input: Option<Vec<u8>> = None;
        while let Some(decoder) = asked.next() {
            let part = input.as_deref().unwrap_or(part);
            if asked.peek().is_none() {
                return decoder.decode(part, fin, out, limit);
            }
            let mut between = Vec::new();
            decoder.decode(part, fin, &mut between, limit)?;
            input = Some(between);
        }
        out.extend_from_slice(input.as_deref().unwrap_or(part));
        Ok(())
    }
}

impl fmt::Debug for Decoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoders").field("claimed", &self.claimed).finish_non_exhaustive()
    }
}

/// The sending half of a [`Stack`].
#[derive(Default)]
pub struct Encoders {
    list: Vec<Box<dyn PayloadEncoder>>,
}

impl Encoders {
    /// Whether messages go out as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Applies every extension in order: the bits to set and the new payload, or `None` where none
    /// changed it.
    pub fn encode(&mut self, payload: &[u8]) -> Option<(Rsv, Vec<u8>)> {
        let mut changed: Option<(Rsv, Vec<u8>)> = None;
        for encoder in &mut self.list {
            let payload = changed.as_ref().map_or(payload, |(_, payload)| payload);
            let mut out = Vec::new();
            if encoder.encode(payload, &mut out) {
                let rsv = changed.map_or(Rsv::NONE, |(rsv, _)| rsv).union(encoder.rsv());
                changed = Some((rsv, out));
            }
        }
        changed
    }
}

impl fmt::Debug for Encoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoders").field("len", &self.list.len()).finish()
    }
}

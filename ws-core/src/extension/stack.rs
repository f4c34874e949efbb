//! The extensions of one connection, in the order in which they were agreed.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::extension::grammar::ExtensionOffer;
use crate::extension::interface::{
    Decoder, Encoder, Extension, FrameHead, Halves, Part, Scope, SendOptions,
};
use crate::extension::params::InvalidParams;
use crate::frame::{Frame, Rsv};
use crate::protocol_error::ProtocolError;
use crate::role::Role;

/// Two extensions claim the same reserved bit.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("two extensions claim reserved bits {0:#05b}")]
pub struct Conflict(pub u8);

/// Why a connection cannot use the extensions that its handshake named.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum StackError {
    /// Two of them claim the same bit.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The answer is not one that this extension takes.
    #[error("extension `{name}` was answered wrongly")]
    InvalidParams {
        /// The extension.
        name: String,
        /// What is wrong.
        #[source]
        source: InvalidParams,
    },
    /// Nobody installed it.
    #[error("extension `{0}` is not installed")]
    Unknown(String),
}

/// The agreed extensions of one connection; empty on most.
#[derive(Default)]
pub struct Stack {
    list: Vec<Started>,
    claimed: Rsv,
    /// The share keys so far; `None` once one has none.
    keys: Keys,
}

struct Started {
    rsv: Rsv,
    halves: Halves,
}

#[derive(Default)]
enum Keys {
    #[default]
    Nothing,
    Shared(Arc<str>),
    Apart,
}

impl Stack {
    /// Starts `extension` with what the handshake agreed on, behind those agreed so far.
    ///
    /// # Errors
    ///
    /// [`StackError`] when a bit has an owner already or the answer makes no sense.
    pub fn start(
        &mut self,
        extension: &dyn Extension,
        answer: &ExtensionOffer,
        role: Role,
    ) -> Result<(), StackError> {
        let halves = extension.start(answer, role).map_err(|source| StackError::InvalidParams {
            name: answer.name().to_owned(),
            source,
        })?;
        Ok(self.push(extension.rsv(), halves)?)
    }

    /// Starts all of `answers`, each with the one of `installed` that has its name.
    ///
    /// # Errors
    ///
    /// [`StackError`].
    pub fn start_all<'a>(
        installed: &[Arc<dyn Extension>],
        answers: impl IntoIterator<Item = &'a ExtensionOffer>,
        role: Role,
    ) -> Result<Self, StackError> {
        let mut stack = Self::default();
        for answer in answers {
            let extension = installed.iter().find(|it| it.name() == answer.name());
            let unknown = || StackError::Unknown(answer.name().to_owned());
            stack.start(&**extension.ok_or_else(unknown)?, answer, role)?;
        }
        Ok(stack)
    }

    /// Adds an extension that owns the bits `rsv`, behind those agreed so far.
    ///
    /// # Errors
    ///
    /// [`Conflict`] when a bit has an owner already.
    pub fn push(&mut self, rsv: Rsv, halves: Halves) -> Result<(), Conflict> {
        if rsv.intersects(self.claimed) {
            return Err(Conflict(rsv.bits()));
        }
        self.claimed = self.claimed.union(rsv);
        self.keys = match (std::mem::take(&mut self.keys), halves.encoder.share_key()) {
            (Keys::Nothing, Some(key)) => Keys::Shared(key),
            (Keys::Shared(keys), Some(key)) => Keys::Shared(format!("{keys}, {key}").into()),
            (_, None) | (Keys::Apart, _) => Keys::Apart,
        };
        self.list.push(Started { rsv, halves });
        Ok(())
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The bits that some extension owns.
    #[must_use]
    pub const fn claimed(&self) -> Rsv {
        self.claimed
    }

    /// Splits it into what concerns arriving messages and what concerns sent ones.
    #[must_use]
    pub fn split(self) -> (Decoders, Encoders) {
        let mut decoders = Decoders::default();
        if self.list.is_empty() {
            return (decoders, Encoders::default());
        }
        let mut encoders = EncoderSet::default();
        if let Keys::Shared(key) = self.keys {
            encoders.share_key = Some(key);
        }
        let mut list = Vec::with_capacity(self.list.len());
        for Started { rsv, halves: Halves { decoder, encoder } } in self.list {
            let bits = match decoder.scope() {
                Scope::Message => &mut decoders.on_messages,
                Scope::Frame => &mut decoders.on_frames,
            };
            *bits = bits.union(rsv);
            decoders.takes_frames |= decoder.scope() == Scope::Frame;
            decoders.takes_all |= decoder.takes_all();
            list.push((rsv, decoder));
            encoders.takes_frames |= encoder.takes_frames();
            encoders.list.push((rsv, encoder));
        }
        decoders.list = list.into_boxed_slice();
        (decoders, Encoders(Some(Box::new(encoders))))
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("len", &self.list.len())
            .field("claimed", &self.claimed)
            .finish_non_exhaustive()
    }
}

/// The receiving half of a [`Stack`].
#[derive(Default)]
pub struct Decoders {
    list: Box<[(Rsv, Box<dyn Decoder>)]>,
    on_messages: Rsv,
    on_frames: Rsv,
    takes_frames: bool,
    takes_all: bool,
}

impl Decoders {
    /// The bits that may stand on the first frame of a message.
    #[inline]
    #[must_use]
    pub const fn claimed(&self) -> Rsv {
        self.on_messages.union(self.on_frames)
    }

    /// The bits that may stand on frames that continue a message.
    #[inline]
    #[must_use]
    pub const fn claimed_on_frames(&self) -> Rsv {
        self.on_frames
    }

    /// Whether some extension has to see every data frame.
    #[inline]
    #[must_use]
    pub const fn takes_frames(&self) -> bool {
        self.takes_frames || self.takes_all
    }

    /// Whether the payload of a message whose first frame has the bits `message`, in a frame that
    /// has the bits `frame`, is to be decoded.
    #[inline]
    #[must_use]
    pub const fn transforms(&self, message: Rsv, frame: Rsv) -> bool {
        self.takes_all || message.intersects(self.on_messages) || frame.intersects(self.on_frames)
    }

    /// Shows the header of a data frame to those who see frames, the last agreed first.
    ///
    /// # Errors
    ///
    /// As [`Decoder::frame`].
    pub fn frame(&mut self, head: &mut FrameHead) -> Result<(), ProtocolError> {
        self.list
            .iter_mut()
            .rev()
            .filter(|(_, decoder)| decoder.scope() == Scope::Frame)
            .try_for_each(|(_, decoder)| decoder.frame(head))
    }

    /// Undoes every extension that is asked for a part of the message whose first frame has the bits
    /// `message`, in a frame that has the bits `frame`: those of frames before those of messages,
    /// the last agreed first.
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`].
    pub fn decode(
        &mut self,
        (message, frame): (Rsv, Rsv),
        part: Part<'_>,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError> {
        if let [(_, decoder)] = &mut self.list[..] {
            // Asked only for what it transforms.
            return decoder.decode(part, out, limit);
        }
        let mut asked: Vec<&mut Box<dyn Decoder>> = Vec::new();
        let mut messages = Vec::new();
        for (rsv, decoder) in self.list.iter_mut().rev() {
            match decoder.scope() {
                Scope::Frame if decoder.takes_all() || rsv.intersects(frame) => asked.push(decoder),
                Scope::Message if decoder.takes_all() || rsv.intersects(message) => {
                    messages.push(decoder);
                }
                Scope::Frame | Scope::Message => {}
            }
        }
        asked.append(&mut messages);
        let Some(last) = asked.pop() else {
            out.extend_from_slice(part.payload);
            return Ok(());
        };
        let mut input: Option<Vec<u8>> = None;
        for decoder in asked {
            let mut between = Vec::new();
            let payload = input.as_deref().unwrap_or(part.payload);
            decoder.decode(Part { payload, ..part }, &mut between, limit)?;
            input = Some(between);
        }
        let payload = input.as_deref().unwrap_or(part.payload);
        last.decode(Part { payload, ..part }, out, limit)
    }
}

impl fmt::Debug for Decoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoders").field("claimed", &self.claimed()).finish_non_exhaustive()
    }
}

/// The sending half of a [`Stack`].
#[derive(Default)]
pub struct Encoders(Option<Box<EncoderSet>>);

#[derive(Default)]
struct EncoderSet {
    list: Vec<(Rsv, Box<dyn Encoder>)>,
    share_key: Option<Arc<str>>,
    takes_frames: bool,
    /// Which of them transform the message that is sent in parts, a bit each.
    in_parts: u32,
}

impl Encoders {
    /// Whether messages go out as they are.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Names what is done to whole messages, as [`Encoder::share_key`] does; `None` when that depends
    /// on the connection.
    #[must_use]
    pub fn share_key(&self) -> Option<&Arc<str>> {
        self.0.as_ref()?.share_key.as_ref()
    }

    /// Applies every extension to a whole message, in order: the bits to set and the new payload, or
    /// `None` where none changed it.
    pub fn encode(&mut self, payload: &[u8], options: SendOptions) -> Option<(Rsv, Vec<u8>)> {
        let mut changed: Option<(Rsv, Vec<u8>)> = None;
        for (bits, encoder) in &mut self.0.as_mut()?.list {
            let payload = changed.as_ref().map_or(payload, |(_, payload)| payload);
            let mut out = Vec::new();
            if encoder.encode(payload, options, &mut out) {
                let rsv = changed.map_or(Rsv::NONE, |(rsv, _)| rsv).union(*bits);
                changed = Some((rsv, out));
            }
        }
        changed
    }

    /// Begins a message that is sent in parts: the bits of its first frame.
    pub fn begin(&mut self, options: SendOptions) -> Rsv {
        let mut rsv = Rsv::NONE;
        let Some(set) = &mut self.0 else { return rsv };
        set.in_parts = 0;
        for (index, (bits, encoder)) in set.list.iter_mut().enumerate() {
            if encoder.begin(options) {
                set.in_parts |= 1 << index;
                rsv = rsv.union(*bits);
            }
        }
        rsv
    }

    /// Applies every extension that transforms the message begun last to a part of it, the last one
    /// when `fin`; `None` where none does.
    pub fn encode_part(&mut self, part: &[u8], fin: bool) -> Option<Vec<u8>> {
        let mut changed: Option<Vec<u8>> = None;
        let set = self.0.as_mut()?;
        for (index, (_, encoder)) in set.list.iter_mut().enumerate() {
            if set.in_parts & (1 << index) != 0 {
                let mut out = Vec::new();
                encoder.encode_part(changed.as_deref().unwrap_or(part), fin, &mut out);
                changed = Some(out);
            }
        }
        changed
    }

    /// Whether [`frame`](Self::frame) may make anything but itself of a frame.
    #[inline]
    #[must_use]
    pub fn takes_frames(&self) -> bool {
        self.0.as_ref().is_some_and(|set| set.takes_frames)
    }

    /// Hands the frames that the extensions make of `frame` to `out`, in order.
    pub fn frame(&mut self, frame: Frame<'_>, out: &mut dyn FnMut(Frame<'_>)) {
        match &mut self.0 {
            Some(set) => frame_through(&mut set.list, frame, out),
            None => out(frame),
        }
    }
}

fn frame_through(
    list: &mut [(Rsv, Box<dyn Encoder>)],
    frame: Frame<'_>,
    out: &mut dyn FnMut(Frame<'_>),
) {
    match list {
        [] => out(frame),
        [(_, first), rest @ ..] => {
            first.frame(frame, &mut |frame| frame_through(rest, frame, out));
        }
    }
}

impl fmt::Debug for Encoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.0.as_ref().map_or(0, |set| set.list.len());
        f.debug_struct("Encoders").field("len", &len).finish_non_exhaustive()
    }
}

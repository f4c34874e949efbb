//! The extension that cuts messages into frames.

use std::borrow::Cow;
use std::num::NonZeroU32;

use crate::extension::grammar::{ExtensionOffer, ExtensionParam, InvalidToken};
use crate::extension::interface::{Decoder, Encoder, Extension, Halves, Part};
use crate::extension::params::{InvalidParams, ParamReader};
use crate::frame::{Frame, Rsv};
use crate::opcode::OpCode;
use crate::protocol_error::ProtocolError;
use crate::role::Role;

const MAX_LENGTH: &str = "maxLength";
const MIN_FRAGMENTS: &str = "minFragments";

/// Most frames that `minFragments` may ask for.
const MOST_FRAGMENTS: u32 = 1024;

/// `fragment; maxLength=N; minFragments=N`: both sides cut what they send into frames of at most
/// `maxLength` bytes, and into `minFragments` frames at least where there are so many bytes. For
/// tests of fragmentation, and as an example of an [`Extension`] that works on frames.
///
/// A server answers whatever it is offered; a client offers what it was given here. An extension that
/// compresses single frames has to be agreed on behind this one, as half a compressed frame is none.
///
/// ```
/// use std::num::NonZeroU32;
/// use ws_core::extension::{Extension, Fragment};
///
/// let fragment = Fragment::default().max_length(NonZeroU32::new(100).ok_or("zero")?);
/// assert_eq!(fragment.offers()[0][0].to_string(), "maxLength=100");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Fragment {
    max_length: Option<NonZeroU32>,
    min_fragments: Option<NonZeroU32>,
}

impl Fragment {
    /// Offers frames of at most `bytes` of payload.
    #[must_use]
    pub const fn max_length(mut self, bytes: NonZeroU32) -> Self {
        self.max_length = Some(bytes);
        self
    }

    /// Offers at least `frames` for a message, at most 1,024.
    #[must_use]
    pub const fn min_fragments(mut self, frames: NonZeroU32) -> Self {
        self.min_fragments = Some(frames);
        self
    }

    fn read(offer: &ExtensionOffer) -> Result<Self, InvalidParams> {
        let mut params = ParamReader::new(offer);
        let max_length = params.number(MAX_LENGTH, 1..=u32::MAX)?.and_then(NonZeroU32::new);
        let min_fragments =
            params.number(MIN_FRAGMENTS, 1..=MOST_FRAGMENTS)?.and_then(NonZeroU32::new);
        params.finish()?;
        Ok(Self { max_length, min_fragments })
    }

    fn params(self) -> Result<Vec<ExtensionParam>, InvalidToken> {
        [(MAX_LENGTH, self.max_length), (MIN_FRAGMENTS, self.min_fragments)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .map(|(name, value)| ExtensionParam::with_value(name, value.to_string()))
            .collect()
    }
}

impl Extension for Fragment {
    fn name(&self) -> &'static str {
        "fragment"
    }

    fn offers(&self) -> Vec<Vec<ExtensionParam>> {
        self.params().into_iter().collect()
    }

    fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        Self::read(offer).ok()?.params().ok()
    }

    fn start(&self, answer: &ExtensionOffer, _: Role) -> Result<Halves, InvalidParams> {
        Ok(Halves::new(Whole, Cutter(Self::read(answer)?)))
    }
}

/// Fragments are put together without an extension.
struct Whole;

impl Decoder for Whole {
    fn decode(&mut self, part: Part<'_>, out: &mut Vec<u8>, _: u64) -> Result<(), ProtocolError> {
        out.extend_from_slice(part.payload);
        Ok(())
    }
}

struct Cutter(Fragment);

impl Encoder for Cutter {
    fn takes_frames(&self) -> bool {
        true
    }

    fn frame(&mut self, frame: Frame<'_>, next: &mut dyn FnMut(Frame<'_>)) {
        let length = |n: NonZeroU32| usize::try_from(n.get()).unwrap_or(usize::MAX);
        let most = self.0.max_length.map_or(usize::MAX, length);
        let fewest = self.0.min_fragments.map_or(1, length);
        let most = most.min(frame.payload.len().div_ceil(fewest)).max(1);
        let count = frame.payload.len().div_ceil(most).max(1);
        // A frame without payload has no chunk, and is one frame all the same.
        let none = frame.payload.is_empty().then_some(&[][..]);
        let pieces = frame.payload.chunks(most).chain(none);
        for (index, payload) in pieces.enumerate() {
            next(Frame {
                fin: frame.fin && index + 1 == count,
                rsv: if index == 0 { frame.rsv } else { Rsv::NONE },
                opcode: if index == 0 { frame.opcode } else { OpCode::Continuation },
                payload: Cow::Borrowed(payload),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::Stack;

    #[test]
    fn cuts_frames() {
        #[rustfmt::skip] // a table
        let cases: &[(&str, &str, &[&str])] = &[
            ("nothing to do",            "",                              &["hello world"]),
            ("maxLength",                "maxLength=4",                   &["hell", "o wo", "rld"]),
            ("fits",                     "maxLength=11",                  &["hello world"]),
            ("minFragments",             "minFragments=2",                &["hello ", "world"]),
            ("the stricter of both",     "maxLength=5 minFragments=2",    &["hello", " worl", "d"]),
            ("more than there are bytes","minFragments=1024",
                &["h", "e", "l", "l", "o", " ", "w", "o", "r", "l", "d"]),
        ];
        for (name, params, want) in cases {
            let params = params.split_whitespace().map(|param| {
                let (name, value) = param.split_once('=').unwrap();
                ExtensionParam::with_value(name.to_owned(), value.to_owned()).unwrap()
            });
            let offer = ExtensionOffer::new("fragment").unwrap().with_params(params.collect());
            assert_eq!(Fragment::default().accept(&offer).unwrap(), offer.params(), "{name}");
            let mut stack = Stack::default();
            stack.start(&Fragment::default(), &offer, Role::Server).unwrap();
            let (_, mut encoders) = stack.split();
            let mut frames = Vec::new();
            encoders.frame(Frame::text("hello world"), &mut |f| frames.push(f.into_owned()));
            let payloads: Vec<_> =
                frames.iter().map(|f| str::from_utf8(&f.payload).unwrap()).collect();
            assert_eq!(payloads, *want, "{name}");
            for (index, frame) in frames.iter().enumerate() {
                assert_eq!(frame.fin, index + 1 == frames.len(), "{name}");
                assert_eq!(frame.opcode == OpCode::Text, index == 0, "{name}");
            }
        }
    }

    #[test]
    fn an_empty_frame_stays_one() {
        let mut frames = 0;
        let limits = Fragment { max_length: NonZeroU32::new(1), min_fragments: NonZeroU32::new(9) };
        Cutter(limits).frame(Frame::text(""), &mut |frame| {
            assert!(frame.fin);
            frames += 1;
        });
        assert_eq!(frames, 1);
    }
}

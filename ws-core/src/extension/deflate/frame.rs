//! Compression of single frames, as browsers did it before RFC 7692: draft-tyoshino-hybi-websocket-
//! perframe-deflate, and `WebKit`'s name for it.

use std::borrow::Cow;

use crate::extension::deflate::PerMessageDeflate;
use crate::extension::deflate::compress::{End, compress};
use crate::extension::deflate::compressor::Manner;
use crate::extension::deflate::inflate::Decompressor;
use crate::extension::deflate::terms::WindowBits;
use crate::extension::grammar::{ExtensionOffer, ExtensionParam};
use crate::extension::interface::{Encoder, Extension, Halves, Scope, SendOptions};
use crate::extension::params::{InvalidParams, ParamReader};
use crate::frame::{Frame, Rsv};
use crate::role::Role;

const NO_CONTEXT_TAKEOVER: &str = "no_context_takeover";
const MAX_WINDOW_BITS: &str = "max_window_bits";

/// `deflate-frame` and `x-webkit-deflate-frame`, for browsers of before 2014.
///
/// Data frames are compressed each by itself, RSV1 says which. What this side sends never refers to
/// earlier frames, and it asks the other side for the same; an offer that asks for a window below
/// 32 KiB is declined.
///
/// ```
/// use ws_core::extension::{DeflateFrame, Extension, ExtensionOffer};
///
/// let answer = DeflateFrame::WEBKIT.accept(&ExtensionOffer::new("x-webkit-deflate-frame")?);
/// assert_eq!(answer.ok_or("declined")?[0].to_string(), "no_context_takeover");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DeflateFrame {
    name: &'static str,
}

impl DeflateFrame {
    /// By the name in the draft.
    pub const DRAFT: Self = Self { name: "deflate-frame" };

    /// By the name that `WebKit` and Chrome gave it.
    pub const WEBKIT: Self = Self { name: "x-webkit-deflate-frame" };

    /// Whether frames to the sender of `offer` may refer back through the whole window.
    fn read(offer: &ExtensionOffer) -> Result<WindowBits, InvalidParams> {
        let mut params = ParamReader::new(offer);
        // What is sent from here never refers to earlier frames anyhow.
        params.flag(NO_CONTEXT_TAKEOVER)?;
        let bits = params.number(MAX_WINDOW_BITS, 8..=15)?;
        params.finish()?;
        let bits = bits.map_or(Ok(WindowBits::MAX), |bits| {
            u8::try_from(bits).map_or(Ok(WindowBits::MAX), WindowBits::new)
        });
        bits.map_err(|error| InvalidParams::new(error.to_string()))
    }
}

impl Extension for DeflateFrame {
    fn name(&self) -> &str {
        self.name
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn offers(&self) -> Vec<Vec<ExtensionParam>> {
        ExtensionParam::flag(NO_CONTEXT_TAKEOVER).into_iter().map(|param| vec![param]).collect()
    }

    fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        let window = Self::read(offer).ok()?;
        (window == WindowBits::MAX).then_some(())?;
        self.offers().pop()
    }

    fn start(&self, answer: &ExtensionOffer, role: Role) -> Result<Halves, InvalidParams> {
        // An answer's window is for what the client sends.
        let window = match role {
            Role::Server => WindowBits::MAX,
            Role::Client => Self::read(answer)?,
        };
        // Of a client, no context is asked for; whether a server keeps to that is not said.
        let largest = WindowBits::MAX.len();
        let decoder = Decompressor::new(Scope::Frame, largest, role == Role::Client, None);
        let manner = Manner {
            level: PerMessageDeflate::DEFAULT_LEVEL,
            threshold: PerMessageDeflate::DEFAULT_THRESHOLD,
        };
        Ok(Halves::new(decoder, FrameCompressor { manner, window, compress: true }))
    }
}

struct FrameCompressor {
    manner: Manner,
    window: WindowBits,
    /// What the sender of the current message said.
    compress: bool,
}

impl Encoder for FrameCompressor {
    fn encode(&mut self, _: &[u8], options: SendOptions, _: &mut Vec<u8>) -> bool {
        self.compress = options.compress();
        false
    }

    fn begin(&mut self, options: SendOptions) -> bool {
        self.compress = options.compress();
        false
    }

    fn takes_frames(&self) -> bool {
        true
    }

    fn frame(&mut self, frame: Frame<'_>, next: &mut dyn FnMut(Frame<'_>)) {
        if self.compress && frame.payload.len() >= self.manner.threshold {
            let mut out = Vec::with_capacity(frame.payload.len() / 2);
            compress(&[], &frame.payload, self.window, self.manner.level, End::Message, &mut out);
            if out.len() < frame.payload.len() {
                let rsv = frame.rsv.union(Rsv::RSV1);
                return next(Frame { rsv, payload: Cow::Owned(out), ..frame });
            }
        }
        next(frame);
    }
}

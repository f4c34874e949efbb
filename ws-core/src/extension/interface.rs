//! What an extension is to the connections that use it, RFC 6455 §9.

use std::fmt;
use std::sync::Arc;

use crate::extension::grammar::{ExtensionOffer, ExtensionParam};
use crate::extension::params::InvalidParams;
use crate::frame::{Frame, Rsv};
use crate::opcode::OpCode;
use crate::protocol_error::ProtocolError;
use crate::role::Role;

/// An extension that may be installed, for servers and for clients.
///
/// The opening handshake agrees on parameters: a client offers them with
/// [`offers`](Self::offers), a server answers one offer with [`accept`](Self::accept). Both sides
/// then [`start`](Self::start) the extension with the server's answer, once per connection; what
/// that returns keeps the state of the connection and is dropped with it.
///
/// # Examples
///
/// An extension that turns every payload around, and says so by RSV2:
///
/// ```
/// use ws_core::extension::{
///     Decoder, Encoder, Extension, ExtensionOffer, ExtensionParam, Halves, InvalidParams,
///     ParamReader, Part, SendOptions, Stack,
/// };
/// use ws_core::frame::Rsv;
/// use ws_core::{ProtocolError, Role};
///
/// #[derive(Debug)]
/// struct Backwards;
///
/// impl Extension for Backwards {
///     fn name(&self) -> &str {
///         "backwards"
///     }
///
///     fn rsv(&self) -> Rsv {
///         Rsv::RSV2
///     }
///
///     fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
///         offer.params().is_empty().then(Vec::new)
///     }
///
///     fn start(&self, answer: &ExtensionOffer, _: Role) -> Result<Halves, InvalidParams> {
///         ParamReader::new(answer).finish()?; // it has none
///         Ok(Halves::new(Turn::default(), Turn::default()))
///     }
/// }
///
/// #[derive(Default)]
/// struct Turn(Vec<u8>);
///
/// impl Decoder for Turn {
///     fn decode(&mut self, part: Part<'_>, out: &mut Vec<u8>, _: u64) -> Result<(), ProtocolError> {
///         self.0.extend_from_slice(part.payload);
///         if part.fin {
///             out.extend(self.0.drain(..).rev());
///         }
///         Ok(())
///     }
/// }
///
/// impl Encoder for Turn {
///     fn encode(&mut self, payload: &[u8], _: SendOptions, out: &mut Vec<u8>) -> bool {
///         out.extend(payload.iter().rev());
///         true
///     }
/// }
///
/// let mut stack = Stack::default();
/// stack.start(&Backwards, &ExtensionOffer::new("backwards")?, Role::Server)?;
/// let (_, mut encoders) = stack.split();
/// let (rsv, payload) = encoders.encode(b"hello", SendOptions::new()).ok_or("not transformed")?;
/// assert_eq!((rsv, &payload[..]), (Rsv::RSV2, &b"olleh"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Extension: fmt::Debug + Send + Sync {
    /// Its registered token, compared byte by byte.
    fn name(&self) -> &str;

    /// The reserved bits it claims on the frames of a connection; none by default.
    fn rsv(&self) -> Rsv {
        Rsv::NONE
    }

    /// The parameters a client offers, the preferred first; each entry becomes one offer. By default
    /// one offer without parameters.
    fn offers(&self) -> Vec<Vec<ExtensionParam>> {
        vec![Vec::new()]
    }

    /// Answers `offer`, which has its name, for a server: the parameters that the connection is to
    /// use, or `None` to decline. A client may offer an extension several times with parameters
    /// that it likes ever less, so a later offer of the same name is tried after a declined one.
    fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>>;

    /// Begins its work on one connection whose handshake ended with `answer`: what a server's
    /// [`accept`](Self::accept) said, or what the client found in the response, which is to be
    /// judged here.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] when the parameters are not among those that a server may answer. A client
    /// fails the connection then (RFC 6455 §4.1).
    fn start(&self, answer: &ExtensionOffer, role: Role) -> Result<Halves, InvalidParams>;
}

/// An extension at work on one connection: what undoes it on arriving messages, and what applies it
/// to sent ones.
pub struct Halves {
    pub(super) decoder: Box<dyn Decoder>,
    pub(super) encoder: Box<dyn Encoder>,
}

impl Halves {
    /// Both halves.
    #[must_use]
    pub fn new(decoder: impl Decoder + 'static, encoder: impl Encoder + 'static) -> Self {
        Self { decoder: Box::new(decoder), encoder: Box::new(encoder) }
    }
}

impl fmt::Debug for Halves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Halves").finish_non_exhaustive()
    }
}

/// Where an extension's reserved bits stand, and what they are about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 knows messages and frames")]
pub enum Scope {
    /// On the first frame of a message, for all of it.
    Message,
    /// On every data frame, for that frame.
    Frame,
}

/// The header of a data frame, without its length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what a header says")]
pub struct FrameHead {
    /// Last frame of its message.
    pub fin: bool,
    /// The reserved bits.
    pub rsv: Rsv,
    /// Text, Binary or Continuation.
    pub opcode: OpCode,
}

/// Some of the payload of an arriving message, unmasked.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "bytes, and where they end")]
pub struct Part<'a> {
    /// The bytes; any number, also none.
    pub payload: &'a [u8],
    /// They are the last ones of their frame.
    pub frame_end: bool,
    /// They are the last ones of their message.
    pub fin: bool,
}

/// Undoes an extension on the messages of one connection that arrive.
pub trait Decoder: Send {
    /// What its bits are about. By default messages.
    fn scope(&self) -> Scope {
        Scope::Message
    }

    /// Whether it is asked for everything, and not only for what bears its bits. By default not.
    fn takes_all(&self) -> bool {
        false
    }

    /// Looks at the header of each data frame before its payload, when its [`scope`](Self::scope) is
    /// [`Scope::Frame`], and may change `fin` and `rsv`. By default it changes nothing.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`] when the header makes no sense.
    fn frame(&mut self, head: &mut FrameHead) -> Result<(), ProtocolError> {
        let _ = head;
        Ok(())
    }

    /// Takes a part of a message, and appends what it says to `out`, which must not grow by more
    /// than `limit` bytes: one byte more is enough to show that it would.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::InvalidPayload`] when the part makes no sense.
    fn decode(
        &mut self,
        part: Part<'_>,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError>;
}

/// Applies an extension to the messages of one connection that are sent.
///
/// Messages come to [`encode`](Self::encode) whole, or to [`begin`](Self::begin) and
/// [`encode_part`](Self::encode_part) piece by piece; the frames that carry them then come to
/// [`frame`](Self::frame).
pub trait Encoder: Send {
    /// Appends the transformed `payload` of a whole message to `out` and returns `true`, or leaves
    /// the message as it is and returns `false`; what it appended is ignored then.
    fn encode(&mut self, payload: &[u8], options: SendOptions, out: &mut Vec<u8>) -> bool {
        let _ = (payload, options, out);
        false
    }

    /// Begins a message that comes in parts: whether its parts come to
    /// [`encode_part`](Self::encode_part). By default not.
    fn begin(&mut self, options: SendOptions) -> bool {
        let _ = options;
        false
    }

    /// Appends the transformed `part` to `out`, the last one when `fin`. What is appended for the
    /// parts of a message is its payload; some of it may be held back until the last.
    fn encode_part(&mut self, part: &[u8], fin: bool, out: &mut Vec<u8>) {
        let _ = (part, fin, out);
    }

    /// Whether [`frame`](Self::frame) has something to do. By default not.
    fn takes_frames(&self) -> bool {
        false
    }

    /// Hands `frame`, or the frames it makes of it, to `next`, in order. Control frames do not come
    /// here.
    fn frame(&mut self, frame: Frame<'_>, next: &mut dyn FnMut(Frame<'_>)) {
        next(frame);
    }

    /// A name for what [`encode`](Self::encode) does to messages, when that depends on the message
    /// alone: of connections that give the same name, one encodes what is published to all. `None`,
    /// the default, when it depends on more.
    fn share_key(&self) -> Option<Arc<str>> {
        None
    }
}

/// What the sender of a message says about the way it is sent.
///
/// ```
/// let options = ws_core::extension::SendOptions::new().no_compress();
/// assert!(!options.compress());
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SendOptions {
    no_compress: bool,
}

impl SendOptions {
    /// Leaves everything to the extensions.
    #[must_use]
    pub const fn new() -> Self {
        Self { no_compress: false }
    }

    /// Sends the message uncompressed. That is for what is compressed already, and for secrets that
    /// stand beside text an attacker may choose: the length of a compressed message tells whether
    /// they are alike (RFC 7692 §8).
    #[must_use]
    pub const fn no_compress(self) -> Self {
        Self { no_compress: true }
    }

    /// Whether the message may be compressed.
    #[must_use]
    pub const fn compress(self) -> bool {
        !self.no_compress
    }
}

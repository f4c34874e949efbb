//! Messages and control frames to bytes.

use std::sync::Arc;

use crate::close::CloseFrame;
use crate::extension::{Encoders, SendOptions};
use crate::frame::{Frame, FrameHeader, Rsv, encode_header};
use crate::mask::{self, MaskGenerator};
use crate::message::MessageKind;
use crate::opcode::OpCode;
use crate::role::Role;

/// One frame, to be put in bytes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what a frame consists of")]
pub struct FrameParts<'a> {
    /// Last frame of its message.
    pub fin: bool,
    /// Bits that extensions set.
    pub rsv: Rsv,
    /// Its type.
    pub opcode: OpCode,
    /// Its payload, unmasked.
    pub payload: &'a [u8],
}

/// Which frame of a message that is sent piece by piece.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what there is to say of a piece")]
pub struct Piece {
    /// What the message is.
    pub kind: MessageKind,
    /// Its first frame.
    pub first: bool,
    /// Its last frame.
    pub last: bool,
    /// How the message is sent; those of the first frame count.
    pub options: SendOptions,
}

/// Makes bytes of what is sent, for one side of one connection.
///
/// A client passes a fresh unpredictable masking key with every frame (RFC 6455 §5.3); a server's
/// key is ignored.
#[derive(Debug)]
pub struct Sender {
    role: Role,
    encoders: Encoders,
    /// Masking keys for those frames that extensions add.
    more_keys: Option<Arc<dyn MaskGenerator>>,
}

impl Sender {
    /// The sending half of a connection.
    #[must_use]
    pub const fn new(role: Role, encoders: Encoders) -> Self {
        Self { role, encoders, more_keys: None }
    }

    /// Gets keys from `keys` for frames that an extension adds to what it was given one key for;
    /// without, these frames share that key.
    #[must_use]
    pub fn with_keys(mut self, keys: Arc<dyn MaskGenerator>) -> Self {
        self.more_keys = Some(keys);
        self
    }

    /// Names what is done to whole messages where that depends on nothing but the message, so that
    /// its bytes may go to all connections with the same name: to those of servers, as clients mask.
    #[must_use]
    pub fn share_key(&self) -> Option<&Arc<str>> {
        self.encoders.share_key().filter(|_| self.role == Role::Server)
    }

    /// Whether a payload may be written from where it lies, behind the bytes of
    /// [`header`](Self::header): not when it has to be masked or transformed.
    #[inline]
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.role == Role::Server && self.encoders.is_empty()
    }

    /// Appends a whole message.
    #[inline(always)] // the short way is little more than the call
    pub fn message(&mut self, kind: MessageKind, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
        if let (true, Ok(len @ 0..=125)) = (self.is_verbatim(), u8::try_from(payload.len())) {
            // The commonest of all: no mask, no extension, a header of two bytes.
            out.reserve(2 + payload.len());
            out.extend_from_slice(&[0x80 | opcode(kind).bits(), len]);
            out.extend_from_slice(payload);
        } else {
            self.any_message(kind, payload, key, out);
        }
    }

    #[inline(never)] // its registers are not saved for short messages
    fn any_message(&mut self, kind: MessageKind, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
        match u8::try_from(payload.len()) {
            Ok(len @ 0..=125) if self.role == Role::Client && self.encoders.is_empty() => {
                let [a, b, c, d] = key;
                out.reserve(6 + payload.len());
                out.extend_from_slice(&[0x80 | opcode(kind).bits(), 0x80 | len, a, b, c, d]);
                out.extend_from_slice(payload);
                let at = out.len() - payload.len();
                mask::apply(&mut out[at..], key, 0);
            }
            _ => self.message_with(SendOptions::new(), kind, payload, key, out),
        }
    }

    /// As [`message`](Self::message), and as `options` say.
    pub fn message_with(
        &mut self,
        options: SendOptions,
        kind: MessageKind,
        payload: &[u8],
        key: [u8; 4],
        out: &mut Vec<u8>,
    ) {
        let opcode = opcode(kind);
        if !self.encoders.is_empty()
            && let Some((rsv, payload)) = self.encoders.encode(payload, options)
        {
            return self.data(FrameParts { fin: true, rsv, opcode, payload: &payload }, key, out);
        }
        self.data(FrameParts { fin: true, rsv: Rsv::NONE, opcode, payload }, key, out);
    }

    /// Appends a data frame, or what extensions make of it.
    fn data(&mut self, frame: FrameParts<'_>, key: [u8; 4], out: &mut Vec<u8>) {
        if !self.encoders.takes_frames() {
            return self.parts(frame, key, out);
        }
        let FrameParts { fin, rsv, opcode, payload } = frame;
        let (role, more_keys) = (self.role, self.more_keys.as_ref());
        let mut next_key = Some(key);
        self.encoders.frame(Frame { fin, rsv, opcode, payload: payload.into() }, &mut |frame| {
            let Frame { fin, rsv, opcode, payload } = frame;
            let fresh = || more_keys.map_or(key, |keys| keys.masking_key());
            let key = next_key.take().unwrap_or_else(fresh);
            write(role, FrameParts { fin, rsv, opcode, payload: &payload }, key, out);
        });
    }

    /// Appends the header of a message whose payload is written [verbatim](Self::is_verbatim).
    pub fn header(kind: MessageKind, payload_len: usize, out: &mut Vec<u8>) {
        let options = SendOptions::new();
        Self::piece_header(Piece { kind, first: true, last: true, options }, payload_len, out);
    }

    /// Appends one frame of a message that is sent piece by piece. The pieces of one message follow
    /// one another; only control frames may come between them (RFC 6455 §5.4).
    pub fn piece(&mut self, piece: Piece, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
        let Piece { kind, first, last, options } = piece;
        if first && last {
            return self.message_with(options, kind, payload, key, out);
        }
        let mut rsv = Rsv::NONE;
        let mut coded = None;
        if !self.encoders.is_empty() {
            if first {
                rsv = self.encoders.begin(options);
            }
            coded = self.encoders.encode_part(payload, last);
        }
        let payload = coded.as_deref().unwrap_or(payload);
        self.data(FrameParts { fin: last, rsv, opcode: piece.opcode(), payload }, key, out);
    }

    /// Appends the header of a piece whose payload is written [verbatim](Self::is_verbatim).
    pub fn piece_header(piece: Piece, payload_len: usize, out: &mut Vec<u8>) {
        let header = FrameHeader {
            fin: piece.last,
            rsv: Rsv::NONE,
            opcode: piece.opcode(),
            mask: None,
            payload_len: payload_len as u64,
        };
        let (bytes, len) = encode_header(&header);
        out.extend_from_slice(&bytes[..len]);
    }

    /// Appends a single data frame. No extension for messages changes it.
    pub fn frame(&mut self, frame: &Frame<'_>, key: [u8; 4], out: &mut Vec<u8>) {
        let Frame { fin, rsv, opcode, payload } = frame;
        self.data(FrameParts { fin: *fin, rsv: *rsv, opcode: *opcode, payload }, key, out);
    }

    /// Appends a Ping or Pong with at most 125 bytes.
    pub fn control(&self, opcode: OpCode, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
        self.parts(FrameParts { fin: true, rsv: Rsv::NONE, opcode, payload }, key, out);
    }

    /// Appends a Close.
    pub fn close(&self, frame: &CloseFrame, key: [u8; 4], out: &mut Vec<u8>) {
        let mut body = Vec::new();
        frame.write_body(&mut body);
        self.control(OpCode::Close, &body, key, out);
    }

    /// Appends any frame.
    pub fn parts(&self, frame: FrameParts<'_>, key: [u8; 4], out: &mut Vec<u8>) {
        write(self.role, frame, key, out);
    }
}

fn write(role: Role, frame: FrameParts<'_>, key: [u8; 4], out: &mut Vec<u8>) {
    let FrameParts { fin, rsv, opcode, payload } = frame;
    let mask = (role == Role::Client).then_some(key);
    let header = FrameHeader { fin, rsv, opcode, mask, payload_len: payload.len() as u64 };
    let (bytes, len) = encode_header(&header);
    out.reserve(len + payload.len());
    out.extend_from_slice(&bytes[..len]);
    let at = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = mask {
        mask::apply(&mut out[at..], key, 0);
    }
}

impl Piece {
    const fn opcode(self) -> OpCode {
        if self.first { opcode(self.kind) } else { OpCode::Continuation }
    }
}

const fn opcode(kind: MessageKind) -> OpCode {
    match kind {
        MessageKind::Text => OpCode::Text,
        MessageKind::Binary => OpCode::Binary,
    }
}

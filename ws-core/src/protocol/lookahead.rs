//! Finds Pings, Pongs and the Close in bytes whose turn has not come, while a handler keeps the messages
//! before them waiting.
//!
//! It judges nothing: what breaks the protocol ends the look ahead, and is reported when its turn
//! comes.

use crate::frame::{Decoded, MAX_CONTROL_LEN, MAX_HEADER_LEN, decode_header};
use crate::mask;
use crate::opcode::OpCode;

/// A control frame found ahead of its turn; its payload, unmasked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all control frames")]
pub enum Found<'a> {
    /// A Ping.
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close. Nothing is found behind it.
    Close(&'a [u8]),
}

/// Longest control frame on the wire: a short header with its key, and the payload.
const LONGEST: usize = MAX_HEADER_LEN + MAX_CONTROL_LEN;

/// Walks over frames without consuming them.
#[derive(Clone, Debug)]
pub struct Lookahead {
    /// Bytes of payload still to be passed over.
    skip: u64,
    /// A header, or a control frame, of which not all is there.
    part: [u8; LONGEST],
    len: usize,
    /// Nothing more is to be found.
    done: bool,
}

impl Lookahead {
    /// Starts `skip` bytes before a frame begins.
    #[must_use]
    pub const fn new(skip: u64) -> Self {
        Self { skip, part: [0; LONGEST], len: 0, done: false }
    }

    /// Looks at `bytes`, which follow those seen so far, and tells `found` of each control frame.
    pub fn scan(&mut self, mut bytes: &[u8], mut found: impl FnMut(Found<'_>)) {
        while !self.done && !bytes.is_empty() {
            if self.skip > 0 {
                let skipped =
                    usize::try_from(self.skip).map_or(bytes.len(), |n| n.min(bytes.len()));
                self.skip -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.part[self.len] = bytes[0];
            self.len += 1;
            bytes = &bytes[1..];
            self.try_frame(&mut found);
        }
    }

    /// Looks whether the part that was collected is all that has to be seen of a frame.
    fn try_frame(&mut self, found: &mut impl FnMut(Found<'_>)) {
        let (header, used) = match decode_header(&self.part[..self.len]) {
            Ok(Decoded::Header(header, used)) => (header, used),
            Ok(Decoded::NeedMore(_)) => return,
            Err(_) => {
                self.done = true;
                return;
            }
        };
        match header.opcode {
            OpCode::Ping | OpCode::Pong | OpCode::Close => {
                // A legal header bounds the payload to 125 bytes.
                let payload = &mut self.part[used..self.len];
                if (payload.len() as u64) < header.payload_len {
                    return;
                }
                if let Some(key) = header.mask {
                    mask::apply(payload, key, 0);
                }
                self.done = header.opcode == OpCode::Close;
                found(match header.opcode {
                    OpCode::Close => Found::Close(payload),
                    OpCode::Pong => Found::Pong(payload),
                    _ => Found::Ping(payload),
                });
            }
            OpCode::Continuation | OpCode::Text | OpCode::Binary => {
                self.skip = header.payload_len;
            }
        }
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_same_however_the_bytes_are_cut() {
        let wire = [
            &[0x81, 0x83, 1, 2, 3, 4, 9, 9, 9][..], // text of 3
            &[0x89, 0x82, 0, 0, 0, 0, b'h', b'i'],  // ping "hi"
            &[0x82, 0xFE, 0, 126, 0, 0, 0, 0],      // binary of 126
            &[0x89; 126],                           // that look like pings
            &[0x89, 0x80, 0, 0, 0, 0],              // ping ""
            &[0x8A, 0x81, 0, 0, 0, 0, b'x'],        // pong "x"
            &[0x88, 0x80, 0, 0, 0, 0],              // close
            &[0x89, 0x80, 0, 0, 0, 0],              // ping behind it
        ]
        .concat();
        for cut in 0..wire.len() {
            let mut seen = Vec::new();
            let mut ahead = Lookahead::new(0);
            for part in [&wire[..cut], &wire[cut..]] {
                ahead.scan(part, |found| match found {
                    Found::Ping(payload) => seen.push(payload.to_vec()),
                    Found::Pong(payload) => seen.push([b"pong ", payload].concat()),
                    Found::Close(_) => seen.push(b"close".to_vec()),
                });
            }
            assert_eq!(seen, [&b"hi"[..], b"", b"pong x", b"close"], "cut at {cut}");
        }
    }

    #[test]
    fn begins_inside_a_payload() {
        let mut seen = 0;
        Lookahead::new(2).scan(&[0x89, 0x80, 0x89, 0x80, 0, 0, 0, 0], |_| seen += 1);
        assert_eq!(seen, 1);
    }
}

//! One frame as a test sees it, and its bytes, right or wrong (RFC 6455 §5.2).

/// Opcode of a continuation frame.
pub const CONTINUATION: u8 = 0;
/// Opcode of a text frame.
pub const TEXT: u8 = 1;
/// Opcode of a binary frame.
pub const BINARY: u8 = 2;
/// Opcode of a Close frame.
pub const CLOSE: u8 = 8;
/// Opcode of a Ping frame.
pub const PING: u8 = 9;
/// Opcode of a Pong frame.
pub const PONG: u8 = 10;

/// Every client frame of these tests is masked with this key.
pub const MASKING_KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame. What a server sends and what a client sends compare equal when they say the same.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "tests write it out")]
pub struct Frame {
    /// Whether it ends its message.
    pub fin: bool,
    /// The reserved bits; RSV1 is 4.
    pub rsv: u8,
    /// The opcode, legal or not.
    pub opcode: u8,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame of any opcode that ends its message.
    #[must_use]
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { fin: true, rsv: 0, opcode, payload: payload.into() }
    }

    /// A text frame.
    #[must_use]
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Self::new(TEXT, text)
    }

    /// A binary frame.
    #[must_use]
    pub fn binary(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(BINARY, payload)
    }

    /// A continuation frame.
    #[must_use]
    pub fn continuation(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(CONTINUATION, payload)
    }

    /// A Ping.
    #[must_use]
    pub fn ping(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(PING, payload)
    }

    /// A Pong.
    #[must_use]
    pub fn pong(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(PONG, payload)
    }

    /// A Close with any code, legal or not.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        Self::new(CLOSE, [&code.to_be_bytes()[..], reason.as_bytes()].concat())
    }

    /// A Close without a code.
    #[must_use]
    pub fn empty_close() -> Self {
        Self::new(CLOSE, [])
    }

    /// The same frame with FIN off.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.fin = false;
        self
    }

    /// The same frame with these reserved bits.
    #[must_use]
    pub fn with_rsv(mut self, rsv: u8) -> Self {
        self.rsv = rsv;
        self
    }

    /// Its payload as text.
    #[must_use]
    pub fn as_text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("the payload is text")
    }

    /// The code of a Close, 1005 when it has none.
    #[must_use]
    pub fn close_code(&self) -> u16 {
        assert_eq!(self.opcode, CLOSE, "{self:?}");
        match self.payload[..] {
            [] => 1005,
            [high, low, ..] => u16::from_be_bytes([high, low]),
            [_] => panic!("half a close code"),
        }
    }

    /// Its bytes as a client sends them, masked.
    #[must_use]
    pub fn masked(&self) -> Vec<u8> {
        let mut wire = header(self, &shortest(self.payload.len() as u64), true);
        wire.extend(self.payload.iter().zip(MASKING_KEY.iter().cycle()).map(|(b, k)| b ^ k));
        wire
    }

    /// Its bytes as a server sends them, which a client must not.
    #[must_use]
    pub fn unmasked(&self) -> Vec<u8> {
        let mut wire = header(self, &shortest(self.payload.len() as u64), false);
        wire.extend_from_slice(&self.payload);
        wire
    }

    /// Its header alone, masked, with a length field of 7, 7 + 16 or 7 + 64 bits that says `len`,
    /// whatever the payload is.
    #[must_use]
    pub fn header_claiming(&self, len: u64, field_bits: u32) -> Vec<u8> {
        header(self, &length(len, field_bits), true)
    }
}

/// The length field in its shortest form.
fn shortest(len: u64) -> Vec<u8> {
    match len {
        0..=125 => length(len, 7),
        126..=0xFFFF => length(len, 7 + 16),
        _ => length(len, 7 + 64),
    }
}

fn length(len: u64, field_bits: u32) -> Vec<u8> {
    let bytes = len.to_be_bytes();
    match field_bits {
        7 => vec![bytes[7]],
        23 => vec![126, bytes[6], bytes[7]],
        71 => [&[127], &bytes[..]].concat(),
        other => panic!("no length field of {other} bits"),
    }
}

fn header(frame: &Frame, length: &[u8], masked: bool) -> Vec<u8> {
    let mut header = vec![u8::from(frame.fin) << 7 | frame.rsv << 4 | frame.opcode];
    header.extend_from_slice(length);
    if masked {
        header[1] |= 0x80;
        header.extend_from_slice(&MASKING_KEY);
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_of_rfc_6455() {
        let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(Frame::text("Hello").masked(), masked);
        assert_eq!(Frame::text("Hel").unfinished().unmasked(), b"\x01\x03Hel");
        assert_eq!(Frame::continuation("lo").unmasked(), b"\x80\x02lo");
        assert_eq!(Frame::binary([0; 256]).unmasked()[..4], [0x82, 126, 1, 0]);
        assert_eq!(
            Frame::binary(vec![0; 65536]).unmasked()[..10],
            [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]
        );
    }
}

//! What a frame's header says.

use crate::opcode::OpCode;

/// Longest header, in bytes: 2, then 8 of length, then 4 of masking key.
pub const MAX_HEADER_LEN: usize = 14;

/// Longest payload of a control frame, in bytes (RFC 6455 §5.5).
pub const MAX_CONTROL_LEN: usize = 125;

/// The three reserved bits, which only an agreed extension may set (RFC 6455 §9).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Rsv(u8);

impl Rsv {
    /// No bit set.
    pub const NONE: Self = Self(0);
    /// The first bit, which permessage-deflate claims.
    pub const RSV1: Self = Self(0b100);
    /// The second bit.
    pub const RSV2: Self = Self(0b010);
    /// The third bit.
    pub const RSV3: Self = Self(0b001);

    /// The bits as they stand in the first byte of a header.
    #[must_use]
    pub const fn from_first_byte(byte: u8) -> Self {
        Self((byte >> 4) & 0b111)
    }

    /// The bits in their place in the first byte of a header.
    #[must_use]
    pub const fn in_first_byte(self) -> u8 {
        self.0 << 4
    }

    /// The three bits as a number, RSV1 the highest.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether no bit is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits set here or there.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The bits set here and not there.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether both share a bit.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A legal frame header: a value that exists obeys §5.2 as far as one frame can show it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FrameHeader {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The reserved bits, not judged yet.
    pub rsv: Rsv,
    /// The type of the frame.
    pub opcode: OpCode,
    /// Masking key, present exactly when the payload is masked.
    pub mask: Option<[u8; 4]>,
    /// Length of the payload, in bytes, below 2⁶³.
    pub payload_len: u64,
}

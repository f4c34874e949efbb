//! What kind of frame a frame is, RFC 6455 §5.2 and §11.8.

/// The type of a frame, the low four bits of its first byte (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 closes the set: other values are reserved")]
pub enum OpCode {
    /// A further frame of a fragmented message.
    Continuation,
    /// First or only frame of a text message.
    Text,
    /// First or only frame of a binary message.
    Binary,
    /// Closes the connection, §5.5.1.
    Close,
    /// Asks for a Pong, §5.5.2.
    Ping,
    /// Answers a Ping, §5.5.3.
    Pong,
}

impl OpCode {
    /// The opcode of the low four bits of `byte`, `None` for the ten reserved values.
    #[must_use]
    pub const fn from_bits(byte: u8) -> Option<Self> {
        Some(match byte & 0x0F {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// The four bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Whether frames of this type are control frames: at most 125 bytes, never fragmented, allowed
    /// between the fragments of a message (§5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixteen_values() {
        for bits in 0..16u8 {
            let known = OpCode::from_bits(bits);
            assert_eq!(known.is_some(), matches!(bits, 0..=2 | 8..=10), "{bits}");
            if let Some(opcode) = known {
                assert_eq!(opcode.bits(), bits);
                assert_eq!(opcode.is_control(), bits >= 8);
            }
        }
    }
}

//! Every way in which a peer can break RFC 6455, and the close code that answers it.

use thiserror::Error;

use crate::close::CloseCode;
use crate::opcode::OpCode;

/// A violation of RFC 6455, or of a limit, by the peer. Never caused by this program's own calls.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A control frame is fragmented or longer than 125 bytes (§5.5).
    #[error("{0:?} frame is fragmented or longer than 125 bytes")]
    IllegalControl(OpCode),
    /// A Close frame carries a code that may not be sent (§7.4).
    #[error("close code {0} may not be sent")]
    IllegalCloseCode(u16),
    /// Text is not UTF-8 (§8.1).
    #[error("text is not valid UTF-8")]
    InvalidUtf8,
    /// Compressed data that is delivered in parts grows without measure.
    #[error("compressed message grows more than 200 times")]
    Inflation,
    /// An extension cannot make sense of a payload.
    #[error("payload does not decode: {0}")]
    InvalidPayload(&'static str),
    /// The length is not in its shortest form or has its top bit set (§5.2).
    #[error("payload length is not minimally encoded")]
    NonMinimalLength,
    /// A message or single frame exceeds a limit; both in bytes (§10.4).
    #[error("{} of {len} bytes exceeds {} = {limit}", what.name(), what.setting())]
    MessageTooBig {
        /// What is limited.
        what: Limited,
        /// Bytes it would have, as far as they are known.
        len: u64,
        /// Limit in force.
        limit: u64,
    },
    /// A reserved bit is set that no agreed extension claims (§5.2).
    #[error("reserved bits {0:#05b} are set without an extension that claims them")]
    ReservedBits(u8),
    /// A reserved opcode (§5.2).
    #[error("reserved opcode {0:#x}")]
    ReservedOpCode(u8),
    /// More Pings and Pongs in a second, for some time, than are allowed.
    #[error("more than {0} control frames per second")]
    TooManyControlFrames(u32),
    /// More fragments, or more empty ones, than a message may have.
    #[error("message of more than {0} fragments")]
    TooManyFragments(u32),
    /// A Close frame's body is one byte long (§5.5.1).
    #[error("close frame with half a code")]
    TruncatedCloseCode,
    /// A Continuation frame without a message to continue (§5.4).
    #[error("continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A new message inside an unfinished one (§5.4).
    #[error("new message inside an unfinished one")]
    UnfinishedMessage,
    /// A server got an unmasked frame or a client a masked one (§5.1).
    #[error("wrong masking for this role")]
    WrongMasking,
}

/// What has a limit of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Limited {
    /// Text messages.
    Text,
    /// Binary messages.
    Binary,
    /// Frames, for endpoints that take single frames.
    Frame,
}

impl Limited {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text message",
            Self::Binary => "binary message",
            Self::Frame => "frame",
        }
    }

    /// Name of the setting that raises the limit.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Text => "max_text_message",
            Self::Binary => "max_binary_message",
            Self::Frame => "max_size",
        }
    }
}

impl ProtocolError {
    /// Code for the Close frame that reports this violation (§7.4.1).
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::IllegalControl(_)
            | Self::IllegalCloseCode(_)
            | Self::NonMinimalLength
            | Self::ReservedBits(_)
            | Self::ReservedOpCode(_)
            | Self::TruncatedCloseCode
            | Self::UnexpectedContinuation
            | Self::UnfinishedMessage
            | Self::WrongMasking => CloseCode::PROTOCOL_ERROR,
            Self::InvalidPayload(_) | Self::InvalidUtf8 => CloseCode::INVALID_PAYLOAD_DATA,
            Self::MessageTooBig { .. } | Self::Inflation => CloseCode::MESSAGE_TOO_BIG,
            Self::TooManyControlFrames(_) | Self::TooManyFragments(_) => {
                CloseCode::POLICY_VIOLATION
            }
        }
    }
}

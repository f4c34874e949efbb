//! What can fail on a session, sorted by whose fault it is.

use std::borrow::Cow;
use std::io;

use thiserror::Error;

use crate::close::{CloseCode, InvalidCloseReason};
use crate::message::{BoxError, DecodeError, EncodeError};
use crate::protocol_error::ProtocolError;

/// A failure on a session: what `#[on_error]` sees and what calls on a [`Session`] return.
///
/// [`Session`]: crate::Session
#[derive(Debug, Error)]
#[non_exhaustive]
#[doc(alias = "SessionException")]
pub enum Error {
    /// A reason that no Close frame can carry.
    #[error(transparent)]
    CloseReason(#[from] InvalidCloseReason),
    /// The session is closing or closed: nothing more can be sent on it.
    #[error("the session is closed")]
    Closed,
    /// A control frame's payload is too long; its length in bytes.
    #[error("payload of {0} bytes exceeds the 125 that a control frame can carry")]
    ControlTooLong(usize),
    /// A message that does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A value that does not encode.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A message that only some may send, from a peer without that role: its handler was not called.
    #[error("the peer is not {role}")]
    Forbidden {
        /// The role that was missing; of several that would do, all; `authenticated` where any
        /// peer would do that is known by name.
        role: &'static str,
    },
    /// [`Session::try_send`](crate::Session::try_send) found the queue full.
    #[error("the send queue is full")]
    Full,
    /// A handler returned an error.
    #[error("handler failed")]
    Handler(#[source] BoxError),
    /// A message ended before its last frame: its [`MessageReader`](crate::MessageReader) has no
    /// more of it.
    #[error("the message did not come to its end")]
    Incomplete,
    /// A message that was begun with [`Session::send_frame`](crate::Session::send_frame) was not
    /// finished, and another waited for that in vain.
    #[error("another message of this session was begun and is not finished")]
    MessageInProgress,
    /// A message is longer than
    /// [`MessageReader::read_to_end`](crate::MessageReader::read_to_end) was to read; that limit in
    /// bytes.
    #[error("the message is longer than {0} bytes")]
    MessageTooLong(usize),
    /// [`Session::send_frame`](crate::Session::send_frame) got a Continuation frame, and no message
    /// is unfinished.
    #[error("continuation frame without a message to continue")]
    NothingToContinue,
    /// A message that is not finished needs more memory than is left to all of them together, by
    /// [`EndpointConfig::message_budget`](crate::EndpointConfig::message_budget).
    #[error("no memory is left for messages that are not finished")]
    Overloaded,
    /// A handler panicked; the panic's message.
    #[error("handler panicked: {0}")]
    Panic(String),
    /// A path variable that does not parse as its parameter's type.
    #[error(transparent)]
    PathParam(#[from] PathParamError),
    /// The peer broke the protocol, or exceeded a limit.
    #[error("the peer broke the protocol")]
    Protocol(#[from] ProtocolError),
    /// The peer, or the network, was silent for too long.
    #[error(transparent)]
    Timeout(#[from] Timeout),
    /// The transport failed, or ended without a Close frame.
    #[error("the transport failed")]
    Transport(#[source] io::Error),
}

impl From<io::Error> for Error {
    /// An error that application code met, and returns with `?`: of its own files, say.
    fn from(error: io::Error) -> Self {
        Self::Handler(Box::new(error))
    }
}

impl Error {
    /// What a handler returned: errors of this type that went through `?` stay what they were.
    #[must_use]
    pub fn from_handler(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::Handler(error),
        }
    }

    /// Whether the peer or the network is to blame, not this program.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        matches!(
            self,
            Self::Decode(_)
                | Self::Forbidden { .. }
                | Self::Overloaded
                | Self::Protocol(_)
                | Self::Timeout(_)
                | Self::Transport(_)
        )
    }

    /// The code that closes a session for this error when no `#[on_error]` takes care of it.
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::Protocol(error) => error.close_code(),
            Self::Decode(_) => CloseCode::INVALID_PAYLOAD_DATA,
            Self::Forbidden { .. } => CloseCode::POLICY_VIOLATION,
            Self::Overloaded => CloseCode::TRY_AGAIN_LATER,
            Self::Timeout(_) | Self::Transport(_) => CloseCode::ABNORMAL_CLOSURE,
            Self::CloseReason(_)
            | Self::Closed
            | Self::ControlTooLong(_)
            | Self::Encode(_)
            | Self::Full
            | Self::Handler(_)
            | Self::Incomplete
            | Self::MessageInProgress
            | Self::MessageTooLong(_)
            | Self::NothingToContinue
            | Self::Panic(_)
            | Self::PathParam(_) => CloseCode::INTERNAL_ERROR,
        }
    }
}

/// A deadline that passed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Timeout {
    /// No data frame passed for the idle timeout.
    #[error("idle timeout")]
    Idle,
    /// The peer did not answer a keep-alive Ping.
    #[error("no answer to a keep-alive ping")]
    Pong,
    /// Nothing more came of a message that had begun, for the message timeout.
    #[error("the rest of a message does not come")]
    Message,
    /// The socket took no byte for the send timeout.
    #[error("the peer takes no data")]
    Send,
}

/// A path variable that does not parse as the type of a handler's parameter. Reaches `#[on_error]`.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct PathParamError(Box<NotParsed>);

/// In a box, as [`DecodeError`] is.
#[derive(Debug, Error)]
#[error("path parameter `{name}` does not parse")]
struct NotParsed {
    name: Cow<'static, str>,
    value: String,
    source: BoxError,
}

impl PathParamError {
    /// The failure to parse `value`.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        Self(Box::new(NotParsed { name: name.into(), value: value.into(), source: source.into() }))
    }

    /// The variable's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its value in this session's URI, percent-decoded.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0.value
    }
}

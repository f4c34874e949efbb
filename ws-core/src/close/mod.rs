//! Why a connection ended: the status codes of RFC 6455 §7.4 and the reason a Close frame carries.

mod code;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

pub use code::CloseCode;
use thiserror::Error;

use crate::protocol_error::ProtocolError;

/// Longest reason phrase a Close frame can carry, in bytes: 125 less the code (RFC 6455 §5.5).
pub const MAX_PHRASE_LEN: usize = 123;

/// A code or phrase that a Close frame cannot carry.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum InvalidCloseReason {
    /// The code is reserved for local use or not assigned.
    #[error("close code {0} may not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999")]
    Code(u16),
    /// The phrase is too long; its length in bytes.
    #[error("reason phrase of {0} bytes exceeds 123; `CloseReason::truncated` shortens it")]
    PhraseTooLong(usize),
}

/// What a Close frame said (RFC 6455 §5.5.1).
///
/// # Examples
///
/// ```
/// use ws_core::{CloseCode, CloseFrame};
///
/// let frame = CloseFrame::parse(b"\x03\xe9bye")?;
/// assert_eq!(frame.code, Some(CloseCode::GOING_AWAY));
/// assert_eq!(frame.phrase, "bye");
/// assert_eq!(CloseFrame::parse(b"")?.code, None);
/// # Ok::<(), ws_core::ProtocolError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CloseFrame {
    /// Its code; `None` when its body was empty.
    pub code: Option<CloseCode>,
    /// Its phrase, at most [`MAX_PHRASE_LEN`] bytes, often empty.
    pub phrase: Cow<'static, str>,
}

impl CloseFrame {
    /// Reads the body of a Close frame.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`] for a body of one byte, a code that may not be sent, or a phrase that is
    /// not UTF-8.
    pub fn parse(body: &[u8]) -> Result<Self, ProtocolError> {
        let (code, phrase) = match body {
            [] => return Ok(Self { code: None, phrase: Cow::Borrowed("") }),
            [_] => return Err(ProtocolError::TruncatedCloseCode),
            [high, low, phrase @ ..] => (u16::from_be_bytes([*high, *low]), phrase),
        };
        let code = CloseCode::new(code)
            .filter(|code| code.is_sendable())
            .ok_or(ProtocolError::IllegalCloseCode(code))?;
        let phrase = std::str::from_utf8(phrase).map_err(|_| ProtocolError::InvalidUtf8)?;
        Ok(Self { code: Some(code), phrase: Cow::Owned(phrase.to_owned()) })
    }

    /// Appends the body to `out`: nothing without a code, else the code and the phrase.
    pub fn write_body(&self, out: &mut Vec<u8>) {
        if let Some(code) = self.code {
            out.extend_from_slice(&code.as_u16().to_be_bytes());
            out.extend_from_slice(self.phrase.as_bytes());
        }
    }
}

/// Who began the end of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Initiator {
    /// This program: its endpoint, or the container.
    Local,
    /// The peer, with a Close frame.
    Peer,
    /// The transport: it failed, or ended without a Close frame.
    Transport,
}

/// Why a session ended, or is to end (Jakarta §2.1.5, `CloseReason`).
///
/// An application builds one to close a session with a code and a phrase; `#[on_close]` gets one
/// that also says who closed, which Close frames passed, and why.
///
/// # Examples
///
/// ```
/// use ws_core::{CloseCode, CloseReason, InvalidCloseReason, Session};
///
/// fn kick(session: &Session, why: &str) -> Result<(), InvalidCloseReason> {
///     session.close(CloseReason::truncated(CloseCode::POLICY_VIOLATION, why)?);
///     Ok(())
/// }
///
/// // An `#[on_close]` may look at who closed.
/// fn close(reason: &CloseReason) {
///     if reason.is_clean() && reason.code() == CloseCode::NORMAL_CLOSURE {
///         return;
///     }
///     println!("{:?} ended the session: {reason}", reason.initiator());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct CloseReason {
    code: CloseCode,
    phrase: Cow<'static, str>,
    pub(crate) initiator: Initiator,
    pub(crate) sent: Option<CloseFrame>,
    pub(crate) received: Option<CloseFrame>,
    pub(crate) clean: bool,
    pub(crate) cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl CloseReason {
    /// A reason to close with.
    ///
    /// # Errors
    ///
    /// [`InvalidCloseReason`] for a code that may not be sent or a phrase above
    /// [`MAX_PHRASE_LEN`] bytes.
    pub fn new(
        code: CloseCode,
        phrase: impl Into<Cow<'static, str>>,
    ) -> Result<Self, InvalidCloseReason> {
        let phrase = phrase.into();
        if phrase.len() > MAX_PHRASE_LEN {
            return Err(InvalidCloseReason::PhraseTooLong(phrase.len()));
        }
        if !code.is_sendable() {
            return Err(InvalidCloseReason::Code(code.as_u16()));
        }
        Ok(Self::local(code, phrase))
    }

    /// As [`new`](Self::new), with a phrase that is too long cut at a character's border.
    ///
    /// # Errors
    ///
    /// [`InvalidCloseReason::Code`] for a code that may not be sent.
    pub fn truncated(code: CloseCode, phrase: &str) -> Result<Self, InvalidCloseReason> {
        Self::new(code, phrase[..phrase.floor_char_boundary(MAX_PHRASE_LEN)].to_owned())
    }

    /// A reason as the local side sees it, also with a code that is never on the wire.
    pub(crate) const fn local(code: CloseCode, phrase: Cow<'static, str>) -> Self {
        Self {
            code,
            phrase,
            initiator: Initiator::Local,
            sent: None,
            received: None,
            clean: false,
            cause: None,
        }
    }

    /// The code: the peer's when the peer closed, ours when we did, 1006 when nobody said one.
    #[must_use]
    #[doc(alias = "getCloseCode")]
    pub const fn code(&self) -> CloseCode {
        self.code
    }

    /// The phrase, empty when there is none.
    #[must_use]
    #[doc(alias = "getReasonPhrase")]
    pub fn phrase(&self) -> &str {
        &self.phrase
    }

    /// Who began to close.
    #[must_use]
    pub const fn initiator(&self) -> Initiator {
        self.initiator
    }

    /// The Close frame we sent.
    #[must_use]
    pub const fn sent(&self) -> Option<&CloseFrame> {
        self.sent.as_ref()
    }

    /// The Close frame the peer sent.
    #[must_use]
    pub const fn received(&self) -> Option<&CloseFrame> {
        self.received.as_ref()
    }

    /// Whether both Close frames passed (RFC 6455 §7.1.4).
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.clean
    }

    /// The error that ended the session, when one did.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.cause.as_deref()
    }

    /// The Close frame that says this: empty for 1005, and for the codes that are never sent.
    pub(crate) fn to_frame(&self) -> CloseFrame {
        if self.code.is_sendable() {
            CloseFrame { code: Some(self.code), phrase: self.phrase.clone() }
        } else {
            CloseFrame { code: None, phrase: Cow::Borrowed("") }
        }
    }
}

impl Default for CloseReason {
    /// 1000, without a phrase.
    fn default() -> Self {
        Self::local(CloseCode::NORMAL_CLOSURE, Cow::Borrowed(""))
    }
}

impl TryFrom<CloseCode> for CloseReason {
    type Error = InvalidCloseReason;

    fn try_from(code: CloseCode) -> Result<Self, InvalidCloseReason> {
        Self::new(code, "")
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if self.phrase.is_empty() { Ok(()) } else { write!(f, " ({})", self.phrase.escape_debug()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_on_the_wire() {
        let legal = |n| CloseFrame::parse(&u16::to_be_bytes(n)).is_ok();
        for n in
            [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
        {
            assert!(legal(n), "{n}");
        }
        for n in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            assert!(!legal(n), "{n}");
        }
        assert_eq!(CloseFrame::parse(&[3]), Err(ProtocolError::TruncatedCloseCode));
        assert_eq!(CloseFrame::parse(b"\x03\xe8\xFF"), Err(ProtocolError::InvalidUtf8));
        assert_eq!(CloseFrame::parse(&[]).unwrap().code, None);
    }

    #[test]
    fn phrases_have_a_limit() {
        let long = "é".repeat(62);
        assert_eq!(
            CloseReason::new(CloseCode::NORMAL_CLOSURE, long.clone()).unwrap_err(),
            InvalidCloseReason::PhraseTooLong(124)
        );
        let cut = CloseReason::truncated(CloseCode::NORMAL_CLOSURE, &long).unwrap();
        assert_eq!(cut.phrase().len(), 122, "at a character's border");
        assert!(CloseReason::new(CloseCode::ABNORMAL_CLOSURE, "").is_err());
    }

    #[test]
    fn a_body_survives_the_round_trip() {
        let reason = CloseReason::new(CloseCode::new(4001).unwrap(), "why").unwrap();
        let mut body = Vec::new();
        reason.to_frame().write_body(&mut body);
        assert_eq!(CloseFrame::parse(&body).unwrap(), reason.to_frame());
    }
}

//! The status codes of Close frames.

use std::fmt;

/// A status code, 1000 to 4999 (RFC 6455 §7.4, IANA registry of close codes; Jakarta
/// `CloseReason.CloseCode`).
///
/// The constants have the names of the IANA registry; a search for a name of Jakarta's finds them too.
/// Codes from 3000 on have no constants: those up to 3999 are registered by libraries and
/// frameworks, those from 4000 on are the application's own.
///
/// # Examples
///
/// ```
/// use ws_core::CloseCode;
///
/// const KICKED: CloseCode = CloseCode::new(4001).unwrap();
///
/// assert!(KICKED.is_sendable());
/// assert_eq!(KICKED.to_string(), "4001");
/// assert_eq!(CloseCode::GOING_AWAY.to_string(), "1001 GOING_AWAY");
/// assert_eq!(CloseCode::new(999), None);
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "CloseCodes")]
#[doc(alias = "CloseReason.CloseCodes")]
pub struct CloseCode(u16);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl CloseCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// The registered name, such as `GOING_AWAY`.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// 1000: the purpose is fulfilled.
    NORMAL_CLOSURE = 1000;
    /// 1001: a server goes down, or a browser leaves the page.
    GOING_AWAY = 1001;
    /// 1002: the peer broke the protocol.
    PROTOCOL_ERROR = 1002;
    /// 1003: a type of data that this endpoint cannot accept.
    #[doc(alias = "CANNOT_ACCEPT")]
    UNSUPPORTED_DATA = 1003;
    /// 1004, never on the wire: reserved, and without a meaning.
    RESERVED = 1004;
    /// 1005, never on the wire: the Close frame had no code.
    #[doc(alias = "NO_STATUS_CODE")]
    NO_STATUS_RECEIVED = 1005;
    /// 1006, never on the wire: the connection ended without a Close frame.
    #[doc(alias = "CLOSED_ABNORMALLY")]
    ABNORMAL_CLOSURE = 1006;
    /// 1007: data that does not fit the message's type, such as text that is not UTF-8.
    #[doc(alias = "NOT_CONSISTENT")]
    INVALID_PAYLOAD_DATA = 1007;
    /// 1008: a message that breaks a policy.
    #[doc(alias = "VIOLATED_POLICY")]
    POLICY_VIOLATION = 1008;
    /// 1009: a message too big to process.
    #[doc(alias = "TOO_BIG")]
    MESSAGE_TOO_BIG = 1009;
    /// 1010: the server did not agree to an extension the client needs.
    #[doc(alias = "NO_EXTENSION")]
    MANDATORY_EXTENSION = 1010;
    /// 1011: the endpoint met a condition that keeps it from going on.
    #[doc(alias = "UNEXPECTED_CONDITION")]
    INTERNAL_ERROR = 1011;
    /// 1012: the service restarts.
    SERVICE_RESTART = 1012;
    /// 1013: overload, come back later.
    TRY_AGAIN_LATER = 1013;
    /// 1014: a gateway got an invalid answer from its upstream.
    BAD_GATEWAY = 1014;
    /// 1015, never on the wire: the TLS handshake failed.
    #[doc(alias = "TLS_HANDSHAKE_FAILURE")]
    TLS_HANDSHAKE = 1015;
}

impl CloseCode {
    /// The code `code`, `None` outside 1000 to 4999.
    #[must_use]
    #[doc(alias = "getCloseCode")]
    pub const fn new(code: u16) -> Option<Self> {
        if matches!(code, 1000..=4999) { Some(Self(code)) } else { None }
    }

    /// The number.
    #[must_use]
    #[doc(alias = "getCode")]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Whether a Close frame may carry this code: 1000 to 1003, 1007 to 1014, and 3000 to 4999,
    /// which are registered or private (RFC 6455 §7.4.2).
    #[must_use]
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

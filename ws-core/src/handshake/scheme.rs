//! The two schemes of WebSocket URIs, RFC 6455 §3.

/// Whether a connection is protected by TLS.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 knows two schemes")]
pub enum Scheme {
    /// `ws`: plain.
    Ws,
    /// `wss`: over TLS.
    Wss,
}

impl Scheme {
    /// The scheme as it stands in a URI.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// The port that a URI without one means: 80 or 443.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

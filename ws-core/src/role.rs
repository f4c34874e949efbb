//! Which side of the connection this program is.

/// The side of the connection this program is: a client masks what it sends, a server does not
/// (RFC 6455 §5.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 knows two sides")]
pub enum Role {
    /// Opened the connection.
    Client,
    /// Accepted it.
    Server,
}

impl Role {
    /// Whether frames that arrive must be masked.
    #[must_use]
    pub const fn receives_masked(self) -> bool {
        matches!(self, Self::Server)
    }
}

//! Who a peer is, once it has proved it.

use std::collections::BTreeSet;
use std::fmt;

/// The identity of a peer (Jakarta `getUserPrincipal`, `isUserInRole`): a name, and the roles that
/// it has. An authenticator makes it during the opening handshake; it stays with the session.
///
/// # Examples
///
/// ```
/// use ws_core::Principal;
///
/// let ada = Principal::new("ada").with_role("admin").with_role("author");
/// assert_eq!(ada.name(), "ada");
/// assert!(ada.has_role("admin"));
/// assert!(!ada.has_role("Admin"), "roles are compared byte by byte");
/// assert_eq!(ada.roles().collect::<Vec<_>>(), ["admin", "author"]);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "getUserPrincipal")]
pub struct Principal {
    name: Box<str>,
    roles: BTreeSet<Box<str>>,
}

impl Principal {
    /// The principal called `name`, without roles.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into().into_boxed_str(), roles: BTreeSet::new() }
    }

    /// Adds a role.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.roles.insert(role.into().into_boxed_str());
        self
    }

    /// Its name; what [`Hub::revoke`](crate::Hub::revoke) looks for.
    #[must_use]
    #[doc(alias = "getName")]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has `role`.
    #[must_use]
    #[doc(alias = "isUserInRole")]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.contains(role)
    }

    /// Its roles, sorted.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(AsRef::as_ref)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

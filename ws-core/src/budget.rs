//! How much memory all connections together may keep for one purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bound on the bytes that connections keep together, shared by all that have a clone of it: for
/// [messages that are not finished](crate::EndpointConfig::message_budget), or for
/// the context takeover of permessage-deflate.
///
/// ```
/// use ws_core::{Budget, EndpointConfig};
///
/// let budget = Budget::new(16 << 20);
/// let mut config = EndpointConfig::new("/");
/// config.message_budget = budget.clone();
/// assert_eq!(budget.used(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Shared { limit: bytes, used: AtomicUsize::new(0) }))
    }

    /// Bytes that connections have reserved.
    #[must_use]
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Whether both are the same budget.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether `bytes` more are within it. Who asks at the same moment may be told so for the same
    /// bytes.
    #[cfg(feature = "deflate")]
    pub(crate) fn has(&self, bytes: usize) -> bool {
        self.used().saturating_add(bytes) <= self.0.limit
    }

    /// Takes `bytes`, be they within it or not.
    #[cfg(feature = "deflate")]
    pub(crate) fn reserve(&self, bytes: usize) -> Reservation {
        self.0.used.fetch_add(bytes, Ordering::Relaxed);
        Reservation { budget: self.clone(), bytes }
    }

    /// A reservation of nothing, to be [grown](Reservation::grow).
    pub(crate) fn open(&self) -> Reservation {
        Reservation { budget: self.clone(), bytes: 0 }
    }
}

/// Bytes that a connection may keep, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Budget,
    bytes: usize,
}

impl Reservation {
    /// Makes it one of `bytes`, unless it is of more already. Whether that is within the budget;
    /// if not, it stays as it is.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let Some(more) = bytes.checked_sub(self.bytes) else { return true };
        let shared = &self.budget.0;
        let before = shared.used.fetch_add(more, Ordering::Relaxed);
        if before.saturating_add(more) > shared.limit {
            shared.used.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_within_the_limit_and_gives_back() {
        let budget = Budget::new(100);
        let (mut one, mut other) = (budget.open(), budget.open());
        assert!(one.grow(60) && one.grow(10));
        assert_eq!(budget.used(), 60);
        assert!(!other.grow(41));
        assert!(other.grow(40) && !one.grow(61));
        assert_eq!(budget.used(), 100);
        drop(one);
        assert_eq!(budget.used(), 40);
    }
}

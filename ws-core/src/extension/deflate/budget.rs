//! How much memory all connections together may keep between messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bound on the bytes that connections keep for context takeover, shared by all that have a clone
/// of it. Beyond it a server agrees to no context takeover and a client offers none; compression
/// still is agreed on. A client that offered it while there was room keeps to what it is answered.
///
/// Not in it is what an unfinished compressed message holds until it ends: a compressor or a
/// decompressor, up to 80 KiB.
///
/// ```
/// use ws_core::extension::{Budget, PerMessageDeflate};
///
/// let budget = Budget::new(16 << 20);
/// let extension = PerMessageDeflate::default().budget(budget.clone());
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
    /// The default: 64 MiB.
    pub const DEFAULT: usize = 64 << 20;

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

    /// Whether `bytes` more are within it. Handshakes that run at the same moment may each be told
    /// so for the last bytes.
    pub(super) fn has(&self, bytes: usize) -> bool {
        self.used().saturating_add(bytes) <= self.0.limit
    }

    pub(super) fn reserve(&self, bytes: usize) -> Reservation {
        self.0.used.fetch_add(bytes, Ordering::Relaxed);
        Reservation { budget: self.clone(), bytes }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

/// Bytes that a connection may keep, until it is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Budget,
    bytes: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

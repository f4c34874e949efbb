//! Buffers that the connections of a thread share, so that an idle connection owns none.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use crate::protocol::Buffers;

/// Bytes that one read may take: 64 KiB.
pub(super) const READ_LEN: usize = 64 * 1024;

/// Read buffers kept by a thread. More are in use only while handlers wait.
const READS_KEPT: usize = 4;

/// Growing buffers kept by a thread, and how many bytes each and all may have.
const SPARES_KEPT: usize = 32;
const SPARE_MAX: usize = 4 * 1024 * 1024;
const SPARES_MAX: usize = 16 * 1024 * 1024;

/// Growing buffers at rest.
#[derive(Default)]
struct Spares {
    list: Vec<Vec<u8>>,
    /// Sum of their capacities.
    bytes: usize,
}

thread_local! {
    static READS: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
    static SPARES: RefCell<Spares> = const { RefCell::new(Spares { list: Vec::new(), bytes: 0 }) };
}

/// A read buffer on lease from the thread; it goes back when dropped, to whichever thread that is.
pub(super) struct Lease(Box<[u8]>);

impl Lease {
    #[inline]
    pub(super) fn take() -> Self {
        let kept = READS.with_borrow_mut(Vec::pop);
        Self(kept.unwrap_or_else(|| vec![0; READ_LEN].into_boxed_slice()))
    }
}

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        // During a thread's end there is no pool any more: the buffer is freed.
        let _ = READS.try_with(|reads| {
            let mut reads = reads.borrow_mut();
            if reads.len() < READS_KEPT {
                reads.push(buffer);
            }
        });
    }
}

impl Deref for Lease {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Lease {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// Growing buffers from the thread's pool, for messages and for what is to be written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pool;

impl Buffers for Pool {
    #[inline]
    fn take(&self, _: usize) -> Vec<u8> {
        SPARES
            .try_with(|spares| {
                let mut spares = spares.borrow_mut();
                let buffer = spares.list.pop()?;
                spares.bytes -= buffer.capacity();
                Some(buffer)
            })
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    #[inline]
    fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let capacity = buffer.capacity();
        if capacity == 0 || capacity > SPARE_MAX {
            return;
        }
        let _ = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.list.len() < SPARES_KEPT && spares.bytes + capacity <= SPARES_MAX {
                spares.bytes += capacity;
                spares.list.push(buffer);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_goes_back() {
        let first = Lease::take();
        let at = first.as_ptr();
        drop(first);
        assert_eq!(Lease::take().as_ptr(), at);
    }

    #[test]
    fn the_pool_has_bounds() {
        for _ in 0..2 * SPARES_KEPT {
            Pool.give(Vec::with_capacity(SPARE_MAX));
        }
        let bytes: usize = (0..2 * SPARES_KEPT).map(|_| Pool.take(0).capacity()).sum();
        assert!((SPARE_MAX..=SPARES_MAX).contains(&bytes), "{bytes}");
        Pool.give(Vec::with_capacity(SPARE_MAX + 1));
        assert_eq!(Pool.take(0).capacity(), 0);
    }
}

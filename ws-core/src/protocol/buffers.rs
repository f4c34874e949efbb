//! Where unfinished messages get their memory.

/// A supply of byte buffers. Large buffers are worth keeping: fresh ones have their pages faulted
/// in one by one.
pub trait Buffers {
    /// An empty buffer, with room for `hint` bytes if one is at hand.
    fn take(&self, hint: usize) -> Vec<u8>;

    /// Takes back a buffer that is no longer in use.
    fn give(&self, buffer: Vec<u8>);
}

/// Every buffer straight from the allocator.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has nothing to add")]
pub struct Heap;

impl Buffers for Heap {
    fn take(&self, _: usize) -> Vec<u8> {
        Vec::new()
    }

    fn give(&self, _: Vec<u8>) {}
}

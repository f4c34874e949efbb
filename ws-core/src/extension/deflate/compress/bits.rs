//! Bits to bytes, the lowest first (RFC 1951 §3.1.1).

/// Appends bits to a vector of bytes.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bits that do not fill 32 yet; those above `len` are zero.
    pending: u64,
    len: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, pending: 0, len: 0 }
    }

    /// Appends the lowest `len` bits of `bits`, at most 32; the others are zero.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, len: u32) {
        self.pending |= u64::from(bits) << self.len;
        self.len += len;
        if self.len >= 32 {
            let [a, b, c, d, ..] = self.pending.to_le_bytes();
            self.out.extend_from_slice(&[a, b, c, d]);
            self.pending >>= 32;
            self.len -= 32;
        }
    }

    /// Appends what is pending, filled up with zeros to whole bytes.
    fn align(&mut self) {
        let bytes = self.pending.to_le_bytes();
        let len = usize::try_from(self.len.div_ceil(8)).unwrap_or(0);
        self.out.extend_from_slice(&bytes[..len]);
        self.pending = 0;
        self.len = 0;
    }

    /// Appends an empty stored block that is not the last block, its four bytes of length only when
    /// `with_length`.
    pub(super) fn empty_stored_block(&mut self, with_length: bool) {
        self.put(0b000, 3);
        self.align();
        if with_length {
            self.out.extend_from_slice(&[0, 0, 0xFF, 0xFF]);
        }
    }

    /// Appends `bytes` in stored blocks (§3.2.4).
    pub(super) fn stored(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(usize::from(u16::MAX)) {
            self.put(0b000, 3);
            self.align();
            let len = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
            self.out.extend_from_slice(&len.to_le_bytes());
            self.out.extend_from_slice(&(!len).to_le_bytes());
            self.out.extend_from_slice(chunk);
        }
    }
}

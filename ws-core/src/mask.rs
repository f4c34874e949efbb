//! XOR with the masking key, RFC 6455 §5.3.

use std::fmt::Debug;

/// Makes the masking keys of a client, in place of the system's source of randomness: fixed ones for
/// tests that compare bytes, or those of another generator.
///
/// Keys must be unpredictable and new for every frame (§5.3, §10.3): a key that a server can guess
/// lets it choose the bytes on the wire, and so deceive intermediaries. Only tests may do with less.
pub trait MaskGenerator: Send + Sync + Debug + 'static {
    /// The key of the next frame.
    fn masking_key(&self) -> [u8; 4];
}

/// Applies the masking `key` to `payload`, in place. Masking and unmasking are the same.
///
/// `offset` is the place of `payload[0]` in the frame's payload, in bytes: the key repeats every
/// four bytes, so a payload may be masked piece by piece.
///
/// # Examples
///
/// ```
/// let mut payload = *b"Hello";
/// ws_core::mask::apply(&mut payload, [0x37, 0xfa, 0x21, 0x3d], 0);
/// assert_eq!(payload, [0x7f, 0x9f, 0x4d, 0x51, 0x58]); // the example of RFC 6455 §5.7
/// ```
#[inline]
pub fn apply(payload: &mut [u8], key: [u8; 4], offset: u64) {
    let key = rotated(key, offset);
    let wide = u64::from(u32::from_ne_bytes(key)) * 0x1_0000_0001;
    // Eight bytes at a time, which the compiler turns into vector instructions.
    let (chunks, tail) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

/// The key as it lies over a piece that begins `offset` bytes into the payload.
const fn rotated(key: [u8; 4], offset: u64) -> [u8; 4] {
    let phase = (offset & 3) as u32;
    // Little-endian, so that the byte at `phase` becomes the first on every machine.
    u32::from_le_bytes(key).rotate_right(phase * 8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(payload: &mut [u8], key: [u8; 4], offset: usize) {
        for (i, byte) in payload.iter_mut().enumerate() {
            *byte ^= key[(offset + i) % 4];
        }
    }

    #[test]
    fn equals_the_byte_loop_at_every_length_and_phase() {
        for len in 0..70 {
            for offset in 0..9 {
                let mut ours: Vec<u8> = (0..len).map(|i: u8| i.wrapping_mul(7)).collect();
                let mut theirs = ours.clone();
                apply(&mut ours, [1, 2, 0x80, 0xFF], offset as u64);
                naive(&mut theirs, [1, 2, 0x80, 0xFF], offset);
                assert_eq!(ours, theirs, "{len} bytes from {offset}");
            }
        }
    }

    #[test]
    fn far_offsets_keep_their_phase() {
        let mut a = *b"abcdefghij";
        let mut b = a;
        apply(&mut a, [9, 8, 7, 6], u64::MAX - 2);
        naive(&mut b, [9, 8, 7, 6], 1);
        assert_eq!(a, b);
    }
}

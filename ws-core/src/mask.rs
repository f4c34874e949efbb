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
    if payload.len() < LONG {
        words(payload, key);
    } else {
        aligned(payload, key);
    }
}

/// From so many bytes on it pays to begin where vectors begin.
const LONG: usize = 256;

/// Bytes of a vector.
const VECTOR: usize = 16;

/// Masks what comes before the first vector by itself: a vector that lies in two cache lines costs
/// twice as much, and behind a header of eight bytes every fourth one does.
#[inline(never)] // the loop is kept out of the callers' way
fn aligned(payload: &mut [u8], key: [u8; 4]) {
    let before = payload.as_ptr().align_offset(VECTOR).min(payload.len());
    let (front, rest) = payload.split_at_mut(before);
    words(front, key);
    words(rest, rotated(key, before as u64));
}

/// Masks eight bytes at a time, which the compiler turns into vector instructions.
#[inline]
fn words(payload: &mut [u8], key: [u8; 4]) {
    let wide = u64::from(u32::from_ne_bytes(key)) * 0x1_0000_0001;
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
        for len in (0..70).chain(LONG - 1..LONG + 40) {
            for offset in 0..9 {
                // Wherever in memory the payload begins.
                for at in 0..VECTOR {
                    let bytes: Vec<u8> =
                        (0..at + len).map(|i| (i % 251).to_le_bytes()[0]).collect();
                    let (mut ours, mut theirs) = (bytes.clone(), bytes);
                    apply(&mut ours[at..], [1, 2, 0x80, 0xFF], offset as u64);
                    naive(&mut theirs[at..], [1, 2, 0x80, 0xFF], offset);
                    assert_eq!(ours, theirs, "{len} bytes from {offset}, {at} bytes in");
                }
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

//! Finds what was there before: bytes to literals and matches.

use super::MAX_WINDOW;
use super::block::{Block, MAX_MATCH};

/// Bytes of a match at least. Three bytes are rarely shorter as a match than as literals.
const MIN_MATCH: usize = 4;

const MAX_HASH_BITS: u32 = 14;

/// How long to look for matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Candidates that are looked at.
    depth: u32,
    /// A match of that many bytes is good enough to stop.
    nice: usize,
    /// A match shorter than this is put off when the next byte begins a longer one.
    lazy: usize,
}

impl Effort {
    /// Of a level from 0, fastest, to 9, smallest.
    pub(super) const fn of(level: u8) -> Self {
        let (depth, nice, lazy) = match level {
            0 | 1 => (2, 32, 0),
            2 => (4, 32, 0),
            3 => (6, 48, 0),
            4 => (8, 32, 16),
            5 => (16, 48, 32),
            6 => (32, 128, 64),
            7 => (64, 128, 128),
            8 => (256, 258, 258),
            _ => (1024, 258, 258),
        };
        Self { depth, nice, lazy }
    }
}

/// Remembers where sequences of four bytes were last.
///
/// Positions are counted on from one input to the next, so that what is left in the tables of an
/// earlier input is known by its position below `base`.
pub(super) struct Finder {
    /// The last position of each hash.
    head: Box<[u32]>,
    /// The position of the same hash before each position, by the lowest bits of the latter.
    prev: Box<[u32]>,
    base: u32,
    hash_bits: u32,
    /// Where the next block begins.
    at: usize,
}

/// A match: so many bytes, so far back.
#[derive(Clone, Copy)]
struct Match {
    len: usize,
    distance: usize,
}

const NO_MATCH: Match = Match { len: 0, distance: 0 };

impl Default for Finder {
    fn default() -> Self {
        Self {
            head: vec![0; 1 << MAX_HASH_BITS].into(),
            prev: vec![0; MAX_WINDOW].into(),
            base: 1,
            hash_bits: MAX_HASH_BITS,
            at: 0,
        }
    }
}

impl Finder {
    /// Begins an input of which the first `start` bytes are known to the receiver.
    pub(super) fn begin(&mut self, input: &[u8], start: usize) {
        // Inputs are below 2 MiB: the positions last for some thousands of the longest.
        let len = u32::try_from(input.len()).unwrap_or(u32::MAX);
        if self.base.checked_add(len).is_none_or(|end| end > u32::MAX / 2) {
            self.head.fill(0);
            self.prev.fill(0);
            self.base = 1;
        }
        // Small inputs stay in a part of the table that fits the nearest cache.
        self.hash_bits = (len.max(1).ilog2() + 2).clamp(9, MAX_HASH_BITS);
        self.at = start;
        for pos in 0..start.min(hashed(input)) {
            self.insert(input, pos);
        }
    }

    /// Fills `block` with the next part of the input; `false` when there is none.
    pub(super) fn fill(
        &mut self,
        input: &[u8],
        window: usize,
        effort: Effort,
        block: &mut Block,
    ) -> bool {
        if self.at >= input.len() {
            self.base += u32::try_from(input.len()).unwrap_or(0);
            return false;
        }
        block.clear(self.at);
        let hashed = hashed(input);
        let mut pos = self.at;
        let mut misses = 0;
        while pos < hashed && !block.is_full() {
            let found = self.find(input, pos, window, effort, MIN_MATCH - 1);
            self.insert(input, pos);
            if found.len == 0 {
                // Where nothing repeats, looking at every byte would be in vain.
                misses += 1;
                let step = (1 + (misses >> 7)).min(input.len() - pos);
                for &byte in &input[pos..pos + step] {
                    block.literal(byte);
                }
                pos += step;
                continue;
            }
            misses = 0;
            pos = self.take(input, pos, window, effort, found, block);
        }
        while pos < input.len() && !block.is_full() {
            block.literal(input[pos]);
            pos += 1;
        }
        block.end(pos);
        self.at = pos;
        true
    }

    /// Puts the match that begins at `pos` in `block`, or a better one that begins behind it.
    /// Returns where that ends.
    #[inline]
    fn take(
        &mut self,
        input: &[u8],
        mut pos: usize,
        window: usize,
        effort: Effort,
        mut found: Match,
        block: &mut Block,
    ) -> usize {
        let hashed = hashed(input);
        while found.len < effort.lazy && pos + 1 < hashed {
            let next = self.find(input, pos + 1, window, effort, found.len);
            if next.len == 0 {
                break;
            }
            block.literal(input[pos]);
            pos += 1;
            self.insert(input, pos);
            found = next;
        }
        block.repeat(found.len, found.distance);
        let end = pos + found.len;
        for inside in pos + 1..end.min(hashed) {
            self.insert(input, inside);
        }
        end
    }

    #[inline]
    fn insert(&mut self, input: &[u8], pos: usize) {
        let hash = self.hash(input, pos);
        let at = self.absolute(pos);
        self.prev[pos % MAX_WINDOW] = self.head[hash];
        self.head[hash] = at;
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "inputs are below 2 MiB")]
    const fn absolute(&self, pos: usize) -> u32 {
        self.base + pos as u32
    }

    #[inline]
    fn hash(&self, input: &[u8], pos: usize) -> usize {
        (four(input, pos).wrapping_mul(0x9E37_79B1) >> (32 - self.hash_bits)) as usize
    }

    /// The longest match of more than `longer_than` bytes for what begins at `pos`.
    #[inline]
    fn find(
        &self,
        input: &[u8],
        pos: usize,
        window: usize,
        effort: Effort,
        longer_than: usize,
    ) -> Match {
        let mut best = Match { len: longer_than, ..NO_MATCH };
        let most = (input.len() - pos).min(MAX_MATCH);
        let four_here = four(input, pos);
        let mut candidate = self.head[self.hash(input, pos)];
        let mut below = self.absolute(pos);
        for _ in 0..effort.depth {
            // Left from an earlier input, or overwritten meanwhile.
            if candidate < self.base || candidate >= below {
                break;
            }
            let from = (candidate - self.base) as usize;
            if pos - from > window {
                break;
            }
            if four(input, from) == four_here {
                let len = common(&input[from..], &input[pos..pos + most]);
                if len > best.len {
                    best = Match { len, distance: pos - from };
                    if len >= effort.nice.min(most) {
                        break;
                    }
                }
            }
            below = candidate;
            candidate = self.prev[from % MAX_WINDOW];
        }
        if best.distance == 0 { NO_MATCH } else { best }
    }
}

/// The number of positions at which four bytes begin.
const fn hashed(input: &[u8]) -> usize {
    input.len().saturating_sub(MIN_MATCH - 1)
}

#[inline]
fn four(input: &[u8], pos: usize) -> u32 {
    input[pos..].first_chunk().map_or(0, |four| u32::from_le_bytes(*four))
}

/// The number of bytes in which both begin alike; `there` is no shorter than `here`.
#[inline]
fn common(there: &[u8], here: &[u8]) -> usize {
    let mut len = 0;
    while let (Some(a), Some(b)) = (there[len..].first_chunk(), here[len..].first_chunk()) {
        let differing = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differing != 0 {
            return len + (differing.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    len + there[len..].iter().zip(&here[len..]).take_while(|(a, b)| a == b).count()
}

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
    /// How far back it may begin, in bytes.
    window: usize,
}

impl Effort {
    /// Of a level from 0, fastest, to 9, smallest; matches are no farther back than `window`.
    pub(super) const fn of(level: u8, window: usize) -> Self {
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
        Self { depth, nice, lazy, window }
    }

    pub(super) const fn window(self) -> usize {
        self.window
    }
}

/// Remembers where sequences of four bytes were last.
///
/// Positions are counted on from one input to the next, so that what is left in the tables of an
/// earlier input is known by its position below `base`.
pub(super) struct Finder {
    /// The last position of each hash.
    head: Box<[u32; 1 << MAX_HASH_BITS]>,
    /// The position of the same hash before each position, by the lowest bits of the latter.
    prev: Box<[u32; MAX_WINDOW]>,
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
        Self { head: zeros(), prev: zeros(), base: 1, hash_bits: MAX_HASH_BITS, at: 0 }
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
    pub(super) fn fill(&mut self, input: &[u8], effort: Effort, block: &mut Block) -> bool {
        if self.at >= input.len() {
            self.base += u32::try_from(input.len()).unwrap_or(0);
            return false;
        }
        block.clear(self.at);
        let hashed = hashed(input);
        let mut pos = self.at;
        let mut misses = 0;
        while pos < hashed && !block.is_full() {
            let candidate = self.insert(input, pos);
            let found = self.find(input, pos, candidate, effort, MIN_MATCH - 1);
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
            pos = self.take(input, pos, effort, found, block);
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
        effort: Effort,
        mut found: Match,
        block: &mut Block,
    ) -> usize {
        let hashed = hashed(input);
        let mut inserted = pos;
        while found.len < effort.lazy && pos + 1 < hashed {
            let candidate = self.insert(input, pos + 1);
            inserted = pos + 1;
            let next = self.find(input, pos + 1, candidate, effort, found.len);
            if next.len == 0 {
                break;
            }
            block.literal(input[pos]);
            pos += 1;
            found = next;
        }
        block.repeat(found.len, found.distance);
        let end = pos + found.len;
        for inside in inserted + 1..end.min(hashed) {
            self.insert(input, inside);
        }
        end
    }

    /// Remembers what begins at `pos`, and returns where the same hash was before.
    #[inline]
    fn insert(&mut self, input: &[u8], pos: usize) -> u32 {
        let at = self.absolute(pos);
        let hash = self.hash(input, pos);
        let before = std::mem::replace(&mut self.head[hash], at);
        self.prev[pos % MAX_WINDOW] = before;
        before
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "inputs are below 2 MiB")]
    const fn absolute(&self, pos: usize) -> u32 {
        self.base + pos as u32
    }

    #[inline]
    fn hash(&self, input: &[u8], pos: usize) -> usize {
        let hash = four(input, pos).wrapping_mul(0x9E37_79B1) >> (32 - self.hash_bits);
        hash as usize % (1 << MAX_HASH_BITS)
    }

    /// The longest match of more than `longer_than` bytes for what begins at `pos`, from `candidate`
    /// on backwards.
    #[inline]
    fn find(
        &self,
        input: &[u8],
        pos: usize,
        mut candidate: u32,
        effort: Effort,
        longer_than: usize,
    ) -> Match {
        let mut best = Match { len: longer_than, ..NO_MATCH };
        let most = (input.len() - pos).min(MAX_MATCH);
        let four_here = four(input, pos);
        let mut below = self.absolute(pos);
        for _ in 0..effort.depth {
            // Left from an earlier input, or overwritten meanwhile.
            if candidate < self.base || candidate >= below {
                break;
            }
            let from = (candidate - self.base) as usize;
            if pos - from > effort.window {
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

fn zeros<const N: usize>() -> Box<[u32; N]> {
    vec![0; N].into_boxed_slice().try_into().unwrap_or_else(|_| Box::new([0; N]))
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

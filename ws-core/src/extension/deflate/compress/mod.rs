//! Makes DEFLATE data (RFC 1951) of messages.
//!
//! ```text
//! history + payload -> finder: literals and matches -> block: counts, codes, bits
//! ```
//!
//! A compressor for messages: most are short, and each ends on a byte boundary. It keeps nothing
//! between two messages but its memory, which one thread's connections share: what a message may
//! refer to is handed in again as `history`. Nothing has to be cleared for a new message, which for
//! 1 KiB would take longer than compressing it.

mod bits;
mod block;
mod finder;
mod huffman;

use std::cell::RefCell;

use self::bits::BitWriter;
use self::block::Block;
use self::finder::{Effort, Finder};

/// Bytes that are looked through at once; what lies before stays in reach.
const SEGMENT: usize = 1 << 20;

/// The farthest that DEFLATE data refers back, in bytes.
pub(super) const MAX_WINDOW: usize = 1 << 15;

thread_local! {
    static THREADS: RefCell<Option<Box<Compressor>>> = const { RefCell::new(None) };
}

/// How a part ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// More parts follow: by an empty stored block, `00 00 ff ff`.
    Flush,
    /// The message ends: as before, without these four bytes (RFC 7692 §7.2.1).
    Message,
}

/// Appends to `out` the DEFLATE data of `payload`, which may refer to the last `window` bytes before
/// each of its own, those of `history` included.
pub(super) fn compress(
    history: &[u8],
    payload: &[u8],
    window: usize,
    level: u8,
    end: End,
    out: &mut Vec<u8>,
) {
    // Taken out, so that one within the other would make a second one instead of failing.
    let kept = THREADS.try_with(|kept| kept.borrow_mut().take()).ok().flatten();
    let mut compressor = kept.unwrap_or_default();
    let effort = Effort::of(level, window.min(MAX_WINDOW));
    compressor.run(history, payload, effort, end, out);
    // During a thread's end there is no place for it any more: it is freed.
    let _ = THREADS.try_with(|kept| *kept.borrow_mut() = Some(compressor));
}

/// The memory of a thread's compressor: about 300 KiB.
#[derive(Default)]
struct Compressor {
    finder: Finder,
    block: Block,
    /// The history with the beginning of the payload behind it.
    joined: Vec<u8>,
}

impl Compressor {
    fn run(&mut self, history: &[u8], payload: &[u8], effort: Effort, end: End, out: &mut Vec<u8>) {
        let window = effort.window();
        let history = &history[history.len().saturating_sub(window)..];
        let mut bits = BitWriter::new(out);
        let mut at = 0;
        if !history.is_empty() {
            at = payload.len().min(SEGMENT);
            self.joined.clear();
            self.joined.extend_from_slice(history);
            self.joined.extend_from_slice(&payload[..at]);
            self.finder.begin(&self.joined, history.len());
            while self.finder.fill(&self.joined, effort, &mut self.block) {
                self.block.write(&self.joined, &mut bits);
            }
        }
        while at < payload.len() {
            let from = at.saturating_sub(window);
            let to = payload.len().min(at + SEGMENT);
            let segment = &payload[from..to];
            self.finder.begin(segment, at - from);
            while self.finder.fill(segment, effort, &mut self.block) {
                self.block.write(segment, &mut bits);
            }
            at = to;
        }
        bits.empty_stored_block(end == End::Flush);
    }
}

#[cfg(test)]
mod tests;

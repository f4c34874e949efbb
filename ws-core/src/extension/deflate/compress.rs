//! Makes DEFLATE data (RFC 1951) of messages, with zlib-rs.
//!
//! A compressor is large, and messages are short: the connections of a thread share its compressors,
//! one for each size of window. A compressor begins anew with each message; what the message may refer
//! to is handed in again as a dictionary. The receiver cannot tell that from a compressor that was kept,
//! because every message ends on a byte boundary.

use std::cell::RefCell;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use crate::extension::deflate::terms::WindowBits;

/// The smallest window that the library compresses with, as its logarithm. It never refers back by more
/// than the window less 262 bytes, so this one serves peers with a window of 256 bytes too.
const LEAST_BITS: u8 = 9;

/// 2,048 literals and matches in a block. The library clears the memory for them with every block, and
/// messages are short: its default of eight times as many takes 4 µs more a message, to make long ones
/// less than 1 % smaller.
const MEM_LEVEL: i32 = 5;

/// As many compressors as there are sizes of windows.
const SIZES: usize = (WindowBits::MAX.get() - LEAST_BITS + 1) as usize;

/// Most bytes that are made at once.
const STEP: usize = 64 * 1024;

/// The end of an empty stored block, which ends every part and is taken from the last of a message.
const FLUSHED: [u8; 4] = [0, 0, 0xFF, 0xFF];

thread_local! {
    static POOL: RefCell<[Option<Compressor>; SIZES]> = const { RefCell::new([const { None }; SIZES]) };
}

/// How a part ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// More parts follow: by an empty stored block.
    Flush,
    /// The message ends: as before, without the last four bytes (RFC 7692 §7.2.1).
    Message,
}

/// Appends to `out` the DEFLATE data of `payload`, which may refer through `window` to what lies before
/// each of its bytes, `history` included.
pub(super) fn compress(
    history: &[u8],
    payload: &[u8],
    window: WindowBits,
    level: u8,
    end: End,
    out: &mut Vec<u8>,
) {
    let bits = window.get().max(LEAST_BITS);
    let slot = usize::from(bits - LEAST_BITS);
    let kept = POOL.try_with(|pool| pool.borrow_mut()[slot].take()).ok().flatten();
    let mut compressor = kept.unwrap_or_else(|| Compressor::new(bits, level));
    compressor.begin(history, level);
    compressor.run(payload, out);
    debug_assert!(out.ends_with(&FLUSHED));
    if end == End::Message {
        out.truncate(out.len() - FLUSHED.len());
    }
    // During a thread's end there is no place for it any more: it is freed.
    let _ = POOL.try_with(|pool| pool.borrow_mut()[slot] = Some(compressor));
}

struct Compressor {
    deflate: Deflate,
    level: u8,
}

impl Compressor {
    fn new(bits: u8, level: u8) -> Self {
        let config = DeflateConfig {
            level: i32::from(level),
            window_bits: -i32::from(bits), // without header and checksum
            mem_level: MEM_LEVEL,
            ..DeflateConfig::default()
        };
        Self { deflate: Deflate::new_with_config(config), level }
    }

    fn begin(&mut self, history: &[u8], level: u8) {
        self.deflate.reset();
        if self.level != level {
            self.deflate.set_level(level.into()).expect("a level from 1 to 9, nothing to flush");
            self.level = level;
        }
        if !history.is_empty() {
            self.deflate.set_dictionary(history).expect("no data and no checksum so far");
        }
    }

    fn run(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        loop {
            // Room for what got larger, and for more than a flush: one that is cut short is repeated.
            let room = (input.len() + input.len() / 8 + 64).min(STEP);
            let at = out.len();
            out.resize(at + room, 0);
            let before = (self.deflate.total_in(), self.deflate.total_out());
            self.deflate
                .compress(input, &mut out[at..], DeflateFlush::SyncFlush)
                .expect("the state is that of a stream that goes on");
            let count = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(0);
            let taken = count(self.deflate.total_in(), before.0);
            let made = count(self.deflate.total_out(), before.1);
            out.truncate(at + made);
            input = &input[taken..];
            if made < room {
                return; // all taken, all out
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use zlib_rs::{Inflate, InflateFlush};

    use super::*;

    fn inflate(history: &[u8], wire: &[u8], len: usize) -> Vec<u8> {
        let mut inflate = Inflate::new(false, 15);
        if !history.is_empty() {
            inflate.set_dictionary(history).unwrap();
        }
        let mut out = vec![0; len + 1];
        inflate.decompress(wire, &mut out, InflateFlush::SyncFlush).unwrap();
        out.truncate(usize::try_from(inflate.total_out()).unwrap());
        out
    }

    /// Words, numbers and runs.
    fn mixed(len: usize) -> Vec<u8> {
        let phrases = ["the quick brown fox ", "jumps over ", "{\"id\":1}", "aaaaaaaaaaaaaaaaaaaa"];
        let mut mixed = Vec::new();
        let mut state = 1_u32;
        while mixed.len() < len {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match state >> 28 {
                0..12 => mixed.extend(phrases[(state >> 20) as usize % 4].bytes()),
                12..14 => mixed.extend(state.to_le_bytes()),
                _ => mixed.extend(vec![state.to_le_bytes()[2]; (state >> 16) as usize % 700]),
            }
        }
        mixed.truncate(len);
        mixed
    }

    /// What nothing repeats in.
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn every_level_and_window_is_read_back() {
        let mixed = mixed(70_000);
        for level in 1..=9 {
            for bits in [8, 9, 12, 15] {
                let window = WindowBits::new(bits).unwrap();
                for len in [0, 1, 3, 4, 63, 259, 1000, mixed.len()] {
                    for history in [0, 1, 3, 300, window.len()] {
                        if len > 1000 && (bits == 12 || history % 3 == 0 || level % 2 == 0) {
                            continue; // takes long, and shows no more
                        }
                        let history = &mixed[7..7 + history.min(window.len())];
                        let payload = &mixed[..len];
                        let mut out = Vec::new();
                        compress(history, payload, window, level, End::Flush, &mut out);
                        assert!(out.ends_with(&FLUSHED));
                        let what = format!("level {level}, window {bits}, {len} bytes");
                        assert!(inflate(history, &out, len) == payload, "{what}");
                        let mut message = Vec::new();
                        compress(history, payload, window, level, End::Message, &mut message);
                        // Not always the same bytes: used memory lets the library see more.
                        assert!(!message.ends_with(&FLUSHED), "{what}");
                        message.extend(FLUSHED);
                        assert!(inflate(history, &message, len) == payload, "{what}");
                    }
                }
            }
        }
    }

    /// Also the smallest, which zlib-rs does not have.
    #[test]
    fn no_window_is_left() {
        for window in (8..=15).map(|bits| WindowBits::new(bits).unwrap()) {
            let reach = window.len().max(1 << LEAST_BITS) - 262;
            for distance in [reach - 1, reach, reach + 1, window.len(), window.len() + 1] {
                let unit = noise(distance);
                let payload = [&unit[..], &unit[..], &unit[..]].concat();
                for level in 1..=9 {
                    let mut out = Vec::new();
                    compress(&[], &payload, window, level, End::Message, &mut out);
                    let found = out.len() < payload.len() * 3 / 4;
                    let what = format!("{window:?}, level {level}, {distance} bytes back");
                    assert!(!found || distance <= window.len(), "{what}");
                    assert!(found || distance > reach, "{what}");
                }
            }
        }
    }
}

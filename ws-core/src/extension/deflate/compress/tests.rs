//! Read back by zlib-rs.

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

#[test]
fn every_level_and_form_is_read_back() {
    let phrases = ["the quick brown fox ", "jumps over ", "{\"id\":1}", "aaaaaaaaaaaaaaaaaaaaaaaa"];
    let mut mixed = Vec::new();
    let mut state = 1_u32;
    while mixed.len() < 3 * SEGMENT / 2 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match state >> 28 {
            0..12 => mixed.extend(phrases[(state >> 20) as usize % 4].bytes()),
            12..14 => mixed.extend(state.to_le_bytes()),
            _ => mixed.extend(vec![state.to_le_bytes()[2]; (state >> 16) as usize % 700]),
        }
    }
    for level in [1, 3, 4, 6, 9] {
        for len in [0, 1, 3, 4, 5, 63, 100, 258, 259, 1000, 65_535, 65_536, 200_000, mixed.len()] {
            for history in [0, 1, 3, 300, MAX_WINDOW] {
                if len > 70_000 && (level > 4 || history > 1) {
                    continue; // takes long, and shows no more
                }
                let (before, payload) = (&mixed[7..7 + history], &mixed[..len]);
                let mut out = Vec::new();
                compress(before, payload, MAX_WINDOW, level, End::Flush, &mut out);
                assert!(out.ends_with(&[0, 0, 0xFF, 0xFF]));
                assert!(inflate(before, &out, len) == payload, "level {level}, {len} bytes");
                let mut message = Vec::new();
                compress(before, payload, MAX_WINDOW, level, End::Message, &mut message);
                assert_eq!(message, out[..out.len() - 4]);
            }
        }
    }
}

/// A code whose longest would be far beyond 15 bits.
#[test]
fn code_lengths_have_a_limit() {
    let mut counts = [0_u32; 40];
    let (mut a, mut b) = (1, 1);
    for count in counts.iter_mut().take(30) {
        *count = a;
        (a, b) = (b, a + b);
    }
    for max_bits in [5, 7, 15] {
        let mut lens = [0; 40];
        huffman::lengths(&counts, max_bits, &mut lens);
        let sum: u32 = lens.iter().filter(|&&len| len > 0).map(|&len| 1 << (15 - len)).sum();
        assert_eq!(sum, 1 << 15, "a complete code");
        assert!(lens.iter().all(|&len| usize::from(len) <= max_bits));
        assert!(lens[..30].is_sorted_by(|rare, frequent| rare >= frequent));
    }
}

#[test]
fn one_symbol_and_none_get_a_code_of_two() {
    for used in [None, Some(0), Some(1), Some(17)] {
        let mut counts = [0; 30];
        if let Some(symbol) = used {
            counts[symbol] = 9;
        }
        let mut lens = [0; 30];
        huffman::lengths(&counts, 15, &mut lens);
        assert_eq!(lens.iter().filter(|&&len| len == 1).count(), 2, "{used:?}");
        assert_eq!(lens.iter().filter(|&&len| len > 1).count(), 0, "{used:?}");
    }
}

#[test]
fn noise_grows_by_no_more_than_five_bytes_a_block() {
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(100_000)
    .collect();
    let mut out = Vec::new();
    compress(&[], &noise, MAX_WINDOW, 1, End::Flush, &mut out);
    assert!(out.len() <= noise.len() + 10 * 8, "{}", out.len());
    assert_eq!(inflate(&[], &out, noise.len()), noise);
}

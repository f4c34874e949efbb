//! Compared with C zlib, both ways.

mod agreeing;
mod any_input;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use http::HeaderValue;

use super::*;
use crate::extension::interface::{Part, SendOptions};
use crate::extension::{Agreed, Decoders, Encoders, Stack, negotiate};
use crate::protocol_error::ProtocolError;

/// Text that repeats itself, as messages do.
fn text(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut text = Vec::new();
    while text.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (a, b) = (state >> 33, (state >> 50) % 7);
        text.extend(format!("{{\"id\":{},\"name\":\"user {b}\",\"on\":true}},", a % 999).bytes());
    }
    text.truncate(len);
    text
}

/// What nothing repeats in.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
    .take(len)
    .collect()
}

/// A peer that uses C zlib as everybody does: one context each way for the whole connection, and a
/// reset of it after each message without context takeover.
struct Zlib {
    deflate: Compress,
    inflate: Decompress,
    takeover: (bool, bool),
}

impl Zlib {
    fn new(sending: (u8, bool), receiving: (u8, bool)) -> Self {
        // zlib knows no raw window of 256 bytes for compression.
        let bits = sending.0.max(9);
        Self {
            deflate: Compress::new_with_window_bits(Compression::new(6), false, bits),
            inflate: Decompress::new_with_window_bits(false, receiving.0.max(9)),
            takeover: (sending.1, receiving.1),
        }
    }

    fn compress(&mut self, payload: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut out = Vec::with_capacity(payload.len() + 1024);
        let before = self.deflate.total_in();
        while (self.deflate.total_in() - before) < payload.len() as u64 || out.is_empty() {
            let at = usize::try_from(self.deflate.total_in() - before).unwrap();
            self.deflate.compress_vec(&payload[at..], &mut out, flush).unwrap();
            out.reserve(1024);
        }
        if !self.takeover.0 {
            self.deflate.reset();
        }
        out
    }

    fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        if payload.is_empty() {
            // zlib flushes nothing twice: RFC 7692 §7.2.3.6 says what to send.
            return vec![0];
        }
        let mut out = self.compress(payload, FlushCompress::Sync);
        assert!(out.ends_with(&[0, 0, 0xFF, 0xFF]));
        out.truncate(out.len() - 4);
        out
    }

    fn inflate(&mut self, payload: &[u8]) -> Vec<u8> {
        let input = [payload, &[0, 0, 0xFF, 0xFF]].concat();
        let mut out = Vec::with_capacity(4096);
        let before = self.inflate.total_in();
        loop {
            let at = usize::try_from(self.inflate.total_in() - before).unwrap();
            self.inflate.decompress_vec(&input[at..], &mut out, FlushDecompress::Sync).unwrap();
            if at == input.len() && out.len() < out.capacity() {
                break;
            }
            out.reserve(out.len() + 1024);
        }
        if !self.takeover.1 {
            self.inflate.reset(false);
        }
        out
    }
}

fn agreed(extension: &PerMessageDeflate, offer: &str) -> Option<ExtensionOffer> {
    let field = HeaderValue::try_from(format!("permessage-deflate{offer}")).unwrap();
    let installed: [std::sync::Arc<dyn Extension>; 1] = [std::sync::Arc::new(extension.clone())];
    let agreed: Vec<Agreed> = negotiate(&installed, [&field]).unwrap();
    agreed.into_iter().next().map(|agreed| agreed.answer)
}

fn started(
    extension: &PerMessageDeflate,
    answer: &ExtensionOffer,
    role: Role,
) -> (Decoders, Encoders) {
    let mut stack = Stack::default();
    stack.start(extension, answer, role).unwrap();
    stack.split()
}

fn decode(
    decoders: &mut Decoders,
    payload: &[u8],
    cut: usize,
    limit: u64,
) -> Result<Vec<u8>, ProtocolError> {
    let mut out = Vec::new();
    let (first, last) = payload.split_at(cut.min(payload.len()));
    for (payload, fin) in [(first, false), (last, true)] {
        let part = Part { payload, frame_end: fin, fin };
        let room = limit - out.len() as u64;
        decoders.decode((Rsv::RSV1, Rsv::NONE), part, &mut out, room)?;
    }
    Ok(out)
}

fn takeover(server: u8, client: u8) -> PerMessageDeflate {
    PerMessageDeflate::default()
        .server_context_takeover(WindowBits::new(server).unwrap())
        .client_context_takeover(WindowBits::new(client).unwrap())
        .threshold(0)
}

#[test]
fn every_combination_of_parameters_round_trips_with_zlib() {
    for server_bits in 8..=15_u8 {
        for client_bits in 8..=15_u8 {
            for flags in 0..4 {
                let extension = takeover(15, 15);
                let mut offer = format!(
                    "; server_max_window_bits={server_bits}; client_max_window_bits={client_bits}"
                );
                let (server_keeps, client_keeps) = (flags & 1 == 0, flags & 2 == 0);
                if !server_keeps {
                    offer += "; server_no_context_takeover";
                }
                if !client_keeps {
                    offer += "; client_no_context_takeover";
                }
                let answer = agreed(&extension, &offer).unwrap();
                let (mut decoders, mut encoders) = started(&extension, &answer, Role::Server);
                // zlib's smallest window for compression is one of 9.
                let sending =
                    if client_bits == 8 { (9, false) } else { (client_bits, client_keeps) };
                let mut peer = Zlib::new(sending, (server_bits, server_keeps));
                let long = if server_bits == client_bits { 40_000 } else { 900 };
                for (seed, len) in [(1, 700), (2, 3), (3, long), (1, 700), (4, 0)] {
                    let message = text(len, seed);
                    if client_bits > 8 || len < 256 {
                        let wire = peer.message(&message);
                        let got = decode(&mut decoders, &wire, len / 7, 1 << 20);
                        assert_eq!(got.unwrap(), message, "{offer}, {len} bytes from zlib");
                    }
                    let Some((rsv, wire)) = encoders.encode(&message, SendOptions::new()) else {
                        assert!(len < 10, "{offer}, {len} bytes got no smaller");
                        continue;
                    };
                    assert_eq!(rsv, Rsv::RSV1);
                    assert_eq!(peer.inflate(&wire), message, "{offer}, {len} bytes to zlib");
                }
            }
        }
    }
}

/// The examples of RFC 7692 §7.2.3.
#[test]
fn reads_what_the_rfc_shows() {
    #[rustfmt::skip] // a table
    let cases: &[(&str, &[u8], &[u8])] = &[
        ("one block",            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], b"Hello"),
        ("the window is shared", &[0xf2, 0x00, 0x11, 0x00, 0x00], b"Hello"),
        ("stored",               &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00], b"Hello"),
        ("final block",          &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], b"Hello"),
        ("behind a final block", &[0xf2, 0x00, 0x11, 0x00, 0x00], b"Hello"),
        ("final block at the end", &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], b"Hello"),
        ("two blocks",           &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00], b"Hello"),
        ("two final blocks",     &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], b"HelloHello"),
        ("empty",                &[0x00], b""),
        ("nothing at all",       &[], b""),
    ];
    let extension = takeover(15, 15);
    let answer = agreed(&extension, "").unwrap();
    for cut in 0..14 {
        let (mut decoders, _) = started(&extension, &answer, Role::Server);
        for (name, wire, want) in cases {
            assert_eq!(
                decode(&mut decoders, wire, cut, 100).unwrap(),
                *want,
                "{name}, cut at {cut}"
            );
        }
    }
}

#[test]
fn corrupt_and_unfinished_data_is_refused() {
    let extension = PerMessageDeflate::default();
    let answer = agreed(&extension, "").unwrap();
    #[rustfmt::skip] // a table
    let cases: &[(&str, &[u8])] = &[
        ("reserved block type",   &[0x07]),
        ("reserved, then more",   &[0x06, 0x00, 0x00, 0x00]),
        ("stored length differs", &[0x00, 0x05, 0x00, 0x00, 0x00, 0x48]),
        ("too far back",          &[0xf2, 0x00, 0x11, 0x00, 0x00]),
        ("cut in a block",        &[0xf2, 0x48, 0xcd, 0xc9]),
        ("cut in a stored block", &[0x00, 0x09, 0x00, 0xf6, 0xff, 0x48]),
        ("the tail is still there", &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff]),
        ("garbage behind",        &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xff]),
        ("only final blocks",     &[0x03, 0x00].repeat(33)),
    ];
    for (name, wire) in cases {
        for cut in [0, 1, 3] {
            let (mut decoders, _) = started(&extension, &answer, Role::Server);
            let got = decode(&mut decoders, wire, cut, 1 << 20);
            assert!(matches!(got, Err(ProtocolError::InvalidPayload(_))), "{name}: {got:?}");
            // Nothing of it stays in the decompressor of the thread.
            let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
            assert_eq!(decode(&mut decoders, &hello, cut, 5).unwrap(), b"Hello");
        }
    }
}

#[test]
fn a_bomb_costs_its_limit() {
    let extension = PerMessageDeflate::default();
    let answer = agreed(&extension, "").unwrap();
    let bomb = Zlib::new((15, false), (15, false)).message(&vec![0; 16 << 20]);
    for limit in [0, 1, 511, 512, 513, 16 * 1024, 1 << 20] {
        let (mut decoders, _) = started(&extension, &answer, Role::Server);
        let mut out = Vec::new();
        let part = Part { payload: &bomb, frame_end: true, fin: true };
        decoders.decode((Rsv::RSV1, Rsv::NONE), part, &mut out, limit).unwrap();
        assert_eq!(out.len() as u64, limit + 1);
        assert!(out.capacity() as u64 <= 2 * limit + 32 * 1024, "{}", out.capacity());
    }
}

#[test]
fn streams_are_compressed_part_by_part() {
    for extension in [PerMessageDeflate::default(), takeover(9, 9)] {
        let answer = agreed(&extension, "").unwrap();
        let takeover = extension.server.is_some();
        let (_, mut encoders) = started(&extension, &answer, Role::Server);
        let mut peer = Zlib::new((15, false), (15, takeover));
        for parts in [&["a"][..], &["", ""], &["hello ", "", "hello"], &["x"; 100]] {
            assert_eq!(encoders.begin(SendOptions::new()), Rsv::RSV1);
            let mut wire = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let fin = index + 1 == parts.len();
                wire.extend(encoders.encode_part(part.as_bytes(), fin).unwrap());
            }
            assert_eq!(peer.inflate(&wire), parts.concat().as_bytes());
            let whole = text(600, 3);
            let (_, wire) = encoders.encode(&whole, SendOptions::new()).unwrap();
            assert_eq!(peer.inflate(&wire), whole);
        }
        assert_eq!(encoders.begin(SendOptions::new().no_compress()), Rsv::NONE);
        assert!(encoders.encode_part(b"as it is", true).is_none());
    }
}

#[test]
fn the_sender_chooses() {
    let extension = PerMessageDeflate::default();
    let answer = agreed(&extension, "").unwrap();
    let (_, mut encoders) = started(&extension, &answer, Role::Server);
    let message = text(500, 1);
    assert!(encoders.encode(&message, SendOptions::new()).is_some());
    assert!(encoders.encode(&message, SendOptions::new().no_compress()).is_none());
    assert!(encoders.encode(&message[..63], SendOptions::new()).is_none(), "below the threshold");
    assert!(encoders.encode(&noise(500), SendOptions::new()).is_none(), "it gets no smaller");
    let key = encoders.share_key().cloned();
    assert!(key.is_some());
    for (offer, same) in
        [("; client_max_window_bits=9", true), ("; server_max_window_bits=9", false)]
    {
        let answer = agreed(&extension, offer).unwrap();
        let (_, encoders) = started(&extension, &answer, Role::Server);
        assert_eq!(encoders.share_key() == key.as_ref(), same, "{offer}");
    }
    let (_, encoders) = started(&takeover(9, 9), &answer, Role::Server);
    assert!(encoders.share_key().is_some(), "without takeover by agreement");
    let keeping = takeover(9, 9);
    let (_, encoders) = started(&keeping, &agreed(&keeping, "").unwrap(), Role::Server);
    assert!(encoders.share_key().is_none(), "it depends on earlier messages");
}

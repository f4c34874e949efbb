//! permessage-deflate: what a peer offers, answers and sends.

use std::sync::Arc;

use http::HeaderValue;
use ws_core::Role;
use ws_core::extension::{
    Decoders, Encoders, Extension, ExtensionOffer, Part, PerMessageDeflate, SendOptions, Stack,
    WindowBits, negotiate,
};
use ws_core::frame::Rsv;

use super::cut;

/// Longest message that the targets take, in bytes.
const LIMIT: u64 = 64 * 1024;

/// What `flags` ask for: the windows by three bits each, then whether contexts are kept, the level.
fn extension(flags: u8, level: u8) -> PerMessageDeflate {
    let window = |bits: u8| WindowBits::new(8 + (bits & 7)).unwrap();
    let deflate = PerMessageDeflate::default().threshold(0).level(1 + level % 9);
    if flags & 0x40 == 0 {
        return deflate;
    }
    deflate.server_context_takeover(window(flags)).client_context_takeover(window(flags >> 3))
}

/// Both sides of a connection on which `deflate` agreed with itself.
fn agreed(deflate: &PerMessageDeflate) -> [(Decoders, Encoders); 2] {
    let params = deflate.offers().swap_remove(0);
    let offer = ExtensionOffer::new("permessage-deflate").unwrap().with_params(params);
    let params = deflate.accept(&offer).unwrap();
    let answer = offer.with_params(params);
    [Role::Client, Role::Server].map(|role| {
        let mut stack = Stack::default();
        stack.start(deflate, &answer, role).unwrap();
        stack.split()
    })
}

fn inflate_pieces(decoders: &mut Decoders, pieces: &[&[u8]]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for (index, payload) in pieces.iter().enumerate() {
        let fin = index + 1 == pieces.len();
        let room = LIMIT - out.len() as u64;
        let part = Part { payload, frame_end: fin, fin };
        decoders.decode((Rsv::RSV1, Rsv::NONE), part, &mut out, room).ok()?;
        if out.len() as u64 > LIMIT {
            assert_eq!(out.len() as u64, LIMIT + 1, "one byte more shows it");
            return None;
        }
    }
    Some(out)
}

/// Offers and answers: what is agreed on can be started on both sides, and nothing panics.
pub fn deflate_offer(data: &[u8]) {
    let Some((&flags, field)) = data.split_first() else { return };
    let deflate = extension(flags, 0);
    let Ok(field) = HeaderValue::from_bytes(field) else { return };
    let installed: [Arc<dyn Extension>; 1] = [Arc::new(deflate.clone())];
    for agreed in negotiate(&installed, [&field]).unwrap_or_default() {
        deflate.start(&agreed.answer, Role::Server).unwrap();
    }
    for answer in ExtensionOffer::parse_list([&field]).unwrap_or_default() {
        let _ = deflate.start(&answer, Role::Client);
    }
}

/// Any bytes as compressed data, in any pieces: the same message or the same failure, within the
/// limit.
pub fn inflate(data: &[u8]) {
    let Some((&flags, data)) = data.split_first() else { return };
    let (whole, pieces) = cut(data);
    let deflate = extension(flags, 0);
    let [_, (mut once, _)] = agreed(&deflate);
    let [_, (mut in_pieces, _)] = agreed(&deflate);
    for _ in 0..2 {
        let (a, b) = (inflate_pieces(&mut once, &[whole]), inflate_pieces(&mut in_pieces, &pieces));
        assert_eq!(a, b, "pieces make no difference");
        if a.is_none() {
            return;
        }
    }
}

/// What one side compresses, the other reads: messages whole and in pieces, again and again.
pub fn deflate_roundtrip(data: &[u8]) {
    let Some((&[flags, level], data)) = data.split_first_chunk() else { return };
    let (whole, pieces) = cut(data);
    let [mut client, mut server] = agreed(&extension(flags, level));
    for _ in 0..2 {
        for (sender, receiver) in [(&mut client.1, &mut server.0), (&mut server.1, &mut client.0)] {
            if let Some((_, wire)) = sender.encode(whole, SendOptions::new()) {
                assert!(wire.len() < whole.len(), "else it goes out as it is");
                assert_eq!(inflate_pieces(receiver, &[&wire]).as_deref(), Some(whole));
            }
            sender.begin(SendOptions::new());
            let mut wire = Vec::new();
            for (index, piece) in pieces.iter().enumerate() {
                let fin = index + 1 == pieces.len();
                wire.extend(sender.encode_part(piece, fin).unwrap());
            }
            let (first, last) = wire.split_at(wire.len() / 2);
            assert_eq!(inflate_pieces(receiver, &[first, last]).as_deref(), Some(whole));
        }
    }
}

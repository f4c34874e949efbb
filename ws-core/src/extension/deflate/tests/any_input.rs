//! Any input, in any pieces, compared with C zlib.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0..2000_usize, any::<u64>()).prop_map(|(len, seed)| text(len, seed)),
        vec(any::<u8>(), 0..600),
        vec(0..3_u8, 0..3000),
        (0..20_000_usize).prop_map(|len| vec![7; len]),
    ]
}

/// `data` cut at `cuts`, each counted modulo the length.
fn cut<'a>(data: &'a [u8], cuts: &[u16]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts
        .iter()
        .map(|&cut| usize::from(cut) % (data.len() + 1))
        .chain([0, data.len()])
        .collect();
    at.sort_unstable();
    at.windows(2).map(|pair| &data[pair[0]..pair[1]]).collect()
}

fn decode_pieces(
    decoders: &mut Decoders,
    pieces: &[&[u8]],
    limit: u64,
) -> Result<Vec<u8>, ProtocolError> {
    let mut out = Vec::new();
    for (index, payload) in pieces.iter().enumerate() {
        let fin = index + 1 == pieces.len();
        let room = limit - out.len() as u64;
        let part = Part { payload, frame_end: fin, fin };
        decoders.decode((Rsv::RSV1, Rsv::NONE), part, &mut out, room)?;
        if out.len() as u64 > limit {
            return Err(ProtocolError::Inflation);
        }
    }
    Ok(out)
}

/// What C zlib makes of a message, with a new stream behind each final block (RFC 7692 §7.2.3.4).
fn zlib(wire: &[u8]) -> Option<Vec<u8>> {
    // An empty final block shows that nothing before it is unfinished.
    let input = [wire, &[0, 0, 0xFF, 0xFF, 0x03, 0x00]].concat();
    let (mut out, mut at) = (Vec::new(), 0);
    for _ in 0..=32 {
        if at >= input.len() || at == wire.len() {
            return Some(out);
        }
        let mut inflate = Decompress::new(false);
        if !out.is_empty() {
            inflate.set_dictionary(&out[out.len().saturating_sub(1 << 15)..]).ok()?;
        }
        loop {
            out.reserve(1 << 16);
            let taken = usize::try_from(inflate.total_in()).unwrap();
            let rest = &input[at + taken..];
            match inflate.decompress_vec(rest, &mut out, FlushDecompress::Sync).ok()? {
                flate2::Status::StreamEnd => break,
                _ if out.len() == out.capacity() => {}
                _ => return None,
            }
        }
        at += usize::try_from(inflate.total_in()).unwrap();
    }
    (at >= input.len() || at == wire.len()).then_some(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However messages and their compressed form are cut, both sides and zlib understand each other.
    #[test]
    fn agrees_with_zlib(
        messages in vec((payloads(), vec(any::<u16>(), 0..6)), 1..6),
        (bits, keeps, level) in (9..=15_u8, any::<bool>(), 1..=9_u8),
    ) {
        let extension = takeover(bits, bits).level(level);
        let offer = format!("; server_max_window_bits={bits}; client_max_window_bits={bits}");
        let flags = "; server_no_context_takeover; client_no_context_takeover";
        let offer = if keeps { offer } else { offer + flags };
        let answer = agreed(&extension, &offer).unwrap();
        let (mut decoders, mut encoders) = started(&extension, &answer, Role::Server);
        let (mut own, _) = started(&extension, &answer, Role::Client);
        let mut peer = Zlib::new((bits, keeps), (bits, keeps));
        for (message, cuts) in messages {
            let wire = peer.message(&message);
            let got = decode_pieces(&mut decoders, &cut(&wire, &cuts), 1 << 20);
            prop_assert_eq!(&got.unwrap(), &message);
            encoders.begin(SendOptions::new());
            let pieces = cut(&message, &cuts);
            let mut wire = Vec::new();
            for (index, piece) in pieces.iter().enumerate() {
                wire.extend(encoders.encode_part(piece, index + 1 == pieces.len()).unwrap());
            }
            prop_assert_eq!(&peer.inflate(&wire), &message);
            let got = decode_pieces(&mut own, &cut(&wire, &cuts), 1 << 20);
            prop_assert_eq!(&got.unwrap(), &message);
        }
    }

    /// Damaged data, in any pieces, is what zlib says it is.
    #[test]
    fn judges_as_zlib_does(
        message in payloads(),
        damage in vec((any::<u16>(), any::<u8>()), 0..4),
        cuts in vec(any::<u16>(), 0..6),
    ) {
        let mut wire = Zlib::new((15, false), (15, false)).message(&message);
        for (at, byte) in damage {
            let at = usize::from(at) % wire.len();
            wire[at] = byte;
        }
        let extension = takeover(15, 15);
        let answer = agreed(&extension, "").unwrap();
        let (mut decoders, _) = started(&extension, &answer, Role::Server);
        let got = decode_pieces(&mut decoders, &cut(&wire, &cuts), 1 << 26);
        prop_assert_eq!(got.ok(), zlib(&wire));
    }

    /// Any bytes are an error or a message, and never more than asked for.
    #[test]
    fn takes_any_bytes(wire in vec(any::<u8>(), 0..300), cuts in vec(any::<u16>(), 0..6)) {
        let extension = takeover(15, 15);
        let answer = agreed(&extension, "").unwrap();
        let (mut decoders, _) = started(&extension, &answer, Role::Server);
        let mut out = Vec::new();
        for payload in cut(&wire, &cuts) {
            let part = Part { payload, frame_end: false, fin: false };
            let room = 1000 - out.len() as u64;
            let decoded = decoders.decode((Rsv::RSV1, Rsv::NONE), part, &mut out, room);
            prop_assert!(out.len() <= 1001);
            if decoded.is_err() || out.len() > 1000 {
                break;
            }
        }
        let (mut decoders, _) = started(&extension, &answer, Role::Server);
        let got = decode_pieces(&mut decoders, &cut(&wire, &cuts), 1 << 26);
        prop_assert_eq!(got.ok(), zlib(&wire));
    }
}

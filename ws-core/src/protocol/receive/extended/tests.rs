use std::sync::Arc;

use super::*;
use crate::extension::{
    Extension, ExtensionOffer, Fragment, PerMessageDeflate, SendOptions, Stack,
};
use crate::frame::{FrameHeader, Rsv, encode_header};
use crate::limits::Limits;
use crate::message::MessageKind;
use crate::opcode::OpCode;
use crate::protocol::{Event, Heap, Other, Part, Piece, Sender, Wants};
use crate::protocol_error::Limited;
use crate::role::Role;

const KEY: [u8; 4] = [1, 2, 3, 4];
const WHOLE: Wants = Wants { text: Delivery::Whole, binary: Delivery::Whole, frames: false };
const PARTS: Wants = Wants { text: Delivery::Parts, binary: Delivery::Parts, frames: false };

/// Both sides of a connection that uses `installed` with what a client offers by default.
fn connected(
    installed: &[Arc<dyn Extension>],
    wants: Wants,
    limits: Limits,
) -> (Sender, Receiver<Heap>) {
    let answers: Vec<ExtensionOffer> = installed
        .iter()
        .map(|extension| {
            let offer = ExtensionOffer::new(extension.name().to_owned()).unwrap();
            let offer = offer.with_params(extension.offers().swap_remove(0));
            let params = extension.accept(&offer).unwrap();
            offer.with_params(params)
        })
        .collect();
    let (_, encoders) = Stack::start_all(installed, &answers, Role::Client).unwrap().split();
    let (decoders, _) = Stack::start_all(installed, &answers, Role::Server).unwrap().split();
    let sender = Sender::new(Role::Client, encoders);
    (sender, Receiver::new(Role::Server, limits, wants, decoders, Heap))
}

fn deflate() -> [Arc<dyn Extension>; 1] {
    [Arc::new(PerMessageDeflate::default())]
}

/// Makes what is the most when it is decompressed.
fn strongest() -> [Arc<dyn Extension>; 1] {
    [Arc::new(PerMessageDeflate::default().level(9))]
}

/// Everything that `wire` says when it comes in pieces of `step` bytes; parts are put together.
fn receive(
    receiver: &mut Receiver<Heap>,
    wire: &[u8],
    step: usize,
) -> Result<Vec<String>, ProtocolError> {
    let mut log = Vec::new();
    let mut open = None;
    for piece in wire.chunks(step) {
        let mut piece = piece.to_vec();
        let mut rest = &mut piece[..];
        loop {
            let (event, behind) = receiver.receive(rest)?;
            rest = behind;
            let (kind, payload, last) = match event {
                None => break,
                Some(Event::Text(text)) => ("text", text.as_str().as_bytes().to_vec(), true),
                Some(Event::Binary(binary)) => ("binary", binary.as_slice().to_vec(), true),
                Some(Event::Other(Other::Ping(payload))) => {
                    log.push(format!("ping {}", payload.escape_ascii()));
                    continue;
                }
                Some(Event::Other(Other::Part { part: Part::Text(part), .. })) => {
                    ("text", part.text.as_bytes().to_vec(), part.last)
                }
                Some(Event::Other(Other::Part { part: Part::Binary(part), .. })) => {
                    ("binary", part.payload.to_vec(), part.last)
                }
                Some(Event::Other(other)) => panic!("{other:?}"),
            };
            let all: &mut Vec<u8> = open.get_or_insert_default();
            all.extend(payload);
            if last {
                log.push(format!("{kind} {}", open.take().unwrap_or_default().escape_ascii()));
            }
        }
    }
    Ok(log)
}

fn frame(fin: bool, rsv: Rsv, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let payload_len = payload.len() as u64;
    let (head, len) =
        encode_header(&FrameHeader { fin, rsv, opcode, mask: Some([0; 4]), payload_len });
    [&head[..len], payload].concat()
}

#[test]
fn messages_arrive_however_they_are_sent_and_cut() {
    let text = "the same again and again, the same again and again. ".repeat(40);
    for wants in [WHOLE, PARTS] {
        let (mut sender, _) = connected(&deflate(), wants, Limits::default());
        let mut wire = Vec::new();
        sender.message(MessageKind::Text, text.as_bytes(), KEY, &mut wire);
        assert_eq!(wire[0], 0xC1, "RSV1 is set");
        assert!(wire.len() < 150, "{}", wire.len());
        let options = SendOptions::new().no_compress();
        sender.message_with(options, MessageKind::Binary, text.as_bytes(), KEY, &mut wire);
        let pieces = [("the same ", true, false), ("", false, false), ("again", false, true)];
        for (payload, first, last) in pieces {
            let piece =
                Piece { kind: MessageKind::Binary, first, last, options: SendOptions::new() };
            sender.piece(piece, payload.as_bytes(), KEY, &mut wire);
            sender.control(OpCode::Ping, b"?", KEY, &mut wire);
        }
        sender.message(MessageKind::Text, b"", KEY, &mut wire);
        let want = [
            &format!("text {text}")[..],
            &format!("binary {text}"),
            "ping ?",
            "ping ?",
            "binary the same again",
            "ping ?",
            "text ",
        ];
        for step in [1, 2, 7, 100, wire.len()] {
            let (_, mut receiver) = connected(&deflate(), wants, Limits::default());
            assert_eq!(receive(&mut receiver, &wire, step).unwrap(), want, "{step}, {wants:?}");
        }
    }
}

#[test]
fn extensions_work_together() {
    let cut = Fragment::default().max_length(std::num::NonZeroU32::new(10).unwrap());
    let installed: [Arc<dyn Extension>; 2] =
        [Arc::new(PerMessageDeflate::default()), Arc::new(cut)];
    let (mut sender, mut receiver) = connected(&installed, WHOLE, Limits::default());
    let text = "one two three four five six seven eight nine ten eleven twelve ".repeat(5);
    let mut wire = Vec::new();
    sender.message(MessageKind::Text, text.as_bytes(), KEY, &mut wire);
    assert_eq!(wire[..2], [0x41, 0x8A], "RSV1, no FIN, ten bytes");
    assert_eq!(wire[16], 0x00, "RSV1 stands on the first frame alone");
    assert_eq!(receive(&mut receiver, &wire, 3).unwrap(), [format!("text {text}")]);
}

#[test]
fn reserved_bits_have_their_place() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let first = |rsv| frame(false, rsv, OpCode::Text, &hello[..3]);
    let rest = |rsv| frame(true, rsv, OpCode::Continuation, &hello[3..]);
    let rsv1 = Rsv::RSV1;
    #[rustfmt::skip] // a table
    let cases: &[(&str, Vec<u8>, Option<&str>)] = &[
        ("on the first frame",    [first(rsv1), rest(Rsv::NONE)].concat(), Some("text Hello")),
        ("on a continuation too", [first(rsv1), rest(rsv1)].concat(),      None),
        ("on a ping",             frame(true, rsv1, OpCode::Ping, b""),    None),
        ("another bit",           frame(true, Rsv::RSV2, OpCode::Text, b""), None),
    ];
    for (name, wire, want) in cases {
        for step in [1, 5, 100] {
            let (_, mut receiver) = connected(&deflate(), WHOLE, Limits::default());
            match (receive(&mut receiver, wire, step), want) {
                (Ok(log), Some(want)) => assert_eq!(log, [*want], "{name}"),
                (Err(ProtocolError::ReservedBits(_)), None) => {}
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
    }
}

#[test]
fn limits_hold_for_what_is_decompressed() {
    let limits = Limits { max_text_len: 1000, max_binary_len: 1000, ..Limits::default() };
    for kind in [MessageKind::Text, MessageKind::Binary] {
        for (len, fits) in [(999, true), (1000, true), (1001, false), (1_000_000, false)] {
            for step in [1, 1 << 20] {
                let (mut sender, mut receiver) = connected(&strongest(), WHOLE, limits);
                let mut wire = Vec::new();
                sender.message(kind, &vec![b'0'; len], KEY, &mut wire);
                assert!(wire.len() < 1100, "{len}");
                match receive(&mut receiver, &wire, step) {
                    Ok(log) => assert!(fits && log.len() == 1, "{kind:?}, {len}"),
                    Err(error) => {
                        assert!(!fits, "{kind:?}, {len}: {error}");
                        let limit =
                            matches!(error, ProtocolError::MessageTooBig { limit: 1000, .. });
                        assert!(limit, "{error:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn bombs_end_where_nothing_else_bounds_them() {
    for wants in [PARTS, Wants { text: Delivery::None, binary: Delivery::None, frames: false }] {
        let (mut sender, mut receiver) = connected(&strongest(), wants, Limits::default());
        let mut wire = Vec::new();
        sender.message(MessageKind::Binary, &vec![0; 8 << 20], KEY, &mut wire);
        let error = receive(&mut receiver, &wire, 1 << 20).unwrap_err();
        assert_eq!(error, ProtocolError::Inflation, "{wants:?}");
        assert_eq!(error.close_code(), crate::close::CloseCode::MESSAGE_TOO_BIG);
        // What does not grow that much may be as long as it likes.
        let (mut sender, mut receiver) = connected(&strongest(), wants, Limits::default());
        let mut long = Vec::new();
        for n in 0..30_000_u32 {
            long.extend(format!("{} ", n.wrapping_mul(2_654_435_761)).bytes());
        }
        let mut wire = Vec::new();
        sender.message(MessageKind::Text, &long, KEY, &mut wire);
        let log = receive(&mut receiver, &wire, 1 << 20).unwrap();
        assert_eq!(log.len(), usize::from(wants == PARTS));
    }
}

/// However much of a message comes at once, no more of it is decompressed at once than a step makes.
#[test]
fn what_is_decompressed_is_delivered_in_steps() {
    let (mut sender, mut receiver) = connected(&strongest(), PARTS, Limits::default());
    // A run of digits becomes a few bytes: within the ratio that bounds parts.
    let digit = |n: u32| b'0' + n.wrapping_mul(2_654_435_761).to_be_bytes()[1] % 10;
    let payload: Vec<u8> = (0..4 << 20).map(|n| digit(n / 100)).collect();
    let mut wire = Vec::new();
    sender.message(MessageKind::Binary, &payload, KEY, &mut wire);
    assert!(wire.len() > 8 * STEP, "{}", wire.len());
    let (mut rest, mut whole) = (&mut wire[..], 0);
    while let (Some(Event::Other(Other::Part { part: Part::Binary(part), .. })), behind) =
        receiver.receive(rest).unwrap()
    {
        assert!(part.payload.len() <= 1032 * STEP + 1032, "{}", part.payload.len());
        whole += part.payload.len();
        rest = behind;
    }
    assert_eq!(whole, payload.len());
}

#[test]
fn what_waits_for_the_end_of_its_frame_is_bounded_as_frames_are() {
    let wants = Wants { frames: true, ..PARTS };
    let limits = Limits { max_frame_len: 100_000, ..Limits::default() };
    for kind in [MessageKind::Text, MessageKind::Binary] {
        for (len, fits) in [(100_000, true), (100_001, false), (3 << 20, false)] {
            // A run of digits becomes a few bytes: within the ratio that bounds parts in general.
            let digit = |n: u32| b'0' + n.wrapping_mul(2_654_435_761).to_be_bytes()[1] % 10;
            let payload: Vec<u8> = (0..len).map(|n| digit(n / 100)).collect();
            let (mut sender, mut receiver) = connected(&strongest(), wants, limits);
            let mut wire = Vec::new();
            sender.message(kind, &payload, KEY, &mut wire);
            let mut rest = &mut wire[..];
            let got = loop {
                match receiver.receive(rest) {
                    Err(error) => break Err(error),
                    Ok((Some(Event::Other(Other::Frame(_))), behind)) => rest = behind,
                    Ok((Some(Event::Other(Other::Part { part: Part::Text(part), .. })), _)) => {
                        break Ok(part.text.len());
                    }
                    Ok((Some(Event::Other(Other::Part { part: Part::Binary(part), .. })), _)) => {
                        break Ok(part.payload.len());
                    }
                    Ok((event, _)) => panic!("{event:?}"),
                }
            };
            if fits {
                assert_eq!(got, Ok(payload.len()), "{kind:?}");
            } else {
                let Err(ProtocolError::MessageTooBig { what: Limited::Frame, len, limit }) = got
                else {
                    panic!("{kind:?}, {len}: {got:?}")
                };
                assert_eq!((len, limit), (100_001, 100_000), "{kind:?}");
            }
        }
    }
}

#[test]
fn text_is_checked_behind_compression() {
    let (mut sender, mut receiver) = connected(&deflate(), WHOLE, Limits::default());
    let mut wire = Vec::new();
    let bad = [&[b'a'; 200][..], &[0xFF], &[b'b'; 200]].concat();
    sender.message(MessageKind::Text, &bad, KEY, &mut wire);
    assert_eq!(receive(&mut receiver, &wire, 50), Err(ProtocolError::InvalidUtf8));
}

#[cfg(feature = "legacy-deflate-frame")]
#[test]
fn frames_are_compressed_one_by_one() {
    use crate::extension::DeflateFrame;

    let cut = Fragment::default().max_length(std::num::NonZeroU32::new(200).unwrap());
    for legacy in [DeflateFrame::WEBKIT, DeflateFrame::DRAFT] {
        // Frames are cut, and then each is compressed.
        let installed: [Arc<dyn Extension>; 2] = [Arc::new(cut), Arc::new(legacy)];
        let text = "again and again ".repeat(30);
        for wants in [WHOLE, PARTS] {
            let (mut sender, mut receiver) = connected(&installed, wants, Limits::default());
            let mut wire = Vec::new();
            sender.message(MessageKind::Text, text.as_bytes(), KEY, &mut wire);
            sender.message(MessageKind::Text, b"short", KEY, &mut wire);
            let options = SendOptions::new().no_compress();
            sender.message_with(options, MessageKind::Text, text.as_bytes(), KEY, &mut wire);
            assert_eq!(wire[0], 0x41, "RSV1, no FIN");
            let want = [format!("text {text}"), "text short".to_owned(), format!("text {text}")];
            for step in [1, 64, wire.len()] {
                assert_eq!(receive(&mut receiver, &wire, step).unwrap(), want, "{step}");
            }
        }
        let limits = Limits { max_text_len: 300, ..Limits::default() };
        let (mut sender, mut receiver) = connected(&installed, WHOLE, limits);
        let mut wire = Vec::new();
        sender.message(MessageKind::Text, text.as_bytes(), KEY, &mut wire);
        let got = receive(&mut receiver, &wire, 10);
        assert!(matches!(got, Err(ProtocolError::MessageTooBig { limit: 300, .. })), "{got:?}");
    }
}

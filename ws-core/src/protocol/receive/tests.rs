//! Every case runs whole, cut at every byte, and byte by byte: the events must be the same.

use super::*;
use crate::extension::{Decoder, Encoder, Halves, SendOptions, Stack};
use crate::frame::{FrameHeader, Rsv, encode_header};
use crate::opcode::OpCode;
use crate::protocol::event::Other;
use crate::protocol::send::{FrameParts, Sender};

pub(super) const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// An event, or the error that ends it all, in words.
pub(super) type Log = Vec<String>;

pub(super) fn log(log: &mut Log, event: Event<'_>) {
    log.push(match event {
        Event::Text(text) => format!("text {}", text.as_str()),
        Event::Binary(payload) => format!("binary {:?}", payload.as_slice()),
        Event::Other(Other::Ping(payload)) => format!("ping {payload:?}"),
        Event::Other(Other::Pong(payload)) => format!("pong {payload:?}"),
        Event::Other(Other::Close(frame)) => format!("close {:?}", frame.code),
        Event::Other(Other::Frame(frame)) => {
            format!("frame {:?} {} {:?}", frame.opcode, frame.fin, frame.payload)
        }
        Event::Other(Other::Part { part, .. }) => format!("{part:?}"),
    });
}

fn run_with(mut receiver: Receiver, pieces: &[&[u8]]) -> Log {
    let mut out = Log::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut rest = &mut piece[..];
        loop {
            match receiver.receive(rest) {
                Ok((Some(event), behind)) => {
                    log(&mut out, event);
                    rest = behind;
                }
                Ok((None, behind)) => {
                    assert!(behind.is_empty());
                    break;
                }
                Err(error) => {
                    out.push(format!("{error:?}"));
                    return out;
                }
            }
        }
    }
    out
}

pub(super) fn receiver(wants: Wants, limits: Limits) -> Receiver {
    Receiver::new(Role::Server, limits, wants, Decoders::default(), Heap)
}

const MESSAGES: Wants = Wants { text: Delivery::Whole, binary: Delivery::Whole, frames: false };

/// The log of `wire`, the same however it is cut.
fn run(wants: Wants, limits: Limits, wire: &[u8]) -> Log {
    let whole = run_with(receiver(wants, limits), &[wire]);
    for cut in 0..=wire.len() {
        let cut_log = run_with(receiver(wants, limits), &[&wire[..cut], &wire[cut..]]);
        assert_eq!(cut_log, whole, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(run_with(receiver(wants, limits), &bytes), whole, "byte by byte");
    whole
}

pub(super) fn frame(fin: bool, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let parts = FrameParts { fin, rsv: Rsv::NONE, opcode, payload };
    Sender::new(Role::Client, crate::extension::Encoders::default()).parts(parts, KEY, &mut out);
    out
}

use OpCode::{Binary as B, Close, Continuation as C, Ping, Pong, Text as T};

#[test]
fn messages_in_one_frame_and_in_many() {
    let (whole, euro) = ([1, 2, 3], "€".as_bytes());
    let wire = [
        frame(true, T, b"hello"),
        frame(true, B, &whole),
        frame(true, T, b""),
        frame(false, T, &euro[..1]),
        frame(true, Ping, b"p"),
        frame(false, C, b""),
        frame(true, Pong, b""),
        frame(true, C, &euro[1..]),
        frame(false, B, &[9]),
        frame(true, C, &[8]),
        frame(true, Close, &[0x03, 0xE8]),
        frame(true, T, b"behind the close"),
    ]
    .concat();
    assert_eq!(
        run(MESSAGES, Limits::default(), &wire),
        [
            "text hello",
            "binary [1, 2, 3]",
            "text ",
            "ping [112]",
            "pong []",
            "text €",
            "binary [9, 8]",
            "close Some(1000 NORMAL_CLOSURE)",
        ]
    );
}

#[test]
fn frames_come_before_the_message_they_end() {
    let wire = [frame(false, T, b"a"), frame(true, Ping, b""), frame(true, C, b"b")].concat();
    let frames = Wants { text: Delivery::None, binary: Delivery::None, frames: true };
    let singles = ["frame Text false [97]", "ping []", "frame Continuation true [98]"];
    assert_eq!(run(frames, Limits::default(), &wire), singles);
    let both = Wants { text: Delivery::Whole, ..frames };
    let log = run(both, Limits::default(), &wire);
    assert_eq!(log[..3], singles);
    assert_eq!(log[3..], ["text ab"]);
}

#[test]
fn messages_that_nobody_wants_are_checked_and_are_no_events() {
    let wire = [frame(true, T, b"a"), frame(true, B, b"b"), frame(true, T, b"\xFF")].concat();
    let binary = Wants { text: Delivery::None, ..MESSAGES };
    assert_eq!(run(binary, Limits::default(), &wire), ["binary [98]", "InvalidUtf8"]);
    let text = Wants { binary: Delivery::None, ..MESSAGES };
    assert_eq!(run(text, Limits::default(), &wire), ["text a", "InvalidUtf8"]);
}

#[test]
#[rustfmt::skip] // a table
fn violations_end_it() {
    let header = |first, second| vec![first, second, 0, 0, 0, 0];
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("unmasked",                vec![0x81, 0],                              "WrongMasking"),
        ("RSV1 unclaimed",          header(0xC1, 0x80),                         "ReservedBits(4)"),
        ("RSV3 on a ping",          header(0x99, 0x80),                         "ReservedBits(1)"),
        ("opcode 3",                header(0x83, 0x80),                         "ReservedOpCode(3)"),
        ("opcode 11",               header(0x8B, 0x80),                         "ReservedOpCode(11)"),
        ("fragmented ping",         header(0x09, 0x80),                         "IllegalControl(Ping)"),
        ("long close",              vec![0x88, 0xFE],                           "IllegalControl(Close)"),
        ("lonely continuation",     frame(true, C, b""),                        "UnexpectedContinuation"),
        ("second beginning",        [frame(false, T, b""), frame(true, B, b"")].concat(), "UnfinishedMessage"),
        ("after a whole message",   [frame(false, T, b""), frame(true, C, b""), frame(true, C, b"")].concat(), "UnexpectedContinuation"),
        ("half a close code",       frame(true, Close, &[3]),                   "TruncatedCloseCode"),
        ("close 1005",              frame(true, Close, &[0x03, 0xED]),          "IllegalCloseCode(1005)"),
        ("close with bad text",     frame(true, Close, &[0x03, 0xE8, 0xFF]),    "InvalidUtf8"),
        ("bad text",                frame(true, T, b"a\xFF"),                   "InvalidUtf8"),
        ("text cut at its end",     frame(true, T, b"\xE2\x82"),                "InvalidUtf8"),
        ("cut over two frames",     [frame(false, T, b"\xE2"), frame(true, C, b"\x82")].concat(), "InvalidUtf8"),
        ("not minimal",             vec![0x82, 0xFE, 0, 125],                   "NonMinimalLength"),
        ("64 bits",                 vec![0x82, 0xFF, 0x80],                     "NonMinimalLength"),
    ];
    for (name, wire, want) in cases {
        let log = run(MESSAGES, Limits::default(), wire);
        assert_eq!(log.last().map(String::as_str), Some(*want), "{name}");
    }
}

/// Invalid text is refused at its first bad byte, though neither frame nor message has ended.
#[test]
fn text_fails_fast() {
    let mut wire = frame(false, T, b"ok \xF4\x90 and more");
    wire.truncate(6 + 5);
    assert_eq!(run(MESSAGES, Limits::default(), &wire), ["InvalidUtf8"]);
    wire.truncate(6 + 4);
    assert!(run(MESSAGES, Limits::default(), &wire).is_empty());
}

#[test]
fn limits_are_exact_and_hold_at_the_header() {
    let limits = Limits { max_text_len: 10, max_binary_len: 20, ..Limits::default() };
    let fits = |wire: &[u8]| !run(MESSAGES, limits, wire).concat().contains("TooBig");
    assert!(fits(&frame(true, T, &[b'a'; 10])));
    assert!(fits(&frame(true, B, &[0; 20])));
    for (opcode, len, kind) in [(T, 11, "Text"), (B, 21, "Binary")] {
        let header =
            FrameHeader { fin: true, rsv: Rsv::NONE, opcode, mask: Some(KEY), payload_len: len };
        let (bytes, used) = encode_header(&header);
        let log = run(MESSAGES, limits, &bytes[..used]);
        assert!(log[0].starts_with("MessageTooBig") && log[0].contains(kind), "{log:?}");
    }
    let fragments = [frame(false, T, &[b'a'; 6]), frame(true, C, &[b'a'; 5])].concat();
    assert!(!fits(&fragments[..12 + 6]), "at the header of the second fragment");
    let unwanted = Wants { text: Delivery::None, ..MESSAGES };
    assert_eq!(run(unwanted, limits, &frame(false, T, &[b'a'; 50])), Log::new(), "nothing is kept");
}

#[test]
fn fragments_have_a_number() {
    let limits = Limits { max_fragments: 4, max_empty_fragments: 2, ..Limits::default() };
    let many = |payload: &[u8], n: usize| {
        let mut wire = frame(false, B, payload);
        for _ in 1..n {
            wire.extend(frame(false, C, payload));
        }
        run(MESSAGES, limits, &wire)
    };
    assert!(many(&[1], 4).is_empty());
    assert_eq!(many(&[1], 5), ["TooManyFragments(4)"]);
    assert!(many(&[], 2).is_empty());
    assert_eq!(many(&[], 3), ["TooManyFragments(2)"]);
}

/// A client refuses what is masked.
#[test]
fn a_client_receives_unmasked_frames() {
    let client = || {
        let (role, limits) = (Role::Client, Limits::default());
        Receiver::new(role, limits, MESSAGES, Decoders::default(), Heap)
    };
    assert_eq!(run_with(client(), &[&[0x81, 2, b'h', b'i']]), ["text hi"]);
    assert_eq!(run_with(client(), &[&frame(true, T, b"hi")]), ["WrongMasking"]);
}

/// The rest of a long binary frame may be put in its place by the caller.
#[test]
fn long_binary_frames_can_be_filled_in() {
    let payload: Vec<u8> = (0..100_000u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let wire = [frame(false, B, &payload), frame(true, C, b"end")].concat();
    let (mut first, rest) = (wire[..500].to_vec(), &wire[500..wire.len() - 9]);
    let mut receiver = receiver(MESSAGES, Limits::default());
    assert!(receiver.receive(&mut first).unwrap().0.is_none());
    let mut at = 0;
    while at < rest.len() {
        let Some((buffer, missing)) = receiver.direct() else {
            let mut tail = rest[at..].to_vec();
            assert!(receiver.receive(&mut tail).unwrap().0.is_none());
            break;
        };
        assert_eq!(missing, (rest.len() - at) as u64);
        assert!(buffer.capacity() <= 2 * buffer.len() + 80 * 1024, "grows with what came");
        let n = 7_001.min(rest.len() - at);
        buffer.extend_from_slice(&rest[at..at + n]);
        assert!(receiver.filled(n).unwrap().is_none());
        at += n;
    }
    let mut end = wire[wire.len() - 9..].to_vec();
    let (event, _) = receiver.receive(&mut end).unwrap();
    let Some(Event::Binary(message)) = event else { panic!("{event:?}") };
    assert_eq!(message.as_slice(), [&payload[..], b"end"].concat());
}

/// Reverses every part; claims RSV2.
struct Reverse;

impl Decoder for Reverse {
    fn decode(&mut self, part: Part<'_>, out: &mut Vec<u8>, _: u64) -> Result<(), ProtocolError> {
        out.extend(part.payload.iter().rev());
        Ok(())
    }
}

impl Encoder for Reverse {
    fn encode(&mut self, payload: &[u8], _: SendOptions, out: &mut Vec<u8>) -> bool {
        out.extend(payload.iter().rev());
        payload.len() > 1
    }
}

#[test]
fn extensions_transform_payloads_and_own_their_bits() {
    let mut stack = Stack::default();
    stack.push(Rsv::RSV2, Halves::new(Reverse, Reverse)).unwrap();
    assert!(stack.push(Rsv::RSV2, Halves::new(Reverse, Reverse)).is_err(), "RSV2 has an owner");
    let (decoders, encoders) = stack.split();
    let mut sender = Sender::new(Role::Client, encoders);
    let limits = Limits { max_text_len: 3, ..Limits::default() };
    let mut receiver = Receiver::new(Role::Server, limits, MESSAGES, decoders, Heap);
    let mut wire = Vec::new();
    sender.message(MessageKind::Text, b"abc", KEY, &mut wire);
    assert_eq!(wire[0], 0xA1, "RSV2 is set");
    sender.message(MessageKind::Text, b"x", KEY, &mut wire);
    sender.message(MessageKind::Text, b"abcd", KEY, &mut wire);
    let mut rest = &mut wire[..];
    let mut out = Log::new();
    let error = loop {
        match receiver.receive(rest) {
            Ok((Some(event), behind)) => {
                log(&mut out, event);
                rest = behind;
            }
            Ok((None, _)) => panic!("the last one is too long"),
            Err(error) => break error,
        }
    };
    assert_eq!(out, ["text abc", "text x"]);
    assert!(matches!(error, ProtocolError::MessageTooBig { len: 4, limit: 3, .. }));
}

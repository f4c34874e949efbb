//! However the wire is cut, the parts make the same messages.

use super::*;
use crate::opcode::OpCode::{Binary as B, Continuation as C, Ping, Text as T};
use crate::protocol::Found;
use crate::protocol::receive::tests::{frame, receiver};

const PARTS: Wants = Wants { text: Delivery::Parts, binary: Delivery::Parts, frames: false };

/// What the parts of a message make together, and all else in its place. Sees to it that only a last
/// part is empty.
fn run(wants: Wants, limits: Limits, pieces: &[&[u8]]) -> Vec<String> {
    let mut receiver = receiver(wants, limits);
    let (mut out, mut text, mut binary) = (Vec::new(), String::new(), Vec::new());
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut rest = &mut piece[..];
        loop {
            let event = match receiver.receive(rest) {
                Ok((Some(event), behind)) => {
                    rest = behind;
                    event
                }
                Ok((None, _)) => break,
                Err(error) => {
                    out.push(format!("{text}{binary:?} {error:?}"));
                    return out;
                }
            };
            match event {
                Event::Other(Other::Part { part: Part::Text(part), .. }) => {
                    assert!(part.last || !part.text.is_empty());
                    text.push_str(part.text);
                    if part.last {
                        out.push(format!("text {}", std::mem::take(&mut text)));
                    }
                }
                Event::Other(Other::Part { part: Part::Binary(part), .. }) => {
                    assert!(part.last || !part.payload.is_empty());
                    binary.extend_from_slice(part.payload);
                    if part.last {
                        out.push(format!("binary {:?}", std::mem::take(&mut binary)));
                    }
                }
                Event::Text(whole) => out.push(format!("text {}", whole.as_str())),
                Event::Binary(whole) => out.push(format!("binary {:?}", whole.as_slice())),
                Event::Other(Other::Ping(payload)) => out.push(format!("ping {payload:?}")),
                Event::Other(other) => out.push(format!("{other:?}")),
            }
        }
    }
    out
}

/// The same whole, cut at every byte, and byte by byte.
fn every_cut(wants: Wants, limits: Limits, wire: &[u8]) -> Vec<String> {
    let whole = run(wants, limits, &[wire]);
    for cut in 0..=wire.len() {
        let cut_run = run(wants, limits, &[&wire[..cut], &wire[cut..]]);
        assert_eq!(cut_run, whole, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(run(wants, limits, &bytes), whole, "byte by byte");
    whole
}

fn messages() -> Vec<u8> {
    let euro = "€".as_bytes();
    [
        frame(true, T, b"hello"),
        frame(false, T, &[b"a", &euro[..1]].concat()),
        frame(true, Ping, b"p"),
        frame(false, C, b""),
        frame(false, C, &euro[1..2]),
        frame(true, C, &[&euro[2..], b"z"].concat()),
        frame(true, T, b""),
        frame(false, B, &[1, 2, 3]),
        frame(false, C, &[]),
        frame(true, C, &[]),
        frame(true, B, &[]),
        frame(true, B, &[9; 200]),
    ]
    .concat()
}

#[test]
fn parts_make_the_messages() {
    let long = format!("binary {:?}", [9; 200]);
    let want =
        ["text hello", "ping [112]", "text a€z", "text ", "binary [1, 2, 3]", "binary []", &long];
    let wire = messages();
    assert_eq!(every_cut(PARTS, Limits::default(), &wire), want);
    let one = Wants { text: Delivery::Whole, binary: Delivery::Stream, frames: false };
    assert_eq!(every_cut(one, Limits::default(), &wire), want, "binary alone in parts");
}

/// With single frames, a part is what one frame had.
#[test]
fn parts_come_behind_the_frames_they_came_in() {
    let wants = Wants { frames: true, ..PARTS };
    let wire = [frame(false, B, &[1, 2]), frame(true, C, &[3])].concat();
    let log = every_cut(wants, Limits::default(), &wire);
    assert_eq!(log.len(), 3, "{log:?}");
    assert!(log[0].starts_with("Frame") && log[1].starts_with("Frame"));
    assert_eq!(log[2], "binary [1, 2, 3]");
}

#[test]
fn only_empty_fragments_are_limited() {
    let limits = Limits {
        max_text_len: 4,
        max_binary_len: 4,
        max_fragments: 3,
        max_empty_fragments: 2,
        ..Limits::default()
    };
    let many = |payload: &[u8], n: usize| {
        let mut wire = frame(false, B, payload);
        for _ in 0..n {
            wire.extend(frame(false, C, payload));
        }
        wire.extend(frame(true, C, b"!"));
        every_cut(PARTS, limits, &wire)
    };
    assert!(many(&[7; 9], 20)[0].starts_with("binary [7, 7"));
    assert!(many(&[], 4)[0].ends_with("TooManyFragments(2)"));
}

#[test]
fn text_is_checked_part_by_part() {
    let wire = [frame(false, T, b"ok"), frame(true, C, b"\xE2\x82")].concat();
    assert!(every_cut(PARTS, Limits::default(), &wire)[0].ends_with("InvalidUtf8"));
    let wire = [frame(false, T, b"ok\xE2"), frame(false, C, b"\xFF")].concat();
    assert!(every_cut(PARTS, Limits::default(), &wire)[0].ends_with("InvalidUtf8"));
}

/// What is discarded is checked all the same, and the next message is an event again.
#[test]
fn the_rest_of_a_message_can_be_discarded() {
    for (kind, bad) in [(T, false), (T, true), (B, false)] {
        let mut receiver = receiver(PARTS, Limits { max_fragments: 2, ..Limits::default() });
        let mut first = frame(false, kind, b"begin");
        assert!(receiver.receive(&mut first).unwrap().0.is_some());
        assert!(!receiver.is_between_messages());
        receiver.discard();
        for _ in 0..5 {
            let mut more = frame(false, C, b"more");
            assert!(receiver.receive(&mut more).unwrap().0.is_none());
        }
        let mut last = frame(true, C, if bad { b"\xFF" } else { b"end" });
        assert_eq!(receiver.receive(&mut last).is_err(), bad);
        if !bad {
            assert!(receiver.is_between_messages());
            let mut next = frame(true, kind, b"next");
            let (event, _) = receiver.receive(&mut next).unwrap();
            assert!(matches!(event, Some(Event::Other(Other::Part { .. }))));
        }
    }
}

/// The look ahead may begin wherever the receiver is.
#[test]
fn looking_ahead_begins_in_the_middle_of_anything() {
    let wire = [
        frame(false, B, &[0x89; 40]),
        frame(true, Ping, b"one"),
        frame(false, C, &[0x89; 7]),
        frame(true, Ping, b"two"),
        frame(true, C, &[0x89; 70]),
    ]
    .concat();
    for cut in 0..=wire.len() {
        let mut receiver = receiver(PARTS, Limits::default());
        let mut head = wire[..cut].to_vec();
        let mut rest = &mut head[..];
        let mut seen = 0;
        while let (Some(event), behind) = receiver.receive(rest).unwrap() {
            seen += usize::from(matches!(event, Event::Other(Other::Ping(_))));
            rest = behind;
        }
        let mut found = Vec::new();
        receiver.lookahead().scan(&wire[cut..], |it| {
            let Found::Ping(payload) = it else { return };
            found.push(payload.to_vec());
        });
        assert_eq!(found, [&b"one"[..], b"two"][seen..], "cut at {cut}");
    }
}

#[test]
fn changes_hold_for_the_next_message() {
    let mut receiver = receiver(PARTS, Limits::default());
    let mut part = frame(false, B, b"begin");
    assert!(receiver.receive(&mut part).unwrap().0.is_some());
    assert!(!receiver.is_between_messages());
    let mut end = frame(true, C, b"end");
    assert!(receiver.receive(&mut end).unwrap().0.is_some());
    assert!(receiver.is_between_messages());
    let limits = Limits { max_binary_len: 3, ..Limits::default() };
    receiver.change(Wants { binary: Delivery::Whole, ..receiver.wants() }, limits);
    let mut whole = frame(true, B, b"abc");
    assert!(matches!(receiver.receive(&mut whole), Ok((Some(Event::Binary(_)), _))));
    assert!(receiver.receive(&mut frame(true, B, b"abcd")).is_err());
}

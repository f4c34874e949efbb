//! Frames that no server may send, and floods of those that it may.

use tests::client::config;
use tests::wire::{BINARY, CLOSE, CONTINUATION, PING, TEXT};
use tests::{Frame, alone, vitals};
use ws_container::Limits;
use ws_container::prelude::*;

use super::{Victim, play, told};

fn wire(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::unmasked).collect()
}

/// What is sent, the code that answers it, and what the client says to it.
type Case = (&'static str, fn() -> Vec<u8>, u16, &'static str);

#[rustfmt::skip] // a table
const CASES: &[Case] = &[
    ("a masked frame",         || Frame::text("x").masked(),                        1002, "wrong masking"),
    ("RSV1",                   || Frame::text("x").with_rsv(4).unmasked(),          1002, "reserved bits 0b100"),
    ("RSV2",                   || Frame::text("x").with_rsv(2).unmasked(),          1002, "reserved bits 0b010"),
    ("RSV3 of a ping",         || Frame::ping("x").with_rsv(1).unmasked(),          1002, "reserved bits 0b001"),
    ("compressed, not agreed", || Frame::text(*b"\xaa\0\0").with_rsv(4).unmasked(), 1002, "reserved bits 0b100"),
    ("opcode 3",               || Frame::new(3, "").unmasked(),                     1002, "reserved opcode 0x3"),
    ("opcode 11",              || Frame::new(11, "").unmasked(),                    1002, "reserved opcode 0xb"),
    ("length with its top bit", || vec![0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1],      1002, "not minimally encoded"),
    ("long form of 1",         || vec![0x82, 126, 0, 1, 7],                         1002, "not minimally encoded"),
    ("longest form of 65,535", || vec![0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff],    1002, "not minimally encoded"),
    ("ping of 126 bytes",      || Frame::ping([0; 126]).unmasked(),                 1002, "Ping frame is fragmented or longer than 125"),
    ("ping in fragments",      || Frame::ping("x").unfinished().unmasked(),         1002, "Ping frame is fragmented or longer than 125"),
    ("nothing to continue",    || Frame::continuation("x").unmasked(),              1002, "without a message to continue"),
    ("text inside text",       || wire(&[Frame::text("a").unfinished(), Frame::text("b")]), 1002, "inside an unfinished one"),
    ("no UTF-8",               || Frame::text([0xff]).unmasked(),                   1007, "not valid UTF-8"),
    ("close code 1005",        || Frame::close(1005, "").unmasked(),                1002, "close code 1005 may not be sent"),
    ("close code 1006",        || Frame::close(1006, "").unmasked(),                1002, "close code 1006 may not be sent"),
    ("close code 999",         || Frame::close(999, "").unmasked(),                 1002, "close code 999 may not be sent"),
    ("close code 5000",        || Frame::close(5000, "").unmasked(),                1002, "close code 5000 may not be sent"),
    ("half a close code",      || Frame::new(CLOSE, [3]).unmasked(),                1002, "half a code"),
    ("a phrase without UTF-8", || Frame::new(CLOSE, *b"\x03\xe8\xff").unmasked(),   1007, "not valid UTF-8"),
    ("a message too long",     || vec![0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255], 1009, "exceeds max_binary_message"),
    ("many empty fragments",   || wire(&[&[Frame::binary("").unfinished()], &vec![Frame::continuation("").unfinished(); 1_100][..]].concat()), 1008, "more than 1024 fragments"),
];

#[test]
fn each_violation_is_told_by_its_own_error_and_leaves_nothing() {
    alone("frames::each_violation_is_told_by_its_own_error_and_leaves_nothing", || {
        let victim = Victim::new();
        for &(name, bytes, code, expected) in CASES {
            victim.leaves_nothing(name, 4, |victim| {
                let (addr, peer) = play(move |raw| {
                    raw.switch("");
                    raw.say(bytes());
                    let close = raw.read();
                    assert_eq!((close.opcode, close.close_code()), (CLOSE, code), "{name}");
                    // The server is to go first (RFC 6455 §7.1.1).
                    raw.send_fin();
                });
                let reason = victim.ended(addr);
                let cause = told(reason.cause().expect("a cause"));
                assert!(cause.contains(expected), "{name}: {cause}");
                assert_eq!((reason.code().as_u16(), reason.is_clean()), (code, false), "{name}");
                victim.outlives(peer);
            });
        }
    });
}

/// Every frame that a server may send is understood here, or these tests would prove nothing.
#[test]
fn what_a_server_may_send_is_taken() {
    let victim = Victim::new();
    let (addr, peer) = play(|raw| {
        raw.switch("");
        for (opcode, next) in [(TEXT, CONTINUATION), (BINARY, CONTINUATION)] {
            raw.send(&Frame::new(opcode, "x").unfinished());
            raw.send(&Frame::new(next, "y"));
        }
        raw.send(&Frame::pong("unasked"));
        raw.send(&Frame::ping("asked"));
        raw.assert_next(&Frame::pong("asked"));
        raw.send(&Frame::close(1000, ""));
        raw.assert_next(&Frame::close(1000, ""));
    });
    assert!(victim.ended(addr).is_clean());
    victim.outlives(peer);
}

/// Pings without an end from a server that takes no Pongs: no queue grows.
#[test]
fn a_flood_of_pings_costs_no_memory() {
    alone("frames::a_flood_of_pings_costs_no_memory", || {
        let short = std::time::Duration::from_millis(500);
        // So that nothing else ends it.
        let limits = Limits { max_control_rate: u32::MAX, ..Limits::default() };
        let victim = Victim::with(config(|it| it.send_timeout(short).limits(limits)));
        victim.leaves_nothing("pings", 3, |victim| {
            let (addr, peer) = play(|raw| {
                raw.switch("");
                let some = wire(&vec![Frame::new(PING, [7; 125]); 1_000]);
                let before = vitals::resident();
                // The client leaves when nothing took its Pongs for the send timeout.
                let deadline = std::time::Instant::now() + tests::wait::DEADLINE;
                while raw.try_say(&some).is_ok() {
                    assert!(std::time::Instant::now() < deadline, "the client takes all");
                }
                let grown = vitals::resident().saturating_sub(before);
                assert!(grown < 2 << 20, "{grown} bytes");
            });
            let reason = victim.ended(addr);
            assert_eq!(reason.code(), CloseCode::ABNORMAL_CLOSURE, "{reason:?}");
            let cause = told(reason.cause().expect("a cause"));
            assert!(cause.contains("the peer takes no data"), "{cause}");
            victim.outlives(peer);
        });
    });
}

#[test]
fn a_flood_of_pings_is_refused() {
    alone("frames::a_flood_of_pings_is_refused", || {
        let victim = Victim::new();
        victim.leaves_nothing("pings that are too many", 3, |victim| {
            let (addr, peer) = play(|raw| {
                raw.switch("");
                for _ in 0..1_000 {
                    raw.send(&Frame::ping("x"));
                    assert_eq!(raw.read().opcode, tests::wire::PONG);
                }
                // Some more may be sent in the time that this took.
                let mut answer = tests::wire::PONG;
                while answer == tests::wire::PONG {
                    raw.send(&Frame::ping("x"));
                    let frame = raw.read();
                    answer = frame.opcode;
                    if answer == CLOSE {
                        assert_eq!(frame.close_code(), 1008);
                    }
                }
            });
            let reason = victim.ended(addr);
            assert_eq!(reason.code(), CloseCode::POLICY_VIOLATION, "{reason:?}");
            assert_eq!(reason.phrase(), "more than 100 control frames per second");
            victim.outlives(peer);
        });
    });
}

/// One-byte fragments without an end, below the longest message.
#[test]
fn a_flood_of_fragments_is_refused_and_costs_no_memory() {
    alone("frames::a_flood_of_fragments_is_refused_and_costs_no_memory", || {
        let victim = Victim::new();
        victim.leaves_nothing("fragments", 3, |victim| {
            let (addr, peer) = play(|raw| {
                raw.switch("");
                raw.send(&Frame::binary([1]).unfinished());
                let some = wire(&vec![Frame::continuation([1]).unfinished(); 1_000]);
                for _ in 0..132 {
                    if raw.try_say(&some).is_err() {
                        break;
                    }
                }
                assert_eq!(raw.read().close_code(), 1008);
                raw.send_fin();
            });
            let reason = victim.ended(addr);
            let cause = told(reason.cause().expect("a cause"));
            assert!(cause.contains("more than 131072 fragments"), "{cause}");
            victim.outlives(peer);
        });
    });
}

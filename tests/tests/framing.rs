//! RFC 6455 §5 and §7 by raw socket: what a peer must not send, what each violation is answered
//! with, and that slicing the stream changes nothing.

use tests::wire::CLOSE;
use tests::{Frame, Journal, RawClient, TestServer};

/// What a peer sends, and the code it is failed with.
type Violation = (&'static str, Vec<u8>, u16);

/// §5.1 to §5.5: masks, reserved bits and opcodes, lengths, fragmentation.
fn framing_violations() -> Vec<Violation> {
    let text = || Frame::text("x");
    let first = || Frame::text("x").unfinished().masked();
    let after_first = |frame: Frame| [first(), frame.masked()].concat();
    vec![
        ("an unmasked text", text().unmasked(), 1002),
        ("an unmasked ping", Frame::ping("x").unmasked(), 1002),
        ("an unmasked close", Frame::close(1000, "").unmasked(), 1002),
        ("RSV1", text().with_rsv(4).masked(), 1002),
        ("RSV2", text().with_rsv(2).masked(), 1002),
        ("RSV3", text().with_rsv(1).masked(), 1002),
        ("all reserved bits", text().with_rsv(7).masked(), 1002),
        ("RSV1 on a ping", Frame::ping("").with_rsv(4).masked(), 1002),
        ("RSV1 on a continuation", after_first(Frame::continuation("x").with_rsv(4)), 1002),
        ("opcode 3", Frame::new(3, "x").masked(), 1002),
        ("opcode 7", Frame::new(7, "x").masked(), 1002),
        ("opcode 11", Frame::new(11, "x").masked(), 1002),
        ("opcode 15", Frame::new(15, "").masked(), 1002),
        ("a fragmented ping", Frame::ping("x").unfinished().masked(), 1002),
        ("a fragmented pong", Frame::pong("x").unfinished().masked(), 1002),
        ("a fragmented close", Frame::close(1000, "").unfinished().masked(), 1002),
        ("a ping of 126 bytes", Frame::ping([0; 126]).masked(), 1002),
        ("a pong of 126 bytes", Frame::pong([0; 126]).masked(), 1002),
        ("a close of 126 bytes", Frame::close(1000, &"x".repeat(124)).masked(), 1002),
        ("a continuation of nothing", Frame::continuation("x").masked(), 1002),
        ("an unfinished one of nothing", Frame::continuation("x").unfinished().masked(), 1002),
        ("text inside text", after_first(text()), 1002),
        ("binary inside text", after_first(Frame::binary("x")), 1002),
        ("5 in the 16-bit form", Frame::binary([]).header_claiming(5, 7 + 16), 1002),
        ("125 in the 16-bit form", Frame::binary([]).header_claiming(125, 7 + 16), 1002),
        ("5 in the 64-bit form", Frame::binary([]).header_claiming(5, 7 + 64), 1002),
        ("65535 in the 64-bit form", Frame::binary([]).header_claiming(65_535, 7 + 64), 1002),
        ("the top bit of the length", Frame::binary([]).header_claiming(1 << 63 | 1, 7 + 64), 1002),
    ]
}

/// §8.1: text that is not UTF-8, as soon as that is certain.
fn text_violations() -> Vec<Violation> {
    let part = |bytes: &[u8]| Frame::text(bytes).unfinished().masked();
    let unfinished_frame = |bytes: &[u8]| {
        let whole = Frame::text([bytes, &[b'x'; 100]].concat()).masked();
        whole[..whole.len() - 100].to_vec()
    };
    vec![
        ("a byte that UTF-8 never has", Frame::text([0xFF]).masked(), 1007),
        ("a lone continuation byte", Frame::text([0x80]).masked(), 1007),
        ("an overlong form", Frame::text([0xC0, 0xAF]).masked(), 1007),
        ("a surrogate", Frame::text([0xED, 0xA0, 0x80]).masked(), 1007),
        ("above U+10FFFF", Frame::text([0xF4, 0x90, 0x80, 0x80]).masked(), 1007),
        ("a character cut off at the end", Frame::text([0xF0, 0x9F, 0xA6]).masked(), 1007),
        ("good text, then a bad byte", Frame::text(b"good \xFF".as_slice()).masked(), 1007),
        ("in an unfinished message", part(&[0xCE, 0xBA, 0xFF]), 1007),
        ("in an unfinished frame", unfinished_frame(&[0xCE, 0xBA, 0xFF]), 1007),
        ("a surrogate in an unfinished frame", unfinished_frame(&[0xED, 0xA0]), 1007),
        (
            "a surrogate over two fragments",
            [part(&[0xED]), Frame::continuation([0xA0, 0x80]).unfinished().masked()].concat(),
            1007,
        ),
        (
            "cut off at the end of the last fragment",
            [part(&[0xCE]), Frame::continuation([]).masked()].concat(),
            1007,
        ),
    ]
}

/// §5.5.1 and §7.4: what a Close may say.
fn close_violations() -> Vec<Violation> {
    let mut all = vec![
        ("half a close code", Frame::new(CLOSE, [3]).masked(), 1002),
        ("a reason that is not UTF-8", Frame::new(CLOSE, [3, 0xE8, 0xFF]).masked(), 1007),
    ];
    let illegal = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
    all.extend(
        illegal.map(|code| ("an illegal close code", Frame::close(code, "").masked(), 1002)),
    );
    all
}

fn violations() -> impl Iterator<Item = Violation> {
    framing_violations().into_iter().chain(text_violations()).chain(close_violations())
}

#[test]
fn every_violation_is_failed_with_its_code_and_a_readable_close() {
    let server = TestServer::start();
    for (name, wire, code) in violations() {
        println!("{name}");
        let mut client = RawClient::open(server.addr(), "/echo");
        client.send_bytes(&wire);
        client.assert_failed(code);
    }
}

#[test]
fn slicing_a_violation_changes_nothing() {
    let server = TestServer::start();
    for (name, wire, code) in violations() {
        println!("{name}");
        let mut client = RawClient::open(server.addr(), "/echo");
        for byte in &wire {
            // The answer may come before the last byte; what is sent then is dropped or refused.
            if client.try_send_bytes(&[*byte]).is_err() {
                break;
            }
        }
        client.assert_failed(code);
    }
}

#[test]
fn more_data_behind_a_violation_does_not_hide_the_close() {
    let server = TestServer::start();
    for (name, wire, code) in violations() {
        println!("{name}");
        let mut client = RawClient::open(server.addr(), "/echo");
        client.send_bytes(&[wire, Frame::binary(vec![0; 50_000]).masked()].concat());
        client.assert_failed(code);
    }
}

#[test]
fn what_came_before_a_violation_is_answered_first() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    client.send_all(&[Frame::text("good"), Frame::ping("p"), Frame::new(3, "")]);
    client.assert_next(&Frame::text("good"));
    client.assert_next(&Frame::pong("p"));
    client.assert_failed(1002);
}

#[test]
fn a_violation_reaches_the_error_handler_and_then_the_close_handler() {
    let server = TestServer::start();
    for (number, (name, wire, code)) in violations().enumerate() {
        println!("{name}");
        let journal = Journal::of(&format!("violation-{number}"));
        let mut client = RawClient::open(server.addr(), &format!("/journal/violation-{number}"));
        client.send_bytes(&wire);
        client.assert_failed(code);
        drop(client);
        journal.wait_for("end");
        let lines = journal.lines();
        assert_eq!(lines[..2], ["open", "error Protocol"], "{name}");
        assert!(lines[2].starts_with(&format!("close {code} ")), "{name}: {lines:?}");
        assert!(lines[2].ends_with("by Local, unclean"), "{name}: {lines:?}");
        assert_eq!(lines[3..], ["end"], "{name}");
    }
}

#[test]
fn text_is_judged_where_no_handler_wants_it() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/binary-only");
    client.send(&Frame::text("ignored"));
    client.assert_silent();
    client.send(&Frame::text([0xFF]));
    client.assert_failed(1007);
}

#[test]
fn a_legal_stream_means_the_same_however_it_is_sliced() {
    let server = TestServer::start();
    let frames = [
        Frame::text("whole"),
        Frame::text("žl").unfinished(),
        Frame::ping("between"),
        Frame::continuation("uť").unfinished(),
        Frame::continuation("").unfinished(),
        Frame::continuation("!"),
        Frame::binary((0..=255).collect::<Vec<u8>>()),
        Frame::binary([]).unfinished(),
        Frame::continuation([]),
    ];
    let wire: Vec<u8> = frames.iter().flat_map(Frame::masked).collect();
    let replies = [
        Frame::text("whole"),
        Frame::pong("between"),
        Frame::text("žluť!"),
        Frame::binary((0..=255).collect::<Vec<u8>>()),
        Frame::binary([]),
    ];
    for size in [1, 2, 3, 7, 64, wire.len()] {
        let mut client = RawClient::open(server.addr(), "/echo");
        for piece in wire.chunks(size) {
            client.send_bytes(piece);
        }
        for reply in &replies {
            client.assert_next(reply);
        }
        client.close(1000, "");
    }
}

#[test]
fn frames_in_the_segment_of_the_request_are_served() {
    let server = TestServer::start();
    let early =
        [Frame::text("early").masked(), Frame::text("half").masked()[..5].to_vec()].concat();
    let mut client = RawClient::open_with(server.addr(), "/echo", "", &early);
    client.assert_next(&Frame::text("early"));
    client.send_bytes(&Frame::text("half").masked()[5..]);
    client.assert_next(&Frame::text("half"));
    let early = Frame::close(1000, "at once").masked();
    let mut client = RawClient::open_with(server.addr(), "/echo", "", &early);
    client.assert_next(&Frame::close(1000, "at once"));
    client.assert_fin();
}

#[test]
fn a_limit_is_tested_at_the_header() {
    let server = TestServer::start();
    for (name, wire) in [
        ("text one above", Frame::text([]).header_claiming(1001, 7 + 16)),
        ("binary one above", Frame::binary([]).header_claiming(1025, 7 + 16)),
        ("2^40 bytes", Frame::binary([]).header_claiming(1 << 40, 7 + 64)),
        ("2^63 - 1 bytes", Frame::binary([]).header_claiming((1 << 63) - 1, 7 + 64)),
        (
            "the second of two fragments",
            [
                Frame::text("x".repeat(600)).unfinished().masked(),
                Frame::continuation([]).header_claiming(401, 7 + 16),
            ]
            .concat(),
        ),
    ] {
        println!("{name}");
        let mut client = RawClient::open(server.addr(), "/small");
        client.send_bytes(&wire);
        let reason = client.assert_failed(1009);
        assert!(reason.contains("max"), "the reason names the setting: {reason}");
    }
    let mut client = RawClient::open(server.addr(), "/small");
    client.assert_echo(&"x".repeat(1000));
    client.assert_echo(&"é".repeat(500));
    client.send(&Frame::binary([7; 1024]));
    client.assert_next(&Frame::binary([7; 1024]));
    client.send_text(&"é".repeat(501));
    client.assert_failed(1009);
}

#[test]
fn the_default_limit_is_one_mebibyte() {
    let server = TestServer::start();
    let journal = Journal::of("default-limit");
    let mut client = RawClient::open(server.addr(), "/journal/default-limit");
    client.send_bytes(&Frame::binary([]).header_claiming((1 << 20) + 1, 7 + 64));
    client.assert_failed(1009);
    journal.wait_for("close 1009");
}

#[test]
fn pings_are_answered_in_order() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    let pings: Vec<_> = (0..10).map(|n| Frame::ping([n])).collect();
    client.send_all(&pings);
    for n in 0..10 {
        client.assert_next(&Frame::pong([n]));
    }
    client.send(&Frame::ping([7; 125]));
    client.assert_next(&Frame::pong([7; 125]));
    client.send(&Frame::pong("unsolicited"));
    client.assert_silent();
}

#[test]
fn a_close_is_echoed_with_its_code_and_reason() {
    let server = TestServer::start();
    let legal = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
    for code in legal.into_iter().chain([3000, 3999, 4000, 4321, 4999]) {
        RawClient::open(server.addr(), "/echo").close(code, "");
        RawClient::open(server.addr(), "/echo").close(code, &"x".repeat(123));
    }
    let mut client = RawClient::open(server.addr(), "/echo");
    client.send(&Frame::empty_close());
    client.assert_next(&Frame::empty_close());
    client.assert_fin();
}

#[test]
fn data_behind_a_close_is_ignored() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    client.send_all(&[Frame::text("before"), Frame::close(1000, ""), Frame::text("behind")]);
    client.assert_next(&Frame::text("before"));
    client.assert_next(&Frame::close(1000, ""));
    client.assert_fin();
}

#[test]
fn a_message_of_very_many_fragments_is_refused() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    client.send(&Frame::text("").unfinished());
    let empty = Frame::continuation("").unfinished().masked().repeat(1024);
    client.send_bytes(&empty);
    client.assert_failed(1008);
}

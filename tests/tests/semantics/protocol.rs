//! What peers must not send, and Pings and Pongs.

use tests::wire::CLOSE;
use tests::{Frame, Journal, RawClient, TestServer};

use crate::support::{assert_failed, open};

/// Fails a session for each of `violations` with `code`: error event, then close event, both with
/// what went on the wire.
fn assert_all_failed(name: &str, code: u16, violations: &[Vec<u8>]) {
    let server = TestServer::start();
    for (number, wire) in violations.iter().enumerate() {
        println!("{name} {number}");
        let (mut client, journal) = open(&server, "journal", &format!("{name}-{number}"));
        client.send_bytes(wire);
        assert_failed(client, &journal, code);
    }
}

fn after_first(frame: &Frame) -> Vec<u8> {
    [Frame::text("x").unfinished().masked(), frame.masked()].concat()
}

#[test]
fn protocol_unmasked_frame() {
    let frames = [Frame::text("x"), Frame::ping("x"), Frame::close(1000, "")];
    assert_all_failed("unmasked", 1002, &frames.map(|frame| frame.unmasked()));
}

#[test]
fn protocol_opcode_3_7_11_15() {
    let frames = [3, 7, 11, 15].map(|opcode| Frame::new(opcode, "x").masked());
    assert_all_failed("opcode", 1002, &frames);
}

#[test]
fn protocol_rsv1_rsv2_rsv3() {
    assert_all_failed("rsv", 1002, &[4, 2, 1].map(|bit| Frame::text("x").with_rsv(bit).masked()));
}

#[test]
fn protocol_fragmented_ping_or_close() {
    let frames = [Frame::ping("x"), Frame::close(1000, "")];
    assert_all_failed("fragmented", 1002, &frames.map(|frame| frame.unfinished().masked()));
}

#[test]
fn protocol_ping_of_126() {
    assert_all_failed("ping-126", 1002, &[Frame::ping([0; 126]).masked()]);
}

#[test]
fn protocol_continuation_with_nothing_to_continue() {
    let frame = Frame::continuation("x");
    let frames = [frame.masked(), frame.unfinished().masked()];
    assert_all_failed("nothing-to-continue", 1002, &frames);
}

#[test]
fn protocol_new_text_or_binary_inside_a_fragmented_message() {
    let frames = [after_first(&Frame::text("new")), after_first(&Frame::binary("new"))];
    assert_all_failed("inside", 1002, &frames);
}

#[test]
fn protocol_bad_utf_8() {
    assert_all_failed(
        "bad-utf-8",
        1007,
        &[
            // Whole.
            Frame::text([b'a', 0xFF]).masked(),
            // In an unfinished fragment.
            Frame::text([0xCE, 0xBA, 0xFF]).unfinished().masked(),
            // A surrogate split over fragments.
            [Frame::text([0xED]).unfinished().masked(), Frame::continuation([0xA0, 0x80]).masked()]
                .concat(),
            // Cut off at the end.
            Frame::text([0xF0, 0x9F, 0xA6]).masked(),
            [Frame::text([0xCE]).unfinished().masked(), Frame::continuation([]).masked()].concat(),
        ],
    );
}

#[test]
fn protocol_bad_utf_8_inside_a_frame_whose_rest_has_not_come() {
    let whole = Frame::text([&[0xCE, 0xBA, 0xFF], &[b'x'; 100][..]].concat()).masked();
    assert_all_failed("bad-utf-8-early", 1007, &[whole[..whole.len() - 100].to_vec()]);
}

#[test]
fn protocol_bad_utf_8_for_an_endpoint_with_no_text_handler() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/binary-only");
    client.send(&Frame::text("fine"));
    client.assert_silent();
    client.send(&Frame::text([0xFF]));
    client.assert_failed(1007);
}

#[test]
fn protocol_pings() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    for payload in [&b"hello"[..], b"", &[7; 125]] {
        client.send(&Frame::ping(payload));
        client.assert_next(&Frame::pong(payload));
    }
    client.send_all(&std::array::from_fn::<_, 10, _>(|n| Frame::ping(n.to_string())));
    for n in 0..10 {
        client.assert_next(&Frame::pong(n.to_string()));
    }
    client.send_all(&[Frame::text("a").unfinished(), Frame::ping("between")]);
    client.assert_next(&Frame::pong("between"));
    client.send(&Frame::continuation("b"));
    client.assert_next(&Frame::text("ab"));
}

#[test]
fn protocol_pings_of_an_endpoint_with_a_pong_handler_and_an_unsolicited_pong() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "pong-handler");
    client.send_all(&[Frame::ping("ping"), Frame::pong("pong"), Frame::close(1000, "")]);
    client.assert_next(&Frame::pong("ping"));
    client.assert_next(&Frame::close(1000, ""));
    client.assert_fin();
    drop(client);
    journal.assert_whole(&["open", "pong b\"pong\"", "close 1000 \"\" by Peer, clean"]);
}

#[test]
fn protocol_send_ping_or_pong_of_126_bytes() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "pong-126");
    client.send_text("pong 126; pong 125");
    client.assert_next(&Frame::pong([0; 125]));
    client.send_text("ping 126");
    client.close(1000, "");
    journal.assert_whole(&[
        "open",
        "text pong 126; pong 125",
        "not sent: ControlTooLong",
        "sent",
        "text ping 126",
        "not sent: ControlTooLong",
        "close 1000 \"\" by Peer, clean",
    ]);
}

#[test]
fn protocol_length_5_in_the_16_or_64_bit_form() {
    let header = |bits| Frame::binary([]).header_claiming(5, bits);
    assert_all_failed("long-form", 1002, &[header(7 + 16), header(7 + 64)]);
}

#[test]
fn protocol_64_bit_length_with_the_top_bit_set() {
    let header = Frame::binary([]).header_claiming(1 << 63 | 1, 7 + 64);
    assert_all_failed("top-bit", 1002, &[header]);
}

#[test]
fn protocol_frame_header_of_2_to_the_40_bytes() {
    let header = Frame::binary([]).header_claiming(1 << 40, 7 + 64);
    assert_all_failed("2-to-the-40", 1009, &[header]);
}

#[test]
fn protocol_frames_in_the_same_segment_as_the_request() {
    let server = TestServer::start();
    let journal = Journal::of("with-the-request");
    let early = [Frame::text("early"), Frame::ping("early"), Frame::new(CLOSE, [])];
    let early: Vec<u8> = early.iter().flat_map(Frame::masked).collect();
    let path = "/journal/with-the-request";
    let mut client = RawClient::open_with(server.addr(), path, "", &early);
    client.assert_next(&Frame::pong("early"));
    client.assert_next(&Frame::empty_close());
    client.assert_fin();
    drop(client);
    journal.assert_whole(&["open", "text early", "close 1005 \"\" by Peer, clean"]);
}

#[test]
fn protocol_one_byte_at_a_time() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "one-byte");
    let frames = [
        Frame::text("žl").unfinished(),
        Frame::ping("between"),
        Frame::continuation("uť"),
        Frame::binary([1, 2]),
        Frame::close(4000, "done"),
    ];
    client.send_bytewise(&frames.iter().flat_map(Frame::masked).collect::<Vec<_>>());
    client.assert_next(&Frame::pong("between"));
    client.assert_next(&Frame::close(4000, "done"));
    client.assert_fin();
    let close = "close 4000 \"done\" by Peer, clean";
    drop(client);
    journal.assert_whole(&["open", "text žluť", "binary [1, 2]", close]);
}

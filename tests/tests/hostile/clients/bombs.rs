//! Compressed messages that mean no good (RFC 7692): what grows beyond the limit costs the limit and
//! is failed with 1009, what is no compressed data with 1007.

use tests::deflated::{OFFER, deflated, inflated};
use tests::wire::BINARY;
use tests::{Frame, RawClient, TestServer};

use super::Case;

/// The longest message.
const LIMIT: usize = 1 << 20;

/// That of the endpoint `/small` for binary messages.
const SMALL: usize = 1 << 10;

/// A block of nothing, stored as it is; of the last one of a message only the first byte is sent.
const EMPTY_BLOCK: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// What is sent, and the code that answers it.
type Row = (&'static str, fn() -> Vec<u8>, u16);

#[rustfmt::skip] // a table
const FAILED: &[Row] = &[
    ("one byte above the limit",      || zeros(LIMIT + 1).masked(),                          1009),
    ("two bytes above the limit",     || zeros(LIMIT + 2).masked(),                          1009),
    ("16 MiB in 16 KiB",              || zeros(16 << 20).masked(),                           1009),
    ("64 MiB in 64 KiB",              || zeros(64 << 20).masked(),                           1009),
    ("64 MiB in fragments",           || in_fragments(&zeros(64 << 20), 100),                1009),
    ("a text above the limit",        || text(&vec![b'x'; LIMIT + 1]).masked(),              1009),
    ("one byte above, as it is",      || Frame::binary(vec![7; LIMIT + 1]).masked(),         1009),
    ("noise",                         || compressed(vec![0xff; 100]).masked(),               1007),
    ("a block of a reserved type",    || compressed(vec![0x07]).masked(),                    1007),
    ("a length that does not agree",  || compressed(vec![0, 5, 0, 5, 0, 1, 2]).masked(),     1007),
    ("a reference before the start",  || compressed(vec![0x03, 0x02, 0x00]).masked(),        1007),
    ("a block that is cut off",       || compressed(vec![0, 50, 0, 0xcd, 0xff, 1]).masked(), 1007),
    ("text that is no UTF-8",         || text(&[0xff; 100]).masked(),                        1007),
    ("text that is cut off",          || text(&[b'x', 0xce]).masked(),                       1007),
    ("text that is no UTF-8, in part", || text(&[0xff; 5_000]).unfinished().masked(),        1007),
    ("RSV1 of a second frame",        || super::wire(&[text(b"x").unfinished(), Frame::continuation("").with_rsv(4)]), 1002),
    ("RSV1 of a compressed ping",     || Frame::ping("").with_rsv(4).masked(),               1002),
    ("RSV2 beside RSV1",              || text(b"x").with_rsv(6).masked(),                    1002),
];

/// What is sent, and how many bytes it holds.
type Echoed = (&'static str, fn() -> Vec<u8>, usize);

/// What comes back.
#[rustfmt::skip] // a table
const ECHOED: &[Echoed] = &[
    ("one byte below the limit",      || zeros(LIMIT - 1).masked(),                          LIMIT - 1),
    ("just the limit",                || zeros(LIMIT).masked(),                              LIMIT),
    ("the limit in fragments",        || in_fragments(&zeros(LIMIT), 7),                     LIMIT),
    ("the limit as it is",            || Frame::binary(vec![0; LIMIT]).masked(),             LIMIT),
    ("nothing, compressed",           || zeros(0).masked(),                                  0),
    ("a final block",                 || compressed(vec![1, 1, 0, 0xfe, 0xff, 0, 0]).masked(), 1),
    ("20,000 empty blocks",           || compressed([&EMPTY_BLOCK.repeat(20_000)[..], &[0]].concat()).masked(), 0),
];

/// Offers that cannot be taken: the connection opens without compression.
const OFFERS: &[&str] = &[
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=99999999999999999999",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; constructor",
];

/// A compressed message.
fn compressed(payload: Vec<u8>) -> Frame {
    Frame::binary(payload).with_rsv(4)
}

fn zeros(len: usize) -> Frame {
    compressed(deflated(&vec![0; len]))
}

fn text(bytes: &[u8]) -> Frame {
    Frame::text(deflated(bytes)).with_rsv(4)
}

/// The message of `frame` in fragments of `size` bytes.
fn in_fragments(frame: &Frame, size: usize) -> Vec<u8> {
    let mut pieces = frame.payload.chunks(size);
    let first = Frame { payload: pieces.next().unwrap().to_vec(), ..frame.clone() };
    let mut frames = vec![first.unfinished()];
    frames.extend(pieces.map(|piece| Frame::continuation(piece).unfinished()));
    frames.push(Frame::continuation(""));
    super::wire(&frames)
}

#[track_caller]
fn open(server: &TestServer, path: &str) -> RawClient {
    let client = RawClient::open_with(server.addr(), path, OFFER, &[]);
    let agreed = client.response().header("sec-websocket-extensions").unwrap();
    assert!(agreed.contains("server_no_context_takeover"), "{agreed}");
    client
}

pub(super) fn cases() -> Vec<Case> {
    let failed = FAILED.iter().map(|&(name, make, code)| {
        Case::new(name, move |server| {
            let mut client = open(server, "/target");
            // What comes behind the limit may not be taken.
            let _ = client.try_send_bytes(&make());
            client.assert_failed(code);
        })
    });
    let echoed = ECHOED.iter().map(|&(name, make, len)| {
        Case::new(name, move |server| {
            let mut client = open(server, "/target");
            client.send_bytes(&make());
            let back = client.read();
            let bytes = if back.rsv == 4 { inflated(&back.payload).unwrap() } else { back.payload };
            assert!(back.opcode == BINARY && back.fin, "{name}");
            assert!(bytes.len() == len && bytes.iter().all(|byte| *byte == 0), "{name}");
            client.close(1000, "");
        })
    });
    let offers = OFFERS.iter().map(|offer| {
        Case::new(offer, move |server| {
            let line = format!("Sec-WebSocket-Extensions: {offer}\r\n");
            let mut client = RawClient::open_with(server.addr(), "/target", &line, &[]);
            assert_eq!(client.response().header("sec-websocket-extensions"), None);
            client.send(&Frame::text("x").with_rsv(4));
            client.assert_failed(1002);
        })
    });
    failed.chain(echoed).chain(offers).chain(many()).collect()
}

fn many() -> Vec<Case> {
    vec![
        Case::new("a hundred bombs at once", |server| bombs(server, "/small", 100, SMALL)),
        Case::new("twenty large bombs at once", |server| bombs(server, "/target", 20, LIMIT)),
        Case::new("a bomb of a legal size, again and again", |server| {
            let mut client = open(server, "/target");
            let bomb = zeros(LIMIT).masked();
            for _ in 0..20 {
                client.send_bytes(&bomb);
                assert_eq!(client.read().rsv, 4);
            }
            client.close(1000, "");
        }),
    ]
}

/// Sends so many bombs that each is at its limit when the next begins, and then goes beyond it.
fn bombs(server: &TestServer, path: &str, count: usize, limit: usize) {
    let mut clients: Vec<_> = (0..count).map(|_| open(server, path)).collect();
    let mut full = zeros(limit).unfinished();
    full.payload.extend(&EMPTY_BLOCK[1..]);
    let full = full.masked();
    for client in &mut clients {
        client.send_bytes(&full);
        client.send(&Frame::ping("inflated?"));
        client.assert_next(&Frame::pong("inflated?"));
    }
    for client in &mut clients {
        let more = deflated(&vec![0; 16 << 20]);
        client.send(&Frame::continuation(more));
    }
    for client in &mut clients {
        client.assert_failed(1009);
    }
}

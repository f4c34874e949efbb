//! More of everything than there should be: what costs the server more than the client is stopped with
//! 1008, and the rest is served.

use std::io::Write as _;
use std::time::Instant;

use tests::wire::{CLOSE, PONG};
use tests::{Frame, RawClient, TestServer, http};

use super::{Case, open};

/// What is sent again and again, after what, and how often.
type Row = (&'static str, fn() -> Vec<u8>, fn() -> Vec<u8>, usize);

/// More than the burst of 1,000 and what may come within a few seconds.
const TOO_MANY: usize = 4_000;

#[rustfmt::skip] // a table
const STOPPED: &[Row] = &[
    ("empty pings",             Vec::new, || Frame::ping("").masked(),                       TOO_MANY),
    ("pings of 125 bytes",      Vec::new, || Frame::ping([7; 125]).masked(),                 TOO_MANY / 2),
    ("pongs",                   Vec::new, || Frame::pong("").masked(),                       TOO_MANY),
    ("pings and pongs",         Vec::new, || both(Frame::ping("a"), Frame::pong("b")),       TOO_MANY / 2),
    ("pings between messages",  Vec::new, || both(Frame::text("a"), Frame::ping("b")),       TOO_MANY),
    ("pings inside a message",  part,     || both(Frame::ping(""), more("x")),               TOO_MANY),
    ("empty fragments of text", part,     || more("").masked(),                              1_025),
    ("empty fragments only",    || Frame::binary("").unfinished().masked(), || more("").masked(), 1_024),
    ("empty and full fragments", part,    || both(more(""), more("x")),                      1_025),
    ("fragments of one byte",   part,     || more("x").masked(),                             131_072),
];

/// Messages that are served, however many there are, and in which order.
#[rustfmt::skip] // a table
const SERVED: &[(&str, &str, usize)] = &[
    ("empty messages",          "",       20_000),
    ("messages of one byte",    "x",      20_000),
    ("messages of 100 bytes",   "a message of a hundred bytes, or nearly as many, of which there are more than anybody needs to have", 10_000),
];

fn both(first: Frame, second: Frame) -> Vec<u8> {
    super::wire(&[first, second])
}

fn more(text: &str) -> Frame {
    Frame::continuation(text).unfinished()
}

fn part() -> Vec<u8> {
    Frame::text("x").unfinished().masked()
}

pub(super) fn cases() -> Vec<Case> {
    let stopped = STOPPED.iter().map(|&(name, before, again, times)| {
        Case::new(name, move |server| {
            let mut client = open(server);
            // Not all of it may be taken.
            let _ = client.try_send_bytes(&[before(), again().repeat(times)].concat());
            let reason = client.assert_failed(1008);
            assert!(reason.contains("max_") || reason.contains("more than"), "{name}: {reason}");
        })
    });
    let served = SERVED.iter().map(|&(name, text, times)| {
        Case::new(name, move |server| {
            assert_served(server, text, times);
        })
    });
    stopped.chain(served).chain(others()).chain(connections()).collect()
}

/// Sends the same message again and again, reads all answers, and checks that others are served
/// meanwhile.
fn assert_served(server: &TestServer, text: &str, times: usize) {
    let (mut client, mut other) = (open(server), open(server));
    let message = Frame::text(text).masked();
    for _ in 0..times / 1_000 {
        client.send_bytes(&message.repeat(1_000));
        let begun = Instant::now();
        other.assert_echo("meanwhile");
        assert!(begun.elapsed().as_secs() < 5, "another waits for {:?}", begun.elapsed());
        for _ in 0..1_000 {
            client.assert_next(&Frame::text(text));
        }
    }
    client.close(1000, "");
    other.close(1000, "");
}

/// What is just bearable.
fn others() -> Vec<Case> {
    vec![
        Case::new("as many pings as are allowed", |server| {
            let mut client = open(server);
            client.send_bytes(&Frame::ping("x").masked().repeat(1_000));
            for _ in 0..1_000 {
                client.assert_next(&Frame::pong("x"));
            }
            client.assert_echo("still there");
            client.close(1000, "");
        }),
        Case::new("pings that are not read", |server| {
            let mut client = open(server);
            client.shrink_receive_buffer();
            client.send_bytes(&Frame::ping([7; 125]).masked().repeat(1_500));
            // Some may be replaced by later ones; all that come are whole.
            let close = loop {
                let frame = client.read();
                if frame.opcode == CLOSE {
                    break frame;
                }
                assert!(frame.opcode == PONG && frame.payload == [7; 125], "{frame:?}");
            };
            assert_eq!(close.close_code(), 1008);
        }),
        Case::new("65,536 fragments", |server| {
            let mut client = open(server);
            let fragments = more("xy").masked().repeat(65_534);
            client.send_bytes(&[part(), fragments, Frame::continuation("z").masked()].concat());
            assert_eq!(client.read_text().len(), 1 + 2 * 65_534 + 1);
            client.close(1000, "");
        }),
    ]
}

/// Connections that come to nothing.
fn connections() -> Vec<Case> {
    vec![
        Case::new("connections that are reset", |server| {
            for _ in 0..300 {
                open(server).reset();
            }
        }),
        Case::new("connections that are reset before a word", |server| {
            for _ in 0..300 {
                let socket = socket2::Socket::from(http::connect(server.addr()));
                socket.set_linger(Some(std::time::Duration::ZERO)).unwrap();
            }
        }),
        Case::new("requests that are refused", |server| {
            for _ in 0..300 {
                let changes = &["Sec-WebSocket-Version: 7"];
                let answer = http::request(server.addr(), "GET /target HTTP/1.1", changes);
                assert_eq!(answer.status, 426);
            }
        }),
        Case::new("requests of one connection", |server| {
            let mut stream = http::connect(server.addr());
            let request = format!("GET /nothing HTTP/1.1\r\nHost: {}\r\n\r\n", server.addr());
            for _ in 0..20 {
                stream.write_all(request.repeat(50).as_bytes()).unwrap();
                for _ in 0..50 {
                    let answer = http::read_head(&mut stream);
                    assert_eq!(answer.status, 404);
                    let len = answer.header("content-length").unwrap().parse().unwrap();
                    std::io::Read::read_exact(&mut stream, &mut vec![0; len]).unwrap();
                }
            }
        }),
        Case::new("sessions that close at once", |server| {
            for _ in 0..300 {
                let close = Frame::close(1000, "").masked();
                let mut client = RawClient::open_with(server.addr(), "/target", "", &close);
                client.assert_next(&Frame::close(1000, ""));
                client.assert_fin();
            }
        }),
    ]
}

//! Clients that begin something and do not go on: every wait has a deadline, and what waits for one
//! client holds up no other.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use tests::wire::{CLOSE, PING};
use tests::{Frame, RawClient, TestServer, http, wait};
use ws_container::Budget;
use ws_container::prelude::*;

use super::{Case, open};

/// How long the server waits for a head, and for the rest of a message.
const PATIENCE: Duration = Duration::from_millis(800);

/// Memory for messages that are not finished.
const BUDGET: usize = 256 << 10;

/// A server that waits for nobody for long.
pub(super) fn impatient() -> TestServer {
    TestServer::with(|settings| {
        settings.head_timeout = PATIENCE;
        settings.message_timeout = PATIENCE;
        settings.message_budget = Budget::new(BUDGET);
        settings.send_timeout = Duration::from_millis(500);
        settings.close_timeout = Duration::from_millis(400);
    })
}

/// What is sent of a request, and how the answer begins when nothing follows.
type Head = (&'static str, fn(&str) -> Vec<u8>, &'static str);

/// What is sent of a message.
type Begun = (&'static str, fn() -> Vec<u8>);

/// Requests that do not go on.
#[rustfmt::skip] // a table
const HEADS: &[Head] = &[
    ("no head",                        |_| Vec::new(),                          ""),
    ("one byte of a head",             |_| b"G".to_vec(),                       "HTTP/1.1 408 "),
    ("half a head",                    |it| it.as_bytes()[..it.len() / 2].to_vec(), "HTTP/1.1 408 "),
    ("a head without its last byte",   |it| it.as_bytes()[..it.len() - 1].to_vec(), "HTTP/1.1 408 "),
];

/// Messages that do not go on: 1008.
#[rustfmt::skip] // a table
const MESSAGES: &[Begun] = &[
    ("a first fragment",               || Frame::text("x").unfinished().masked()),
    ("an empty first fragment",        || Frame::text("").unfinished().masked()),
    ("two fragments",                  || [Frame::text("x"), Frame::continuation("")].iter().flat_map(|it| it.clone().unfinished().masked()).collect()),
    ("the header of a frame",          || Frame::binary("").header_claiming(100, 7)),
    ("the header of a long frame",     || Frame::binary("").header_claiming(100_000, 7 + 64)),
    ("half a frame",                   || { let all = Frame::text([b'x'; 100]).masked(); all[..50].to_vec() }),
    ("a fragment and half a header",   || [Frame::text("x").unfinished().masked(), vec![0x80]].concat()),
    ("a fragment and a ping",          || super::wire(&[Frame::text("x").unfinished(), Frame::ping("")])),
];

pub(super) fn cases() -> Vec<Case> {
    let heads = HEADS.iter().map(|&(name, make, answer)| {
        Case::new(name, move |server| {
            let mut stream = http::connect(server.addr());
            stream.write_all(&make(&http::upgrade(server.addr(), "/target", ""))).unwrap();
            assert_answer(&mut stream, answer);
        })
    });
    let messages = MESSAGES.iter().map(|&(name, make)| {
        Case::new(name, move |server| {
            let mut client = open(server);
            client.send_bytes(&make());
            client.assert_failed(1008);
        })
    });
    heads
        .chain(messages)
        .chain(dribbles())
        .chain(budgets())
        .chain(ends())
        .chain(readers())
        .collect()
}

/// Checks that the answer begins so, or is nothing, and that the stream then ends in time.
#[track_caller]
fn assert_answer(stream: &mut TcpStream, answer: &str) {
    let begun = Instant::now();
    let mut text = String::new();
    let ended = stream.read_to_string(&mut text);
    assert!(ended.is_ok() && text.starts_with(answer), "{ended:?}: {text:?}");
    assert!(text.is_empty() == answer.is_empty(), "{text:?}");
    assert!(begun.elapsed() < PATIENCE * 5, "{:?}", begun.elapsed());
}

/// What comes, but too slowly.
fn dribbles() -> Vec<Case> {
    vec![
        Case::new("a head one byte now and then", |server| {
            let mut stream = http::connect(server.addr());
            for byte in http::upgrade(server.addr(), "/target", "").bytes() {
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
                thread::sleep(PATIENCE / 20);
                stream.set_nonblocking(true).unwrap();
                let answered = stream.peek(&mut [0]).is_ok();
                stream.set_nonblocking(false).unwrap();
                if answered {
                    break;
                }
            }
            assert_answer(&mut stream, "HTTP/1.1 408 ");
        }),
        Case::new("a second head that does not end", |server| {
            let mut stream = http::connect(server.addr());
            let request = format!("GET /nothing HTTP/1.1\r\nHost: {}\r\n\r\n", server.addr());
            stream.write_all(&request.as_bytes().repeat(2)[..request.len() + 9]).unwrap();
            let answer = http::read_head(&mut stream);
            let len = answer.header("content-length").unwrap().parse().unwrap();
            stream.read_exact(&mut vec![0; len]).unwrap();
            assert_answer(&mut stream, "HTTP/1.1 408 ");
        }),
        Case::new("200 silent connections", |server| {
            let silent: Vec<_> = (0..200).map(|_| http::connect(server.addr())).collect();
            super::assert_serves(server);
            for mut stream in silent {
                assert_answer(&mut stream, "");
            }
        }),
        Case::new("pings instead of the rest", |server| {
            let mut client = open(server);
            client.send(&Frame::text("x").unfinished());
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE * 3 {
                thread::sleep(PATIENCE / 10);
                if client.try_send_bytes(&Frame::ping("").masked()).is_err() {
                    break;
                }
            }
            client.assert_failed(1008);
        }),
        Case::new("a message one byte now and then", |server| {
            let mut client = open(server);
            // It goes on each time, and so has all the time it needs.
            for byte in Frame::text("slowly").masked() {
                client.send_bytes(&[byte]);
                thread::sleep(PATIENCE / 8);
            }
            client.assert_next(&Frame::text("slowly"));
            client.close(1000, "");
        }),
    ]
}

/// Messages that are not finished, beyond what there is room for.
fn budgets() -> Vec<Case> {
    let most = BUDGET * 3 / 4;
    vec![
        Case::new("more unfinished messages than there is room for", move |server| {
            let (mut first, mut second) = (open(server), open(server));
            let part = Frame::binary(vec![7; most]).unfinished();
            first.send(&part);
            first.send(&Frame::ping("read?"));
            first.assert_next(&Frame::pong("read?"));
            second.send(&part);
            second.assert_failed(1013);
            first.send(&Frame::continuation([8]));
            assert_eq!(first.read().payload.len(), most + 1);
            first.close(1000, "");
        }),
        Case::new("one unfinished message above all room", |server| {
            let mut client = open(server);
            let _ =
                client.try_send_bytes(&Frame::binary(vec![7; BUDGET * 2]).unfinished().masked());
            client.assert_failed(1013);
        }),
        Case::new("fifty unfinished messages", |server| {
            let mut clients: Vec<_> = (0..50).map(|_| open(server)).collect();
            for client in &mut clients {
                client.send(&Frame::binary(vec![7; 64 << 10]).unfinished());
            }
            let codes: Vec<_> =
                clients.iter_mut().map(|client| client.read().close_code()).collect();
            let full = codes.iter().filter(|code| **code == 1013).count();
            // As many as there is room for wait, and are told so later.
            assert!(
                full >= 46 && codes.iter().all(|code| matches!(code, 1008 | 1013)),
                "{codes:?}"
            );
        }),
    ]
}

/// Connections whose end does not come as it should.
fn ends() -> Vec<Case> {
    vec![
        Case::new("a close that is not answered", |server| {
            let mut client = told_to_close(server);
            client.assert_fin();
        }),
        Case::new("a close that is answered with data for ever", |server| {
            let mut client = told_to_close(server);
            let message = Frame::text("more").masked().repeat(100);
            let begun = Instant::now();
            while client.try_send_bytes(&message).is_ok() {
                assert!(begun.elapsed() < Duration::from_secs(10), "it is taken for ever");
                thread::sleep(Duration::from_millis(5));
            }
        }),
        Case::new("no end behind the close", |server| {
            let mut client = open(server);
            client.send(&Frame::close(1000, ""));
            client.assert_next(&Frame::close(1000, ""));
            client.assert_fin();
            gone(server);
        }),
        Case::new("the end without a close", |server| {
            let mut client = open(server);
            client.assert_echo("last");
            client.send_fin();
            client.assert_fin();
        }),
        Case::new("the end inside a frame", |server| {
            let mut client = open(server);
            client.send_bytes(&Frame::text("cut").masked()[..7]);
            client.send_fin();
            client.assert_fin();
        }),
        Case::new("a reset inside a frame", |server| {
            let mut client = open(server);
            client.send_bytes(&Frame::text("cut").masked()[..7]);
            client.reset();
            gone(server);
        }),
    ]
}

/// A client that has been told to close.
fn told_to_close(server: &TestServer) -> RawClient {
    let mut client = open(server);
    client.assert_echo("open");
    let reason = CloseReason::new(CloseCode::GOING_AWAY, "over").unwrap();
    server.handle().hub().close_all(&reason);
    client.assert_next(&Frame::close(1001, "over"));
    client
}

/// Waits until the server has no session any more.
fn gone(server: &TestServer) {
    wait::until("the session ends", || server.handle().hub().is_empty());
}

/// Clients that take nothing, or say nothing.
fn readers() -> Vec<Case> {
    vec![
        Case::new("a client that never reads", |server| {
            let mut client = open(server);
            client.shrink_receive_buffer();
            let message = Frame::binary(vec![7; 64 << 10]).masked();
            let begun = Instant::now();
            while client.try_send_bytes(&message).is_ok() {
                assert!(begun.elapsed() < Duration::from_secs(15), "it is taken for ever");
            }
            gone(server);
        }),
        Case::new("a client that asks and never reads", |server| {
            let mut client = open(server);
            client.shrink_receive_buffer();
            let _ = client.try_send_bytes(&Frame::binary(vec![7; 1 << 20]).masked().repeat(8));
            gone(server);
        }),
        Case::new("a client that answers no ping", |_| {
            let server = TestServer::with(|settings| {
                settings.keep_alive = Some(Duration::from_millis(200));
                settings.pong_timeout = Duration::from_millis(200);
            });
            let mut client = open(&server);
            assert_eq!(client.read().opcode, PING);
            let begun = Instant::now();
            // There is nobody to tell: at most a Close, and then the end.
            while let Ok(Some(frame)) = client.try_read() {
                assert_eq!(frame.opcode, CLOSE);
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            gone(&server);
        }),
    ]
}

//! S1: what the protocol promises.

use std::fs;
use std::path::Path;

use tests::http::{self, ACCEPT};
use tests::wire::{BINARY, TEXT};
use tests::{Frame, RawClient, TestServer};
use ws_container::prelude::*;

/// On any message two tasks send a hundred long messages each.
#[server_endpoint("/mission/two-senders")]
#[derive(Default)]
struct TwoSenders;

/// Bytes of each of their messages; larger than any buffer on the way.
const LONG: usize = 150_000;

#[handlers]
impl TwoSenders {
    #[on_message]
    fn go(&mut self, session: &Session, _go: &str) {
        for sender in [b'a', b'b'] {
            let session = session.clone();
            tokio::spawn(async move {
                for number in 0..100_u8 {
                    let mut payload = vec![sender; LONG];
                    payload[0] = number;
                    session.send(payload).await?;
                }
                session.send(format!("{} done", char::from(sender))).await
            });
        }
    }
}

/// On any message two tasks send a message of a hundred frames each, and a third publishes.
#[server_endpoint("/mission/two-streams")]
#[derive(Default)]
struct TwoStreams;

#[handlers]
impl TwoStreams {
    #[on_message]
    fn go(&mut self, session: &Session, _go: &str) -> Result<()> {
        session.subscribe("two-streams")?;
        for sender in ["a", "b"] {
            let session = session.clone();
            tokio::spawn(async move {
                session.send_frame(ws_core::frame::Frame::text(sender).unfinished()).await?;
                for _ in 0..98 {
                    tokio::task::yield_now().await;
                    let part = ws_core::frame::Frame::continuation(sender).unfinished();
                    session.send_frame(part).await?;
                }
                session.send_frame(ws_core::frame::Frame::continuation(sender)).await
            });
        }
        let session = session.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                tokio::task::yield_now().await;
                session.publish("two-streams", "news").await?;
            }
            session.send("done").await
        });
        Ok(())
    }
}

#[test]
fn s1_1_an_http_request_becomes_a_connection_both_ways() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    assert_eq!(client.response().header("sec-websocket-accept"), Some(ACCEPT));
    client.assert_echo("both ways");
}

#[test]
fn s1_2_messages_are_text_or_bytes() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    client.send(&Frame::text("Hello"));
    assert_eq!(client.read().opcode, TEXT);
    client.send(&Frame::binary("Hello"));
    assert_eq!(client.read().opcode, BINARY);
}

#[test]
fn s1_5_messages_of_two_tasks_are_never_mixed() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/mission/two-senders");
    client.send_text("go");
    let (mut next, mut done) = ([0, 0], 0);
    while done < 2 {
        let frame = client.read();
        assert!(frame.fin, "each message is one frame");
        if frame.opcode == TEXT {
            done += 1;
            continue;
        }
        let (number, rest) = frame.payload.split_first().unwrap();
        assert_eq!(frame.payload.len(), LONG);
        assert!(rest.iter().all(|byte| *byte == rest[0]), "two messages in one");
        let sender = usize::from(rest[0] - b'a');
        assert_eq!(next[sender], *number, "each task's messages are in order");
        next[sender] += 1;
    }
    assert_eq!(next, [100, 100]);
}

#[test]
fn s1_5_fragments_of_two_tasks_are_never_mixed() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/mission/two-streams");
    client.send_text("go");
    let (mut messages, mut message) = (Vec::new(), Vec::new());
    while messages.len() < 2 + 20 + 1 {
        let frame = client.read();
        assert_eq!(frame.opcode == TEXT, message.is_empty(), "a message inside another");
        message.extend_from_slice(&frame.payload);
        if frame.fin {
            messages.push(String::from_utf8(std::mem::take(&mut message)).unwrap());
        }
    }
    messages.sort();
    let want = [vec!["a".repeat(100), "b".repeat(100), "done".into()], vec!["news".into(); 20]];
    assert_eq!(messages, want.concat());
}

#[test]
fn s1_5_a_new_message_inside_another_is_a_violation() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/echo");
    client.send(&Frame::text("first").unfinished());
    client.send(&Frame::text("second"));
    client.assert_failed(1002);
}

#[test]
fn s1_7_a_reason_is_short() {
    let code = CloseCode::NORMAL_CLOSURE;
    assert!(CloseReason::new(code, "x".repeat(123)).is_ok());
    let error = CloseReason::new(code, "x".repeat(124)).unwrap_err().to_string();
    assert!(error.contains("124") && error.contains("123"), "{error}");
    let cut = CloseReason::truncated(code, &"é".repeat(62)).unwrap();
    assert_eq!(cut.phrase(), "é".repeat(61), "cut at a character's border");
    let unsendable = CloseCode::new(1006).unwrap();
    assert!(CloseReason::new(unsendable, "").is_err());
}

/// A handshake without its version line, with `more`.
fn handshake(server: &TestServer, more: &str) -> http::Response {
    let addr = server.addr();
    http::exchange(
        addr,
        format!(
            "GET /echo HTTP/1.1\r\nHost: {addr}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             {more}\r\n"
        ),
    )
}

#[test]
fn s1_8_version_13_is_spoken_and_no_other() {
    let server = TestServer::start();
    let key = format!("Sec-WebSocket-Key: {}\r\n", http::KEY);
    let good = handshake(&server, &format!("{key}Sec-WebSocket-Version: 13\r\n"));
    assert_eq!(good.status, 101);
    let old = handshake(&server, &format!("{key}Sec-WebSocket-Version: 12\r\n"));
    assert_eq!(old.status, 426);
    assert_eq!(old.header("sec-websocket-version"), Some("13"));
}

/// Cases of the Autobahn suite by their numbers; the whole suite is run by
/// `tests/interop/autobahn`.
#[test]
fn s1_9_cases_of_the_conformance_suite() {
    let server = TestServer::start();
    let kappa = "κόσμε";
    let cases: &[(&str, &[Frame], &[Frame])] = &[
        ("1.1.1", &[Frame::text("")], &[Frame::text("")]),
        ("1.1.6", &[Frame::text("*".repeat(65535))], &[Frame::text("*".repeat(65535))]),
        ("1.2.7", &[Frame::binary([254; 65536])], &[Frame::binary([254; 65536])]),
        ("2.4", &[Frame::ping([254; 125])], &[Frame::pong([254; 125])]),
        ("2.7", &[Frame::pong("")], &[]),
        (
            "5.3",
            &[Frame::text("fragment1").unfinished(), Frame::continuation("fragment2")],
            &[Frame::text("fragment1fragment2")],
        ),
        (
            "5.6",
            &[
                Frame::text("fragment1").unfinished(),
                Frame::ping("ping payload"),
                Frame::continuation("fragment2"),
            ],
            &[Frame::pong("ping payload"), Frame::text("fragment1fragment2")],
        ),
        (
            "6.2.1",
            &[Frame::text("Hello-µ@ßöäüàá-UTF-8!!")],
            &[Frame::text("Hello-µ@ßöäüàá-UTF-8!!")],
        ),
        ("6.5.1", &[Frame::text(kappa)], &[Frame::text(kappa)]),
        ("7.1.1", &[Frame::text("Hello World!")], &[Frame::text("Hello World!")]),
    ];
    for (case, sent, want) in cases {
        println!("{case}");
        let mut client = RawClient::open(server.addr(), "/echo");
        client.send_all(sent);
        for frame in *want {
            client.assert_next(frame);
        }
        client.close(1000, "");
    }
    for (case, sent, code) in [
        ("2.5", Frame::ping([254; 126]), 1002),
        ("3.1", Frame::text("Hello").with_rsv(1), 1002),
        ("4.1.1", Frame::new(3, ""), 1002),
        ("4.2.1", Frame::new(11, ""), 1002),
        ("5.1", Frame::ping("fragment1").unfinished(), 1002),
        ("5.9", Frame::continuation("non-continuation payload"), 1002),
        ("6.3.1", Frame::text([0xCE, 0xBA, 0xED, 0xA0, 0x80, 0x65]), 1007),
        ("7.3.2", Frame::new(8, "a"), 1002),
        ("7.5.1", Frame::new(8, [3, 0xE8, 0xCE, 0xBA, 0xED, 0xA0, 0x80]), 1007),
        ("7.9.1", Frame::close(0, ""), 1002),
        ("7.9.11", Frame::close(5000, ""), 1002),
    ] {
        println!("{case}");
        let mut client = RawClient::open(server.addr(), "/echo");
        client.send(&sent);
        client.assert_failed(code);
    }
}

#[test]
fn s1_10_old_drafts_are_gone() {
    let server = TestServer::start();
    let hixie = "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n\
                 Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n";
    assert_eq!(handshake(&server, hixie).status, 400);
    let key = format!("Sec-WebSocket-Key: {}\r\n", http::KEY);
    let hybi = handshake(&server, &format!("{key}Sec-WebSocket-Version: 8\r\n"));
    assert_eq!(hybi.status, 426);
}

/// The page's own check is that of row S3-10.
#[test]
fn s1_11_the_readme_says_which_browsers_will_do() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).expect("a README");
    let section = readme.split("\n## ").find(|section| {
        section.lines().next().is_some_and(|title| title.to_lowercase().contains("browser"))
    });
    assert!(section.expect("a section on browsers").contains("WebSocket"));
}

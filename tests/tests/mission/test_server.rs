//! S3, the test server: its command line, and the endpoints at `/` by subprotocol.

use std::process::Command;

use tests::wire::{CONTINUATION, PING};
use tests::{Frame, Program, RawClient, wait};

/// The `ws-container` program, built from its own source.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_ws-container-under-test");

fn server() -> Program {
    Program::start(BINARY, &["test-server", "--port", "0"])
}

/// The names that a subprotocol goes by.
fn both(name: &str) -> [String; 2] {
    [format!("org.ietf.websocket.test-{name}"), name.to_owned()]
}

#[test]
fn s3_4_the_command_line() {
    let help = Command::new(BINARY).args(["test-server", "--help"]).output().unwrap();
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    for flag in ["-p", "--port", "-d", "--docroot", "-v", "--verbose", "--help"] {
        assert!(help.contains(flag), "{flag} in {help}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "listed").unwrap();
    let docroot = folder.path().to_str().unwrap();
    for args in [
        ["test-server", "-p", "0", "-d", docroot, "-v"],
        ["test-server", "--port", "0", "--docroot", docroot, "--verbose"],
    ] {
        let server = Program::start(BINARY, &args);
        assert_ne!(server.addr().port(), 0);
        let line = format!("listening on ws://{}\n", server.addr());
        assert_eq!(server.output(), line, "the line that says it is ready, and no other");
        let listing = tests::http::get(server.addr(), "/", "");
        assert!(listing.text().contains("a.txt"), "{}", listing.text());
    }
    let wrong = Command::new(BINARY).args(["test-server", "--prot", "0"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2), "a flag that is none");
}

#[test]
fn s3_4_echo_and_broadcast_need_no_subprotocol() {
    let server = server();
    let mut client = RawClient::open(server.addr(), "/echo");
    client.assert_echo("hello");
    client.send(&Frame::binary(vec![7; 2 << 20]));
    client.assert_next(&Frame::binary(vec![7; 2 << 20]));
    let client = RawClient::open_as(server.addr(), "/echo", "anything");
    assert_eq!(client.subprotocol(), None);

    let mut first = RawClient::open(server.addr(), "/broadcast");
    first.assert_echo("to myself");
    let mut second = RawClient::open(server.addr(), "/broadcast");
    second.assert_echo("to both");
    first.assert_next(&Frame::text("to both"));
}

#[test]
fn s3_20_an_unknown_subprotocol_gets_none_and_never_anothers_endpoint() {
    let server = server();
    let mut echo = RawClient::open_as(server.addr(), "/", "echo");
    echo.assert_echo("known");
    for _ in 0..3 {
        let mut client = RawClient::open_as(server.addr(), "/", "unknown");
        assert_eq!(client.subprotocol(), None);
        client.send_text("into the log");
        client.assert_silent();
    }
    let client = RawClient::open_as(server.addr(), "/", "unknown, echo");
    assert_eq!(client.subprotocol(), Some("echo"));
}

#[test]
fn s3_21_echo_keeps_frames_as_they_are() {
    let server = server();
    for subprotocol in ["org.ietf.websocket.test-echo", "echo", "lws-mirror-protocol"] {
        let mut client = RawClient::open_as(server.addr(), "/", subprotocol);
        assert_eq!(client.subprotocol(), Some(subprotocol));
        let crab = "🦀".as_bytes();
        for frame in [
            Frame::text(&crab[..1]).unfinished(),
            Frame::continuation(&crab[1..3]).unfinished(),
            Frame::continuation(&crab[3..]),
            Frame::binary([1; 300]).unfinished(),
            Frame::continuation([]).unfinished(),
            Frame::continuation([2; 70_000]),
            Frame::text("whole"),
        ] {
            client.send(&frame);
            client.assert_next(&frame);
        }
        let large = Frame::binary(vec![3; 3 << 20]);
        client.send(&large);
        client.assert_next(&large);
    }
}

#[test]
fn s3_22_broadcast_reaches_all_once_and_in_one_order() {
    let server = server();
    for subprotocol in both("echo-broadcast") {
        let mut clients: Vec<_> =
            (0..5).map(|_| RawClient::open_as(server.addr(), "/", &subprotocol)).collect();
        // Who hears itself is a member.
        for (number, client) in clients.iter_mut().enumerate() {
            client.send_text(&format!("member {number}"));
            while client.read_text() != format!("member {number}") {}
        }
        for round in 0..20 {
            for (number, client) in clients.iter_mut().enumerate() {
                client.send_text(&format!("{number}:{round}"));
            }
        }
        let heard: Vec<Vec<String>> = clients
            .iter_mut()
            .map(|client| {
                let mut heard = Vec::new();
                while heard.len() < 100 {
                    let text = client.read_text();
                    if !text.starts_with("member") {
                        heard.push(text);
                    }
                }
                heard
            })
            .collect();
        assert!(heard.iter().all(|other| *other == heard[0]), "the order is not the same");
        let mut once = heard[0].clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 100, "each message comes once");
        // A member that fails is dropped, and the others go on.
        clients.pop().unwrap().reset();
        clients[0].send_text("after");
        for client in &mut clients {
            client.assert_next(&Frame::text("after"));
        }
    }
}

#[test]
fn s3_23_assemble_joins_fragments_and_has_a_limit() {
    let server = server();
    for subprotocol in both("echo-assemble") {
        let mut client = RawClient::open_as(server.addr(), "/", &subprotocol);
        client.send_all(&[
            Frame::text("one ").unfinished(),
            Frame::continuation("two ").unfinished(),
            Frame::continuation("three"),
        ]);
        client.assert_next(&Frame::text("one two three"));
        client.send(&Frame::binary(vec![1; 65_536]));
        client.assert_next(&Frame::binary(vec![1; 65_536]));
        client.send(&Frame::binary(vec![1; 65_537]));
        client.assert_failed(1009);
    }
}

#[test]
fn s3_24_fragment_answers_in_exactly_two_frames() {
    let server = server();
    for subprotocol in both("echo-fragment") {
        let mut client = RawClient::open_as(server.addr(), "/", &subprotocol);
        for message in [Frame::text("abcdef"), Frame::binary([1, 2, 3, 4, 5]), Frame::text("é🦀")]
        {
            client.send(&message);
            let (first, second) = (client.read(), client.read());
            assert_eq!((first.fin, first.opcode), (false, message.opcode));
            assert_eq!((second.fin, second.opcode), (true, CONTINUATION));
            assert!(first.payload.len().abs_diff(second.payload.len()) <= 1, "two halves");
            assert_eq!([first.payload, second.payload].concat(), message.payload);
        }
        client.assert_silent();
    }
}

/// Its Ping comes every ten seconds, so this test takes as long.
#[test]
fn s3_24b_broadcast_ping_pings_by_a_timer() {
    let server = server();
    let mut client = RawClient::open_as(server.addr(), "/", "echo-broadcast-ping");
    client.assert_echo("broadcast");
    let frame = client.read();
    assert_eq!((frame.opcode, frame.payload), (PING, vec![1, 2, 3]));
}

#[test]
fn s3_25_without_a_subprotocol_a_socket_only_logs() {
    let server = Program::start(BINARY, &["test-server", "--port", "0", "--verbose"]);
    let mut client = RawClient::open(server.addr(), "/");
    client.send(&Frame::text("text"));
    client.send(&Frame::binary([1, 2, 3]));
    client.send(&Frame::pong("control"));
    client.assert_silent();
    client.close(1000, "bye");
    for what in ["open", "frame", "control", "message", "close"] {
        wait::until(what, || server.errors().contains(what));
    }
}

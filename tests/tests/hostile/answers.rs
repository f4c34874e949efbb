//! Answers to the opening handshake that open nothing.

use tests::alone;
use tests::client::config;
use ws_container::client::ConnectError;

use super::{Victim, play, told};

/// What is made of the right answer, and what the client says to it.
type Case = (&'static str, fn(String) -> String, &'static str);

#[rustfmt::skip] // a table
const CASES: &[Case] = &[
    ("wrong accept value",    |it| it.replace("Accept: ", "Accept: A"),                         "Sec-WebSocket-Accept does not answer the key"),
    ("accept of another key", |it| with(&it, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "Sec-WebSocket-Accept does not answer the key"),
    ("no accept value",       |it| without(&it, "Sec-WebSocket-Accept"),                        "Sec-WebSocket-Accept is missing or repeated"),
    ("two accept values",     |it| twice(&it, "Sec-WebSocket-Accept"),                          "Sec-WebSocket-Accept is missing or repeated"),
    ("no Upgrade",            |it| without(&it, "Upgrade"),                                     "Upgrade is not `websocket`"),
    ("another Upgrade",       |it| with(&it, "Upgrade", "h2c"),                                 "Upgrade is not `websocket`"),
    ("no Connection",         |it| without(&it, "Connection"),                                  "Connection does not name Upgrade"),
    ("another Connection",    |it| with(&it, "Connection", "close"),                            "Connection does not name Upgrade"),
    ("unknown extension",     |it| and(&it, "Sec-WebSocket-Extensions: zip"),                   "the server chose an extension that was not offered"),
    ("compression unasked",   |it| and(&it, "Sec-WebSocket-Extensions: permessage-deflate"),    "the server chose an extension that was not offered"),
    ("no extension at all",   |it| and(&it, "Sec-WebSocket-Extensions: ;;="),                   "Sec-WebSocket-Extensions cannot be read"),
    ("other subprotocol",     |it| and(&it, "Sec-WebSocket-Protocol: chat.v9"),                 "the server chose a subprotocol that was not offered"),
    ("two subprotocols",      |it| and(&it, "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat"), "Sec-WebSocket-Protocol is repeated"),
    ("status 200",            |it| it.replace("101 Switching Protocols", "200 OK"),             "the server answered 200 OK"),
    ("status 1000",           |it| it.replace("101", "1010"),                                   "the response's head is malformed"),
    ("HTTP/1.0",              |it| it.replace("HTTP/1.1", "HTTP/1.0"),                          "the response is not HTTP/1.1"),
    ("HTTP/2",                |_| "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),                    "the response is not HTTP/1.1"),
    ("SSH",                   |_| "SSH-2.0-OpenSSH_9.2\r\n\r\n".into(),                         "the response is not HTTP/1.1"),
    ("bare line feeds",       |it| it.replace("\r\n", "\n"),                                    "does not end with CR LF"),
    ("a space in a name",     |it| and(&it, "X A: 1"),                                          "the response's head is malformed"),
    ("a folded line",         |it| and(&it, "X-A: 1\r\n 2"),                                    "the response's head is malformed"),
    ("a NUL",                 |it| and(&it, "X-A: \0"),                                         "the response's head is malformed"),
    ("header flood",          |it| and(&it, &["X: 1"; 5_000].join("\r\n")),                     "exceeds 16384 bytes"),
    ("many headers",          |it| and(&it, &["X: 1"; 200].join("\r\n")),                       "more than 100 header fields"),
    ("oversize head",         |it| and(&it, &("X: ".to_owned() + &"x".repeat(1 << 20))),        "exceeds 16384 bytes"),
    ("a line without an end", |_| "x".repeat(1 << 20),                                          "exceeds 16384 bytes"),
];

fn without(answer: &str, name: &str) -> String {
    let field = format!("{name}:");
    let lines = answer.split_inclusive("\r\n").filter(|line| !line.starts_with(&field));
    lines.collect()
}

fn and(answer: &str, line: &str) -> String {
    answer.replacen("\r\n", &format!("\r\n{line}\r\n"), 1)
}

fn with(answer: &str, name: &str, value: &str) -> String {
    and(&without(answer, name), &format!("{name}: {value}"))
}

fn twice(answer: &str, name: &str) -> String {
    let line = answer.lines().find(|line| line.starts_with(name)).unwrap();
    and(answer, line)
}

#[test]
fn each_wrong_answer_is_told_by_its_own_error_and_leaves_nothing() {
    alone("answers::each_wrong_answer_is_told_by_its_own_error_and_leaves_nothing", || {
        let victim = Victim::with(config(|it| it.subprotocols(["chat"])));
        for &(name, make, expected) in CASES {
            victim.leaves_nothing(name, 4, |victim| {
                let (addr, peer) = play(move |raw| {
                    let answer = make(raw.switching(""));
                    // The client may have seen enough before it is all out.
                    let _ = raw.try_say(answer);
                });
                let error = victim.refused(addr);
                let told = told(&error);
                assert!(told.contains(expected), "{name}: {told}");
                assert!(!error.is_transient() || name.starts_with("status"), "{name}: {told}");
                victim.outlives(peer);
            });
        }
    });
}

/// Answers with `head` and then with `x` without an end, or for as long as the client takes it.
fn floods(head: &'static str) -> (std::net::SocketAddr, std::thread::JoinHandle<()>) {
    play(move |raw| {
        raw.say(head);
        for _ in 0..64 {
            if raw.try_say([b'x'; 64 * 1024]).is_err() {
                return;
            }
        }
    })
}

#[test]
fn a_refusal_with_an_endless_body_is_cut_and_leaves_nothing() {
    alone("answers::a_refusal_with_an_endless_body_is_cut_and_leaves_nothing", || {
        let victim = Victim::new();
        for head in [
            "HTTP/1.1 403 No\r\n\r\n",
            "HTTP/1.1 403 No\r\nContent-Length: 99999999999\r\n\r\n",
            "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        ] {
            victim.leaves_nothing(head, 8, |victim| {
                let (addr, peer) = floods(head);
                let error = victim.refused(addr);
                let ConnectError::Status(answer) = &error else { panic!("{error:?}") };
                assert!(answer.body().len() <= 16 * 1024 && !answer.is_whole());
                assert_eq!(error.to_string(), "the server answered 403 Forbidden");
                victim.outlives(peer);
            });
        }
    });
}

#[test]
fn redirects_without_an_end_are_left_after_as_many_as_allowed() {
    alone("answers::redirects_without_an_end_are_left_after_as_many_as_allowed", || {
        let victim = Victim::with(config(|it| it.max_redirects(5)));
        victim.leaves_nothing("redirects", 20, |victim| {
            let (listener, addr) = tests::RawServer::listen();
            let peer = std::thread::spawn(move || {
                for n in 1..=6 {
                    let mut raw = tests::RawServer::accept(&listener);
                    raw.say(format!(
                        "HTTP/1.1 302 Found\r\nLocation: /{n}\r\nContent-Length: 0\r\n\r\n"
                    ));
                    raw.assert_ended();
                }
            });
            let error = victim.refused(addr);
            assert_eq!(error.to_string(), "more than 5 redirects");
            victim.outlives(peer);
        });
        victim.leaves_nothing("a circle", 20, |victim| {
            let (addr, peer) = play(|raw| {
                raw.say("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
            });
            assert_eq!(victim.refused(addr).to_string(), "redirects go in a circle");
            victim.outlives(peer);
        });
    });
}

//! What the log says of peers that would like to write it themselves.

use std::io::{Read as _, Write as _};

use tests::{Program, RawClient, http, wait};

use super::BINARY;

const SECRET: &str = "hunter2";

fn start(log: &str) -> Program {
    Program::start(BINARY, &["test-server", "-p", "0", "--log", log])
}

/// Waits until the log says that a request was refused with 404.
fn refused(server: &Program) -> String {
    wait::some("the log says it", || {
        let errors = server.errors();
        errors.contains("no endpoint").then_some(errors)
    })
}

#[test]
fn what_requests_carry_is_not_logged() {
    // Who debugs sees the names of subprotocols.
    let subprotocols = format!("Sec-WebSocket-Protocol: {SECRET}\r\n");
    for (log, subprotocols) in [("info", &subprotocols[..]), ("debug", "")] {
        let server = start(log);
        let more = format!(
            "Authorization: Bearer {SECRET}\r\nCookie: id={SECRET}\r\nX-Key: {SECRET}\r\n\
             {subprotocols}"
        );
        let target = format!("/echo?token={SECRET}");
        RawClient::open_with(server.addr(), &target, &more, &[]).assert_echo(SECRET);
        let changes = &[&format!("Authorization: {SECRET}")[..], "Sec-WebSocket-Version: 7"];
        let first_line = format!("GET {target} HTTP/1.1");
        assert_eq!(http::request(server.addr(), &first_line, changes).status, 426);
        let request = http::upgrade(server.addr(), &format!("/nowhere?token={SECRET}"), &more);
        assert_eq!(http::exchange(server.addr(), request).status, 404);
        let errors = refused(&server);
        assert!(!errors.contains(SECRET), "{errors}");
    }
}

#[test]
fn what_peers_say_stays_on_its_line() {
    let server = start("info");
    // What is no UTF-8 goes no further than the parser; controls and turned writing in UTF-8 do.
    let nowhere = "/\u{85}\u{9b}31m\u{202e}";
    let above = format!("/..{nowhere}");
    for target in [&b"/\x80\x9b\xff"[..], nowhere.as_bytes(), above.as_bytes()] {
        let mut stream = http::connect(server.addr());
        let request = http::upgrade(server.addr(), "/TARGET", "Origin: null\r\n");
        let target = [target, &[b'x'; 500]].concat();
        let (before, behind) = request.split_once("/TARGET").unwrap();
        stream.write_all(&[before.as_bytes(), &target, behind.as_bytes()].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", answer.escape_ascii());
    }
    let request = http::upgrade(server.addr(), "/%0d%0a%1b[31m", "");
    assert!(http::exchange(server.addr(), request).status >= 400);
    let request = http::upgrade(server.addr(), "/nowhere", "");
    assert_eq!(http::exchange(server.addr(), request).status, 404);
    let errors = refused(&server);
    let printable = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    assert!(errors.bytes().all(printable), "{errors:?}");
    assert!(errors.lines().all(|line| line.len() < 800), "{errors}");
}

#[test]
fn a_flood_of_refusals_is_a_few_lines() {
    let server = start("info");
    for _ in 0..500 {
        let changes = &["Sec-WebSocket-Version: 7"];
        assert_eq!(http::request(server.addr(), "GET /echo HTTP/1.1", changes).status, 426);
        assert_eq!(http::request(server.addr(), "GET /nowhere HTTP/1.1", &[]).status, 404);
    }
    let errors = wait::some("the log says how many", || {
        let errors = server.errors();
        errors.contains("Sec-WebSocket-Version is not 13").then_some(errors)
    });
    assert!(errors.lines().count() < 200, "{} lines", errors.lines().count());
}

#[test]
fn a_flood_of_connections_that_are_no_tls_is_a_few_lines_that_say_why() {
    let args = ["test-server", "--tls-self-signed", "-p", "0", "--head-timeout", "500ms"];
    let server = Program::start(BINARY, &[&args[..], &["--log", "info"]].concat());
    let turned_away = |why: &str| {
        wait::some("the log says why", || {
            let errors = server.errors();
            let line = |line: &str| line.contains("connection turned away") && line.contains(why);
            errors.lines().any(line).then_some(errors)
        })
    };
    let mut silent = http::connect(server.addr());
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    turned_away("deadline");
    for _ in 0..1_000 {
        let mut stream = http::connect(server.addr());
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        // An alert, and maybe a reset for what was not read.
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{}", answer.escape_ascii());
    }
    let errors = turned_away("TLS failed");
    assert!(errors.lines().count() < 200, "{} lines", errors.lines().count());
}

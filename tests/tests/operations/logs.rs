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
    let mut stream = http::connect(server.addr());
    let request = http::upgrade(server.addr(), "/TARGET", "Origin: null\r\n");
    let target = [&b"/\x80\x9b\xe2\x80\xae\xff"[..], &[b'x'; 500]].concat();
    let (before, behind) = request.split_once("/TARGET").unwrap();
    stream.write_all(&[before.as_bytes(), &target, behind.as_bytes()].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
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
    for _ in 0..1_000 {
        let changes = &["Sec-WebSocket-Version: 7"];
        assert_eq!(http::request(server.addr(), "GET /echo HTTP/1.1", changes).status, 426);
    }
    let request = http::upgrade(server.addr(), "/nowhere", "");
    assert_eq!(http::exchange(server.addr(), request).status, 404);
    let errors = wait::some("the log says how many", || {
        let errors = server.errors();
        errors.contains("Sec-WebSocket-Version is not 13").then_some(errors)
    });
    assert!(errors.lines().count() < 200, "{} lines", errors.lines().count());
}

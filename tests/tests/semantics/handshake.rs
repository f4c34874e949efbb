//! Opening handshakes: which are answered with 101, and what the others get.

use tests::http::{self, Response, request};
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;

const GET: &str = "GET /echo HTTP/1.1";

#[track_caller]
fn assert_status(first_line: &str, changes: &[&str], status: u16) -> Response {
    let server = TestServer::start();
    let response = request(server.addr(), first_line, changes);
    assert_eq!(response.status, status, "{changes:?}: {response:?}");
    if status == 426 {
        assert_eq!(response.header("sec-websocket-version"), Some("13"), "{changes:?}");
    }
    response
}

#[test]
fn handshake_no_endpoint_at_the_path() {
    assert_status("GET /nowhere HTTP/1.1", &[], 404);
}

#[test]
fn handshake_get_without_upgrade_or_upgrade_h2c() {
    let plain = ["-Upgrade", "-Connection", "-Sec-WebSocket-Key", "-Sec-WebSocket-Version"];
    for changes in [&plain[..], &["Upgrade: h2c", "-Sec-WebSocket-Key"]] {
        let response = assert_status(GET, changes, 426);
        assert_eq!(response.header("upgrade"), Some("websocket"));
    }
}

#[test]
fn handshake_post_with_upgrade_headers() {
    let response = assert_status("POST /echo HTTP/1.1", &[], 405);
    assert_eq!(response.header("allow"), Some("GET"));
}

#[test]
fn handshake_head_and_options() {
    assert_status("HEAD /echo HTTP/1.1", &[], 405);
    assert_status("OPTIONS /echo HTTP/1.1", &[], 405);
}

#[test]
fn handshake_upgrade_without_connection_upgrade() {
    assert_status(GET, &["-Connection"], 400);
    assert_status(GET, &["Connection: close"], 400);
}

#[test]
fn handshake_connection_upgrade_without_upgrade_header() {
    assert_status(GET, &["-Upgrade"], 400);
}

#[test]
fn handshake_connection_keep_alive_upgrade_and_upgrade_websocket_in_capitals() {
    assert_status(GET, &["Connection: keep-alive, Upgrade", "Upgrade: WebSocket"], 101);
}

#[test]
fn handshake_upgrade_h2c_websocket() {
    assert_status(GET, &["Upgrade: h2c, websocket"], 101);
}

#[test]
fn handshake_no_key() {
    assert_status(GET, &["-Sec-WebSocket-Key"], 400);
}

#[test]
fn handshake_key_too_short_or_not_base64() {
    for key in ["c2hvcnQ=", "!!!!!!!!!!!!!!!!!!!!!!=="] {
        assert_status(GET, &[&format!("Sec-WebSocket-Key: {key}")], 400);
    }
}

#[test]
fn handshake_two_key_headers() {
    assert_status(GET, &["+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="], 400);
}

#[test]
fn handshake_version_missing_8_or_14() {
    assert_status(GET, &["-Sec-WebSocket-Version"], 426);
    assert_status(GET, &["Sec-WebSocket-Version: 8"], 426);
    assert_status(GET, &["Sec-WebSocket-Version: 14"], 426);
}

#[test]
fn handshake_version_abc_or_13_8() {
    assert_status(GET, &["Sec-WebSocket-Version: abc"], 426);
    assert_status(GET, &["Sec-WebSocket-Version: 13, 8"], 400);
}

#[test]
fn handshake_http_1_0() {
    assert_status("GET /echo HTTP/1.0", &[], 400);
}

#[test]
fn handshake_no_host() {
    assert_status(GET, &["-Host"], 400);
}

#[test]
fn handshake_content_length_3_and_a_body() {
    assert_status(GET, &["Content-Length: 3"], 400);
}

#[test]
fn handshake_check_origin_false() {
    let response = assert_status(GET, &["Origin: http://elsewhere.example"], 403);
    assert!(!response.text().contains("elsewhere"), "not in the peer's words");
}

#[test]
fn handshake_no_origin_header() {
    assert_status(GET, &[], 101);
}

#[test]
fn handshake_20000_byte_header() {
    assert_status(GET, &[&format!("X-Long: {}", "x".repeat(20_000))], 431);
}

#[test]
fn handshake_malformed_request_line() {
    let server = TestServer::start();
    for line in ["GET /echo", "GET  /echo HTTP/1.1", "/echo", "\u{1}"] {
        let response = http::exchange(server.addr(), format!("{line}\r\nHost: x\r\n\r\n"));
        assert_eq!(response.status, 400, "{line:?}");
    }
}

/// Says with what query it was opened.
#[server_endpoint("/query/{case}")]
#[derive(Default)]
struct Query;

#[handlers]
impl Query {
    #[on_open]
    async fn open(&mut self, session: &Session, #[path_param] case: &str) -> Result<()> {
        Journal::of(case).note("open");
        session.send(session.query().unwrap_or("none")).await
    }
}

#[test]
fn handshake_query_string() {
    let server = TestServer::start();
    for (target, want) in [
        ("/query/raw?a=1&b=%20x", "a=1&b=%20x"),
        ("/query/plus?a+b=c+d", "a+b=c+d"),
        ("/query/empty?", ""),
        ("/query/none", "none"),
    ] {
        let mut client = RawClient::open(server.addr(), target);
        client.assert_next(&Frame::text(want));
    }
}

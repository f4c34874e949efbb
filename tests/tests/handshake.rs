//! RFC 6455 §4 by raw socket: which requests open a WebSocket, and what the others are answered.

use tests::http::{self, request};
use tests::{Frame, RawClient, TestServer};

const GET: &str = "GET /echo HTTP/1.1";

/// What is changed, how, and the status.
type Row = (&'static str, &'static str, &'static [&'static str], u16);

#[rustfmt::skip] // a table
const ROWS: &[Row] = &[
    ("nothing",                         GET, &[], 101),
    ("a token list in Connection",      GET, &["Connection: keep-alive, Upgrade"], 101),
    ("two Connection lines",            GET, &["+Connection: keep-alive"], 101),
    ("a token list in Upgrade",         GET, &["Upgrade: h2c, websocket"], 101),
    ("letter case of values",           GET, &["Upgrade: WebSocket", "Connection: upgrade"], 101),
    ("letter case of names",            GET, &["-Upgrade", "UPGRADE: websocket"], 101),
    ("spaces around tokens",            GET, &["Connection:   keep-alive ,  Upgrade  "], 101),
    ("an empty element in a list",      GET, &["Connection: , Upgrade"], 101),
    ("a query",                         "GET /echo?a=%20&b HTTP/1.1", &[], 101),

    ("no Upgrade",                      GET, &["-Upgrade"], 400),
    ("Upgrade to something else",       GET, &["Upgrade: h2c", "-Sec-WebSocket-Key"], 426),
    ("no Connection",                   GET, &["-Connection"], 400),
    ("Connection: close",               GET, &["Connection: close"], 400),
    ("no key",                          GET, &["-Sec-WebSocket-Key"], 400),
    ("a short key",                     GET, &["Sec-WebSocket-Key: c2hvcnQ="], 400),
    ("a key of 17 bytes",               GET, &["Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZmc="], 400),
    ("a key that is not base64",        GET, &["Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="], 400),
    ("two keys",                        GET, &["+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="], 400),
    ("no version",                      GET, &["-Sec-WebSocket-Version"], 426),
    ("version 8",                       GET, &["Sec-WebSocket-Version: 8"], 426),
    ("version 12",                      GET, &["Sec-WebSocket-Version: 12"], 426),
    ("version 14",                      GET, &["Sec-WebSocket-Version: 14"], 426),
    ("version abc",                     GET, &["Sec-WebSocket-Version: abc"], 426),
    ("two versions in one line",        GET, &["Sec-WebSocket-Version: 13, 8"], 400),
    ("two versions",                    GET, &["+Sec-WebSocket-Version: 13"], 400),
    ("keys of hixie-76",                GET, &["Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00", "-Sec-WebSocket-Version", "-Sec-WebSocket-Key"], 400),
    ("no Host",                         GET, &["-Host"], 400),
    ("two Hosts",                       GET, &["+Host: other"], 400),
    ("a body",                          GET, &["Content-Length: 3"], 400),
    ("a chunked body",                  GET, &["Transfer-Encoding: chunked"], 400),
    ("HTTP/1.0",                        "GET /echo HTTP/1.0", &[], 400),
    ("POST",                            "POST /echo HTTP/1.1", &[], 405),

    ("its own origin",                  GET, &["Origin: http://{addr}"], 101),
    ("another origin",                  GET, &["Origin: http://example.com"], 403),
    ("its own host by a TLS proxy",     GET, &["Origin: https://{addr}"], 101),
    ("no origin at all",                GET, &["Origin: null"], 403),

    ("an unknown subprotocol",          GET, &["Sec-WebSocket-Protocol: unknown"], 101),
    ("an empty subprotocol",            GET, &["Sec-WebSocket-Protocol: "], 101),
    ("a subprotocol that is no token",  GET, &["Sec-WebSocket-Protocol: a b"], 400),
    ("an unknown extension",            GET, &["Sec-WebSocket-Extensions: unknown; p=1"], 101),
    ("a malformed extension",           GET, &["Sec-WebSocket-Extensions: ;;;"], 400),

    ("a path without an endpoint",      "GET /nowhere HTTP/1.1", &[], 404),
    ("a path with a slash too many",    "GET /echo/ HTTP/1.1", &[], 404),
    ("a path above the root",           "GET /../echo HTTP/1.1", &[], 400),
    ("a path in other letters",         "GET /Echo HTTP/1.1", &[], 404),
    ("a path in other octets",          "GET /%65cho HTTP/1.1", &[], 101),
    ("a variable that is no UTF-8",     "GET /journal/%FF HTTP/1.1", &[], 400),
    ("an empty variable",               "GET /journal/ HTTP/1.1", &[], 404),
];

#[test]
fn requests_are_answered_as_the_table_says() {
    let server = TestServer::start();
    let mut wrong = Vec::new();
    for (name, first_line, changes, status) in ROWS {
        println!("{name}");
        let response = request(server.addr(), first_line, changes);
        if response.status != *status {
            wrong.push(format!("{name}: {} instead of {status}", response.status));
        }
        match response.status {
            101 => {
                assert_eq!(response.header("sec-websocket-accept"), Some(http::ACCEPT), "{name}");
                assert_eq!(response.header("sec-websocket-extensions"), None, "{name}");
                assert_eq!(response.header("sec-websocket-protocol"), None, "{name}");
            }
            426 => assert_eq!(response.header("sec-websocket-version"), Some("13"), "{name}"),
            405 => assert!(response.header("allow").is_some_and(|allow| allow.contains("GET"))),
            _ => {}
        }
        if response.status >= 400 {
            assert!(!response.text().contains("example.com"), "{name}: the peer's words come back");
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_101_says_no_more_than_it_must() {
    let server = TestServer::start();
    let client = RawClient::open(server.addr(), "/echo");
    let mut names: Vec<_> = client.response().headers.iter().map(|(name, _)| &name[..]).collect();
    names.retain(|name| *name != "date");
    names.sort_unstable();
    assert_eq!(names, ["connection", "sec-websocket-accept", "upgrade"]);
    assert_eq!(
        client.response().header("upgrade").map(str::to_lowercase).as_deref(),
        Some("websocket")
    );
    assert_eq!(
        client.response().header("connection").map(str::to_lowercase).as_deref(),
        Some("upgrade")
    );
}

#[test]
fn a_plain_get_of_an_endpoint_is_told_to_upgrade() {
    let server = TestServer::start();
    let response = http::get(server.addr(), "/echo", "");
    assert_eq!(response.status, 426);
    assert_eq!(response.header("upgrade"), Some("websocket"));
    assert_eq!(response.header("sec-websocket-version"), Some("13"));
}

#[test]
fn a_request_may_come_byte_by_byte() {
    use std::io::Write as _;

    let server = TestServer::start();
    let mut stream = http::connect(server.addr());
    for byte in http::upgrade(server.addr(), "/echo", "").as_bytes() {
        stream.write_all(std::slice::from_ref(byte)).unwrap();
    }
    assert_eq!(http::read_head(&mut stream).status, 101);
}

#[test]
fn path_variables_are_decoded_one_segment_at_a_time() {
    let server = TestServer::start();
    for (path, want) in [
        ("/path/a/b", "a,b"),
        ("/path/x%20y/caf%C3%A9", "x y,café"),
        ("/path/x%2Fy/z", "x/y,z"),
        ("/path/a/./b", "a,b"),
        ("/path/z/../a/b", "a,b"),
        ("/path/a/b;v=1?q=1", "a,b;v=1"),
        ("/path/exact/b", "exact b"),
    ] {
        let mut client = RawClient::open(server.addr(), path);
        assert_eq!(client.read_text(), want, "{path}");
        client.close(1000, "");
    }
}

#[test]
fn an_overlong_head_is_refused() {
    let server = TestServer::start();
    let long = format!("X-Long: {}", "x".repeat(20_000));
    assert_eq!(request(server.addr(), GET, &[&long]).status, 431);
    let many: Vec<_> = (0..200).map(|n| format!("X-{n}: 1")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(request(server.addr(), GET, &many).status, 431);
}

#[test]
fn a_refused_request_leaves_the_server_well() {
    let server = TestServer::start();
    for _ in 0..50 {
        assert_eq!(request(server.addr(), GET, &["Sec-WebSocket-Version: 7"]).status, 426);
    }
    let mut client = RawClient::open(server.addr(), "/echo");
    client.send(&Frame::text("well"));
    client.assert_next(&Frame::text("well"));
}

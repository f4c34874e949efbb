//! Requests that open nothing: none may smuggle another past an intermediary, and what comes behind
//! a refused one is neither answered nor taken for frames.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use tests::http::{self, KEY};
use tests::{Frame, RawClient, TestServer};

use super::Case;

/// What is made of the good request, and the status that answers it.
type Row = (&'static str, fn(&str) -> Vec<u8>, u16);

#[rustfmt::skip] // a table
const SYNTAX: &[Row] = &[
    ("a line folded by a space",     |it| and(it, "X-A: 1\r\n 2"),                                   400),
    ("a line folded by a tab",       |it| and(it, "X-A: 1\r\n\tTransfer-Encoding: chunked"),         400),
    ("a first line that is folded",  |it| it.replacen("\r\nHost", "\r\n Host", 1).into(),            400),
    ("CR in a value",                |it| and(it, "X-A: 1\rX-B: 2"),                                 400),
    ("NUL in a value",               |it| and(it, "X-A: 1\0"),                                       400),
    ("NUL in a name",                |it| and(it, "X\0A: 1"),                                        400),
    ("a control character",          |it| and(it, "X-A: \x07"),                                      400),
    ("DEL in a value",               |it| and(it, "X-A: \x7f"),                                      400),
    ("a space before the colon",     |it| and(it, "Transfer-Encoding : chunked"),                    400),
    ("a tab before the colon",       |it| and(it, "Content-Length\t: 5"),                            400),
    ("a space in a name",            |it| and(it, "X A: 1"),                                         400),
    ("no name",                      |it| and(it, ": 1"),                                            400),
    ("no colon",                     |it| and(it, "nonsense"),                                       400),
    ("a name beyond ASCII",          |it| and(it, "Ünique: 1"),                                      400),
    ("two spaces behind the method", |it| it.replacen("GET ", "GET  ", 1).into(),                    400),
    ("a space in the target",        |it| first(it, "GET /target x HTTP/1.1"),                       400),
    ("NUL in the target",            |it| first(it, "GET /target\0 HTTP/1.1"),                       400),
    ("CR in the target",             |it| first(it, "GET /target\r HTTP/1.1"),                       400),
    ("no target",                    |it| first(it, "GET HTTP/1.1"),                                 400),
    ("HTTP/0.9",                     |it| first(it, "GET /target"),                                  400),
    ("HTTP/1.0",                     |it| first(it, "GET /target HTTP/1.0"),                         400),
    ("HTTP/1.2",                     |it| first(it, "GET /target HTTP/1.2"),                         400),
    ("HTTP/2.0",                     |it| first(it, "GET /target HTTP/2.0"),                         400),
    ("http/1.1",                     |it| first(it, "GET /target http/1.1"),                         400),
    ("HTTP/1.1 and more",            |it| first(it, "GET /target HTTP/1.11"),                        400),
    ("bare line feeds",              |it| it.replace("\r\n", "\n").into(),                          400),
    ("a bare line feed in a field",  |it| and(it, "X-A: 1\nX-B: 2"),                                 400),
    ("a head that ends in one",      |it| [&it[..it.len() - 2], "\n"].concat().into(),               400),
    ("a frame and no request",       |_| Frame::text("GET").masked(),                                400),
    ("a TLS handshake",              |_| b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), 400),
    ("SSH",                          |_| b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(),                    400),
    ("zeros",                        |_| vec![0; 1024],                                              400),
    ("a PROXY header of a stranger", |it| ["PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n", it].concat().into(), 400),
];

#[rustfmt::skip] // a table
const SIZES: &[Row] = &[
    ("101 fields",                   |it| and(it, &many(96)),                                        431),
    ("5,000 fields",                 |it| and(it, &many(5_000)),                                     431),
    ("a value of 17 KiB",            |it| and(it, &("X-A: ".to_owned() + &"x".repeat(17 << 10))),    431),
    ("a value of 200 KiB",           |it| and(it, &("X-A: ".to_owned() + &"x".repeat(200 << 10))),   431),
    ("a name of 17 KiB",             |it| and(it, &("x".repeat(17 << 10) + ": 1")),                  431),
    ("a line without an end",        |_| vec![b'x'; 20_000],                                         431),
    ("a target of 9 KiB",            |it| first(it, &format!("GET /target?{} HTTP/1.1", "x".repeat(9 << 10))), 414),
    ("33 extensions",                |it| and(it, &("Sec-WebSocket-Extensions: x".to_owned() + &", x".repeat(32))), 400),
    ("17 parameters",                |it| and(it, &("Sec-WebSocket-Extensions: x".to_owned() + &"; y".repeat(17))), 400),
    ("33 subprotocols",              |it| and(it, &("Sec-WebSocket-Protocol: x".to_owned() + &", x".repeat(32))), 400),
    ("4,000 quotes",                 |it| and(it, &("Sec-WebSocket-Extensions: x; y=".to_owned() + &"\"".repeat(4_000))), 400),
    ("4,000 backslashes",            |it| and(it, &("Sec-WebSocket-Extensions: x; y=\"".to_owned() + &"\\".repeat(4_000))), 400),
];

#[rustfmt::skip] // a table
const BODIES: &[Row] = &[
    ("a length",                     |it| and(it, "Content-Length: 5"),                              400),
    ("a length and a body",          |it| [and(it, "Content-Length: 5"), b"GET /".to_vec()].concat(), 400),
    ("a negative length",            |it| and(it, "Content-Length: -1"),                             400),
    ("a length with a sign",         |it| and(it, "Content-Length: +5"),                             400),
    ("a length that is none",        |it| and(it, "Content-Length: abc"),                            400),
    ("a length in hexadecimal",      |it| and(it, "Content-Length: 0x5"),                            400),
    ("two lengths",                  |it| and(it, "Content-Length: 0\r\nContent-Length: 5"),         400),
    ("a list of lengths",            |it| and(it, "Content-Length: 0, 5"),                           400),
    ("a length beyond 64 bits",      |it| and(it, "Content-Length: 18446744073709551616"),           400),
    ("chunks",                       |it| and(it, "Transfer-Encoding: chunked"),                     400),
    ("chunks and a chunk",           |it| [and(it, "Transfer-Encoding: chunked"), b"1\r\nx\r\n0\r\n\r\n".to_vec()].concat(), 400),
    ("chunks and a length",          |it| and(it, "Transfer-Encoding: chunked\r\nContent-Length: 5"), 400),
    ("chunks that are none",         |it| and(it, "Transfer-Encoding: xchunked"),                    400),
    ("chunks that are not the last", |it| and(it, "Transfer-Encoding: chunked, identity"),           400),
    ("chunks twice",                 |it| and(it, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400),
];

#[rustfmt::skip] // a table
const FIELDS: &[Row] = &[
    ("no Host",                      |it| without(it, "Host"),                                       400),
    ("two Hosts",                    |it| and(it, "Host: other"),                                    400),
    ("an empty Host",                |it| with(it, "Host", ""),                                      400),
    ("a Host with a path",           |it| with(it, "Host", "a/b"),                                   400),
    ("a Host with a user",           |it| with(it, "Host", "a@b"),                                   400),
    ("a Host of two words",          |it| with(it, "Host", "a b"),                                   400),
    ("two Hosts in one",             |it| with(it, "Host", "a, b"),                                  400),
    ("a port that is none",          |it| with(it, "Host", "a:65536"),                               400),
    ("POST",                         |it| it.replacen("GET", "POST", 1).into(),                      405),
    ("HEAD",                         |it| it.replacen("GET", "HEAD", 1).into(),                      405),
    ("OPTIONS",                      |it| it.replacen("GET", "OPTIONS", 1).into(),                   405),
    ("an unknown method",            |it| it.replacen("GET", "BREW", 1).into(),                      405),
    ("a method in small letters",    |it| it.replacen("GET", "get", 1).into(),                       405),
    ("a method that is no token",    |it| it.replacen("GET", "G(T", 1).into(),                       400),
    ("no version",                   |it| without(it, "Sec-WebSocket-Version"),                      426),
    ("version 0",                    |it| with(it, "Sec-WebSocket-Version", "0"),                    426),
    ("version 8",                    |it| with(it, "Sec-WebSocket-Version", "8"),                    426),
    ("version 14",                   |it| with(it, "Sec-WebSocket-Version", "14"),                   426),
    ("version 013",                  |it| with(it, "Sec-WebSocket-Version", "013"),                  426),
    ("version 13.0",                 |it| with(it, "Sec-WebSocket-Version", "13.0"),                 426),
    ("versions 13 and 8",            |it| with(it, "Sec-WebSocket-Version", "13, 8"),                400),
    ("version 13 twice",             |it| and(it, "Sec-WebSocket-Version: 13"),                      400),
    ("no key",                       |it| without(it, "Sec-WebSocket-Key"),                          400),
    ("an empty key",                 |it| with(it, "Sec-WebSocket-Key", ""),                         400),
    ("a short key",                  |it| with(it, "Sec-WebSocket-Key", "c2hvcnQ="),                 400),
    ("a key of 17 bytes",            |it| with(it, "Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2RlZmc="), 400),
    ("a key without its padding",    |it| with(it, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"),   400),
    ("a key of another alphabet",    |it| with(it, "Sec-WebSocket-Key", "-_hlIHNhbXBsZSBub25jZQ=="), 400),
    ("a key with a space",           |it| with(it, "Sec-WebSocket-Key", "dGhlIHNhbXBs ZSBub25jZQ="), 400),
    ("a key of 8 KiB",               |it| with(it, "Sec-WebSocket-Key", &"A".repeat(8 << 10)),       400),
    ("two keys",                     |it| and(it, &format!("Sec-WebSocket-Key: {KEY}")),             400),
    ("keys of hixie-76",             |it| and(it, "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5"),       400),
    ("no Connection",                |it| without(it, "Connection"),                                 400),
    ("Connection: close",            |it| with(it, "Connection", "close"),                           400),
    ("no Upgrade",                   |it| without(it, "Upgrade"),                                    400),
    ("an extension that is none",    |it| and(it, "Sec-WebSocket-Extensions: ;;;"),                  400),
    ("an open quote",                |it| and(it, "Sec-WebSocket-Extensions: x; y=\"z"),             400),
    ("a subprotocol of two words",   |it| and(it, "Sec-WebSocket-Protocol: a b"),                    400),
    ("a page of another site",       |it| and(it, "Origin: https://evil.example"),                   403),
    ("a page of no site",            |it| and(it, "Origin: null"),                                   403),
    ("a site that begins as ours",   |it| and(it, &format!("Origin: http://{}.evil.example", host(it))), 403),
    ("a site that ends as ours",     |it| and(it, &format!("Origin: http://evil.example#{}", host(it))), 403),
    ("a user called as ours",        |it| and(it, &format!("Origin: http://{}@evil.example", host(it))), 403),
    ("two Origins",                  |it| and(it, &format!("Origin: http://{}\r\nOrigin: null", host(it))), 400),
    ("a path above the root",        |it| first(it, "GET /../../target HTTP/1.1"),                   400),
    ("a path with %00",              |it| first(it, "GET /target%00 HTTP/1.1"),                      404),
    ("a path that is no UTF-8",      |it| first(it, "GET /journal/%FF HTTP/1.1"),                    400),
    ("a path beside the endpoint",   |it| first(it, "GET //target HTTP/1.1"),                        404),
];

fn and(good: &str, line: &str) -> Vec<u8> {
    good.replacen("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"), 1).into()
}

fn without(good: &str, name: &str) -> Vec<u8> {
    let field = format!("{name}:");
    let lines = good.split_inclusive("\r\n").filter(|line| !line.starts_with(&field));
    lines.collect::<String>().into()
}

fn with(good: &str, name: &str, value: &str) -> Vec<u8> {
    let rest = String::from_utf8(without(good, name)).unwrap();
    and(&rest, &format!("{name}: {value}"))
}

fn first(good: &str, line: &str) -> Vec<u8> {
    let (_, rest) = good.split_once("\r\n").unwrap();
    format!("{line}\r\n{rest}").into()
}

fn host(good: &str) -> &str {
    good.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap()
}

fn many(fields: usize) -> String {
    vec!["X: 1"; fields].join("\r\n")
}

pub(super) fn cases() -> Vec<Case> {
    let rows = [SYNTAX, SIZES, BODIES, FIELDS].concat();
    let refused = rows.into_iter().map(|(name, make, status)| {
        Case::new(name, move |server| {
            let addr = server.addr();
            let good = http::upgrade(addr, "/target", "");
            let bad = make(&good);
            assert_refused(name, addr, &bad, status);
            // A second request, and a frame, behind the bad one are not looked at.
            let behind = [&bad, good.as_bytes(), &Frame::text("smuggled").masked()].concat();
            assert_refused(name, addr, &behind, status);
        })
    });
    refused.chain(upgrades()).chain(early()).collect()
}

/// Checks that `bytes` get one answer with `status`, and then the end of the stream.
fn assert_refused(name: &str, addr: SocketAddr, bytes: &[u8], status: u16) {
    let mut stream = http::connect(addr);
    // The server may refuse, and end its direction, before it has read everything.
    let _ = stream.write_all(bytes);
    let (answer, ended) = rest(&mut stream);
    assert!(ended.is_ok(), "{name}: {ended:?} behind {answer:?}");
    // An answer has the version of its request.
    let begins = ["1.0", "1.1"].map(|it| format!("HTTP/{it} {status} "));
    let begins = begins.iter().any(|it| answer.starts_with(it));
    assert!(begins, "{name}: {status} was expected, and not {answer:?}");
    let answers: usize =
        ["HTTP/1.0 ", "HTTP/1.1 "].iter().map(|it| answer.matches(it).count()).sum();
    assert_eq!(answers, 1, "{name}: what is behind is answered too: {answer:?}");
}

/// What is still to be read, and how that ended.
fn rest(stream: &mut TcpStream) -> (String, std::io::Result<usize>) {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    (String::from_utf8_lossy(&bytes).into_owned(), ended)
}

/// Upgrades to something else, and what is just bearable.
fn upgrades() -> Vec<Case> {
    vec![
        Case::new("Upgrade: h2c", |server| {
            for upgrade in ["h2c", "\"websocket\"", "websocketx"] {
                let settings =
                    "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n";
                let request = format!(
                    "GET /target HTTP/1.1\r\nHost: {}\r\nUpgrade: {upgrade}\r\n{settings}\r\n",
                    server.addr()
                );
                let answer = http::exchange(server.addr(), request);
                assert_eq!(answer.status, 426, "{answer:?}");
                assert_eq!(answer.header("upgrade"), Some("websocket"));
            }
        }),
        Case::new("Upgrade: h2c in a request for a WebSocket", |server| {
            for upgrade in ["h2c", "\"websocket\"", "websocketx"] {
                let good = http::upgrade(server.addr(), "/target", "");
                let answer = http::exchange(server.addr(), with(&good, "Upgrade", upgrade));
                assert_eq!(answer.status, 426, "{answer:?}");
                assert_eq!(answer.header("upgrade"), Some("websocket"));
            }
        }),
        Case::new("a head that nobody looked at", |server| {
            let addr = server.addr();
            for field in ["Content-Length: 0", "Upgrade: other", "Transfer-Encoding: chunked"] {
                let first = format!("GET /nowhere HTTP/1.1\r\nHost: {addr}\r\n{field}\r\n\r\n");
                let second = http::upgrade(addr, "/target", "").replace("\r\n", "\n");
                assert_refused(field, addr, (first + &second).as_bytes(), 404);
            }
        }),
        Case::new("HTTP/2 without a word", |server| {
            let mut stream = http::connect(server.addr());
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
            let (answer, ended) = rest(&mut stream);
            assert!(ended.is_ok() && !answer.contains("101"), "{ended:?}: {answer:?}");
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:?}");
        }),
        Case::new("100 fields", |server| {
            let more = many(95) + "\r\n";
            RawClient::open_with(server.addr(), "/target", &more, &[]).close(1000, "");
        }),
    ]
}

/// Frames, and the end, that come before the 101.
fn early() -> Vec<Case> {
    vec![
        Case::new("frames before the 101", |server| {
            let request = http::upgrade(server.addr(), "/target", "");
            let frames = [Frame::text("a"), Frame::ping("b"), Frame::close(1000, "c")];
            let wire = [request.as_bytes(), &super::wire(&frames)].concat();
            // In one piece, and in two, wherever these end.
            for cut in request.len() - 4..=wire.len() {
                assert_early(server, &wire, cut);
            }
        }),
        Case::new("a flood of frames before the 101", |server| {
            let early = Frame::text("early").masked().repeat(100);
            let mut client = RawClient::open_with(server.addr(), "/target", "", &early);
            for _ in 0..100 {
                client.assert_next(&Frame::text("early"));
            }
            client.close(1000, "");
        }),
        Case::new("a bad frame before the 101", |server| {
            let early = Frame::text("unmasked").unmasked();
            RawClient::open_with(server.addr(), "/target", "", &early).assert_failed(1002);
        }),
        Case::new("the end before the 101", |server| {
            let mut stream = http::connect(server.addr());
            stream.write_all(http::upgrade(server.addr(), "/target", "").as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let (answer, ended) = rest(&mut stream);
            assert!(ended.is_ok() && answer.starts_with("HTTP/1.1 101 "), "{ended:?}: {answer:?}");
        }),
        Case::new("a request one byte at a time", |server| {
            let mut stream = http::connect(server.addr());
            for byte in http::upgrade(server.addr(), "/target", "Origin: null\r\n").bytes() {
                stream.write_all(&[byte]).unwrap();
            }
            let (answer, ended) = rest(&mut stream);
            assert!(ended.is_ok() && answer.starts_with("HTTP/1.1 403 "), "{ended:?}: {answer:?}");
        }),
    ]
}

/// Sends `wire`, a request with frames behind it, in two pieces; the frames are answered.
fn assert_early(server: &TestServer, wire: &[u8], cut: usize) {
    let mut stream = http::connect(server.addr());
    stream.write_all(&wire[..cut]).unwrap();
    stream.write_all(&wire[cut..]).unwrap();
    assert_eq!(http::read_head(&mut stream).status, 101);
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).expect("the end");
    let expected = [Frame::text("a"), Frame::pong("b"), Frame::close(1000, "c")];
    let expected: Vec<u8> = expected.iter().flat_map(Frame::unmasked).collect();
    assert_eq!(answers, expected, "cut at {cut}");
}

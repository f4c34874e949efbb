//! HTTP as bytes: requests written by hand, and the head and body of what comes back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use crate::wait::DEADLINE;

/// The key of RFC 6455 §1.3, which every handshake of these tests uses.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The accept value that belongs to [`KEY`].
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, where one was read.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of the only header `name`, in lower case; `None` without one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(found, _)| found == name);
        let (_, value) = values.next()?;
        assert!(values.next().is_none(), "{name} twice in {self:?}");
        Some(value)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// Reads a head of a response.
    #[must_use]
    pub fn parse(head: &str) -> Self {
        let mut lines = head.lines();
        let (version, status) = lines.next().and_then(|line| line.split_once(' ')).expect(head);
        assert!(matches!(version, "HTTP/1.1" | "HTTP/1.0"), "{head}");
        let status = status[..3].parse().expect("a status code");
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Self { status, headers: lines.map_while(header).collect(), body: Vec::new() }
    }
}

/// A handshake as RFC 6455 §4.1 wants it, with `more` header lines, each ended by CRLF.
#[must_use]
pub fn upgrade(addr: SocketAddr, path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{more}\r\n"
    )
}

/// The header lines of a good request, by name.
const GOOD: &[(&str, &str)] = &[
    ("Host", "{addr}"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", KEY),
];

/// Sends the good request with changes: `-Name` leaves a line out, `Name: value` replaces it or is
/// added, `+Name: value` is added beside it. `{addr}` is the server's address.
#[must_use]
pub fn request(addr: SocketAddr, first_line: &str, changes: &[&str]) -> Response {
    let mut lines: Vec<(String, String)> =
        GOOD.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for change in changes {
        if let Some(name) = change.strip_prefix('-') {
            lines.retain(|(found, _)| found != name);
            continue;
        }
        let (name, value) = change.trim_start_matches('+').split_once(": ").expect(change);
        if !change.starts_with('+') {
            lines.retain(|(found, _)| found != name);
        }
        lines.push((name.to_owned(), value.to_owned()));
    }
    let mut head = format!("{first_line}\r\n");
    for (name, value) in lines {
        head += &format!("{name}: {}\r\n", value.replace("{addr}", &addr.to_string()));
    }
    exchange(addr, head + "\r\n")
}

/// Connects, with a deadline on everything that follows.
#[must_use]
pub fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&addr, DEADLINE).expect("the server listens");
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// Sends `request` as it is and reads one response: its head, then as much body as it announces,
/// or all there is when it announces nothing.
#[must_use]
pub fn exchange(addr: SocketAddr, request: impl AsRef<[u8]>) -> Response {
    let mut stream = connect(addr);
    // A server may refuse, and close, before it has read everything.
    let _ = stream.write_all(request.as_ref());
    let mut response = read_head(&mut stream);
    let has_body =
        !request.as_ref().starts_with(b"HEAD ") && !matches!(response.status, 101 | 204 | 304);
    if has_body {
        match response.header("content-length").map(|len| len.parse().expect("a length")) {
            Some(len) => {
                response.body = vec![0; len];
                stream.read_exact(&mut response.body).expect("the whole body");
            }
            None => {
                stream.read_to_end(&mut response.body).expect("the body and then the end");
            }
        }
    }
    response
}

/// Sends a GET with `more` header lines, each ended by CRLF, and asks to close.
#[must_use]
pub fn get(addr: SocketAddr, path: &str, more: &str) -> Response {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n{more}\r\n");
    exchange(addr, head)
}

/// Reads up to the empty line and no byte further.
#[must_use]
pub fn read_head(stream: &mut TcpStream) -> Response {
    let deadline = Instant::now() + DEADLINE;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            other => panic!("{other:?} after {:?}", String::from_utf8_lossy(&head)),
        }
        assert!(Instant::now() < deadline, "no end of the response's head");
    }
    Response::parse(std::str::from_utf8(&head).expect("a head of ASCII"))
}

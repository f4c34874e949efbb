//! A server without a library, for one client: it sends any bytes, and sees every frame.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

use ws_core::handshake::HandshakeKey;

use crate::http::ACCEPT;
use crate::wait::DEADLINE;
use crate::wire::Frame;

/// A server's side of a connection.
#[derive(Debug)]
pub struct RawServer {
    stream: TcpStream,
    request: String,
}

impl RawServer {
    /// A socket that listens, and its address.
    #[must_use]
    pub fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("an address");
        (listener, addr)
    }

    /// Waits for a client and reads its request.
    #[must_use]
    pub fn accept(listener: &TcpListener) -> Self {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.set_nodelay(true).expect("an option of every system");
        stream.set_read_timeout(Some(DEADLINE)).expect("an option of every system");
        let deadline = Instant::now() + DEADLINE;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("the head goes on");
            head.push(byte[0]);
            assert!(Instant::now() < deadline, "no end of the request's head");
        }
        Self { stream, request: String::from_utf8(head).expect("a head of ASCII") }
    }

    /// The request's head.
    #[must_use]
    pub fn request(&self) -> &str {
        &self.request
    }

    /// The value of the request's only header `name`, `None` without one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.request.lines().filter_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} twice in {}", self.request);
        Some(value)
    }

    /// Answers with a 101 for the [sample key](crate::http::KEY), with `more` header lines, each
    /// ended by CRLF.
    pub fn switch(&mut self, more: &str) {
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {ACCEPT}\r\n{more}\r\n"
        );
        self.stream.write_all(answer.as_bytes()).expect("the client reads");
    }

    /// Answers with a 101 for whatever key the client sent.
    pub fn switch_by_key(&mut self) {
        let key = self.header("sec-websocket-key").unwrap_or_default();
        let key = HandshakeKey::parse(key.as_bytes()).expect("a key of 16 bytes");
        let accept = String::from_utf8(key.accept_value().to_vec()).expect("Base64 is ASCII");
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.stream.write_all(answer.as_bytes()).expect("the client reads");
    }

    /// Sends a frame, unmasked.
    pub fn send(&mut self, frame: &Frame) {
        self.stream.write_all(&frame.unmasked()).expect("the client reads");
    }

    /// The next frame, which must be masked (RFC 6455 §5.3).
    #[track_caller]
    pub fn read(&mut self) -> Frame {
        let [first, second] = self.read_array();
        assert_eq!(second & 0x80, 0x80, "a client's frame is masked");
        let len = match second & 0x7F {
            126 => u64::from(u16::from_be_bytes(self.read_array())),
            127 => u64::from_be_bytes(self.read_array()),
            short => u64::from(short),
        };
        let key: [u8; 4] = self.read_array();
        let mut payload = vec![0; usize::try_from(len).expect("a length that fits")];
        self.stream.read_exact(&mut payload).expect("the whole frame");
        payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 7, first & 0x0F);
        Frame { fin, rsv, opcode, payload }
    }

    fn read_array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).expect("a frame");
        bytes
    }

    /// Checks that the next frame is `want`.
    #[track_caller]
    pub fn assert_next(&mut self, want: &Frame) {
        assert_eq!(self.read(), *want);
    }
}

//! A server without a library, for one client: it sends any bytes, and sees every frame.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ws_core::handshake::accept_value;

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

    /// Serves one client with `script`, on a thread; the address, and what comes of it.
    #[must_use]
    pub fn play<T: Send + 'static>(
        script: impl FnOnce(Self) -> T + Send + 'static,
    ) -> (SocketAddr, JoinHandle<T>) {
        let (listener, addr) = Self::listen();
        (addr, thread::spawn(move || script(Self::accept(&listener))))
    }

    /// Waits for a client and reads its request.
    #[must_use]
    pub fn accept(listener: &TcpListener) -> Self {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.set_nodelay(true).expect("an option of every system");
        stream.set_read_timeout(Some(DEADLINE)).expect("an option of every system");
        stream.set_write_timeout(Some(DEADLINE)).expect("an option of every system");
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

    /// A 101 for the key of the request, with `more` header lines, each ended by CRLF.
    #[must_use]
    pub fn switching(&self, more: &str) -> String {
        let key = self.header("Sec-WebSocket-Key").expect("a key");
        let accept = accept_value(key.as_bytes());
        let accept = std::str::from_utf8(&accept).expect("base64 is ASCII");
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
        )
    }

    /// Answers with a 101 for the key of the request, with `more` header lines, each ended by CRLF.
    pub fn switch(&mut self, more: &str) {
        self.say(self.switching(more));
    }

    /// The connection itself.
    pub const fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends bytes as they are.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the client reads");
    }

    /// Sends bytes to a client that may have seen enough.
    ///
    /// # Errors
    ///
    /// When the connection is gone, or the client took nothing before the deadline.
    pub fn try_say(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Ends our direction with FIN.
    pub fn send_fin(&self) {
        // Refused when the client has reset the connection, which ends it too.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Waits until the client has ended the connection, by FIN or RST, whatever it sends before.
    #[track_caller]
    pub fn assert_ended(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        let mut sink = vec![0; 64 * 1024];
        loop {
            match self.stream.read(&mut sink) {
                Ok(0) => return,
                Ok(_) => assert!(Instant::now() < deadline, "the client goes on"),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("the client does not end the connection")
                }
                Err(_) => return,
            }
        }
    }

    /// Lets the connection end with RST when this is dropped.
    pub fn reset_when_dropped(&self) {
        let socket = socket2::SockRef::from(&self.stream);
        socket.set_linger(Some(Duration::ZERO)).expect("an option of every system");
    }

    /// Sends a frame, unmasked.
    pub fn send(&mut self, frame: &Frame) {
        self.say(frame.unmasked());
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

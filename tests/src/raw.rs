//! A client without a library: it sends any bytes, and sees every frame and how the stream ends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::http::{self, Response};
use crate::wire::{CLOSE, Frame, PONG, TEXT};

/// A connection after its opening handshake.
#[derive(Debug)]
pub struct RawClient {
    stream: TcpStream,
    response: Response,
}

impl RawClient {
    /// Opens a connection to `path`.
    #[must_use]
    #[track_caller]
    pub fn open(addr: SocketAddr, path: &str) -> Self {
        Self::open_with(addr, path, "", &[])
    }

    /// Opens a connection to `path` that offers `subprotocols`.
    #[must_use]
    #[track_caller]
    pub fn open_as(addr: SocketAddr, path: &str, subprotocols: &str) -> Self {
        Self::open_with(addr, path, &format!("Sec-WebSocket-Protocol: {subprotocols}\r\n"), &[])
    }

    /// Opens a connection with `more` header lines, each ended by CRLF, and sends `early` in the
    /// same write as the request.
    #[must_use]
    #[track_caller]
    pub fn open_with(addr: SocketAddr, path: &str, more: &str, early: &[u8]) -> Self {
        let mut stream = http::connect(addr);
        let request = http::upgrade(addr, path, more);
        stream.write_all(&[request.as_bytes(), early].concat()).expect("the server reads");
        let response = http::read_head(&mut stream);
        assert_eq!(response.status, 101, "{path}: {response:?}");
        assert_eq!(response.header("sec-websocket-accept"), Some(http::ACCEPT));
        Self { stream, response }
    }

    /// What the server answered the handshake with.
    #[must_use]
    pub const fn response(&self) -> &Response {
        &self.response
    }

    /// The subprotocol the server chose.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.response.header("sec-websocket-protocol")
    }

    /// Sends a frame, masked.
    pub fn send(&mut self, frame: &Frame) {
        self.send_bytes(&frame.masked());
    }

    /// Sends several frames, masked, in one write.
    pub fn send_all(&mut self, frames: &[Frame]) {
        let wire: Vec<u8> = frames.iter().flat_map(Frame::masked).collect();
        self.send_bytes(&wire);
    }

    /// Sends `frame` behind a Ping, in one write, and waits for the Pong: the server has then read
    /// both, whatever its handlers are busy with.
    #[track_caller]
    pub fn send_and_see_read(&mut self, frame: &Frame) {
        self.send_all(&[Frame::ping("read?"), frame.clone()]);
        self.assert_next(&Frame::pong("read?"));
    }

    /// Sends a text message.
    pub fn send_text(&mut self, text: &str) {
        self.send(&Frame::text(text));
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// Sends bytes one at a time, each in a segment of its own as far as TCP allows.
    pub fn send_bytewise(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.send_bytes(std::slice::from_ref(byte));
        }
    }

    /// Sends bytes to a server that may have stopped reading.
    ///
    /// # Errors
    ///
    /// When the connection is gone, or the server took nothing before the deadline.
    pub fn try_send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next frame; `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// When the stream is reset, ends inside a frame, or nothing comes before the deadline.
    pub fn try_read(&mut self) -> io::Result<Option<Frame>> {
        let mut first = [0];
        if self.stream.read(&mut first)? == 0 {
            return Ok(None);
        }
        let [second] = self.read_array()?;
        assert_eq!(second & 0x80, 0, "a server's frame is not masked");
        let len = match second {
            126 => u64::from(u16::from_be_bytes(self.read_array()?)),
            127 => u64::from_be_bytes(self.read_array()?),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(len).expect("a length that fits")];
        self.stream.read_exact(&mut payload)?;
        let [first] = first;
        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 7, first & 0x0F);
        Ok(Some(Frame { fin, rsv, opcode, payload }))
    }

    fn read_array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The next frame.
    #[track_caller]
    pub fn read(&mut self) -> Frame {
        match self.try_read() {
            Ok(Some(frame)) => frame,
            Ok(None) => panic!("the stream ended instead of a frame"),
            Err(error) => panic!("no frame came: {error}"),
        }
    }

    /// Checks that the next frame is `want`.
    #[track_caller]
    pub fn assert_next(&mut self, want: &Frame) {
        let got = self.read();
        assert!(got == *want, "got {}, wanted {}", brief(&got), brief(want));
    }

    /// The next frame, which must be a text message.
    #[track_caller]
    pub fn read_text(&mut self) -> String {
        let frame = self.read();
        assert!(frame.opcode == TEXT && frame.fin, "got {}", brief(&frame));
        String::from_utf8(frame.payload).expect("text is UTF-8")
    }

    /// Sends `text` and checks that the same comes back next.
    #[track_caller]
    pub fn assert_echo(&mut self, text: &str) {
        self.send_text(text);
        self.assert_next(&Frame::text(text));
    }

    /// Checks that the server has sent nothing up to the moment it answers a Ping.
    #[track_caller]
    pub fn assert_silent(&mut self) {
        self.send(&Frame::ping("silent?"));
        self.assert_next(&Frame::new(PONG, "silent?"));
    }

    /// Checks that nothing has arrived.
    #[track_caller]
    pub fn assert_unreadable(&self) {
        self.stream.set_nonblocking(true).expect("an option of every system");
        let read = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).expect("an option of every system");
        let nothing = matches!(&read, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        assert!(nothing, "something has arrived: {read:?}");
    }

    /// Reads up to a Close frame, checks its code, answers it when `answer` says so, and checks that
    /// nothing but the end of the stream follows. The frame's reason comes back.
    #[track_caller]
    fn closed(&mut self, want: u16, answer: bool) -> String {
        let close = loop {
            let frame = self.read();
            if frame.opcode == CLOSE {
                break frame;
            }
        };
        assert_eq!(close.close_code(), want, "{}", brief(&close));
        if answer {
            self.send(&close);
        }
        self.assert_fin();
        String::from_utf8(close.payload.get(2..).unwrap_or_default().to_vec())
            .expect("a reason is UTF-8")
    }

    /// RFC 6455 §7.1.7, _Fail the WebSocket Connection_: the server sends a Close with `code` and
    /// ends the stream without waiting for ours. The reason comes back.
    #[track_caller]
    pub fn assert_failed(&mut self, code: u16) -> String {
        self.closed(code, false)
    }

    /// RFC 6455 §7.1.4, _closed cleanly_: the server sends a Close with `code`, gets ours, and ends
    /// the stream. The reason comes back.
    #[track_caller]
    pub fn assert_closed_cleanly(&mut self, code: u16) -> String {
        self.closed(code, true)
    }

    /// Sends a Close and checks that the server echoes it and ends the stream.
    #[track_caller]
    pub fn close(mut self, code: u16, reason: &str) {
        self.send(&Frame::close(code, reason));
        self.assert_next(&Frame::close(code, reason));
        self.assert_fin();
    }

    /// Checks that the stream ends here, by FIN and not by RST.
    #[track_caller]
    pub fn assert_fin(&mut self) {
        match self.try_read() {
            Ok(None) => {}
            Ok(Some(frame)) => panic!("{} instead of the end", brief(&frame)),
            Err(error) => panic!("{error} instead of the end"),
        }
    }

    /// Ends our direction with FIN.
    pub fn send_fin(&self) {
        self.stream.shutdown(Shutdown::Write).expect("the connection is up");
    }

    /// Ends the connection with RST.
    pub fn reset(self) {
        let socket = socket2::Socket::from(self.stream);
        socket.set_linger(Some(Duration::ZERO)).expect("an option of every system");
    }

    /// Shrinks what the system takes in for us, so that a sender soon meets a full pipe.
    pub fn shrink_receive_buffer(&self) {
        socket2::SockRef::from(&self.stream)
            .set_recv_buffer_size(4096)
            .expect("an option of every system");
    }
}

/// A frame as failure messages show it.
fn brief(frame: &Frame) -> String {
    let Frame { fin, rsv, opcode, payload } = frame;
    let head =
        String::from_utf8_lossy(&payload[..payload.len().min(60)]).escape_debug().to_string();
    format!("frame opcode {opcode} fin {fin} rsv {rsv} len {} \"{head}\"", payload.len())
}

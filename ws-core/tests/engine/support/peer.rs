//! The other side of the wire, frame by frame.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::timeout;
use ws_core::frame::{Decoded, FrameHeader, Rsv, decode_header, encode_header};
use ws_core::{OpCode, Role, mask};

use super::LONG;

/// A frame as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    pub(crate) opcode: OpCode,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.opcode, OpCode::Text, "{self:?}");
        std::str::from_utf8(&self.payload).unwrap()
    }

    /// The code of a Close, 1005 when it has none.
    #[track_caller]
    pub(crate) fn close_code(&self) -> u16 {
        assert_eq!(self.opcode, OpCode::Close, "{self:?}");
        self.payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))
    }
}

/// The bytes of a frame, masked with `key` if there is one.
pub(crate) fn frame(fin: bool, opcode: OpCode, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u64;
    let header = FrameHeader { fin, rsv: Rsv::NONE, opcode, mask: key, payload_len: len };
    let (head, used) = encode_header(&header);
    let mut wire = head[..used].to_vec();
    wire.extend_from_slice(payload);
    if let Some(key) = key {
        mask::apply(&mut wire[used..], key, 0);
    }
    wire
}

/// The bytes of a frame as clients send it.
pub(crate) fn masked(fin: bool, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    frame(fin, opcode, Some([0xA1, 0x5E, 0x00, 0x7F]), payload)
}

/// Plays the peer of the engine.
pub(crate) struct Peer {
    pub(crate) io: DuplexStream,
    /// The engine's role.
    role: Role,
    buffer: Vec<u8>,
}

impl Peer {
    pub(crate) fn new(io: DuplexStream, role: Role) -> Self {
        Self { io, role, buffer: Vec::new() }
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        timeout(LONG, self.io.write_all(bytes)).await.expect("the engine reads").unwrap();
    }

    pub(crate) async fn send(&mut self, opcode: OpCode, payload: &[u8]) {
        self.raw(&self.bytes(true, opcode, payload)).await;
    }

    pub(crate) fn bytes(&self, fin: bool, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
        match self.role {
            Role::Server => masked(fin, opcode, payload),
            Role::Client => frame(fin, opcode, None, payload),
        }
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.send(OpCode::Text, text.as_bytes()).await;
    }

    pub(crate) async fn ping(&mut self, payload: &str) {
        self.send(OpCode::Ping, payload.as_bytes()).await;
    }

    pub(crate) async fn close(&mut self, code: u16) {
        self.send(OpCode::Close, &code.to_be_bytes()).await;
    }

    /// The next frame; `None` at the end of the stream, which must lie between two frames.
    pub(crate) async fn try_frame(&mut self) -> Option<Frame> {
        loop {
            if let Ok(Decoded::Header(header, used)) = decode_header(&self.buffer) {
                let end = used + usize::try_from(header.payload_len).unwrap();
                if self.buffer.len() >= end {
                    return Some(self.take(&header, used, end));
                }
            }
            if self.fill().await.unwrap() == 0 {
                assert!(self.buffer.is_empty(), "ended inside a frame: {:?}", self.buffer.len());
                return None;
            }
        }
    }

    fn take(&mut self, header: &FrameHeader, used: usize, end: usize) -> Frame {
        assert_eq!(header.mask.is_some(), self.role == Role::Client, "{header:?}");
        let mut wire: Vec<u8> = self.buffer.drain(..end).collect();
        if let Some(key) = header.mask {
            mask::apply(&mut wire[used..], key, 0);
        }
        Frame { fin: header.fin, opcode: header.opcode, payload: wire.split_off(used) }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        let read = self.io.read_buf(&mut self.buffer);
        timeout(LONG, read).await.expect("the engine writes or ends")
    }

    #[track_caller]
    pub(crate) fn frame(&mut self) -> impl Future<Output = Frame> {
        let place = std::panic::Location::caller();
        async move {
            match self.try_frame().await {
                Some(frame) => frame,
                None => panic!("{place}: the stream ended"),
            }
        }
    }

    /// The next frame, which is a text: what it says.
    pub(crate) async fn next_text(&mut self) -> String {
        self.frame().await.text().to_owned()
    }

    /// The next frame, which is a Pong: its payload.
    #[track_caller]
    pub(crate) fn next_pong(&mut self) -> impl Future<Output = String> {
        let place = std::panic::Location::caller();
        async move {
            let frame = self.frame().await;
            assert_eq!(frame.opcode, OpCode::Pong, "{place}: {frame:?}");
            String::from_utf8(frame.payload).unwrap()
        }
    }

    /// The rest up to the end of the stream.
    pub(crate) async fn rest(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.try_frame().await {
            frames.push(frame);
        }
        frames
    }

    /// Asserts that nothing came that was not read yet.
    pub(crate) async fn assert_silent(&mut self) {
        let more = timeout(std::time::Duration::from_millis(1), self.io.read_u8()).await;
        assert!(self.buffer.is_empty() && more.is_err(), "{more:?} {:?}", self.buffer);
    }
}

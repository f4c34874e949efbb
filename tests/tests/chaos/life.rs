//! The life of one connection, from its handshake to an end of some kind.

use std::net::SocketAddr;
use std::time::Duration;

use tests::Frame;
use tests::deflated::{OFFER, inflated};
use tests::http;
use tests::wire::{BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use crate::message::{assert_is, wire};
use crate::random::Random;

/// How a connection ends.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum End {
    /// By a Close right behind the last message: all echoes are owed, and then the Close.
    Close,
    /// By FIN behind the last message, without a Close.
    HalfClose,
    /// By FIN inside a frame.
    MidFrame,
    /// By a reset at any time.
    Kill,
}

/// Every way to end.
pub(crate) const ENDS: [End; 4] = [End::Close, End::HalfClose, End::MidFrame, End::Kill];

/// What a connection will do, all of it determined by its number.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    id: u64,
    random: Random,
    messages: u32,
    compresses: bool,
    slow: bool,
    end: End,
}

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) end: End,
    /// Messages that were sent.
    pub(crate) sent: u32,
    /// Messages that came back.
    pub(crate) echoed: u32,
}

impl Life {
    pub(crate) fn new(id: u64) -> Self {
        let mut random = Random::new(id);
        let messages = u32::try_from(1 + random.below(60)).unwrap();
        // Half of them close in order.
        let end = ENDS[random.below(6).saturating_sub(2)];
        let (compresses, slow) = (random.once_in(2), random.once_in(10));
        Self { id, random, messages, compresses, slow, end }
    }

    /// Lives it; panics when something is lost, reordered, doubled or corrupted.
    pub(crate) async fn live(self, addr: SocketAddr, opening: &Semaphore) -> Outcome {
        let end = self.end;
        let turn = opening.acquire().await.expect("it is never closed");
        let stream = self.open(addr).await;
        drop(turn);
        if end == End::Kill {
            // Takes effect when both halves are dropped.
            socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        }
        let (reader, writer) = stream.into_split();
        // A busy machine lets the server wait so long that it asks whether somebody is there.
        let (asked, asking) = unbounded_channel();
        let listening = self.clone().listen(BufReader::new(reader), asked);
        let speaking = self.clone().speak(writer, asking);
        if end == End::Kill {
            let mut random = Random::new(self.id ^ 1);
            let moment = Duration::from_millis(random.below(300) as u64);
            let echoed = tokio::select! {
                echoed = async { tokio::join!(listening, speaking).0 } => echoed,
                () = sleep(moment) => 0,
            };
            return Outcome { end, sent: 0, echoed };
        }
        // The half that speaks is kept: dropping it would end the direction.
        let (echoed, _writer) = tokio::join!(listening, speaking);
        if end == End::Close {
            assert_eq!(echoed, self.messages, "echoes are owed at a Close: {self:?}");
        }
        Outcome { end, sent: self.messages, echoed }
    }

    async fn open(&self, addr: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(addr).await.expect("the server listens");
        stream.set_nodelay(true).unwrap();
        let more = if self.compresses { OFFER } else { "" };
        stream.write_all(http::upgrade(addr, "/echo", more).as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a head"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        stream
    }

    /// Sends all messages, in pieces, and the end.
    async fn speak(
        mut self,
        mut writer: OwnedWriteHalf,
        mut asking: UnboundedReceiver<Vec<u8>>,
    ) -> OwnedWriteHalf {
        let mut pings = 0;
        for number in 0..self.messages {
            let mut wire = wire(self.id, number, self.compresses, &mut self.random, &mut pings);
            while let Ok(payload) = asking.try_recv() {
                wire.extend(Frame::pong(payload).masked());
            }
            let mut rest = &wire[..];
            while !rest.is_empty() {
                let len = if self.random.once_in(3) {
                    self.random.below(rest.len()) + 1
                } else {
                    rest.len()
                };
                let (now, later) = rest.split_at(len);
                rest = later;
                writer.write_all(now).await.expect("the server reads");
            }
            if self.random.once_in(10) {
                sleep(Duration::from_millis(self.random.below(50) as u64)).await;
            }
        }
        match self.end {
            End::Close => {
                let close = Frame::close(1000, "over").masked();
                writer.write_all(&close).await.expect("the server reads");
            }
            End::MidFrame => {
                let cut = &Frame::text("cut off").masked()[..9];
                writer.write_all(cut).await.expect("the server reads");
                writer.shutdown().await.expect("the connection is up");
            }
            End::HalfClose => writer.shutdown().await.expect("the connection is up"),
            End::Kill => {}
        }
        writer
    }

    /// Reads to the end, and checks all that comes; the number of messages that came back.
    async fn listen(
        mut self,
        mut reader: BufReader<OwnedReadHalf>,
        asked: UnboundedSender<Vec<u8>>,
    ) -> u32 {
        let (mut echoed, mut pong) = (0, None);
        let mut message: Option<Frame> = None;
        loop {
            if self.slow && self.random.once_in(4) {
                sleep(Duration::from_millis(self.random.below(60) as u64)).await;
            }
            let Some(frame) = read(&mut reader).await else {
                assert!(self.end != End::Close, "the end without a Close: {self:?}");
                return echoed;
            };
            match (frame.opcode, &mut message) {
                // Who has said all it has to say does not answer any more.
                (PING, _) => drop(asked.send(frame.payload)),
                (PONG, _) => {
                    let number = u32::from_be_bytes(frame.payload[..].try_into().unwrap());
                    assert!(pong < Some(number), "Pong {number} behind {pong:?}");
                    pong = Some(number);
                }
                (CLOSE, None) => {
                    assert_eq!(frame.close_code(), 1000, "{self:?}");
                    assert_eq!(reader.read(&mut [0]).await.unwrap(), 0, "more behind the Close");
                    return echoed;
                }
                (TEXT | BINARY, slot @ None) => *slot = Some(frame),
                (CONTINUATION, Some(begun)) => {
                    begun.payload.extend_from_slice(&frame.payload);
                    begun.fin = frame.fin;
                }
                _ => panic!("a frame {} that has no place here", frame.opcode),
            }
            if let Some(whole) = message.take_if(|it| it.fin) {
                let compressed = whole.rsv == 4;
                let payload =
                    if compressed { inflated(&whole.payload).unwrap() } else { whole.payload };
                assert_is(self.id, echoed, whole.opcode, &payload);
                echoed += 1;
            }
        }
    }
}

/// The next frame; `None` when the stream ends, which it may do anywhere once we ended it.
async fn read(reader: &mut BufReader<OwnedReadHalf>) -> Option<Frame> {
    let first = reader.read_u8().await.ok()?;
    let second = reader.read_u8().await.ok()?;
    let len = match second {
        126 => u64::from(reader.read_u16().await.ok()?),
        127 => reader.read_u64().await.ok()?,
        short => u64::from(short),
    };
    let mut payload = vec![0; usize::try_from(len).unwrap()];
    reader.read_exact(&mut payload).await.ok()?;
    Some(Frame { fin: first & 0x80 != 0, rsv: first >> 4 & 7, opcode: first & 15, payload })
}

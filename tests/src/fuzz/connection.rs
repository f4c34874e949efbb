//! The receiving half of a connection, in both roles.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use ws_core::extension::{Decoders, Encoders};
use ws_core::frame::Frame;
use ws_core::protocol::{Buffers, Event, Found, Heap, Lookahead, Other, Receiver, Sender, Wants};
use ws_core::{CloseFrame, Delivery, Limits, MessageKind, OpCode, ProtocolError, Role};

use super::cut;

fn wanted(whole: bool) -> Delivery {
    if whole { Delivery::Whole } else { Delivery::None }
}

/// What arrived, kept.
#[derive(Clone, Debug, PartialEq)]
enum Kept {
    Text(String),
    Binary(Vec<u8>),
    Frame(Frame<'static>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseFrame),
    Error(ProtocolError),
}

impl Kept {
    fn new(event: Event<'_>) -> Self {
        match event {
            Event::Text(text) => Self::Text(text.into_string()),
            Event::Binary(payload) => Self::Binary(payload.into_vec()),
            Event::Other(Other::Frame(frame)) => {
                Self::Frame(Frame { payload: Cow::Owned(frame.payload.into_owned()), ..frame })
            }
            Event::Other(Other::Ping(payload)) => Self::Ping(payload.to_vec()),
            Event::Other(Other::Pong(payload)) => Self::Pong(payload.to_vec()),
            Event::Other(Other::Close(frame)) => Self::Close(*frame),
            Event::Other(other) => panic!("an event of a new kind: {other:?}"),
        }
    }
}

/// Memory from the allocator, whose largest buffer is remembered.
#[derive(Clone, Default)]
struct Watched(Rc<Cell<usize>>);

impl Buffers for Watched {
    fn take(&self, _: usize) -> Vec<u8> {
        Vec::new()
    }

    fn give(&self, buffer: Vec<u8>) {
        self.0.set(self.0.get().max(buffer.capacity()));
    }
}

/// Any bytes a server may receive.
pub fn conn_server(data: &[u8]) {
    conn(Role::Server, data);
}

/// Any bytes a client may receive.
pub fn conn_client(data: &[u8]) {
    conn(Role::Client, data);
}

/// The events do not depend on where the bytes are cut, nor on who reads the long frames; memory
/// follows what came; what was understood can be said again; the look ahead misses nothing.
fn conn(role: Role, data: &[u8]) {
    let Some((&flags, data)) = data.split_first() else { return };
    let (wire, pieces) = cut(data);
    let limits = limits(flags);
    let wants = Wants {
        text: wanted(flags & 1 == 0),
        binary: wanted(flags & 2 == 0),
        frames: flags & 4 != 0,
    };
    let whole = run(role, wants, limits, &[wire], false);
    assert_eq!(run(role, wants, limits, &pieces, false), whole, "cut");
    assert_eq!(run(role, wants, limits, &pieces, true), whole, "cut, long frames read directly");
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(run(role, wants, limits, &bytes, false), whole, "byte by byte");
    check_lookahead(&pieces, &whole);
    say_again(role, wants, &whole);
}

/// The default, or limits so low that short inputs meet them.
fn limits(flags: u8) -> Limits {
    let mut limits = Limits::default();
    if flags & 8 != 0 {
        limits.max_text_len = 16;
        limits.max_binary_len = 20;
        limits.max_frame_len = 12;
        limits.max_fragments = 4;
        limits.max_empty_fragments = 2;
    }
    limits
}

fn run(role: Role, wants: Wants, limits: Limits, pieces: &[&[u8]], direct: bool) -> Vec<Kept> {
    let watched = Watched::default();
    let mut receiver = Receiver::new(role, limits, wants, Decoders::default(), watched.clone());
    let (mut events, mut came) = (Vec::new(), 0);
    for piece in pieces {
        came += piece.len();
        let fed = feed(&mut receiver, piece, direct, &mut events);
        receiver.reclaim();
        assert!(watched.0.get() <= 2 * came + 64 * 1024, "{} for {came}", watched.0.get());
        if let Err(error) = fed {
            events.push(Kept::Error(error));
            break;
        }
    }
    let close = events.iter().position(|event| matches!(event, Kept::Close(_)));
    assert!(close.is_none_or(|at| at + 1 == events.len()), "behind the Close: {events:?}");
    events
}

fn feed(
    receiver: &mut Receiver<Watched>,
    mut piece: &[u8],
    direct: bool,
    events: &mut Vec<Kept>,
) -> Result<(), ProtocolError> {
    if direct && let Some((buffer, missing)) = receiver.direct() {
        let len = usize::try_from(missing).unwrap_or(usize::MAX).min(piece.len());
        let (part, behind) = piece.split_at(len);
        buffer.extend_from_slice(part);
        piece = behind;
        if len > 0
            && let Some(payload) = receiver.filled(len)?
        {
            events.push(Kept::Binary(payload.as_slice().to_vec()));
        }
        receiver.reclaim();
    }
    let mut bytes = piece.to_vec();
    let mut rest = &mut bytes[..];
    loop {
        let (event, behind) = receiver.receive(rest)?;
        let Some(event) = event else {
            assert!(behind.is_empty());
            return Ok(());
        };
        events.push(Kept::new(event));
        rest = behind;
    }
}

/// The look ahead finds the control frames that the receiver delivers, and perhaps more behind
/// a violation, which it does not judge.
fn check_lookahead(pieces: &[&[u8]], events: &[Kept]) {
    let mut found = Vec::new();
    let mut look = Lookahead::new(0);
    for piece in pieces {
        look.scan(piece, |control| {
            found.push(match control {
                Found::Ping(payload) => Kept::Ping(payload.to_vec()),
                Found::Pong(payload) => Kept::Pong(payload.to_vec()),
                Found::Close(body) => CloseFrame::parse(body).map_or_else(Kept::Error, Kept::Close),
            });
        });
    }
    let control = |event: &&Kept| matches!(event, Kept::Ping(_) | Kept::Pong(_) | Kept::Close(_));
    let delivered: Vec<Kept> = events.iter().filter(control).cloned().collect();
    assert!(found.starts_with(&delivered), "{found:?} {delivered:?}");
    if !matches!(events.last(), Some(Kept::Error(_))) {
        assert_eq!(found, delivered);
    }
}

/// What was received, sent by the peer's role in frames of our own, arrives as it was.
fn say_again(role: Role, wants: Wants, events: &[Kept]) {
    let peer = if role == Role::Server { Role::Client } else { Role::Server };
    let mut sender = Sender::new(peer, Encoders::default());
    let key = [0xC0, 0xFF, 0xEE, 0x11];
    let mut wire = Vec::new();
    let mut said = Vec::new();
    for event in events {
        let out = &mut wire;
        match event {
            Kept::Text(text) => sender.message(MessageKind::Text, text.as_bytes(), key, out),
            Kept::Binary(payload) => sender.message(MessageKind::Binary, payload, key, out),
            Kept::Ping(payload) => sender.control(OpCode::Ping, payload, key, out),
            Kept::Pong(payload) => sender.control(OpCode::Pong, payload, key, out),
            Kept::Close(frame) => sender.close(frame, key, out),
            Kept::Frame(_) | Kept::Error(_) => continue,
        }
        said.push(event.clone());
    }
    let wants = Wants { frames: false, ..wants };
    let mut receiver = Receiver::new(role, Limits::default(), wants, Decoders::default(), Heap);
    let (mut heard, mut rest) = (Vec::new(), &mut wire[..]);
    while let (Some(event), behind) = receiver.receive(rest).unwrap() {
        heard.push(Kept::new(event));
        rest = behind;
    }
    assert_eq!(heard, said);
}

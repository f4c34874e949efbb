//! Transports that end or fail anywhere, and read and write as badly as they may.

use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::timeout;
use ws_core::OpCode;

use crate::support::{
    Fault, Faulty, Frame, LONG, PIPE, Peer, Setup, assert_lifecycle, echo, masked, secs,
};

/// Every kind of thing that a client may say, ending with its Close.
fn conversation() -> Vec<u8> {
    let mut wire = masked(true, OpCode::Text, "héllo".as_bytes());
    wire.extend(masked(true, OpCode::Ping, b"ping"));
    wire.extend(masked(false, OpCode::Text, b"in "));
    wire.extend(masked(false, OpCode::Continuation, b""));
    wire.extend(masked(true, OpCode::Pong, b"unasked"));
    wire.extend(masked(true, OpCode::Continuation, b"pieces"));
    wire.extend(masked(true, OpCode::Binary, &[7; 300]));
    wire.extend(masked(true, OpCode::Binary, &vec![8; 40_000]));
    wire.extend(masked(false, OpCode::Binary, &[9; 20_000]));
    wire.extend(masked(true, OpCode::Continuation, &[9; 17_000]));
    wire.extend(masked(true, OpCode::Close, &[0x03, 0xE9]));
    wire
}

/// What an echo of it looks like: opcode and length of each frame.
const ECHOED: [(OpCode, usize); 7] = [
    (OpCode::Text, 6),
    (OpCode::Pong, 4),
    (OpCode::Text, 9),
    (OpCode::Binary, 300),
    (OpCode::Binary, 40_000),
    (OpCode::Binary, 37_000),
    (OpCode::Close, 2),
];

fn shape(frames: &[Frame]) -> Vec<(OpCode, usize)> {
    frames.iter().map(|frame| (frame.opcode, frame.payload.len())).collect()
}

/// Says all of it, and reads until the end: the frames that came whole.
async fn converse(io: DuplexStream) -> Vec<Frame> {
    let (mut read, mut write) = tokio::io::split(io);
    let saying = tokio::spawn(async move {
        let _ = write.write_all(&conversation()).await;
        write
    });
    let mut wire = Vec::new();
    timeout(LONG, read.read_to_end(&mut wire)).await.expect("it ends").unwrap();
    drop(saying.await.unwrap());
    let (mut ours, theirs) = tokio::io::duplex(wire.len() + 1);
    ours.write_all(&wire).await.unwrap();
    let mut peer = Peer::new(theirs, ws_core::Role::Server);
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = timeout(secs(1), peer.try_frame()).await {
        frames.push(frame);
    }
    frames
}

/// Runs the conversation: what the endpoint wrote down, what the peer saw, and whether the fault
/// was met.
async fn run(seed: u64, fault: Fault) -> (Vec<String>, Vec<Frame>, bool) {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let (ours, met) = Faulty::new(ours, seed, fault);
    let rig = Setup::default().start_on::<true>(ours, tokio::io::duplex(1).0, echo());
    let frames = converse(theirs).await;
    let journal = rig.ended().await;
    (journal, frames, met.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn the_conversation_is_the_same_however_badly_the_stream_works() {
    let (whole, frames, _) = run(0, Fault::None).await;
    assert_eq!(shape(&frames), ECHOED);
    assert_eq!(whole.last().unwrap(), "close 1001 Peer clean");
    for seed in 1..200 {
        let (journal, seen, _) = run(seed, Fault::None).await;
        assert_eq!(journal, whole, "seed {seed}");
        assert!(seen == frames, "seed {seed}: {:?}", shape(&seen));
    }
}

/// The fault at every call that the conversation makes, until it makes no more.
async fn everywhere(seed: u64, fault: fn(usize) -> Fault) {
    for n in 1.. {
        let (journal, frames, met) = run(seed, fault(n)).await;
        assert_lifecycle(&journal);
        if !met {
            assert!(n > 3 && shape(&frames) == ECHOED, "{:?}: {:?}", fault(n), shape(&frames));
            return;
        }
        let seen = shape(&frames);
        let whole = &ECHOED[..seen.len().min(ECHOED.len())];
        // A Pong may overtake what a slow handler owes; this endpoint has none.
        assert_eq!(seen, whole, "{:?}: a beginning of the whole", fault(n));
        let close = journal.iter().find(|entry| entry.starts_with("close")).unwrap();
        let ended = close.starts_with("close 1006 Transport");
        assert!(ended || close.starts_with("close 1001 Peer"), "{:?}: {journal:?}", fault(n));
        let errors = journal.iter().filter(|entry| entry.contains("transport failed")).count();
        assert_eq!(errors, usize::from(ended), "{:?}: {journal:?}", fault(n));
    }
}

#[tokio::test(start_paused = true)]
async fn the_stream_may_end_at_any_read() {
    for seed in [0, 1, 2] {
        everywhere(seed, Fault::EndAtRead).await;
    }
}

#[tokio::test(start_paused = true)]
async fn any_read_may_fail() {
    for seed in [0, 3, 4] {
        everywhere(seed, Fault::FailAtRead).await;
    }
}

#[tokio::test(start_paused = true)]
async fn any_write_may_fail() {
    for seed in [0, 5, 6] {
        everywhere(seed, Fault::FailAtWrite).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_close_is_1006_wherever_it_comes() {
    let wire = masked(true, OpCode::Text, b"cut");
    for cut in 0..=wire.len() {
        let mut rig = Setup::default().start(echo());
        rig.peer.raw(&wire[..cut]).await;
        rig.peer.io.shutdown().await.unwrap();
        let (journal, _peer) = rig.ended_with_peer().await;
        let told: &[&str] = if cut == wire.len() { &["text cut"] } else { &[] };
        assert_eq!(journal[1..=told.len()], *told);
        let error = "error the transport failed: the peer ended the stream";
        assert_eq!(journal[1 + told.len()..], [error, "close 1006 Transport"], "cut at {cut}");
    }
}

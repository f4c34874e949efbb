//! The turns of other tasks of the thread, whatever a session does.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use ws_core::{EndpointConfig, Error, OpCode, Reply, Session};

use crate::support::{Call, Given, STREAM, Setup, act, forms_on, hook, masked};

/// The most by which `counted` grows between two turns of another task, until it is `all`.
async fn most_in_a_row(counted: Arc<AtomicU32>, all: u32) -> u32 {
    let (mut before, mut most) = (0, 0);
    let other = poll_fn(move |cx| {
        let now = counted.load(Ordering::Relaxed);
        most = (now - before).max(most);
        before = now;
        if now == all {
            return Poll::Ready(most);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    tokio::spawn(other).await.unwrap()
}

/// A flood of messages that are there at once, and whose handlers wait for nothing, leaves other
/// tasks of its thread their turn.
#[tokio::test(start_paused = true)]
async fn a_flood_of_messages_starves_nobody() {
    const MESSAGES: u32 = 5_000;
    let counted = Arc::new(AtomicU32::new(0));
    let handled = Arc::clone(&counted);
    let mut rig = Setup::pipe(1 << 20).start(hook(move |_, call| {
        handled.fetch_add(u32::from(matches!(call, Call::Text(_))), Ordering::Relaxed);
        std::future::ready(Ok(Reply::None))
    }));
    rig.peer.raw(&[0x81, 0x81, 0, 0, 0, 0, b'a'].repeat(MESSAGES as usize)).await;
    let most = most_in_a_row(counted, MESSAGES).await;
    assert!(most <= 1_000, "{most} messages in a row");
}

/// A stream that brings some bytes and takes all at once. Unlike those of tokio, it never asks a task
/// to let others go first.
struct Eager(Vec<u8>);

impl AsyncRead for Eager {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.0.is_empty() {
            return Poll::Pending;
        }
        buf.put_slice(&std::mem::take(&mut self.0));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Eager {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const SENT: u32 = 2_000;

/// Sends again and again, and counts how often that was done.
async fn go_on(session: Session, counted: Arc<AtomicU32>) -> Result<Reply<'static>, Error> {
    for _ in 0..SENT {
        session.send("mine").await?;
        counted.fetch_add(1, Ordering::Relaxed);
    }
    Ok(Reply::None)
}

fn eager() -> (Eager, DuplexStream) {
    (Eager(masked(true, OpCode::Text, b"go")), tokio::io::duplex(1).0)
}

/// A handler that can go on whenever it waited, as its messages are taken at once, leaves other tasks
/// of its thread their turn all the same.
#[tokio::test(start_paused = true)]
async fn a_handler_that_can_always_go_on_starves_nobody() {
    let counted = Arc::new(AtomicU32::new(0));
    let sent = Arc::clone(&counted);
    let sends = hook(move |session, call| {
        let sent = Arc::clone(&sent);
        async move {
            let Call::Text(_) = call else { return Ok(Reply::None) };
            go_on(session, sent).await
        }
    });
    let (ours, theirs) = eager();
    drop(Setup::default().start_on::<true>(ours, theirs, sends));
    let most = most_in_a_row(counted, SENT).await;
    assert!(most <= 100, "{most} messages in a row");
}

/// So does one that was given a reader.
#[tokio::test(start_paused = true)]
async fn a_reading_handler_that_can_always_go_on_starves_nobody() {
    let counted = Arc::new(AtomicU32::new(0));
    let sent = Arc::clone(&counted);
    let sends = act(move |session, given| {
        let sent = Arc::clone(&sent);
        async move {
            let Given::Stream(_reader) = given else { return Ok(Reply::None) };
            go_on(session, sent).await
        }
    });
    let (ours, theirs) = eager();
    drop(forms_on::<STREAM, true>(EndpointConfig::new("/"), ours, theirs, sends));
    let most = most_in_a_row(counted, SENT).await;
    assert!(most <= 100, "{most} messages in a row");
}

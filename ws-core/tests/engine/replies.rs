//! Streams of replies.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::time::{Sleep, sleep, timeout};
use ws_core::endpoint::Replies;
use ws_core::{Deployed, EndpointConfig, Error, Hub, Request, Role, Session, Start};
use ws_core::{Transport, handlers, serve, server_endpoint};

use crate::support::{Peer, secs};

/// Counts up to a number, with a pause before each.
struct Ticks {
    left: u32,
    next: u32,
    pause: Pin<Box<Sleep>>,
    polled: &'static AtomicU32,
}

const PAUSE: Duration = Duration::from_millis(100);

impl Stream for Ticks {
    type Item = Result<Option<String>, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        if self.left == self.next {
            return Poll::Ready(None);
        }
        std::task::ready!(self.pause.as_mut().poll(cx));
        self.pause = Box::pin(sleep(PAUSE));
        self.next += 1;
        self.polled.store(self.next, Ordering::Relaxed);
        Poll::Ready(Some(match self.next {
            3 => Ok(None),
            7 => Err("seven"),
            n => Ok(Some(format!("{n:>5000}"))),
        }))
    }
}

static POLLED: AtomicU32 = AtomicU32::new(0);

#[server_endpoint("/ticks", crate = ws_core)]
#[derive(Default)]
struct Counting;

#[handlers(crate = ws_core)]
impl Counting {
    #[on_message]
    fn count(&mut self, left: u32) -> Replies<Ticks> {
        Replies(Ticks { left, next: 0, pause: Box::pin(sleep(PAUSE)), polled: &POLLED })
    }

    #[on_error]
    async fn failed(&mut self, session: &Session, error: &Error) -> Result<(), Error> {
        let source = std::error::Error::source(error).map(ToString::to_string);
        session.send(format!("failed: {}", source.unwrap_or_default())).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_sent_before_the_next_message_and_as_fast_as_the_peer_reads() {
    let (ours, theirs) = tokio::io::duplex(1000);
    let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let transport = Transport::Other(Box::new(ours));
    let start = Start::new(transport, Vec::new(), Role::Server, session.clone());
    let _task = tokio::spawn(serve(Counting, start));
    let mut peer = Peer::new(theirs, Role::Server);
    peer.text("5").await;
    peer.text("2").await;
    sleep(secs(5)).await;
    assert_eq!(POLLED.load(Ordering::Relaxed), 1, "nobody reads");
    for n in [1, 2, 4, 5, 1, 2] {
        assert_eq!(peer.next_text().await.trim(), n.to_string());
    }
    peer.text("9").await;
    sleep(PAUSE / 2).await;
    peer.ping("meanwhile").await;
    assert_eq!(peer.next_pong().await, "meanwhile");
    for n in [1, 2, 4, 5, 6] {
        assert_eq!(peer.next_text().await.trim(), n.to_string());
    }
    assert_eq!(peer.next_text().await, "failed: seven");
    // A stream ends with its session.
    peer.text("6").await;
    assert_eq!(peer.next_text().await.trim(), "1");
    session.abort();
    timeout(secs(3), async { while peer.try_frame().await.is_some() {} }).await.unwrap();
    assert!(POLLED.load(Ordering::Relaxed) < 5);
}

//! Handlers that are said to wait for nothing.

use tokio::task::consume_budget;
use tokio::time::{sleep, timeout};
use ws_core::__private::{Context, Declared};
use ws_core::endpoint::{Endpoint, HandlerSet};
use ws_core::{
    Delivery, Deployed, EndpointConfig, Error, Hub, Message, OpCode, Reply, Request, Role, Session,
    Start, Text, Transport, serve,
};

use crate::support::{LONG, PIPE, Peer, now, secs};

/// More than the pipe holds, and than waits to be written before reading stops.
const KEPT: usize = 1 << 20;

/// Says that it waits for nothing, and keeps that unless it is told to wait.
struct Hasty {
    /// Lent as a reply.
    kept: String,
    opening: Opening,
}

/// What `#[on_open]` does.
#[derive(Clone, Copy, Default)]
enum Opening {
    #[default]
    Nothing,
    /// It waits so many seconds.
    Waits(u64),
    /// It takes so much at once that tokio wants it to let others go first.
    SpendsItsBudget,
}

impl Declared for Hasty {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = Some("/");

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl Endpoint for Hasty {
    const HANDLERS: HandlerSet =
        HandlerSet { text: Delivery::Whole, text_at_once: true, ..HandlerSet::NONE };

    async fn on_open<'a>(&'a mut self, _: Context<'a, Self>) -> Result<Reply<'a>, Error> {
        match self.opening {
            Opening::Nothing => {}
            Opening::Waits(seconds) => sleep(secs(seconds)).await,
            Opening::SpendsItsBudget => {
                for _ in 0..200 {
                    consume_budget().await;
                }
            }
        }
        Ok(Reply::None)
    }

    async fn on_text<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        let message = message.as_str();
        match message {
            "wait" => sleep(secs(1)).await,
            "fail" => return Err(Error::from_handler("as asked".into())),
            "long" => return Ok(Reply::Message(Message::text("x".repeat(100_000)))),
            "kept" => return Ok(Reply::Message(Message::text(self.kept.as_str()))),
            "own" => cx.session.try_send("first")?,
            _ => {}
        }
        Ok(Reply::Message(Message::text(message.to_owned())))
    }
}

/// A connection to it, and the task that serves it.
fn start() -> (Peer, tokio::task::JoinHandle<()>) {
    start_with(Opening::default())
}

fn start_with(opening: Opening) -> (Peer, tokio::task::JoinHandle<()>) {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let transport = Transport::Other(Box::new(ours));
    let start = Start::new(transport, Vec::new(), Role::Server, session);
    (
        Peer::new(theirs, Role::Server),
        tokio::spawn(serve(Hasty { kept: "k".repeat(KEPT), opening }, start)),
    )
}

#[tokio::test(start_paused = true)]
async fn replies_keep_their_order_however_they_are_sent() {
    let (mut peer, _task) = start();
    for message in ["a", "long", "own", "b"] {
        peer.text(message).await;
    }
    assert_eq!(peer.next_text().await, "a");
    assert_eq!(peer.next_text().await.len(), 100_000);
    for want in ["first", "own", "b"] {
        assert_eq!(peer.next_text().await, want);
    }
}

/// What the pipe does not take is kept; nothing else goes before it.
#[tokio::test(start_paused = true)]
async fn a_long_reply_may_be_lent() {
    let (mut peer, _task) = start();
    for message in ["kept", "a", "own", "kept"] {
        peer.text(message).await;
    }
    sleep(secs(1)).await;
    assert_eq!(peer.next_text().await, "k".repeat(KEPT));
    for want in ["a", "first", "own"] {
        assert_eq!(peer.next_text().await, want);
    }
    assert_eq!(peer.next_text().await.len(), KEPT);
}

/// It would be lost when it is polled no more: its session ends instead.
#[tokio::test(start_paused = true)]
async fn one_that_waits_all_the_same_ends_its_session() {
    for message in ["wait", "fail"] {
        let (mut peer, task) = start();
        peer.text(message).await;
        assert_eq!(peer.frame().await.close_code(), 1011, "{message}");
        drop(peer);
        timeout(LONG, task).await.unwrap().unwrap();
    }
}

/// The timer ends in the same moment as the handler behind which a message waits.
#[tokio::test(start_paused = true)]
async fn a_deadline_is_not_forgotten_over_what_was_read_ahead() {
    let begun = now();
    let (mut peer, _task) = start_with(Opening::Waits(20));
    sleep(secs(1)).await;
    peer.text("a").await;
    assert_eq!(peer.next_text().await, "a");
    assert_eq!(begun.elapsed().as_secs(), 20);
    assert_eq!(timeout(LONG, peer.frame()).await.unwrap().opcode, OpCode::Ping);
    assert_eq!(begun.elapsed().as_secs(), 21);
}

/// A timer that is set while the task has no budget left wakes it all the same.
#[tokio::test(start_paused = true)]
async fn a_deadline_is_set_without_budget_too() {
    let begun = now();
    let (mut peer, _task) = start_with(Opening::SpendsItsBudget);
    assert_eq!(timeout(LONG, peer.frame()).await.unwrap().opcode, OpCode::Ping);
    assert_eq!(begun.elapsed().as_secs(), 20);
}

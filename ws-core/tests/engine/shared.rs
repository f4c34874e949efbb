//! One instance for all connections, errors that nobody takes, and what a connection begins with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::{sleep, timeout};
use ws_core::__private::{Context, Declared};
use ws_core::endpoint::HandlerSet;
use ws_core::{
    CloseReason, Delivery, Deployed, EndpointConfig, Error, Hub, Message, OpCode, Reply, Request,
    Role, Session, Shared, SharedEndpoint, Start, Text, Transport, serve,
};

use crate::support::{LONG, PIPE, Peer, Setup, quiet, secs};

/// Counts the messages of all its connections; takes errors of decoding only.
#[derive(Default)]
struct Counter {
    messages: AtomicUsize,
    open: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Declared for Counter {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = Some("/");

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl SharedEndpoint for Counter {
    const HANDLERS: HandlerSet =
        HandlerSet { text: Delivery::Whole, error: true, ..HandlerSet::NONE };

    async fn on_open<'a>(&'a self, _: Context<'a, Self>) -> Result<Reply<'a>, Error> {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(open, Ordering::Relaxed);
        Ok(Reply::None)
    }

    async fn on_text<'a>(
        &'a self,
        _: Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        if message.as_str() == "fail" {
            return Err(Error::Handler("as asked".into()));
        }
        sleep(secs(1)).await;
        let count = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Reply::Message(Message::text(count.to_string())))
    }

    async fn on_close<'a>(&'a self, _: Context<'a, Self>, _: &'a CloseReason) -> Result<(), Error> {
        self.open.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }

    fn handles_error(error: &Error) -> bool {
        matches!(error, Error::Decode(_))
    }
}

#[tokio::test(start_paused = true)]
async fn connections_share_an_instance_and_run_at_the_same_time() {
    let counter = Arc::new(Counter::default());
    let began = crate::support::now();
    let mut connections: Vec<_> = (0..5)
        .map(|_| {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
            let session = Session::new(deployed, Request::new("ws://localhost/"), None);
            let transport = Transport::Other(Box::new(ours));
            let start = Start::new(transport, Vec::new(), Role::Server, session);
            let task = tokio::spawn(serve(Shared(Arc::clone(&counter)), start));
            (Peer::new(theirs, Role::Server), task)
        })
        .collect();
    for (peer, _) in &mut connections {
        peer.text("count").await;
    }
    let mut counts = Vec::new();
    for (peer, _) in &mut connections {
        counts.push(peer.next_text().await);
    }
    counts.sort();
    assert_eq!(counts, ["1", "2", "3", "4", "5"]);
    assert_eq!((crate::support::now() - began).as_secs(), 1, "none waits for another");
    assert_eq!(counter.most_at_once.load(Ordering::Relaxed), 5);
    // An error that no handler takes closes as if there were none.
    let (mut peer, task) = connections.pop().unwrap();
    peer.text("fail").await;
    assert_eq!(peer.frame().await.close_code(), 1011);
    timeout(LONG, task).await.unwrap().unwrap();
    assert_eq!(counter.open.load(Ordering::Relaxed), 4);
}

/// The engine's own Pings are its own business, an application's are not, whatever they say.
#[tokio::test(start_paused = true)]
async fn only_answers_to_keep_alive_pings_are_hidden() {
    let mut rig = Setup::default().start(quiet());
    rig.peer.send(OpCode::Pong, b"keep-alive").await;
    rig.journal.wait_for("pong keep-alive").await;
    let ping = rig.peer.frame().await;
    assert_eq!((ping.opcode, &ping.payload[..]), (OpCode::Ping, &b"keep-alive"[..]));
    for _ in 0..2 {
        rig.peer.send(OpCode::Pong, b"keep-alive").await;
    }
    sleep(secs(1)).await;
    assert_eq!(rig.journal.count("pong keep-alive"), 2, "one of three was an answer");
}

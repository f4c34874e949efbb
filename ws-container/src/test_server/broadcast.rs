//! Sends messages to everybody.

use std::time::Duration;

use tokio::task::AbortHandle;
use ws_container::prelude::*;

/// Sends each message to all open sessions of `/broadcast`, the sender's included.
#[server_endpoint("/broadcast")]
#[derive(Debug, Default)]
struct Broadcast;

#[handlers]
impl Broadcast {
    #[on_open]
    fn open(&mut self, session: &Session) -> Result<()> {
        session.subscribe("/broadcast")
    }

    #[on_message]
    async fn text(&mut self, session: &Session, text: &str) -> Result<()> {
        session.publish("/broadcast", text).await
    }

    #[on_message]
    async fn binary(&mut self, session: &Session, payload: &[u8]) -> Result<()> {
        session.publish("/broadcast", payload).await
    }
}

/// The topic of the sessions that agreed on a subprotocol.
const ROOM: &str = "echo-broadcast";

/// Sends each message to all open sessions of this endpoint and of [`PingingBroadcast`].
#[server_endpoint("/", subprotocols = ["org.ietf.websocket.test-echo-broadcast", "echo-broadcast"])]
#[derive(Debug, Default)]
struct EchoBroadcast;

#[handlers]
impl EchoBroadcast {
    #[on_open]
    fn open(&mut self, session: &Session) -> Result<()> {
        session.subscribe(ROOM)
    }

    #[on_message]
    async fn text(&mut self, session: &Session, text: &str) -> Result<()> {
        session.publish(ROOM, text).await
    }

    #[on_message]
    async fn binary(&mut self, session: &Session, payload: &[u8]) -> Result<()> {
        session.publish(ROOM, payload).await
    }
}

/// As [`EchoBroadcast`], and sends a Ping every 10 s.
#[server_endpoint("/", subprotocols = ["echo-broadcast-ping"])]
#[derive(Debug, Default)]
struct PingingBroadcast {
    pinging: Option<AbortHandle>,
}

#[handlers]
impl PingingBroadcast {
    #[on_open]
    fn open(&mut self, session: &Session) -> Result<()> {
        self.pinging = Some(tokio::spawn(ping(session.clone())).abort_handle());
        session.subscribe(ROOM)
    }

    #[on_message]
    async fn text(&mut self, session: &Session, text: &str) -> Result<()> {
        session.publish(ROOM, text).await
    }

    #[on_message]
    async fn binary(&mut self, session: &Session, payload: &[u8]) -> Result<()> {
        session.publish(ROOM, payload).await
    }

    #[on_close]
    fn close(&mut self) {
        if let Some(pinging) = &self.pinging {
            pinging.abort();
        }
    }
}

/// Pings until the session ends.
async fn ping(session: Session) {
    let mut every = tokio::time::interval(Duration::from_secs(10));
    every.tick().await; // the first comes at once
    loop {
        every.tick().await;
        if session.send_ping(&[1, 2, 3][..]).await.is_err() {
            return;
        }
    }
}

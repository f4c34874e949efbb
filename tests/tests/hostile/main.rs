//! Peers that mean no good: servers to a client, where each attempt has its own error and leaves nothing
//! behind, and clients to a server.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod answers;
mod clients;
mod ends;
mod frames;
mod waits;

use std::net::SocketAddr;
use std::thread::JoinHandle;

use tests::client::{client, config, runtime, soon, until};
use tests::{RawServer, vitals};
use tokio::runtime::Runtime;
use ws_container::client::{Client, ClientEndpointConfig, ConnectError, on};
use ws_container::prelude::*;

/// Rounds of attempts, of which the first that is within bounds is enough.
const ROUNDS: usize = 3;

/// Most that an attempt may leave behind, in bytes.
const LEFT: usize = 64 * 1024;

/// What an endpoint does that must not open.
async fn never() {
    panic!("it opens");
}

/// A client and its runtime, in a process of their own: what they leave behind can be counted.
struct Victim {
    runtime: Runtime,
    client: Client,
    config: ClientEndpointConfig,
}

impl Victim {
    fn new() -> Self {
        Self::with(config(|it| it))
    }

    fn with(config: ClientEndpointConfig) -> Self {
        Self { runtime: runtime(), client: client(), config }
    }

    /// Connects to `addr`; no attempt may open.
    #[track_caller]
    fn refused(&self, addr: SocketAddr) -> ConnectError {
        let endpoint = on().open(|_| never());
        let uri = format!("ws://{addr}/");
        let connecting = self.client.connect_with(&self.config, endpoint, uri);
        self.runtime.block_on(async { soon(connecting).await }).expect_err("an attempt that fails")
    }

    /// Connects to `addr`, and waits for the end of the session; why it ended.
    fn ended(&self, addr: SocketAddr) -> CloseReason {
        let uri = format!("ws://{addr}/");
        let connecting = self.client.connect_with(&self.config, on(), uri);
        self.runtime.block_on(async {
            let session = soon(connecting).await.unwrap();
            until("the session ends", || session.close_reason().is_some()).await;
            session.close_reason().unwrap()
        })
    }

    /// Waits for the end of `peer`, while the client goes on.
    #[track_caller]
    fn outlives(&self, peer: JoinHandle<()>) {
        self.runtime.block_on(until("the server sees the end", || peer.is_finished()));
        peer.join().expect("the server saw what it was to see");
    }

    /// Tasks and files that are left now.
    fn left(&self) -> (usize, usize) {
        (self.runtime.metrics().num_alive_tasks(), vitals::open_files())
    }

    /// Runs `attempt` so often that what each leaves behind would be seen. What an attempt leaves is
    /// seen in every round; what the allocator keeps for itself at some time is not.
    fn leaves_nothing(&self, what: &str, times: usize, mut attempt: impl FnMut(&Self)) {
        // What is made once, such as the buffers of the thread, is made now.
        attempt(self);
        self.settled(what, 0, usize::MAX);
        let (_, files) = self.left();
        let mut round = || {
            let before = vitals::resident();
            for _ in 0..times {
                attempt(self);
            }
            self.settled(what, 0, files);
            vitals::resident().saturating_sub(before) / times
        };
        let mut left = round();
        for _ in 1..ROUNDS {
            if left > LEFT {
                left = round();
            }
        }
        assert!(left <= LEFT, "{what}: {left} bytes are left of each attempt");
        assert!(self.client.sessions().is_empty(), "{what}: sessions are left");
    }

    /// Waits until no more than so many tasks and files are left.
    fn settled(&self, what: &str, tasks: usize, files: usize) {
        self.runtime.block_on(async {
            let what = format!("{what}: tasks and sockets end, {:?} are left", self.left());
            until(&what, || {
                let left = self.left();
                left.0 <= tasks && left.1 <= files
            })
            .await;
        });
    }
}

/// A server that plays `script` with one client, and sees it end the connection.
fn play(script: impl FnOnce(&mut RawServer) + Send + 'static) -> (SocketAddr, JoinHandle<()>) {
    RawServer::play(move |mut raw| {
        script(&mut raw);
        raw.assert_ended();
    })
}

/// `error` and its causes, as a log shows them.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

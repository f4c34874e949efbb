//! The client that the Autobahn test suite judges: the client container, with an endpoint that
//! returns what it gets.
//!
//! Asks `$AUTOBAHN_URL/getCaseCount`, then runs each case as the agent `$AUTOBAHN_AGENT`.
//! `tests/interop/autobahn` starts it; it prints nothing unless it fails.

use std::error::Error;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use ws_container::client::{Client, ClientEndpointConfig};
use ws_container::extension::{PerMessageDeflate, WindowBits};
use ws_container::{client_endpoint, handlers};

/// Longest wait for a case; the slowest of 9.* take some seconds.
const CASE_TIMEOUT: Duration = Duration::from_secs(120);
/// Cases send messages of up to 16 MiB.
const MAX_LEN: u64 = 64 << 20;

/// Learns the number of cases, the only message of its session.
#[client_endpoint]
struct Count(Option<oneshot::Sender<u32>>);

#[handlers]
impl Count {
    #[on_message]
    fn count(&mut self, count: u32) {
        if let Some(wanted) = self.0.take() {
            // Nobody waits any more only when the deadline has passed.
            let _ = wanted.send(count);
        }
    }
}

/// Returns what it gets. Dropped with its session, which ends the wait for the case.
#[client_endpoint]
struct Echo {
    _over: oneshot::Sender<()>,
}

#[handlers]
impl Echo {
    #[on_message]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("AUTOBAHN_URL").map_err(|_| "AUTOBAHN_URL is not set")?;
    let agent = std::env::var("AUTOBAHN_AGENT").unwrap_or_else(|_| "client".to_owned());
    let deflate = PerMessageDeflate::default()
        .server_context_takeover(WindowBits::MAX)
        .client_context_takeover(WindowBits::MAX);
    let config = ClientEndpointConfig::builder()
        .no_proxy()
        .permessage_deflate(deflate)
        .max_text_len(MAX_LEN)
        .max_binary_len(MAX_LEN)
        .build()?;
    let client = Client::builder().defaults(config).build();

    let (sender, count) = oneshot::channel();
    client.connect(Count(Some(sender)), format!("{url}/getCaseCount")).await?;
    let count = timeout(CASE_TIMEOUT, count).await??;
    for case in 1..=count {
        let (over, ended) = oneshot::channel();
        let uri = format!("{url}/runCase?case={case}&agent={agent}");
        client.connect(Echo { _over: over }, uri).await?;
        // Nothing is ever sent: that the sender is gone is what is waited for.
        let _ = timeout(CASE_TIMEOUT, ended).await?;
    }
    Ok(())
}

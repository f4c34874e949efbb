//! The client that the Autobahn test suite judges: the client role of ws-core, with an endpoint
//! that returns what it gets.
//!
//! Asks `$AUTOBAHN_URL/getCaseCount`, then runs each case as the agent `$AUTOBAHN_AGENT`.
//! `tests/interop/autobahn` starts it; it prints nothing unless it fails.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use ws_core::extension::{Extension, PerMessageDeflate, Stack, WindowBits};
use ws_core::handshake::{ClientRequest, HandshakeKey};
use ws_core::{Deployed, EndpointConfig, Hub, Request, Role, Session, Start, Transport, serve};
use ws_macros::{client_endpoint, handlers};

/// Longest wait for a connection and for the answer to the handshake.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a case; the slowest of 9.* take some seconds.
const CASE_TIMEOUT: Duration = Duration::from_secs(120);
/// Cases send messages of up to 16 MiB.
const MAX_LEN: u64 = 64 << 20;

/// Learns the number of cases, the only message of its session.
#[client_endpoint(crate = ws_core)]
struct Count(Option<oneshot::Sender<u32>>);

#[handlers(crate = ws_core)]
impl Count {
    #[on_message]
    fn count(&mut self, count: u32) {
        if let Some(wanted) = self.0.take() {
            // Nobody waits any more only when the deadline has passed.
            let _ = wanted.send(count);
        }
    }
}

/// Returns what it gets.
#[client_endpoint(crate = ws_core)]
struct Echo;

#[handlers(crate = ws_core)]
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

/// Connects to `uri` and does the opening handshake.
async fn open(uri: &str) -> Result<Start, Box<dyn Error>> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let deflate = PerMessageDeflate::default()
        .server_context_takeover(WindowBits::MAX)
        .client_context_takeover(WindowBits::MAX);
    let request = ClientRequest::new(uri, HandshakeKey::from_random(random))?;
    let mut request = request.offer(&deflate);
    let mut stream = TcpStream::connect((request.host(), request.port())).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&request.to_bytes()).await?;
    let mut received = Vec::new();
    let verified = loop {
        if let Some(verified) = request.verify(&received)? {
            break verified;
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Err("the server ended the connection during the handshake".into());
        }
    };
    let early = received.split_off(verified.consumed);
    let mut config = EndpointConfig::new(uri);
    config.limits.max_text_len = MAX_LEN;
    config.limits.max_binary_len = MAX_LEN;
    let installed: [Arc<dyn Extension>; 1] = [Arc::new(deflate)];
    let extensions = Stack::start_all(&installed, &verified.extensions, Role::Client)?;
    let mut opened_by = Request::new(uri);
    opened_by.extensions = verified.extensions;
    let session = Session::new(Deployed::new(config, Hub::new()), opened_by, None);
    let start = Start::new(Transport::Tcp(stream), early, Role::Client, session);
    Ok(start.with_extensions(extensions))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("AUTOBAHN_URL").map_err(|_| "AUTOBAHN_URL is not set")?;
    let agent = std::env::var("AUTOBAHN_AGENT").unwrap_or_else(|_| "client".to_owned());

    let (sender, count) = oneshot::channel();
    let start = timeout(OPEN_TIMEOUT, open(&format!("{url}/getCaseCount"))).await??;
    timeout(CASE_TIMEOUT, serve(Count(Some(sender)), start)).await?;
    for case in 1..=count.await? {
        let uri = format!("{url}/runCase?case={case}&agent={agent}");
        let start = timeout(OPEN_TIMEOUT, open(&uri)).await??;
        timeout(CASE_TIMEOUT, serve(Echo, start)).await?;
    }
    Ok(())
}

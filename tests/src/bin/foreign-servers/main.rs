//! Tries the client container with foreign servers and proxies; `tests/interop/servers` starts them
//! and says in the environment where they are.
//!
//! One line a check, `ok` or `FAIL`; the exit status is non-zero when one failed. With the argument
//! `environment`, the checks of proxies that the environment names.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a check fails by panicking, and the lines are the result"
)]

mod compression;
mod proxies;
mod secure;
mod sessions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tests::client::{client, run};
use tokio::time::timeout;
use ws_container::client::{ClientEndpointConfig, ClientTls, ConnectError, WebSocket};
use ws_container::{Message, MessageKind, SessionState};

/// Longest time that a check may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// The user that all servers and proxies know.
const USER: &str = "ann";

/// A row and what is proven of it; the function that does.
type Check = (&'static str, fn());

/// Where `name` is, such as `127.0.0.1:8080`.
fn place(name: &str) -> String {
    variable(name)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; see tests/interop/servers"))
}

/// Runs `check` within the deadline.
fn within(check: impl Future<Output = ()>) {
    run(async { timeout(DEADLINE, check).await.expect("it is over within the deadline") });
}

/// The servers of the two packages.
fn servers() -> [String; 2] {
    ["PYTHON", "NODE"].map(|name| format!("ws://{}", place(name)))
}

/// What the authority of the tests has certified, and nothing else, is trusted.
fn tls() -> ClientTls {
    let builder = ClientTls::builder().given_roots_only().root_file(variable("CA")).unwrap();
    builder.build().unwrap()
}

async fn open(config: &ClientEndpointConfig, uri: &str) -> Result<WebSocket, ConnectError> {
    client().open_with(config, uri).await
}

/// Sends text and bytes of several lengths, and gets them back.
async fn echoes(socket: &mut WebSocket) {
    for text in ["hello", "", "žluťoučký kůň 🦀", &"é".repeat(40_000)] {
        socket.send(text).await.unwrap();
        assert_eq!(next(socket).await, (MessageKind::Text, text.as_bytes().to_vec()));
    }
    for len in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let payload: Vec<u8> = (0..=250).cycle().take(len).collect();
        socket.send(payload.clone()).await.unwrap();
        assert!(next(socket).await == (MessageKind::Binary, payload), "{len} bytes");
    }
}

async fn next(socket: &mut WebSocket) -> (MessageKind, Vec<u8>) {
    let message: Message<'_> = socket.recv().await.expect("a message").unwrap();
    (message.kind(), message.payload().to_vec())
}

/// Closes `socket` and waits for its end.
async fn closes(socket: WebSocket) {
    let session = socket.session().clone();
    session.close(ws_container::CloseReason::default()).await;
    assert_eq!(session.state(), SessionState::Closed);
    assert!(session.close_reason().unwrap().is_clean());
}

/// Opens `uri`, sees it echo, and closes it.
async fn works(config: &ClientEndpointConfig, uri: &str) {
    let mut socket = open(config, uri).await.unwrap_or_else(|error| panic!("{uri}: {error:?}"));
    echoes(&mut socket).await;
    closes(socket).await;
}

fn main() -> ExitCode {
    let environment = std::env::args().nth(1).is_some_and(|it| it == "environment");
    let checks: Vec<Check> = if environment {
        proxies::ENVIRONMENT.to_vec()
    } else {
        [sessions::CHECKS, compression::CHECKS, secure::CHECKS, proxies::CHECKS].concat()
    };
    let mut failed = 0;
    for (sentence, check) in checks {
        let begin = Instant::now();
        match catch_unwind(AssertUnwindSafe(check)) {
            Ok(()) => {
                println!("ok    servers: {sentence} ({:.1} s)", begin.elapsed().as_secs_f32())
            }
            Err(_) => {
                failed += 1;
                // Why stands above, on standard error.
                println!("FAIL  servers: {sentence}");
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

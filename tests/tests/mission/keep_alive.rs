//! S2-23: connections that say nothing for long, by a clock that a test sets forward. With nginx in
//! between in `tests/interop/servers`.

use std::net::SocketAddr;
use std::time::Duration;

use tests::client::{client, config, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use ws_container::client::{ClientEndpointConfig, on};
use ws_container::handshake::accept_value;
use ws_container::prelude::*;
use ws_container::{SessionState, Settings};

/// What the intermediary of the row cuts after.
const IDLE: Duration = Duration::from_secs(15 * 60);

const INTERVAL: Duration = Duration::from_secs(20);

#[server_endpoint("/mission/quiet")]
#[derive(Default)]
struct Quiet;

#[handlers]
impl Quiet {
    #[on_message]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }
}

/// Runs `test` in a runtime whose clock goes forward by itself when all wait for it.
fn paused(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(test);
}

/// A container in the same runtime, that sends no Pings of its own.
async fn served() -> SocketAddr {
    let mut settings = Settings::default();
    settings.keep_alive = None;
    let builder = Container::builder().discover().settings(settings).bind("127.0.0.1", 0);
    builder.build().unwrap().start().await.unwrap().local_addrs()[0]
}

/// Hands bytes on to `to` until none come either way for [`IDLE`].
async fn intermediary(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await.unwrap();
                let (mut up, mut down) = ([0; 4096], [0; 4096]);
                loop {
                    let passed = timeout(IDLE, async {
                        tokio::select! {
                            len = near.read(&mut up) => far.write_all(&up[..len?]).await,
                            len = far.read(&mut down) => near.write_all(&down[..len?]).await,
                        }
                    });
                    let Ok(Ok(())) = passed.await else { return };
                }
            });
        }
    });
    addr
}

async fn connected(addr: SocketAddr, config: &ClientEndpointConfig) -> Session {
    let uri = format!("ws://{addr}/mission/quiet");
    soon(client().connect_with(config, on(), uri)).await.unwrap()
}

#[test]
fn s2_23_keep_alive_outlives_five_idle_timeouts_of_an_intermediary() {
    paused(async {
        let addr = intermediary(served().await).await;
        let session = connected(addr, &config(|it| it.keep_alive(Some(INTERVAL)))).await;
        sleep(5 * IDLE).await;
        assert!(session.is_open());
        session.ping("still there?").await.unwrap();

        let session = connected(addr, &config(|it| it.keep_alive(None))).await;
        sleep(IDLE + Duration::from_secs(1)).await;
        assert!(!session.is_open(), "the intermediary is what it says");
    });
}

/// Opens the next connection, and keeps it without another word.
async fn answers_once(listener: TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = accept_value(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        str::from_utf8(&accept).unwrap()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream
}

#[test]
fn s2_23_a_dead_peer_is_found_within_interval_and_timeout() {
    paused(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let dead = tokio::spawn(answers_once(listener));
        let pong = Duration::from_secs(30);
        let config = config(|it| it.keep_alive(Some(INTERVAL)).pong_timeout(pong));
        let session = connected(addr, &config).await;
        let _kept = dead.await.unwrap();
        let begin = Instant::now();
        let ended = async {
            while session.state() != SessionState::Closed {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(2 * (INTERVAL + pong), ended).await.expect("it is found");
        let took = begin.elapsed();
        assert!(took >= pong && took <= INTERVAL + pong + Duration::from_secs(1), "{took:?}");
    });
}

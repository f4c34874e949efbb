//! The client against servers and proxies of raw sockets, which do what they like.

mod connecting;
mod extensions;
mod follow;
mod hostile;
mod proxies;
mod reconnect;
#[cfg(any(feature = "tls-aws-lc", feature = "tls-ring"))]
mod tls;
mod websocket;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use ws_core::handshake::accept_value;

use super::{Client, ClientEndpointConfig, ClientEndpointConfigBuilder};

/// Longest wait of any test for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that no environment changes.
fn client() -> Client {
    Client::builder().defaults(config(|it| it)).build()
}

fn config(
    make: impl FnOnce(ClientEndpointConfigBuilder) -> ClientEndpointConfigBuilder,
) -> ClientEndpointConfig {
    make(ClientEndpointConfig::builder().no_proxy()).build().unwrap()
}

/// What an endpoint does that must not open.
async fn never() {
    panic!("it opens");
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it takes too long")
}

/// A server that does by hand what tests tell it.
struct Server {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Server {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        Self { listener, addr }
    }

    fn uri(&self, path: &str) -> String {
        format!("ws://{}{path}", self.addr)
    }

    /// The next connection, before its request.
    async fn stream(&self) -> TcpStream {
        soon(self.listener.accept()).await.unwrap().0
    }

    /// The next connection and its request.
    async fn request(&self) -> Peer<TcpStream> {
        Peer::of(self.stream().await).await
    }

    /// The next connection, opened.
    async fn open(&self) -> Peer<TcpStream> {
        let mut peer = self.request().await;
        peer.open("").await;
        peer
    }

    /// Answers the next request with `answer`, and ends the connection.
    async fn answer(&self, answer: &str) -> String {
        let mut peer = self.request().await;
        peer.say(answer).await;
        peer.head
    }
}

/// The client, seen from the server.
#[derive(Debug)]
struct Peer<S> {
    stream: S,
    /// The request.
    head: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    async fn of(mut stream: S) -> Self {
        let mut head = Vec::new();
        soon(async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
        })
        .await;
        Self { stream, head: String::from_utf8(head).unwrap() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    async fn say(&mut self, text: impl AsRef<[u8]>) {
        soon(self.stream.write_all(text.as_ref())).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// 101, with more header lines.
    fn opening(&self, more: &str) -> String {
        let accept = accept_value(self.header("sec-websocket-key").unwrap().as_bytes());
        let accept = str::from_utf8(&accept).unwrap();
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
        )
    }

    async fn open(&mut self, more: &str) {
        self.say(self.opening(more)).await;
    }

    /// Sends a frame that is whole and short.
    async fn frame(&mut self, opcode: u8, payload: &[u8]) {
        let len = u8::try_from(payload.len()).unwrap();
        assert!(len < 126);
        self.say([&[0x80 | opcode, len], payload].concat()).await;
    }

    /// The next frame: its opcode and its payload, unmasked.
    async fn next(&mut self) -> (u8, Vec<u8>) {
        soon(async {
            let [first, second] = [self.u8().await, self.u8().await];
            assert_eq!(second & 0x80, 0x80, "a client masks");
            let len = match second & 0x7F {
                126 => usize::from(self.stream.read_u16().await.unwrap()),
                127 => usize::try_from(self.stream.read_u64().await.unwrap()).unwrap(),
                len => usize::from(len),
            };
            let mut key = [0; 4];
            self.stream.read_exact(&mut key).await.unwrap();
            let mut payload = vec![0; len];
            self.stream.read_exact(&mut payload).await.unwrap();
            payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
            (first & 0x0F, payload)
        })
        .await
    }

    async fn u8(&mut self) -> u8 {
        self.stream.read_u8().await.unwrap()
    }

    /// Waits for the end of what the client sends.
    async fn ended(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end too.
        let _ = soon(self.stream.read_to_end(&mut rest)).await;
    }
}

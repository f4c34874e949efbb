//! The container as programs use it: over real sockets.

#[cfg(feature = "admin")]
mod admin;
#[cfg(feature = "deflate")]
mod compressing;
mod deploying;
#[cfg(feature = "docroot")]
mod downloads;
mod draining;
mod handshake;
mod identity;
mod proxied;
#[cfg(feature = "tls-aws-lc")]
mod tls;
mod upgrading;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use ws_core::{Session, handlers, server_endpoint};

use super::*;
use crate::config::Settings;
use crate::files::Page;

/// Every wait of these tests ends.
const LONG: Duration = Duration::from_secs(10);

#[server_endpoint("/echo/{name}", crate = ws_core)]
#[derive(Debug, Default)]
struct Echo;

#[handlers(crate = ws_core)]
impl Echo {
    #[on_message]
    fn text(&mut self, session: &Session, text: &str) -> String {
        format!("{} {} {text}", session.uri(), session.path_param("name").unwrap_or("nobody"))
    }
}

#[server_endpoint("/only", subprotocols = ["a"], crate = ws_core)]
#[derive(Debug, Default)]
struct OnlyA;

#[handlers(crate = ws_core)]
impl OnlyA {}

#[server_endpoint("/only", subprotocols = ["b"], crate = ws_core)]
#[derive(Debug, Default)]
struct OnlyB;

#[handlers(crate = ws_core)]
impl OnlyB {}

/// A container on a free port.
async fn start(settings: Settings) -> Handle {
    let builder = Container::builder().discover().page(Page::html("/", "<title>Home</title>"));
    let container = builder.settings(settings).bind("127.0.0.1", 0).build().unwrap();
    container.start().await.unwrap()
}

async fn connect(handle: &Handle) -> TcpStream {
    TcpStream::connect(handle.local_addrs()[0]).await.unwrap()
}

/// A handshake for `path`, with more `fields`.
fn upgrade(path: &str, fields: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{fields}\r\n"
    )
}

/// Everything that comes until the server ends the connection.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(LONG, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The head of a response; what comes behind it stays unread.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(LONG, stream.read_u8()).await.unwrap().unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// The code of the Close frame that comes next.
async fn read_close(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 4];
    timeout(LONG, stream.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(head[0], 0x88, "a Close frame");
    u16::from_be_bytes([head[2], head[3]])
}

#[tokio::test]
async fn what_requests_are_answered_with() {
    let handle = start(Settings::default()).await;
    let request = |line: &str, fields: &str| format!("{line}\r\nHost: example\r\n{fields}\r\n");
    let close = "Connection: close\r\n";
    let long = "x".repeat(9_000);
    for (name, request, status, mention) in [
        ("a page", request("GET / HTTP/1.1", close), 200, "<title>Home</title>"),
        ("nothing", request("GET /nothing HTTP/1.1", close), 404, ""),
        ("an endpoint", request("GET /echo/x HTTP/1.1", close), 426, "upgrade: websocket"),
        ("its version", request("GET /echo/x HTTP/1.1", close), 426, "sec-websocket-version: 13"),
        ("POST to a page", request("POST / HTTP/1.1", close), 405, "allow: GET, HEAD"),
        ("POST to an endpoint", request("POST /echo/x HTTP/1.1", close), 405, "allow: GET"),
        ("above the root", request("GET /../x HTTP/1.1", close), 400, ""),
        (
            "h2c is ignored",
            request("GET / HTTP/1.1", "Upgrade: h2c\r\nConnection: Upgrade, close\r\n"),
            200,
            "",
        ),
        ("a long target", request(&format!("GET /{long} HTTP/1.1"), ""), 414, "connection: close"),
        ("a long head", request("GET / HTTP/1.1", &format!("X: {long}{long}\r\n")), 431, ""),
        ("100 fields", request("GET / HTTP/1.1", &("A: b\r\n".repeat(98) + close)), 200, ""),
        ("101 fields", request("GET / HTTP/1.1", &("A: b\r\n".repeat(99) + close)), 431, ""),
        ("no HTTP", "\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), 400, ""),
        ("an unknown path", upgrade("/echo", ""), 404, "connection: close"),
        ("an old version", upgrade("/echo/x", "").replace(": 13", ": 8"), 426, "connection: close"),
        ("another origin", upgrade("/echo/x", "Origin: http://evil.example\r\n"), 403, ""),
        ("an unknown subprotocol", upgrade("/only", "Sec-WebSocket-Protocol: c\r\n"), 400, ""),
        ("bad UTF-8 in a variable", upgrade("/echo/%ff", ""), 400, "connection: close"),
    ] {
        let mut stream = connect(&handle).await;
        // A second request behind it must not be answered: each of these ends the connection.
        let requests = format!("{request}GET /second HTTP/1.1\r\nHost: example\r\n\r\n");
        stream.write_all(requests.as_bytes()).await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer}");
        assert!(answer.contains(mention), "{name}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{name}: {answer}");
    }
    assert_eq!(handle.shutdown().await, 0);
}

#[tokio::test]
async fn frames_behind_the_handshake_are_kept() {
    let handle = start(Settings::default()).await;
    let mut stream = connect(&handle).await;
    // A page first: the connection is kept alive for the upgrade.
    stream.write_all(b"GET /nothing HTTP/1.1\r\nHost: example\r\n\r\n").await.unwrap();
    assert!(read_head(&mut stream).await.contains("content-length: 17"), "not found");
    stream.read_exact(&mut [0; 17]).await.unwrap();

    let mut request = upgrade("/echo/tea%20time?q=%20", "").into_bytes();
    request.extend([0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
    stream.write_all(&request).await.unwrap();
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    let want = "ws://example/echo/tea%20time?q=%20 tea time hi";
    let mut reply = vec![0; 2 + want.len()];
    timeout(LONG, stream.read_exact(&mut reply)).await.unwrap().unwrap();
    assert_eq!(&reply[2..], want.as_bytes());
    drop(stream);
    assert_eq!(handle.shutdown().await, 0);
}

#[tokio::test]
async fn a_shutdown_closes_sessions_and_idle_connections() {
    let handle = start(Settings::default()).await;
    let (mut session, mut idle) = (connect(&handle).await, connect(&handle).await);
    session.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
    read_head(&mut session).await;
    while handle.hub().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stopping = tokio::spawn({
        let handle = handle.clone();
        async move { (handle.shutdown().await, handle.stopped().await) }
    });
    let mut close = [0; 4];
    timeout(LONG, session.read_exact(&mut close)).await.unwrap().unwrap();
    assert_eq!(close[0], 0x88);
    assert_eq!(u16::from_be_bytes([close[2], close[3]]), 1001);
    assert_eq!(read_all(&mut idle).await, "");
    assert!(TcpStream::connect(handle.local_addrs()[0]).await.is_err(), "nobody listens");
    session.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9]).await.unwrap();
    assert_eq!(timeout(LONG, stopping).await.unwrap().unwrap(), (0, 0));
}

#[tokio::test]
async fn sessions_that_outstay_the_grace_period_are_cut_and_counted() {
    let grace = Duration::from_millis(300);
    let close_timeout = LONG;
    let handle = start(Settings { grace, close_timeout, ..Settings::default() }).await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let mut session = connect(&handle).await;
        session.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
        read_head(&mut session).await;
        sessions.push(session);
    }
    while handle.hub().len() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let start = Instant::now();
    assert_eq!(timeout(LONG, handle.shutdown()).await.unwrap(), 3);
    assert!(start.elapsed() >= grace, "{:?}", start.elapsed());
    assert!(handle.hub().is_empty());
}

#[tokio::test]
async fn a_head_that_takes_too_long_is_given_up_however_it_dribbles() {
    let head_timeout = Duration::from_millis(400);
    let handle = start(Settings { head_timeout, ..Settings::default() }).await;
    let (mut dribbling, mut silent) = (connect(&handle).await, connect(&handle).await);
    let start = Instant::now();
    for byte in b"GET /" {
        dribbling.write_all(&[*byte]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(read_all(&mut dribbling).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(read_all(&mut silent).await, "");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    handle.shutdown().await;
}

#[tokio::test]
async fn silent_connections_keep_others_out_for_the_head_timeout_only() {
    let head_timeout = Duration::from_millis(300);
    let settings = Settings { head_timeout, max_http_connections: 2, ..Settings::default() };
    let handle = start(settings).await;
    let silent = [connect(&handle).await, connect(&handle).await];
    let mut good = connect(&handle).await;
    good.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
    assert!(read_head(&mut good).await.starts_with("HTTP/1.1 101 "));
    drop(silent);
    // A session no longer counts among those that speak HTTP.
    let mut others = Vec::new();
    for _ in 0..4 {
        let mut another = connect(&handle).await;
        another.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
        assert!(read_head(&mut another).await.starts_with("HTTP/1.1 101 "));
        others.push(another);
    }
    handle.hub().abort_all();
    assert_eq!(handle.shutdown().await, 0);
}

/// The head timeout is long, so that only the newcomer explains who goes and when.
#[tokio::test]
async fn the_longest_silent_connection_gives_way_to_a_new_one_after_a_second() {
    let head_timeout = Duration::from_secs(100);
    let settings = [
        Settings { head_timeout, max_http_connections: 2, ..Settings::default() },
        Settings { head_timeout, max_newcomers_per_address: Some(2), ..Settings::default() },
    ];
    for settings in settings {
        let by_address = settings.max_http_connections > 2;
        let handle = start(settings).await;
        let mut first = connect(&handle).await;
        first.write_all(b"GET / HT").await.unwrap();
        let began = Instant::now();
        let mut second = connect(&handle).await;
        if by_address {
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
        let mut good = connect(&handle).await;
        good.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
        assert!(read_head(&mut good).await.starts_with("HTTP/1.1 101 "));
        assert_eq!(read_all(&mut first).await, "");
        let took = began.elapsed();
        assert!((900..5000).contains(&took.as_millis()), "{took:?}");
        // The second still may say what it wants.
        second.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
        assert!(read_head(&mut second).await.starts_with("HTTP/1.1 101 "));
        handle.hub().abort_all();
        assert_eq!(handle.shutdown().await, 0);
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let container = Container::builder().bind("127.0.0.1", port).build().unwrap();
    let error = container.start().await.unwrap_err().to_string();
    assert!(error.contains(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
}

//! Sessions on connections of another HTTP server.

use std::convert::Infallible;

use async_trait::async_trait;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;
use ws_core::{Authenticator, HandshakeRequest, Principal, Reject, ServerEndpointConfig};

use super::*;
use crate::http::Upgrader;
use crate::lifecycle::Phase;

/// A handshake for `/echo` that came over no connection.
fn request() -> Request<()> {
    Request::get("/echo")
        .header("Host", "example")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(())
        .unwrap()
}

/// Takes its time: says that it was asked, and answers when it may.
#[derive(Clone, Default)]
struct Slow {
    asked: Arc<Notify>,
    may: Arc<Notify>,
}

#[async_trait]
impl Authenticator for Slow {
    async fn authenticate(&self, _: &HandshakeRequest) -> Result<Option<Principal>, Reject> {
        self.asked.notify_one();
        self.may.notified().await;
        Ok(Some(Principal::new("ada")))
    }
}

/// An HTTP server of hyper's, whose `/direct` leads to `upgrader` and all else to `handle`.
async fn foreign(handle: &Handle, upgrader: Upgrader) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let handle = handle.clone();
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let (handle, upgrader) = (handle.clone(), upgrader.clone());
            let service = service_fn(move |mut request: Request<Incoming>| {
                let (handle, upgrader) = (handle.clone(), upgrader.clone());
                async move {
                    request.extensions_mut().insert(peer);
                    request.extensions_mut().insert(Principal::new("ada"));
                    let response = match request.uri().path() {
                        "/page" => Response::new(Bytes::from_static(b"a page")),
                        "/direct" => upgrader.upgrade(request, [("name", "direct")]).await,
                        _ => handle.upgrade(request).await,
                    };
                    Ok::<_, Infallible>(response.map(Full::new))
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            tokio::spawn(connection);
        }
    });
    address
}

#[tokio::test]
async fn a_foreign_server_gives_its_connections_away() {
    let echo = |path: &'static str| ServerEndpointConfig::builder::<Echo>(path).authenticated();
    let container = Container::builder().deploy(echo("/echo/{name}").build().unwrap());
    // That is for the application's hooks, and not for the other server.
    let handshake_timeout = Duration::ZERO;
    let container = container.settings(Settings { handshake_timeout, ..Settings::default() });
    let handle = container.build().unwrap().handle();
    let upgrader = handle.upgrader(echo("/unrouted").build().unwrap()).unwrap();
    let address = foreign(&handle, upgrader.clone()).await;

    for (path, want) in [
        ("/echo/tea", "ws://example/echo/tea tea hi"),
        ("/direct", "ws://example/direct direct hi"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A page first, and a message right behind the handshake.
        stream.write_all(b"GET /page HTTP/1.1\r\nHost: example\r\n\r\n").await.unwrap();
        assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        stream.read_exact(&mut [0; 6]).await.unwrap();
        let mut request = upgrade(path, "").into_bytes();
        request.extend([0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
        stream.write_all(&request).await.unwrap();
        let head = read_head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        let mut reply = vec![0; 2 + want.len()];
        timeout(LONG, stream.read_exact(&mut reply)).await.unwrap().unwrap();
        assert_eq!(std::str::from_utf8(&reply[2..]).unwrap(), want);
    }
    for (path, fields, status) in
        [("/nothing", "", 404), ("/echo/x", "Origin: http://evil\r\n", 403), ("/echo/%ff", "", 400)]
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(upgrade(path, fields).as_bytes()).await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    // Its sessions are the container's, and drained with it.
    let mut session = TcpStream::connect(address).await.unwrap();
    session.write_all(upgrade("/echo/last", "").as_bytes()).await.unwrap();
    read_head(&mut session).await;
    let last = || {
        handle.sessions("/echo/{name}").into_iter().find(|it| it.path_param("name") == Some("last"))
    };
    while last().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let last = last().unwrap();
    assert_eq!(last.principal().map(Principal::name), Some("ada"));
    assert_eq!(last.peer_addr(), Some(session.local_addr().unwrap()));
    let stopping = tokio::spawn(async move { handle.shutdown().await });
    assert_eq!(read_close(&mut session).await, 1001);
    session.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9]).await.unwrap();
    assert_eq!(timeout(LONG, stopping).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_connection_that_cannot_be_upgraded_gets_no_101() {
    let echo = ServerEndpointConfig::builder::<Echo>("/echo").build().unwrap();
    let handle = Container::builder().deploy(echo).build().unwrap().handle();
    assert_eq!(handle.upgrade(request()).await.status(), 500);
}

#[tokio::test]
async fn no_session_begins_after_the_container_has_stopped() {
    let echo = ServerEndpointConfig::builder::<Echo>("/echo").authenticated().build().unwrap();
    let slow = Slow::default();
    let container = Container::builder().deploy(echo).authenticator(slow.clone()).build().unwrap();
    let handle = container.handle();
    let opening = tokio::spawn({
        let handle = handle.clone();
        async move { handle.upgrade(request()).await.status() }
    });
    timeout(LONG, slow.asked.notified()).await.unwrap();
    let stopping = tokio::spawn({
        let handle = handle.clone();
        async move { handle.shutdown().await }
    });
    timeout(LONG, handle.reached(Phase::Draining)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(handle.phase(), Phase::Draining, "a handshake is still judged");
    slow.may.notify_one();
    assert_eq!(timeout(LONG, opening).await.unwrap().unwrap(), 503);
    assert_eq!(timeout(LONG, stopping).await.unwrap().unwrap(), 0);
    assert!(handle.server().cut.is_cancelled());
    slow.may.notify_one();
    assert_eq!(handle.upgrade(request()).await.status(), 503);
    assert!(handle.server().sessions.is_empty());
}

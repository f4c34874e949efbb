//! Proxies made by hand.

use tokio::io::copy_bidirectional;

use super::*;
use crate::client::{ConnectError, Proxy, ProxyError, on};

/// Joins two connections until one ends.
fn join(mut near: TcpStream, to: SocketAddr) {
    tokio::spawn(async move {
        let mut far = TcpStream::connect(to).await.unwrap();
        let _ = copy_bidirectional(&mut near, &mut far).await;
    });
}

fn through(url: &str) -> ClientEndpointConfig {
    config(|it| it.proxy(Proxy::parse(url).unwrap()))
}

#[tokio::test]
async fn an_http_proxy_that_asks_who_we_are() {
    let (proxy, server) = (Server::new().await, Server::new().await);
    let client = client();
    let config = through(&format!("http://ann:p%40ss@{}", proxy.addr));
    let proxying = async {
        let head = proxy
            .answer("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
            .await;
        assert!(head.starts_with("CONNECT a.example:81 HTTP/1.1\r\n"), "{head}");
        let mut peer = proxy.request().await;
        assert_eq!(peer.header("proxy-authorization"), Some("Basic YW5uOnBAc3M="));
        peer.say("HTTP/1.1 200 Connection established\r\n\r\n").await;
        join(peer.stream, server.addr);
    };
    // The proxy looks the name up.
    let connecting = client.connect_with(&config, on(), "ws://a.example:81/x");
    let (result, (), peer) = tokio::join!(soon(connecting), proxying, server.open());
    let session = result.unwrap();
    assert_eq!(session.peer_addr(), Some(proxy.addr));
    assert!(peer.head.starts_with("GET /x HTTP/1.1\r\nHost: a.example:81\r\n"));
    assert!(!peer.head.to_lowercase().contains("proxy"), "{}", peer.head);
}

#[tokio::test]
async fn a_socks_proxy_with_a_password() {
    let (proxy, server) = (Server::new().await, Server::new().await);
    let client = client();
    let config = through(&format!("socks5h://ann:secret@{}", proxy.addr));
    let proxying = async {
        let mut stream = proxy.stream().await;
        for (expected, answer) in [
            (&b"\x05\x02\0\x02"[..], &b"\x05\x02"[..]),
            (b"\x01\x03ann\x06secret", b"\x01\0"),
            (b"\x05\x01\0\x03\x09a.example\0\x51", b"\x05\0\0\x01\0\0\0\0\0\0"),
        ] {
            let mut read = vec![0; expected.len()];
            soon(stream.read_exact(&mut read)).await.unwrap();
            assert_eq!(read, expected);
            stream.write_all(answer).await.unwrap();
        }
        join(stream, server.addr);
    };
    let connecting = client.connect_with(&config, on(), "ws://a.example:81/x");
    let (result, (), peer) = tokio::join!(soon(connecting), proxying, server.open());
    result.unwrap();
    assert_eq!(peer.header("host"), Some("a.example:81"));
}

#[tokio::test]
async fn proxies_that_refuse() {
    let proxy = Server::new().await;
    let client = client();
    let config = through(&format!("http://{}", proxy.addr));
    let connect = || soon(client.connect_with(&config, on(), "ws://a.example/"));
    let no = "HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnope";
    let (result, _) = tokio::join!(connect(), proxy.answer(no));
    let Err(ConnectError::Proxy(ProxyError::Status(response))) = result else {
        panic!("{result:?}")
    };
    assert_eq!(&response.body()[..], b"nope");
    let who = "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n";
    let (result, _) = tokio::join!(connect(), proxy.answer(who));
    assert!(
        matches!(result, Err(ConnectError::Proxy(ProxyError::Credentials(Some(_))))),
        "{result:?}"
    );

    let socks = through(&format!("socks5://{}", proxy.addr));
    let refusing = async {
        let mut stream = proxy.stream().await;
        let mut read = [0; 3];
        stream.read_exact(&mut read).await.unwrap();
        stream.write_all(b"\x05\0").await.unwrap();
        let mut read = [0; 10];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, *b"\x05\x01\0\x01\x7f\0\0\x09\0\x50", "an address, looked up here");
        stream.write_all(b"\x05\x04\0\x01\0\0\0\0\0\0").await.unwrap();
    };
    let connecting = client.connect_with(&socks, on(), "ws://127.0.0.9/");
    let (result, ()) = tokio::join!(soon(connecting), refusing);
    assert!(
        matches!(result, Err(ConnectError::Proxy(ProxyError::Socks { code: 4 }))),
        "{result:?}"
    );

    let gone = through(&format!("http://{}", proxy.addr));
    drop(proxy);
    let result = soon(client.connect_with(&gone, on(), "ws://a.example/")).await;
    assert!(matches!(result, Err(ConnectError::Proxy(ProxyError::Unreachable(_)))), "{result:?}");
}

#[tokio::test]
async fn a_silent_proxy_does_not_outlast_the_connect_timeout() {
    let proxy = Server::new().await;
    let client = client();
    for scheme in ["http", "socks5h"] {
        let config = through(&format!("{scheme}://{}", proxy.addr)).to_builder();
        let config = config.connect_timeout(Duration::from_millis(100)).build().unwrap();
        let connecting = client.connect_with(&config, on(), "ws://a.example/");
        let (result, mut stream) = tokio::join!(connecting, proxy.stream());
        assert!(matches!(result, Err(ConnectError::Timeout(_))), "{result:?}");
        let mut rest = Vec::new();
        let _ = soon(stream.read_to_end(&mut rest)).await;
    }
}

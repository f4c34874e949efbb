//! Servers that mean no good.

use ws_core::CloseCode;
use ws_core::handshake::HandshakeError;

use super::*;
use crate::client::{ConnectError, on};

/// What came of an answer that `make` makes of the right one.
async fn answered(make: impl FnOnce(String) -> Vec<u8>) -> ConnectError {
    let server = Server::new().await;
    let client = client();
    let endpoint = on().open(|_| never());
    let serving = async {
        let mut peer = server.request().await;
        let answer = make(peer.opening(""));
        // The client may have seen enough before it is all out.
        let _ = soon(peer.stream.write_all(&answer)).await;
        let _ = peer.stream.shutdown().await;
        peer.ended().await;
    };
    let (result, ()) = tokio::join!(soon(client.connect(endpoint, server.uri("/"))), serving);
    assert!(client.sessions().is_empty());
    result.unwrap_err()
}

#[tokio::test]
async fn each_wrong_answer_has_its_own_error() {
    use HandshakeError as E;
    type Case = (&'static str, fn(String) -> String, fn(&E) -> bool);
    #[rustfmt::skip] // a table
    let cases: &[Case] = &[
        ("accept", |it| it.replace("Accept: ", "Accept: A"), |e| matches!(e, E::AcceptMismatch)),
        ("no accept", |it| it.replace("Sec-WebSocket-Accept", "X"), |e| matches!(e, E::AcceptNotSingle)),
        ("upgrade", |it| it.replace("websocket", "h2c"), |e| matches!(e, E::Upgrade)),
        ("connection", |it| it.replace("Connection: Upgrade", "Connection: close"), |e| matches!(e, E::Connection)),
        ("subprotocol", |it| it.replace("Upgrade: w", "Sec-WebSocket-Protocol: x\r\nUpgrade: w"), |e| matches!(e, E::SubprotocolNotOffered)),
        ("extension", |it| it.replace("Upgrade: w", "Sec-WebSocket-Extensions: x\r\nUpgrade: w"), |e| matches!(e, E::ExtensionNotOffered)),
        ("version", |it| it.replace("HTTP/1.1", "HTTP/1.0"), |e| matches!(e, E::HttpVersion)),
        ("line ending", |it| it.replace("\r\n", "\n"), |e| matches!(e, E::LineEnding)),
        ("no HTTP", |_| "SSH-2.0-OpenSSH_9.2\r\n\r\n".into(), |e| matches!(e, E::HttpVersion)),
        ("no status", |it| it.replace("101", "1x1"), |e| matches!(e, E::Malformed(_))),
        ("fields", |it| it.replace("Upgrade: w", &("X: 1\r\n".repeat(200) + "Upgrade: w")), |e| matches!(e, E::TooManyHeaders)),
        ("head", |_| "HTTP/1.1 101 OK\r\nX: ".to_owned() + &"x".repeat(1 << 20), |e| matches!(e, E::HeadTooLong)),
    ];
    for (name, make, expected) in cases {
        let error = answered(|answer| make(answer).into_bytes()).await;
        let ConnectError::Handshake(inner) = &error else { panic!("{name}: {error:?}") };
        assert!(expected(inner), "{name}: {error:?}");
        assert!(!error.is_transient(), "{name}");
    }
}

#[tokio::test]
async fn a_refusal_has_a_bound() {
    let body = |len: usize| "x".repeat(len);
    let error =
        answered(|_| format!("HTTP/1.1 500 No\r\n\r\n{}", body(1 << 20)).into_bytes()).await;
    let response = error.response().unwrap();
    assert_eq!((response.body().len(), response.is_whole()), (16 * 1024, false));
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_reset_at_every_byte_is_an_error() {
    let server = Server::new().await;
    let client = client();
    let mut cut = 0;
    loop {
        let serving = async {
            let mut peer = server.request().await;
            let answer = peer.opening("");
            let done = cut >= answer.len();
            peer.say(&answer.as_bytes()[..cut.min(answer.len())]).await;
            peer.stream.set_zero_linger().unwrap();
            done
        };
        let (result, done) = tokio::join!(soon(client.connect(on(), server.uri("/"))), serving);
        if done {
            break;
        }
        assert!(
            matches!(result, Err(ConnectError::Io(_) | ConnectError::Ended)),
            "{cut}: {result:?}"
        );
        cut += 1;
    }
    assert!(cut > 100);
}

#[tokio::test]
async fn a_slow_drip_does_not_outlast_the_connect_timeout() {
    let server = Server::new().await;
    let client = client();
    let limit = Duration::from_millis(300);
    let config = config(|it| it.connect_timeout(limit));
    let dripping = async {
        let mut peer = server.request().await;
        for byte in peer.opening("").into_bytes().chunks(1) {
            tokio::time::sleep(limit / 20).await;
            if peer.stream.write_all(byte).await.is_err() {
                return;
            }
        }
        panic!("it took all");
    };
    let begin = std::time::Instant::now();
    let connecting = client.connect_with(&config, on(), server.uri("/"));
    let (result, ()) = tokio::join!(connecting, dripping);
    assert!(matches!(result, Err(ConnectError::Timeout(_))), "{result:?}");
    assert!(begin.elapsed() < limit * 20);
}

/// How the session of a client ends that gets `bytes`.
async fn ends_with(bytes: &[u8]) -> CloseCode {
    let server = Server::new().await;
    let client = client();
    let serving = async {
        let mut peer = server.open().await;
        peer.say(bytes).await;
        peer.ended().await;
    };
    let config = config(|it| it.max_text_len(10).close_timeout(Duration::from_millis(100)));
    let connecting = client.connect_with(&config, on(), server.uri("/"));
    let (session, ()) = tokio::join!(soon(connecting), serving);
    let session = session.unwrap();
    soon(async { session.close(ws_core::CloseReason::default()).await }).await;
    session.close_reason().unwrap().code()
}

#[tokio::test]
async fn frames_that_no_server_may_send() {
    assert_eq!(ends_with(b"\x81\x81\0\0\0\0x").await, CloseCode::PROTOCOL_ERROR, "masked");
    assert_eq!(ends_with(b"\x83\0").await, CloseCode::PROTOCOL_ERROR, "reserved opcode");
    assert_eq!(ends_with(b"\xc1\0").await, CloseCode::PROTOCOL_ERROR, "reserved bit");
    assert_eq!(ends_with(b"\x81\x01\xff").await, CloseCode::INVALID_PAYLOAD_DATA, "no UTF-8");
    assert_eq!(ends_with(b"\x81\x0b").await, CloseCode::MESSAGE_TOO_BIG, "announced");
    let huge = b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(ends_with(huge).await, CloseCode::MESSAGE_TOO_BIG, "2^63 - 1 bytes");
}

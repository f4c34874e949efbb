//! Connections as streams and sinks.

use std::pin::Pin;

use futures_sink::Sink;
use ws_core::{CloseCode, CloseReason, Message, SessionState};

use super::*;
use crate::client::WebSocket;

async fn opened(client: &Client, server: &Server) -> (WebSocket, Peer<TcpStream>) {
    let (socket, peer) = tokio::join!(soon(client.open(server.uri("/"))), server.open());
    (socket.unwrap(), peer)
}

#[tokio::test]
async fn messages_come_and_go() {
    let (client, server) = (client(), Server::new().await);
    let (mut socket, mut peer) = opened(&client, &server).await;
    peer.frame(1, b"text").await;
    peer.frame(2, b"\0").await;
    let text = soon(socket.recv()).await.unwrap().unwrap();
    assert_eq!((text.kind(), text.payload()), (ws_core::MessageKind::Text, &b"text"[..]));
    assert_eq!(soon(socket.recv()).await.unwrap().unwrap().payload(), b"\0");
    socket.send("one").await.unwrap();
    assert_eq!(peer.next().await, (1, b"one".to_vec()));
    let mut sink = Pin::new(&mut socket);
    soon(std::future::poll_fn(|cx| sink.as_mut().poll_ready(cx))).await.unwrap();
    sink.as_mut().start_send(Message::binary(&b"two"[..])).unwrap();
    soon(std::future::poll_fn(|cx| sink.as_mut().poll_flush(cx))).await.unwrap();
    assert_eq!(peer.next().await, (2, b"two".to_vec()));
    soon(std::future::poll_fn(|cx| sink.as_mut().poll_close(cx))).await.unwrap();
    assert_eq!(peer.next().await, (8, b"\x03\xe8".to_vec()));
    peer.frame(1, b"late").await;
    peer.frame(8, b"\x03\xe8").await;
    assert_eq!(soon(socket.recv()).await.unwrap().unwrap().payload(), b"late");
    assert!(soon(socket.recv()).await.is_none());
    assert!(socket.close_reason().unwrap().is_clean());
    assert_eq!(socket.session().state(), SessionState::Closed);
    assert!(socket.send("more").await.is_err());
}

#[tokio::test]
async fn an_end_without_a_close_is_told_once() {
    let (client, server) = (client(), Server::new().await);
    let (mut socket, mut peer) = opened(&client, &server).await;
    peer.frame(1, b"last").await;
    drop(peer);
    assert!(soon(socket.recv()).await.unwrap().is_ok());
    let end = soon(socket.recv()).await.unwrap().unwrap_err();
    assert_eq!(end.reason().code(), CloseCode::ABNORMAL_CLOSURE);
    assert!(soon(socket.recv()).await.is_none());
}

#[tokio::test]
async fn who_takes_no_messages_holds_the_server_back() {
    let (client, server) = (client(), Server::new().await);
    let (mut socket, mut peer) = opened(&client, &server).await;
    let frame = [&[0x82, 126, 0x40, 0][..], &[7; 0x4000]].concat();
    let mut sent = 0;
    // Sockets hold some megabytes; the client must not take hundreds.
    while let Ok(written) = timeout(Duration::from_millis(500), peer.stream.write_all(&frame)).await
    {
        written.unwrap();
        sent += 1;
        assert!(sent < 10_000, "it takes all");
    }
    assert!(socket.session().is_open());
    for _ in 0..sent {
        let message = soon(socket.recv()).await.unwrap().unwrap();
        assert_eq!(message.payload().len(), 0x4000);
    }
}

#[tokio::test]
async fn dropping_it_closes_it() {
    let (client, server) = (client(), Server::new().await);
    let (socket, mut peer) = opened(&client, &server).await;
    drop(socket);
    assert_eq!(peer.next().await, (8, b"\x03\xe8".to_vec()));
    peer.frame(8, b"\x03\xe8").await;
    peer.ended().await;
    let (socket, mut peer) = opened(&client, &server).await;
    let serving = async {
        assert_eq!(peer.next().await.0, 8);
        peer.frame(8, b"\x03\xe9").await;
        peer.ended().await;
    };
    let reason = CloseReason::new(CloseCode::GOING_AWAY, "all").unwrap();
    tokio::join!(soon(client.close_all(reason)), serving);
    assert_eq!(socket.close_reason().unwrap().code(), CloseCode::GOING_AWAY);
}

#[derive(Debug)]
struct Fixed;

impl ws_core::mask::MaskGenerator for Fixed {
    fn masking_key(&self) -> [u8; 4] {
        *b"mask"
    }
}

#[tokio::test]
async fn masking_keys_may_be_given() {
    let (client, server) = (client(), Server::new().await);
    let config = config(|it| it.mask_generator(Fixed));
    let opening = soon(client.open_with(&config, server.uri("/")));
    let (socket, mut peer) = tokio::join!(opening, server.open());
    socket.unwrap().send(&b"\0\0\0\0"[..]).await.unwrap();
    let mut wire = [0; 10];
    soon(peer.stream.read_exact(&mut wire)).await.unwrap();
    assert_eq!(wire, *b"\x82\x84maskmask");
}

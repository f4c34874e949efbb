//! An echo on sockudo-ws, with the parts of a handshake that it has.

use std::process::ExitCode;

use bench::{echo, messages, run};
use bytes::BytesMut;
use sockudo_ws::handshake::{build_response, generate_accept_key, parse_request};
use sockudo_ws::{Config, Message, WebSocketStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn main() -> ExitCode {
    sockudo_ws::init_clock();
    run(|mut stream| async move {
        if shake_hands(&mut stream).await.is_some() {
            let socket = WebSocketStream::server(stream, Config::default());
            echo(socket, messages(|it| matches!(it, Message::Text(_) | Message::Binary(_)))).await;
        }
    })
}

async fn shake_hands(stream: &mut TcpStream) -> Option<()> {
    let mut head = BytesMut::new();
    loop {
        if stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
        if let Some((request, _)) = parse_request(&head).ok()? {
            let response = build_response(&generate_accept_key(request.key), None, None);
            return stream.write_all(&response).await.ok();
        }
    }
}

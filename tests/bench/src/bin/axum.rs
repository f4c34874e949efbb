//! An echo on axum, with a small buffer as for tokio-tungstenite, on which it is built.

use std::process::ExitCode;

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::routing::any;
use axum::serve::ListenerExt;
use bench::{echo, messages, port};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let app = Router::new().route(
        "/",
        any(async |upgrade: WebSocketUpgrade| {
            upgrade.read_buffer_size(8 << 10).on_upgrade(async |socket| {
                echo(socket, messages(|it| matches!(it, Message::Text(_) | Message::Binary(_))))
                    .await;
            })
        }),
    );
    let Some(port) = port() else { return ExitCode::FAILURE };
    let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await else {
        return ExitCode::FAILURE;
    };
    let listener = listener.tap_io(|stream| {
        // An echo that waits for more is measured, not a wrong one.
        let _ = stream.set_nodelay(true);
    });
    let _ = axum::serve(listener, app).await;
    ExitCode::FAILURE
}

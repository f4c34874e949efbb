//! An echo on tokio-tungstenite. It fills its buffer with zeros before each read: a smaller one than its
//! own choice of 128 KiB makes it several times faster.

use std::process::ExitCode;

use bench::{echo, messages, run};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

fn main() -> ExitCode {
    let config = WebSocketConfig::default().read_buffer_size(8 << 10);
    run(move |stream| async move {
        if let Ok(socket) = accept_async_with_config(stream, Some(config)).await {
            echo(socket, messages(|it: &Message| it.is_text() || it.is_binary())).await;
        }
    })
}

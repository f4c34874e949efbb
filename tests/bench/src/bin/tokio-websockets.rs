//! An echo on tokio-websockets, with the settings of its own example.

use std::process::ExitCode;

use bench::{echo, messages, run};
use tokio_websockets::{Config, Limits, Message, ServerBuilder};

fn main() -> ExitCode {
    run(|stream| async {
        let builder = ServerBuilder::new()
            .config(Config::default().frame_size(usize::MAX))
            .limits(Limits::unlimited());
        if let Ok((_, socket)) = builder.accept(stream).await {
            echo(socket, messages(|it: &Message| it.is_text() || it.is_binary())).await;
        }
    })
}

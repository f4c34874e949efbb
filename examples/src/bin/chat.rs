//! Chat rooms: path variables, JSON messages, and topics that reach everyone in a room.
//!
//! Run it:
//!
//! ```text
//! cargo run --release --bin chat
//! ```
//!
//! You see `listening on ws://127.0.0.1:8080`. Open <http://127.0.0.1:8080> in two tabs, join the same
//! room under two names, and talk.

use serde::{Deserialize, Serialize};
use ws_container::prelude::*;

/// One line of talk, as it is on the wire.
#[derive(Serialize, Deserialize)]
struct Line {
    from: String,
    text: String,
}

/// One participant.
#[server_endpoint("/chat/{room}", subprotocols = ["chat.v1"])]
#[derive(Default)]
struct Chat {
    room: String,
}

#[handlers]
impl Chat {
    #[on_open]
    async fn open(&mut self, session: &Session, #[path_param] room: String) -> Result<()> {
        self.room = room;
        session.subscribe(&self.room)
    }

    #[on_message]
    async fn line(&mut self, session: &Session, line: Json<Line>) -> Result<()> {
        session.publish(&self.room, &line).await
    }
}

// The page, made for any chat; its first lines say which.
ws_container::page!(
    "/",
    concat!(
        "<!doctype html>\n",
        "<html lang=\"en\" data-endpoint=\"chat/{room}\" data-subprotocol=\"chat.v1\" data-format=\"json\">\n",
        include_str!("../../../ws-container/src/pages/chat.html"),
    )
);

fn main() -> ExitCode {
    ws_container::main()
}

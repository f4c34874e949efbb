#![deny(warnings)]
//! What the documentation shows first.

use serde::{Deserialize, Serialize};
use ws_container::prelude::*;

#[derive(Serialize, Deserialize)]
struct Line {
    from: String,
    text: String,
}

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

    #[on_close]
    async fn close(&mut self, _session: &Session, _reason: &CloseReason) {}

    #[on_error]
    async fn error(&mut self, _session: &Session, _error: &Error) {}
}

fn main() {
    let [chat] = ws_container::registrations()[..] else { panic!("one endpoint") };
    assert_eq!(chat.subprotocols, ["chat.v1"]);
}

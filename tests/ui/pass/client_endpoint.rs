#![deny(warnings)]

use ws_core::endpoint::Declared;
use ws_core::{CloseReason, Session, client_endpoint, handlers};

#[client_endpoint(subprotocols = ["feed.v2", "feed.v1"], crate = ws_core)]
pub struct Feed {
    pub wanted: usize,
}

#[handlers(crate = ws_core)]
impl Feed {
    #[on_message]
    async fn item(&mut self, session: &Session, _item: &str) {
        self.wanted -= 1;
        if self.wanted == 0 {
            session.abort();
        }
    }

    #[on_close]
    async fn close(&mut self, _: &CloseReason) -> Result<(), std::fmt::Error> {
        Ok(())
    }
}

fn main() {
    assert_eq!(Feed::PATH, None);
    assert_eq!(Feed::SUBPROTOCOLS, ["feed.v2", "feed.v1"]);
}

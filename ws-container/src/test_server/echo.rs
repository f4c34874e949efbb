//! Sends messages back.

use ws_container::prelude::*;

/// Sends each message back, in one frame.
#[server_endpoint("/echo")]
#[derive(Debug, Default)]
struct Echo;

#[handlers]
impl Echo {
    #[on_message(max_size = "64 MiB")]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message(max_size = "64 MiB")]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

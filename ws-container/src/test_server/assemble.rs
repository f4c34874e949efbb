//! Puts fragments together.

use ws_container::prelude::*;

/// Sends each message back in one frame, however it was fragmented; up to 64 KiB.
#[server_endpoint("/", subprotocols = ["org.ietf.websocket.test-echo-assemble", "echo-assemble"])]
#[derive(Debug, Default)]
struct Assemble;

#[handlers]
impl Assemble {
    #[on_message(max_size = "64 KiB")]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message(max_size = "64 KiB")]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

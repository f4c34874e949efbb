//! Sends frames back.

use ws_container::prelude::*;

/// Sends each frame back as it is, so that a message keeps its fragments.
#[server_endpoint(
    "/",
    subprotocols = ["org.ietf.websocket.test-echo", "echo", "lws-mirror-protocol"]
)]
#[derive(Debug, Default)]
struct Frames;

#[handlers]
impl Frames {
    #[on_frame(max_size = "64 MiB")]
    fn frame<'f>(&mut self, frame: Frame<'f>) -> Frame<'f> {
        frame
    }
}

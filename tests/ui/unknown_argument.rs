use ws_core::{client_endpoint, handlers, server_endpoint};

#[server_endpoint("/chat", sub_protocols = ["a"], decoders = Line, encoders, crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core, serial)]
impl Chat {
    #[on_message(size = "64 KiB")]
    fn text(&mut self, _: &str) {}

    #[on_open = "first"]
    fn open(&mut self) {}
}

#[client_endpoint(subprotocols = ["a"], subprotocols = ["b"], idle_timeout = "3s", crate = ws_core)]
pub struct Feed;

fn main() {}

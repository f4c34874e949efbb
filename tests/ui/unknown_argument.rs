use ws_container::prelude::*;

#[server_endpoint("/chat", sub_protocols = ["a"], decoders = Line, encoders)]
#[derive(Default)]
struct Chat;

#[handlers(serial)]
impl Chat {
    #[on_message(size = "64 KiB")]
    fn text(&mut self, _: &str) {}

    #[on_open = "first"]
    fn open(&mut self) {}
}

#[client_endpoint(subprotocols = ["a"], subprotocols = ["b"], idle_timeout = "3s")]
pub struct Feed;

fn main() {}

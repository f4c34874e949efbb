use ws_container::MessageReader;
use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message(kind = "text")]
    fn text(&mut self, _: &str) {}

    #[on_message(kind = "bytes")]
    fn binary(&mut self, _: MessageReader) {}

    #[on_open(kind = "text")]
    fn open(&mut self) {}

    #[on_message(kind = Binary)]
    fn pong(&mut self, _: Pong) {}
}

fn main() {}

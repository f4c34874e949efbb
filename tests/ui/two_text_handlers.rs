use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    fn text(&mut self, _: &str) {}

    #[on_message]
    fn json(&mut self, _: Json<u8>) {}

    #[on_message]
    fn bytes(&mut self, _: &[u8]) {}

    #[on_message]
    fn vec(&mut self, _: Vec<u8>) {}

    #[on_message]
    fn pong(&mut self, _: Pong) {}

    #[on_message]
    fn other_pong(&mut self, _: Pong) {}
}

fn main() {}

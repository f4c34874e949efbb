use ws_container::HandshakeRequest;
use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, _request: HandshakeRequest) {}

    #[on_message]
    fn text(&mut self, _: &str, _request: &HandshakeRequest) {}

    #[on_error]
    fn failed(&mut self, _request: &HandshakeRequest) {}
}

fn main() {}

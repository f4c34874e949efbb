use ws_container::HandshakeRequest;
use ws_container::prelude::*;

#[client_endpoint]
pub struct Feed;

#[handlers]
impl Feed {
    #[on_open]
    fn open(&mut self, _: &HandshakeRequest) {}
}

fn main() {}

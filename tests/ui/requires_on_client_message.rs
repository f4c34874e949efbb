use ws_container::prelude::*;

#[client_endpoint]
#[derive(Default)]
pub struct Feed;

#[handlers]
impl Feed {
    #[on_message]
    #[requires(role = "admin")]
    fn text(&mut self, _text: &str) {}
}

fn main() {}

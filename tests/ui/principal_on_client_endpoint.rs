use ws_container::prelude::*;

#[client_endpoint]
#[derive(Default)]
pub struct Feed;

#[handlers]
impl Feed {
    #[on_message]
    fn text(&mut self, _who: &Principal, _text: &str) {}

    #[on_close]
    fn close(&mut self, _who: Option<&Principal>) {}
}

fn main() {}

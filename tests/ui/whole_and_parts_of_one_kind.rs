use ws_container::MessageReader;
use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    fn whole(&mut self, _: &str) {}

    #[on_message]
    fn parts(&mut self, _text: &str, _last: bool) {}

    #[on_message]
    fn bytes(&mut self, _payload: Vec<u8>, _last: bool) {}

    #[on_message(kind = "binary")]
    fn stream(&mut self, _: MessageReader) {}
}

fn main() {}

use ws_container::prelude::*;
use ws_container::{MessageReader, TextPart};

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    fn part(&mut self, _part: TextPart<'_>, _last: bool) {}

    #[on_message(kind = "binary")]
    fn reader(&mut self, _last: bool, _reader: MessageReader) {}

    #[on_message]
    fn three(&mut self, _text: &str, _last: bool, _first: bool) {}
}

fn main() {}

use ws_container::prelude::*;
use ws_container::{MessageReader, TextPart};

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    fn part(&mut self, part: TextPart<'_>, last: bool) {}

    #[on_message(kind = "binary")]
    fn reader(&mut self, last: bool, reader: MessageReader) {}

    #[on_message]
    fn three(&mut self, text: &str, last: bool, first: bool) {}
}

fn main() {}

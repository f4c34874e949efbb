use ws_container::prelude::*;
use ws_container::{MessageReader, TextPart};

#[server_endpoint("/parts")]
#[derive(Default)]
pub struct Parts;

#[handlers]
impl Parts {
    #[on_message(max_size = "1 MiB")]
    fn text(&mut self, _part: TextPart<'_>) {}

    #[on_message(max_size = 65536)]
    fn binary(&mut self, _: &[u8], _last: bool) {}
}

#[server_endpoint("/stream")]
#[derive(Default)]
pub struct Stream;

#[handlers]
impl Stream {
    #[on_message(kind = "text", max_size = "1 GiB")]
    fn text(&mut self, _: MessageReader) {}
}

#[server_endpoint("/streams")]
#[derive(Default)]
pub struct Streams;

#[handlers]
impl Streams {
    #[on_message(max_size = "1 GiB")]
    fn any(&mut self, _: MessageReader) {}
}

fn main() {}

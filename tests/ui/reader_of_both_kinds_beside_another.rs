use ws_container::MessageReader;
use ws_container::prelude::*;

#[server_endpoint("/first")]
#[derive(Default)]
pub struct First;

#[handlers]
impl First {
    #[on_message]
    fn any(&mut self, _reader: MessageReader) {}

    #[on_message]
    fn text(&mut self, _: &str) {}
}

#[server_endpoint("/second")]
#[derive(Default)]
pub struct Second;

#[handlers]
impl Second {
    #[on_message]
    fn binary(&mut self, _: Vec<u8>) {}

    #[on_message]
    fn any(&mut self, _reader: MessageReader) {}
}

fn main() {}

use ws_container::prelude::*;
use ws_container::{MessageReader, TextStreamDecoder};

pub struct Line;

#[derive(Default)]
pub struct LineDecoder;

impl TextStreamDecoder for LineDecoder {
    type Message = Line;
    type Error = Error;

    async fn decode(&mut self, _: MessageReader) -> Result<Line> {
        Ok(Line)
    }
}

#[server_endpoint("/lines", decoders = [LineDecoder])]
#[derive(Default)]
pub struct Lines;

#[handlers]
impl Lines {
    #[on_message(max_size = "64 KiB")]
    fn line(&mut self, _: Line) {}
}

fn main() {}

use ws_container::prelude::*;
use ws_container::{MessageReader, TextStreamDecoder};

#[server_endpoint("/read")]
#[derive(Default)]
pub struct Read;

#[handlers]
impl Read {
    #[on_frame]
    fn frame(&mut self, _: Frame<'_>) {}

    #[on_message(kind = "text")]
    fn text(&mut self, _: MessageReader) {}
}

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

#[server_endpoint("/decoded", decoders = [LineDecoder])]
#[derive(Default)]
pub struct Decoded;

#[handlers]
impl Decoded {
    #[on_message]
    fn line(&mut self, _: Line) {}

    #[on_frame]
    fn frame(&mut self, _: Frame<'_>) {}
}

fn main() {}

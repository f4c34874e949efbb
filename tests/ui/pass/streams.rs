#![deny(warnings)]
//! Messages as streams: readers of each kind, and types whose decoders read.

use ws_container::endpoint::Endpoint;
use ws_container::prelude::*;
use ws_container::{
    BinaryStreamDecoder, Delivery, MessageKind, MessageReader, TextStreamDecoder,
};

#[server_endpoint("/by-kind")]
#[derive(Default)]
pub struct ByKind;

#[handlers]
impl ByKind {
    #[on_message(kind = "text")]
    async fn text(&mut self, mut text: MessageReader, session: &Session) -> Result<()> {
        while let Some(piece) = text.next_text().await? {
            session.send(&piece[..]).await?;
        }
        Ok(())
    }

    #[on_message(kind = "binary")]
    async fn binary(&mut self, mut file: MessageReader) -> Result<u64> {
        let mut len = 0;
        while let Some(chunk) = file.chunk().await? {
            len += chunk.len() as u64;
        }
        Ok(len)
    }
}

#[server_endpoint("/both")]
#[derive(Default)]
pub struct Both;

#[handlers]
impl Both {
    #[on_message]
    fn any(&mut self, message: MessageReader) -> bool {
        matches!(message.kind(), MessageKind::Text)
    }

    #[on_message]
    fn pong(&mut self, _: Pong) {}
}

#[server_endpoint("/one-of-each")]
#[derive(Default)]
pub struct OneOfEach;

#[handlers]
impl OneOfEach {
    #[on_message(max_size = 9)]
    fn text(&mut self, _: &str) {}

    #[on_message(kind = "binary")]
    fn binary(&mut self, _: MessageReader) {}
}

pub struct Lines(usize);

#[derive(Default)]
pub struct LinesDecoder;

impl TextStreamDecoder for LinesDecoder {
    type Message = Lines;
    type Error = Error;

    async fn decode(&mut self, mut reader: MessageReader) -> Result<Lines> {
        let mut lines = 0;
        while let Some(text) = reader.next_text().await? {
            lines += text.matches('\n').count();
        }
        Ok(Lines(lines))
    }
}

pub struct Length(u64);

#[derive(Default)]
pub struct LengthDecoder;

impl BinaryStreamDecoder for LengthDecoder {
    type Message = Length;
    type Error = Error;

    async fn decode(&mut self, mut reader: MessageReader) -> Result<Length> {
        let mut length = 0;
        while let Some(chunk) = reader.chunk().await? {
            length += chunk.len() as u64;
        }
        Ok(Length(length))
    }
}

#[server_endpoint("/decoded", decoders = [LengthDecoder, LinesDecoder])]
#[derive(Default)]
pub struct Decoded;

#[handlers]
impl Decoded {
    #[on_message]
    fn lines(&mut self, Lines(lines): Lines) -> String {
        format!("{lines} lines")
    }

    #[on_message]
    async fn length(&mut self, Length(length): Length) -> u64 {
        length
    }
}

fn main() {
    let forms = |set: ws_container::endpoint::HandlerSet| (set.text, set.binary);
    assert_eq!(forms(ByKind::HANDLERS), (Delivery::Stream, Delivery::Stream));
    assert_eq!(forms(Both::HANDLERS), (Delivery::Stream, Delivery::Stream));
    assert_eq!(forms(OneOfEach::HANDLERS), (Delivery::Whole, Delivery::Stream));
    assert_eq!(forms(Decoded::HANDLERS), (Delivery::Stream, Delivery::Stream));
    assert!(Both::HANDLERS.pong);
}

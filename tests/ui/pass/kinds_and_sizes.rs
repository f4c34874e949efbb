#![deny(warnings)]

use ws_core::endpoint::Endpoint;
use ws_core::{BinaryDecoder, handlers, server_endpoint};

pub struct Blob;

#[derive(Default)]
pub struct BlobDecoder;

impl BinaryDecoder for BlobDecoder {
    type Message = Blob;
    type Error = std::convert::Infallible;

    fn decode(&mut self, _: &[u8]) -> Result<Blob, Self::Error> {
        Ok(Blob)
    }
}

#[server_endpoint("/a", decoders = [BlobDecoder], crate = ws_core)]
#[derive(Default)]
pub struct A;

#[handlers(crate = ws_core)]
impl A {
    #[on_message(max_size = "64 KiB")]
    fn blob(&self, _: Blob) {}

    #[on_message(max_size = 7)]
    fn text(&self, _: &str) {}
}

fn main() {
    const SET: ws_core::endpoint::HandlerSet = A::HANDLERS;
    assert!(SET.text.is_whole() && SET.binary.is_whole() && !SET.pong && !SET.frame && !SET.error);
    assert_eq!((SET.max_text_len, SET.max_binary_len), (Some(7), Some(65_536)));
    let descriptor = ws_core::registrations()[0];
    assert_eq!(descriptor.decoders, ["BlobDecoder"]);
}

#![deny(warnings)]
//! Each entry of the lists is prepared and released, in the order of the lists.

use std::convert::Infallible;
use std::sync::Mutex;

use ws_container::endpoint::Declared;
use ws_container::prelude::*;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn see(what: &str) {
    SEEN.lock().unwrap().push(what.to_owned());
}

pub struct A;
pub struct B;

#[derive(Default)]
pub struct DecoderOfA;

impl TextDecoder for DecoderOfA {
    type Message = A;
    type Error = Infallible;

    fn init(&mut self, config: &EndpointConfig) {
        see(&format!("a of {}", config.path));
    }

    fn decode(&mut self, _: &str) -> Result<A, Infallible> {
        Ok(A)
    }

    fn destroy(&mut self) {
        see("no a");
    }
}

#[derive(Default)]
pub struct DecoderOfB;

impl BinaryDecoder for DecoderOfB {
    type Message = B;
    type Error = Infallible;

    fn init(&mut self, _: &EndpointConfig) {
        see("b");
    }

    fn decode(&mut self, _: &[u8]) -> Result<B, Infallible> {
        Ok(B)
    }
}

#[derive(Default)]
pub struct EncoderOfB;

impl TextEncoder for EncoderOfB {
    type Message = B;
    type Error = Infallible;

    fn init(&mut self, _: &EndpointConfig) {
        see("b back");
    }

    fn encode(&self, _: &B) -> Result<String, Infallible> {
        Ok(String::new())
    }

    fn destroy(&mut self) {
        see("no b back");
    }
}

#[server_endpoint("/", decoders = [DecoderOfA, DecoderOfB], encoders = [EncoderOfB])]
#[derive(Default)]
pub struct Both;

#[handlers]
impl Both {
    #[on_message]
    fn a(&mut self, _: A) {}

    #[on_message]
    fn b(&mut self, b: B) -> B {
        b
    }
}

#[client_endpoint]
pub struct Neither;

#[handlers]
impl Neither {}

fn main() {
    let config = EndpointConfig::new("/");
    let (mut decoders, mut encoders) = Default::default();
    Both::init_codecs(&mut decoders, &mut encoders, &config);
    Both::destroy_codecs(&mut decoders, &mut encoders);
    Neither::init_codecs(&mut (), &mut (), &config);
    assert_eq!(*SEEN.lock().unwrap(), ["a of /", "b", "b back", "no a", "no b back"]);
}

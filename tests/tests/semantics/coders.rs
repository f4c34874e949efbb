//! The life of decoders and encoders.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;

static MADE: AtomicUsize = AtomicUsize::new(0);

/// Which instance it is of those that were made.
struct Numbered(usize);

impl Default for Numbered {
    fn default() -> Self {
        Self(MADE.fetch_add(1, Ordering::Relaxed))
    }
}

impl Numbered {
    fn note(&self, what: &str) {
        journal().note(format!("{what} {}", self.0));
    }
}

fn journal() -> Arc<Journal> {
    Journal::of("coders")
}

struct Word(String);

#[derive(Default)]
struct WordDecoder(Numbered);

impl TextDecoder for WordDecoder {
    type Message = Word;
    type Error = Infallible;

    fn init(&mut self, config: &EndpointConfig) {
        self.0.note(&format!("decoder init {}", config.path));
    }

    fn decode(&mut self, text: &str) -> Result<Word, Infallible> {
        self.0.note("decode");
        Ok(Word(text.to_owned()))
    }

    fn destroy(&mut self) {
        self.0.note("decoder destroy");
    }
}

#[derive(Default)]
struct WordEncoder(Numbered);

impl TextEncoder for WordEncoder {
    type Message = Word;
    type Error = Infallible;

    fn init(&mut self, config: &EndpointConfig) {
        self.0.note(&format!("encoder init {}", config.path));
    }

    fn encode(&self, Word(word): &Word) -> Result<String, Infallible> {
        self.0.note("encode");
        Ok(word.clone())
    }

    fn destroy(&mut self) {
        self.0.note("encoder destroy");
    }
}

#[server_endpoint("/coders", decoders = [WordDecoder], encoders = [WordEncoder])]
#[derive(Default)]
struct Coders;

#[handlers]
impl Coders {
    #[on_open]
    fn open(&mut self) {
        journal().note("open");
    }

    #[on_message]
    fn word(&mut self, word: Word) -> Word {
        word
    }

    #[on_close]
    fn close(&mut self) {
        journal().note("close");
    }
}

impl Drop for Coders {
    fn drop(&mut self) {
        journal().note("end");
    }
}

#[test]
fn messages_coder_life_cycle() {
    let server = TestServer::start();
    for connection in 0..2 {
        let mut client = RawClient::open(server.addr(), "/coders");
        for word in ["a", "b"] {
            client.send_text(word);
            client.assert_next(&Frame::text(word));
        }
        client.close(1000, "");
        let ends = |line: &&String| line.starts_with("encoder destroy");
        tests::wait::until("the coders are gone", || {
            journal().lines().iter().filter(ends).count() == connection + 1
        });
    }
    let lines = journal().lines();
    for connection in 0..2 {
        let (decoder, encoder) = (connection * 2, connection * 2 + 1);
        let of = |number: usize| -> Vec<_> {
            let end = format!(" {number}");
            let lines = lines.iter().filter_map(|line| line.strip_suffix(&end));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(of(decoder), ["decoder init /coders", "decode", "decode", "decoder destroy"]);
        assert_eq!(of(encoder), ["encoder init /coders", "encode", "encode", "encoder destroy"]);
    }
    assert_eq!(MADE.load(Ordering::Relaxed), 4, "one of each a connection");
    // Both before the open handler, both after the close handler.
    let at = |wanted: &str| lines.iter().position(|line| line.starts_with(wanted)).expect(wanted);
    assert!(at("decoder init") < at("open") && at("encoder init") < at("open"), "{lines:?}");
    assert!(
        at("close") < at("decoder destroy") && at("close") < at("encoder destroy"),
        "{lines:?}"
    );
}

//! Decoders and encoders in a connection: what they make, how they fail, and how long they live.

use std::error::Error as _;
use std::sync::Mutex;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use ws_core::__private::{self as ws, Context, Declared, HandlerSet, Incoming, Text};
use ws_core::codec::NoDecoder;
use ws_core::{
    BinaryStreamDecoder, CloseReason, Delivery, Deployed, Endpoint, EndpointConfig, Error, FirstOf,
    Hub, MessageReader, Reply, Request, Role, Session, Start, TextDecoder, TextEncoder, Transport,
    serve,
};

use crate::support::{LONG, PIPE, Peer};

/// What happened in which test: codecs know their connection by the path of its endpoint alone.
static JOURNAL: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn note(path: &str, entry: impl Into<String>) {
    JOURNAL.lock().unwrap().push((path.to_owned(), entry.into()));
}

fn journal(path: &str) -> Vec<String> {
    let journal = JOURNAL.lock().unwrap();
    journal.iter().filter(|(of, _)| of == path).map(|(_, entry)| entry.clone()).collect()
}

/// An instance of a codec in the journal.
#[derive(Default)]
struct Life(String);

impl Life {
    fn begin(&mut self, codec: &str, config: &EndpointConfig) {
        assert!(self.0.is_empty(), "{codec} is prepared twice");
        self.0.clone_from(&config.path);
        note(&self.0, format!("{codec} init"));
        assert!(config.path != format!("/{codec}-init"), "{codec} panics");
    }

    fn end(&self, codec: &str) {
        note(&self.0, format!("{codec} destroy"));
        assert!(self.0 != format!("/{codec}-destroy"), "{codec} panics");
    }
}

struct Number(u64);

#[derive(Default)]
struct Hexadecimal(Life);

impl TextDecoder for Hexadecimal {
    type Message = Number;
    type Error = std::num::ParseIntError;

    fn init(&mut self, config: &EndpointConfig) {
        self.0.begin("hexadecimal", config);
    }

    fn will_decode(&self, text: &str) -> bool {
        text.starts_with("0x")
    }

    fn decode(&mut self, text: &str) -> Result<Number, Self::Error> {
        u64::from_str_radix(&text[2..], 16).map(Number)
    }

    fn destroy(&mut self) {
        self.0.end("hexadecimal");
    }
}

#[derive(Default)]
struct Decimal(Life);

impl TextDecoder for Decimal {
    type Message = Number;
    type Error = std::num::ParseIntError;

    fn init(&mut self, config: &EndpointConfig) {
        self.0.begin("decimal", config);
    }

    fn will_decode(&self, text: &str) -> bool {
        text.starts_with(|first: char| first.is_ascii_digit())
    }

    fn decode(&mut self, text: &str) -> Result<Number, Self::Error> {
        text.parse().map(Number)
    }

    fn destroy(&mut self) {
        self.0.end("decimal");
    }
}

struct Sum(u64);

#[derive(Debug, thiserror::Error)]
#[error("byte {0} is not allowed")]
struct IllegalByte(u8);

/// The sum of a message's bytes.
#[derive(Default)]
struct Summing(Life);

impl BinaryStreamDecoder for Summing {
    type Message = Sum;
    type Error = ws_core::BoxError;

    fn init(&mut self, config: &EndpointConfig) {
        self.0.begin("summing", config);
    }

    async fn decode(&mut self, mut reader: MessageReader) -> Result<Sum, Self::Error> {
        let mut sum = 0;
        while let Some(chunk) = reader.chunk().await? {
            for byte in chunk {
                if byte == u8::MAX {
                    return Err(IllegalByte(byte).into());
                }
                sum += u64::from(byte);
            }
        }
        Ok(Sum(sum))
    }

    fn destroy(&mut self) {
        self.0.end("summing");
    }
}

/// Writes numbers, but for one.
#[derive(Default)]
struct Digits(Life);

impl TextEncoder for Digits {
    type Message = Number;
    type Error = &'static str;

    fn init(&mut self, config: &EndpointConfig) {
        self.0.begin("digits", config);
    }

    fn encode(&self, Number(number): &Number) -> Result<String, Self::Error> {
        if *number == 13 { Err("unlucky") } else { Ok(number.to_string()) }
    }

    fn destroy(&mut self) {
        self.0.end("digits");
    }
}

/// Answers with what it understood.
struct Repeating;

impl Declared for Repeating {
    type Decoders = (FirstOf<(Hexadecimal, Decimal)>, (Summing, ()));
    type Encoders = (Digits, ());
    const PATH: Option<&'static str> = Some("/");

    fn init_codecs(
        decoders: &mut Self::Decoders,
        encoders: &mut Self::Encoders,
        config: &EndpointConfig,
    ) {
        ws::decoder::<FirstOf<(Hexadecimal, Decimal)>, _>().init(&mut decoders.0, config);
        ws::decoder::<Summing, _>().init(&mut decoders.1.0, config);
        ws::encoder::<Digits, _>().init(&mut encoders.0, config);
    }

    fn destroy_codecs(decoders: &mut Self::Decoders, encoders: &mut Self::Encoders) {
        ws::decoder::<FirstOf<(Hexadecimal, Decimal)>, _>().destroy(&mut decoders.0);
        ws::decoder::<Summing, _>().destroy(&mut decoders.1.0);
        ws::encoder::<Digits, _>().destroy(&mut encoders.0);
    }
}

impl Endpoint for Repeating {
    const HANDLERS: HandlerSet = HandlerSet {
        text: Delivery::Whole,
        binary: ws::message::<Sum, Self, _>().delivery(),
        error: true,
        ..HandlerSet::NONE
    };

    async fn on_open<'a>(&'a mut self, cx: Context<'a, Self>) -> Result<Reply<'a>, Error> {
        note(&cx.session.config().path, "open");
        Ok(Reply::None)
    }

    async fn on_text<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        let number = ws::message::<Number, Self, _>();
        let number = number.decode(Incoming::Text(message), cx.decoders)?;
        ws::reply::<_, Self, _>(number, cx.session, cx.encoders)
    }

    async fn on_binary_stream<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> Result<Reply<'a>, Error> {
        let Sum(sum) = ws::message::<Sum, Self, _>().decode_stream(reader, cx.decoders).await?;
        ws::reply::<_, Self, _>(Number(sum), cx.session, cx.encoders)
    }

    async fn on_error<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        error: &'a Error,
    ) -> Result<(), Error> {
        let kind = match error {
            Error::Decode(error) => format!("decode {:?}", error.text()),
            Error::Encode(error) => format!("encode {}", error.source().unwrap()),
            _ => "other".to_owned(),
        };
        let found = error.find::<NoDecoder>().is_some() || error.find::<IllegalByte>().is_some();
        note(&cx.session.config().path, format!("{kind}{}", if found { ", found" } else { "" }));
        Ok(())
    }

    async fn on_close<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<(), Error> {
        note(&cx.session.config().path, format!("close {}", reason.code().as_u16()));
        Ok(())
    }
}

/// A connection to an endpoint at `path`, which no other test has.
fn connect(path: &str) -> (Peer, JoinHandle<()>) {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let deployed = Deployed::new(EndpointConfig::new(path), Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let transport = Transport::Other(Box::new(ours));
    let start = Start::new(transport, Vec::new(), Role::Server, session);
    (Peer::new(theirs, Role::Server), tokio::spawn(serve(Repeating, start)))
}

/// Closes; what was written down since `on_open`, and until `on_close`.
async fn close(mut peer: Peer, task: JoinHandle<()>, path: &str) -> Vec<String> {
    peer.close(1000).await;
    drop(peer);
    timeout(LONG, task).await.expect("the connection ends").unwrap();
    let journal = journal(path);
    let open = journal.iter().position(|entry| entry == "open").unwrap();
    let close = journal.iter().position(|entry| entry.starts_with("close")).unwrap();
    journal[open + 1..close].to_vec()
}

const INIT: [&str; 4] = ["hexadecimal init", "decimal init", "summing init", "digits init"];
const DESTROY: [&str; 4] =
    ["hexadecimal destroy", "decimal destroy", "summing destroy", "digits destroy"];

#[tokio::test(start_paused = true)]
async fn codecs_live_from_before_on_open_until_after_on_close() {
    let path = "/life";
    let (mut peer, task) = connect(path);
    peer.text("1").await;
    assert_eq!(peer.next_text().await, "1");
    close(peer, task, path).await;
    assert_eq!(journal(path), [&INIT[..], &["open", "close 1000"], &DESTROY].concat());
}

#[tokio::test(start_paused = true)]
async fn a_codec_that_panics_ends_its_own_session_in_order() {
    let (peer, task) = connect("/decimal-init");
    timeout(LONG, task).await.expect("the connection ends").unwrap();
    drop(peer);
    let want = [&INIT[..2], &["other", "close 1011"], &DESTROY[..1]].concat();
    assert_eq!(journal("/decimal-init")[..4], want[..4]);

    let (peer, task) = connect("/decimal-destroy");
    close(peer, task, "/decimal-destroy").await;
    assert_eq!(journal("/decimal-destroy").last().unwrap(), "decimal destroy");
}

#[tokio::test(start_paused = true)]
async fn the_first_decoder_that_will_decode_does() {
    let path = "/first";
    let (mut peer, task) = connect(path);
    for (text, answer) in [("0x10", "16"), ("10", "10")] {
        peer.text(text).await;
        assert_eq!(peer.next_text().await, answer, "{text}");
    }
    assert_eq!(close(peer, task, path).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_decoded_or_encoded_reaches_on_error_and_the_session_goes_on() {
    let path = "/failing";
    let (mut peer, task) = connect(path);
    // Nobody takes it; the first that takes it fails, and no other is asked; it cannot be said.
    for text in ["ten", "0xten", "13", "14"] {
        peer.text(text).await;
    }
    assert_eq!(peer.next_text().await, "14");
    let want = ["decode \"ten\", found", "decode \"0xten\"", "encode unlucky"];
    assert_eq!(close(peer, task, path).await, want);
}

//! Decoders and encoders in a connection: what they make, how they fail, and how long they live.

use std::error::Error as _;
use std::sync::Mutex;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use ws_core::__private::{self as ws, Context, Declared, HandlerSet, Incoming, Text};
use ws_core::codec::NoDecoder;
use ws_core::{
    BinaryStreamDecoder, CloseReason, Delivery, Deployed, Endpoint, EndpointConfig, Error, FirstOf,
    Hub, MessageReader, MessageWriter, OpCode, Reply, Request, Role, Session, Start, TextDecoder,
    TextEncoder, TextStreamEncoder, Transport, serve,
};

use crate::support::{LONG, PIPE, Peer, masked};

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

/// Writes sums in two pieces, but for two of them.
#[derive(Default)]
struct Tally(Life);

impl TextStreamEncoder for Tally {
    type Message = Sum;
    type Error = ws_core::BoxError;

    fn init(&mut self, config: &EndpointConfig) {
        self.0.begin("tally", config);
    }

    async fn encode(&self, Sum(sum): &Sum, writer: &mut MessageWriter) -> Result<(), Self::Error> {
        if *sum == 13 {
            return Err("unlucky".into());
        }
        writer.write_str("sum ").await?;
        if *sum == 14 {
            return Err("too late".into());
        }
        Ok(writer.write_str(&sum.to_string()).await?)
    }

    fn destroy(&mut self) {
        self.0.end("tally");
    }
}

/// Answers with what it understood.
struct Repeating;

impl Declared for Repeating {
    type Decoders = (FirstOf<(Hexadecimal, Decimal)>, (Summing, ()));
    type Encoders = (Digits, (Tally, ()));
    const PATH: Option<&'static str> = Some("/");

    fn codecs() -> (Self::Decoders, Self::Encoders) {
        Default::default()
    }

    fn init_codecs(
        decoders: &mut Self::Decoders,
        encoders: &mut Self::Encoders,
        config: &EndpointConfig,
    ) {
        ws::decoder::<FirstOf<(Hexadecimal, Decimal)>, _>().init(&mut decoders.0, config);
        ws::decoder::<Summing, _>().init(&mut decoders.1.0, config);
        ws::encoder::<Digits, _>().init(&mut encoders.0, config);
        ws::encoder::<Tally, _>().init(&mut encoders.1.0, config);
    }

    fn destroy_codecs(decoders: &mut Self::Decoders, encoders: &mut Self::Encoders) {
        ws::decoder::<FirstOf<(Hexadecimal, Decimal)>, _>().destroy(&mut decoders.0);
        ws::decoder::<Summing, _>().destroy(&mut decoders.1.0);
        ws::encoder::<Digits, _>().destroy(&mut encoders.0);
        ws::encoder::<Tally, _>().destroy(&mut encoders.1.0);
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
        let sum = ws::message::<Sum, Self, _>().decode_stream(reader, cx.decoders).await?;
        ws::reply::<_, Self, _>(sum, cx.session, cx.encoders)
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
fn connect(path: &str) -> (Peer, Session, JoinHandle<()>) {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let deployed = Deployed::new(EndpointConfig::new(path), Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let transport = Transport::Other(Box::new(ours));
    let start = Start::new(transport, Vec::new(), Role::Server, session.clone());
    (Peer::new(theirs, Role::Server), session, tokio::spawn(serve(Repeating, start)))
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

const CODECS: [&str; 5] = ["hexadecimal", "decimal", "summing", "digits", "tally"];

/// The first `count` codecs, in order.
fn all(count: usize, event: &str) -> Vec<String> {
    CODECS[..count].iter().map(|codec| format!("{codec} {event}")).collect()
}

#[tokio::test(start_paused = true)]
async fn codecs_live_from_before_on_open_until_after_on_close() {
    let path = "/life";
    let (mut peer, _, task) = connect(path);
    peer.text("1").await;
    assert_eq!(peer.next_text().await, "1");
    close(peer, task, path).await;
    let between = ["open", "close 1000"].map(String::from).to_vec();
    assert_eq!(journal(path), [all(5, "init"), between, all(5, "destroy")].concat());
}

#[tokio::test(start_paused = true)]
async fn a_codec_that_panics_ends_its_own_session_in_order() {
    let (peer, _, task) = connect("/decimal-init");
    timeout(LONG, task).await.expect("the connection ends").unwrap();
    drop(peer);
    let between = ["other", "close 1011"].map(String::from).to_vec();
    // What was not prepared does not know its path.
    let want = [all(2, "init"), between, all(2, "destroy")].concat();
    assert_eq!(journal("/decimal-init"), want);

    let (peer, _, task) = connect("/decimal-destroy");
    close(peer, task, "/decimal-destroy").await;
    assert_eq!(journal("/decimal-destroy").last().unwrap(), "decimal destroy");
}

#[tokio::test(start_paused = true)]
async fn the_first_decoder_that_will_decode_does() {
    let path = "/first";
    let (mut peer, _, task) = connect(path);
    for (text, answer) in [("0x10", "16"), ("10", "10")] {
        peer.text(text).await;
        assert_eq!(peer.next_text().await, answer, "{text}");
    }
    assert_eq!(close(peer, task, path).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_decoded_or_encoded_reaches_on_error_and_the_session_goes_on() {
    let path = "/failing";
    let (mut peer, _, task) = connect(path);
    // Nobody takes it; the first that takes it fails, and no other is asked; it cannot be said.
    for text in ["ten", "0xten", "13", "14"] {
        peer.text(text).await;
    }
    assert_eq!(peer.next_text().await, "14");
    let want = ["decode \"ten\", found", "decode \"0xten\"", "encode unlucky"];
    assert_eq!(close(peer, task, path).await, want);
}

#[tokio::test(start_paused = true)]
async fn a_stream_decoder_reads_a_message_beyond_all_limits_and_may_stop_early() {
    let path = "/stream";
    let (mut peer, _, task) = connect(path);
    let block = vec![1; 60_000];
    peer.raw(&masked(false, OpCode::Binary, &block)).await;
    for last in [false; 20].into_iter().chain([true]) {
        peer.raw(&masked(last, OpCode::Continuation, &block)).await;
    }
    assert_eq!(peer.next_text().await, "sum 1320000");

    // The rest of a message that does not decode is thrown away; the next one is read.
    peer.raw(&masked(false, OpCode::Binary, &[1, 255])).await;
    peer.raw(&masked(true, OpCode::Continuation, &block)).await;
    peer.send(OpCode::Binary, &[1, 2]).await;
    assert_eq!(peer.next_text().await, "sum 3");
    assert_eq!(close(peer, task, path).await, ["decode \"\", found"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_encoder_that_fails_sends_nothing_or_ends_the_session() {
    let path = "/encoder";
    let (mut peer, _, task) = connect(path);
    for payload in [13, 15, 14] {
        peer.send(OpCode::Binary, &[payload]).await;
    }
    assert_eq!(peer.next_text().await, "sum 15", "nothing of 13 is seen");
    loop {
        let frame = peer.frame().await;
        if frame.opcode == OpCode::Close {
            assert_eq!(frame.close_code(), 1011);
            assert_eq!(&frame.payload[2..], b"message abandoned");
            break;
        }
        assert!(!frame.fin, "half a message: {frame:?}");
    }
    assert_eq!(close(peer, task, path).await, ["encode unlucky", "encode too late"]);
}

#[tokio::test(start_paused = true)]
async fn an_encoder_of_any_kind_can_be_given_to_a_session() {
    let (mut peer, session, _) = connect("/given");
    peer.text("1").await;
    assert_eq!(peer.next_text().await, "1");
    session.send_with(&Digits::default(), &Number(7)).await.unwrap();
    session.send_with(&Tally::default(), &Sum(8)).await.unwrap();
    let failed = session.send_with(&Tally::default(), &Sum(13)).await.unwrap_err();
    assert!(matches!(failed, Error::Encode(_)), "{failed}");
    assert_eq!(peer.next_text().await, "7");
    assert_eq!(peer.next_text().await, "sum 8");
}

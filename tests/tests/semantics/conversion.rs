//! Application code fails: decoders, encoders, path parameters, replies.

use std::convert::Infallible;
use std::sync::Arc;

use tests::endpoints::{kind, note_close};
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;

use crate::support::{assert_compile_errors, open};

/// A word, as text messages say it.
struct Word(String);

/// Refuses what begins with `no`, does not like what begins with `bad`.
#[derive(Default)]
struct WordDecoder;

impl TextDecoder for WordDecoder {
    type Message = Word;
    type Error = String;

    fn will_decode(&self, text: &str) -> bool {
        !text.starts_with("no")
    }

    fn decode(&mut self, text: &str) -> Result<Word, String> {
        if text.starts_with("bad") {
            Err(format!("{text} boom"))
        } else {
            Ok(Word(text.to_owned()))
        }
    }
}

/// Cannot say `unspeakable`, and panics at `panic`.
#[derive(Default)]
struct WordEncoder;

impl TextEncoder for WordEncoder {
    type Message = Word;
    type Error = &'static str;

    fn encode(&self, Word(word): &Word) -> Result<String, &'static str> {
        match word.as_str() {
            "unspeakable" => Err("unspeakable boom"),
            "panic" => panic!("the encoder panicked"),
            _ => Ok(word.to_uppercase()),
        }
    }
}

/// Decodes a word and sends it back encoded.
#[server_endpoint("/words/{case}", decoders = [WordDecoder], encoders = [WordEncoder])]
#[derive(Default)]
struct Words {
    journal: Arc<Journal>,
}

#[handlers]
impl Words {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.note("open");
    }

    #[on_message]
    fn word(&mut self, word: Word) -> Word {
        self.journal.note(format!("word {}", word.0));
        word
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason) {
        note_close(&self.journal, session, reason);
    }

    #[on_error]
    fn error(&mut self, error: &Error) {
        self.journal.note(format!("error {}", kind(error)));
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

/// Sends `text` to `/words`, then a word that decodes and encodes, and checks that the session
/// outlived the first.
fn assert_survives(case: &str, text: &str, lines: &[&str]) {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "words", case);
    client.send_text(text);
    client.send_text("fine");
    client.assert_next(&Frame::text("FINE"));
    client.close(1000, "");
    let rest = ["word fine", "close 1000 \"\" by Peer, clean"];
    journal.assert_whole(&[&["open"], lines, &rest].concat());
}

#[test]
fn application_decoder_fails() {
    assert_survives("decoder-fails", "bad", &["error Decode"]);
}

#[test]
fn application_no_decoder_will_decode() {
    assert_survives("decoder-unwilling", "no", &["error Decode"]);
}

#[test]
fn application_encoder_of_the_return_value_fails() {
    let lines = ["word unspeakable", "error Encode"];
    assert_survives("encoder-fails", "unspeakable", &lines);
}

#[test]
fn application_encoder_panics() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "words", "encoder-panics");
    client.send_text("panic");
    let reason = client.assert_failed(1011);
    assert!(!reason.contains("panicked"), "no text of ours on the wire: {reason}");
    drop(client);
    let close = format!("close 1011 {reason:?} by Local, unclean");
    journal.assert_whole(&["open", "word panic", "error Panic", &close]);
}

#[test]
fn application_int_parameter_text_abc() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/number/int-parameter");
    client.send_text("abc");
    Journal::of("int-parameter").wait_for("error Decode");
    client.send_text("4");
    client.assert_next(&Frame::text("8"));
    let mut client = RawClient::open(server.addr(), "/bare-number/int-parameter");
    client.send_text("abc");
    client.assert_failed(1007);
}

/// Wants a number from its path when it opens.
#[server_endpoint("/numbered-open/{number}/{case}")]
#[derive(Default)]
struct NumberedOpen;

#[handlers]
impl NumberedOpen {
    #[on_open]
    fn open(&mut self, #[path_param] number: i32, #[path_param] case: &str) {
        Journal::of(case).note(format!("open {number}"));
    }

    #[on_message]
    fn text(&mut self, text: &str, #[path_param] case: &str) {
        Journal::of(case).note(format!("text {text}"));
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason, #[path_param] case: &str) {
        note_close(&Journal::of(case), session, reason);
        Journal::of(case).note("end");
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        Journal::of(case).note(format!("error {}", kind(error)));
    }
}

/// Wants a number from its path for each message.
#[server_endpoint("/numbered-message/{number}/{case}")]
#[derive(Default)]
struct NumberedMessage;

#[handlers]
impl NumberedMessage {
    #[on_message]
    fn text(&mut self, text: &str, #[path_param] number: i32) -> String {
        format!("{text} {number}")
    }

    #[on_message]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        Journal::of(case).note(format!("error {}", kind(error)));
    }
}

#[test]
fn application_path_param_int_segment_abc_in_open() {
    let server = TestServer::start();
    let journal = Journal::of("param-open");
    let early = Frame::text("undelivered").masked();
    let path = "/numbered-open/abc/param-open";
    let mut client = RawClient::open_with(server.addr(), path, "", &early);
    let reason = client.assert_failed(1011);
    assert!(!reason.contains("abc"), "{reason}");
    journal.assert_whole(&["error PathParam", &format!("close 1011 {reason:?} by Local, unclean")]);
    drop(RawClient::open(server.addr(), "/numbered-open/-7/param-fine"));
    Journal::of("param-fine").wait_for("open -7");
}

#[test]
fn application_path_param_int_segment_abc_in_message_only() {
    let server = TestServer::start();
    let path = "/numbered-message/abc/param-message";
    let mut client = RawClient::open(server.addr(), path);
    client.send_text("one");
    client.send_text("two");
    client.send(&Frame::binary([1]));
    client.assert_next(&Frame::binary([1]));
    let journal = Journal::of("param-message");
    assert_eq!(journal.lines(), ["error PathParam", "error PathParam"]);
    client.close(1000, "");
}

#[test]
fn application_path_param_naming_no_variable() {
    assert_compile_errors(&[("no variable", "path_param_not_in_path", "has no variable")]);
}

/// Returns a value after it has closed.
#[server_endpoint("/late-reply/{case}")]
#[derive(Default)]
struct LateReply {
    journal: Arc<Journal>,
}

#[handlers]
impl LateReply {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.note("open");
    }

    #[on_message]
    fn text(&mut self, session: &Session, text: &str) -> Result<String, Infallible> {
        session.close(CloseReason::default());
        Ok(text.to_owned())
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason) {
        note_close(&self.journal, session, reason);
    }

    #[on_error]
    fn error(&mut self, error: &Error) {
        self.journal.note(format!("error {}", kind(error)));
    }
}

impl Drop for LateReply {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

#[test]
fn application_value_returned_after_close() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "late-reply", "late-reply");
    client.send_text("late");
    // It is not sent, whether or not the error handler is told; and nothing comes after the close
    // event.
    client.assert_next(&Frame::close(1000, ""));
    client.send(&Frame::close(1000, ""));
    client.assert_fin();
    drop(client);
    journal.assert_whole(&["open", "error Closed", "close 1000 \"\" by Local, clean"]);
}

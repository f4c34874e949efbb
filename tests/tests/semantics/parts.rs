//! Messages in parts and as streams; handlers and limits of one session.

use std::sync::Arc;

use tests::endpoints::{kind, note_close};
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;
use ws_container::{MessageHandler, MessageReader};

use crate::support::open;

/// Takes text and binary messages in parts.
#[server_endpoint("/parts/{case}")]
#[derive(Default)]
struct Parts {
    journal: Arc<Journal>,
}

#[handlers]
impl Parts {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.note("open");
    }

    #[on_message]
    fn text(&mut self, text: &str, last: bool) {
        self.journal.note(part(text, text.len(), last));
    }

    #[on_message]
    fn binary(&mut self, last: bool, payload: &[u8]) {
        self.journal.note(part(&format!("{payload:?}"), payload.len(), last));
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

impl Drop for Parts {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

/// A part as the journal shows it.
fn part(content: &str, len: usize, last: bool) -> String {
    if len > 100 { format!("part {len}/{last}") } else { format!("part {content}/{last}") }
}

#[test]
fn messages_partial_handler_3_fragments() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "parts", "three-fragments");
    client.send(&Frame::text("aa").unfinished());
    journal.wait_for("part aa/false");
    client.send(&Frame::continuation("bb").unfinished());
    journal.wait_for("part bb/false");
    client.send(&Frame::continuation("cc"));
    client.close(1000, "");
    let parts = ["part aa/false", "part bb/false", "part cc/true"];
    journal.assert_whole(&[&["open"], &parts[..], &["close 1000 \"\" by Peer, clean"]].concat());
}

/// The lengths of the parts in the journal, of which only the last may be the last.
#[track_caller]
fn lengths(journal: &Journal) -> Vec<usize> {
    let lines = journal.lines();
    let parts: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("part ")).collect();
    let split = parts.iter().map(|part| part.rsplit_once('/').expect("a length and a flag"));
    let (lengths, flags): (Vec<_>, Vec<_>) = split.unzip();
    assert_eq!(flags.iter().position(|flag| *flag == "true"), Some(flags.len() - 1), "{lines:?}");
    // Short parts are shown as they are.
    lengths.iter().map(|len| len.parse().unwrap_or(len.len())).collect()
}

#[test]
fn messages_partial_20000_chars_in_one_frame() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "parts", "one-frame");
    let wire = Frame::text("x".repeat(20_000)).masked();
    client.send_bytes(&wire[..5_000]);
    journal.wait_for("part");
    client.send_bytes(&wire[5_000..]);
    client.close(1000, "");
    journal.wait_for("end");
    let lengths = lengths(&journal);
    assert_eq!(lengths.iter().sum::<usize>(), 20_000);
    assert!(lengths.len() > 1, "the first bytes are delivered before the last have come");
}

#[test]
fn messages_partial_100000_in_one_frame() {
    let server = TestServer::with(|settings| {
        settings.limits.max_text_len = 1000;
        settings.limits.max_binary_len = 1000;
    });
    for (case, frame) in [
        ("parts-beyond-text", Frame::text("x".repeat(100_000))),
        ("parts-beyond-binary", Frame::binary([7; 100_000])),
    ] {
        let (mut client, journal) = open(&server, "parts", case);
        client.send(&frame);
        client.close(1000, "");
        journal.wait_for("end");
        // The limit is for whole messages.
        assert_eq!(lengths(&journal).iter().sum::<usize>(), 100_000);
    }
}

#[test]
fn messages_partial_text_a_character_split_over_fragments() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "parts", "split-character");
    client.send(&Frame::text([b'a', 0xF0, 0x9F]).unfinished());
    journal.wait_for("part a/false");
    client.send(&Frame::continuation([0xA6]).unfinished());
    client.assert_silent();
    client.send(&Frame::continuation([0x80, b'b']));
    client.close(1000, "");
    journal.wait_for("end");
    let lines = journal.lines();
    let parts: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("part ")).collect();
    assert_eq!(parts.last(), Some(&"\u{1F980}b/true"), "{parts:?}");
    assert!(parts.iter().all(|part| !part.contains('\u{FFFD}')), "{parts:?}");
    // What is not UTF-8 is found all the same.
    let (mut client, journal) = open(&server, "parts", "split-in-vain");
    client.send(&Frame::text([b'a', 0xF0, 0x9F]).unfinished());
    client.send(&Frame::continuation([b'b']));
    client.assert_failed(1007);
    journal.wait_for("close 1007");
}

#[test]
fn messages_partial_binary_empty_last_fragment() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "parts", "empty-last");
    client.send(&Frame::binary([1]).unfinished());
    journal.wait_for("part [1]/false");
    client.send(&Frame::continuation([]));
    client.close(1000, "");
    let close = "close 1000 \"\" by Peer, clean";
    journal.assert_whole(&["open", "part [1]/false", "part []/true", close]);
}

/// Reads messages as streams.
#[server_endpoint("/reader/{case}")]
#[derive(Default)]
struct Reading {
    journal: Arc<Journal>,
}

#[handlers]
impl Reading {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.note("open");
    }

    #[on_message]
    async fn read(&mut self, mut reader: MessageReader) -> Result<usize> {
        self.journal.note(format!("begin {:?}", reader.kind()));
        let mut len = 0;
        while let Some(chunk) = reader.chunk().await? {
            if len == 0 {
                self.journal.note("first");
            }
            len += chunk.len();
        }
        self.journal.note(format!("read {len}"));
        Ok(len)
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

impl Drop for Reading {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

#[test]
fn messages_reader() {
    let server = TestServer::with(|settings| settings.limits.max_binary_len = 1000);
    let (mut client, journal) = open(&server, "reader", "reader");
    let wire = Frame::binary([7; 500_000]).masked();
    client.send_bytes(&wire[..20]);
    journal.wait_for("first");
    client.send_bytes(&wire[20..]);
    // The next message waits for the handler's end.
    client.send_text("next");
    client.assert_next(&Frame::text("500000"));
    client.assert_next(&Frame::text("4"));
    client.close(1000, "");
    journal.assert_whole(&[
        "open",
        "begin Binary",
        "first",
        "read 500000",
        "begin Text",
        "first",
        "read 4",
        "close 1000 \"\" by Peer, clean",
    ]);
}

#[test]
fn messages_reader_whose_peer_is_gone_in_mid_message() {
    let server = TestServer::start();
    for (case, reset) in [("reader-eof", false), ("reader-rst", true)] {
        let (mut client, journal) = open(&server, "reader", case);
        client.send(&Frame::binary([1]).unfinished());
        journal.wait_for("first");
        if reset {
            client.reset()
        } else {
            drop(client)
        }
        journal.wait_for("end");
        let lines = journal.lines();
        assert!(!lines.iter().any(|line| line.starts_with("read ")), "{lines:?}");
        // The reader says so, and the close event comes behind the handler.
        assert!(lines[3].starts_with("error "), "{lines:?}");
        let close = "close 1006 \"\" by Transport, unclean";
        assert_eq!(lines[lines.len() - 2], close, "{lines:?}");
    }
}

/// Adds handlers to its session, and bounds it.
#[server_endpoint("/added/{case}")]
#[derive(Default)]
struct Added;

#[handlers]
impl Added {
    #[on_open]
    fn open(&mut self, session: &Session, #[path_param] case: &str) -> Result<()> {
        let journal = Journal::of(case);
        let mut limits = session.limits();
        limits.max_text_len = 200;
        session.set_limits(limits);
        let text = MessageHandler::text(|text: String| async move {
            if text == "fail" { Err("boom") } else { Ok(Some(Message::text(text))) }
        });
        let second = MessageHandler::text_parts(|_, _| async {});
        let declared = MessageHandler::binary(|_| async {});
        // The first stays, whatever becomes of its guard.
        let results = [text, second, declared].map(|it| session.add_message_handler(it).is_ok());
        journal.note(format!("{results:?} {}", session.message_handlers().len()));
        journal.note("open");
        Ok(())
    }

    #[on_message]
    fn binary(&mut self, payload: &[u8]) -> usize {
        payload.len()
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        Journal::of(case).note(format!("error {}", kind(error)));
    }
}

#[test]
fn messages_second_handler_of_one_native_type_and_get_message_handlers() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "added", "added");
    assert_eq!(journal.lines()[0], "[true, false, false] 2");
    client.assert_echo("by the first");
    client.send(&Frame::binary([1, 2]));
    client.assert_next(&Frame::text("2"));
}

#[test]
fn application_message_handler_of_a_session_fails() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "added", "added-fails");
    client.send_text("fail");
    client.assert_echo("still open");
    assert_eq!(journal.lines()[2..], ["error Handler"]);
}

#[test]
fn sizes_set_max_text_in_open() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/added/limits");
    client.assert_echo(&"x".repeat(200));
    client.send_text(&"x".repeat(201));
    client.assert_failed(1009);
}

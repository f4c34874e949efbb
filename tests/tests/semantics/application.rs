//! Application code fails: handlers.

use std::sync::Arc;

use tests::endpoints::{kind, note_close};
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;

use crate::support::open;

#[test]
fn application_message_handler_fails_with_an_error_handler() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "handler-fails");
    client.send_text("fail");
    client.send_text("still open");
    client.close(1000, "");
    let close = "close 1000 \"\" by Peer, clean";
    journal.assert_whole(&["open", "text fail", "error Handler", "text still open", close]);
}

#[test]
fn application_message_handler_fails_without_an_error_handler() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "bare", "handler-fails-bare");
    client.send_text("fail");
    let reason = client.assert_failed(1011);
    assert!(!reason.contains("the handler failed"), "no text of ours on the wire: {reason}");
    drop(client);
    let close = format!("close 1011 {reason:?} by Local, unclean");
    journal.assert_whole(&["open", "text fail", &close]);
}

#[test]
fn application_message_handler_panics() {
    let server = TestServer::start();
    let (mut other, _) = open(&server, "journal", "handler-panics-other");
    for (endpoint, case, error) in
        [("journal", "handler-panics", &["error Panic"][..]), ("bare", "handler-panics-bare", &[])]
    {
        let (mut client, journal) = open(&server, endpoint, case);
        client.send_text("panic");
        let reason = client.assert_failed(1011);
        assert!(!reason.contains("panicked"), "no text of ours on the wire: {reason}");
        drop(client);
        let close = format!("close 1011 {reason:?} by Local, unclean");
        journal.assert_whole(&[&["open", "text panic"], error, &[&close]].concat());
    }
    other.assert_silent();
}

#[test]
fn application_open_handler_fails() {
    let server = TestServer::start();
    let early = Frame::text("undelivered").masked();
    let journal = Journal::of("open-fails");
    let mut client = RawClient::open_with(server.addr(), "/refusing/open-fails", "", &early);
    let reason = client.assert_failed(1011);
    assert!(!reason.contains("digit"), "no text of ours on the wire: {reason}");
    let close = journal.wait_for("close");
    assert_eq!(close, format!("close 1011 {reason:?} by Local, unclean"));
    assert_eq!(journal.lines(), ["error Handler", &close]);
}

/// Fails in `#[on_open]`, and has no error handler.
#[server_endpoint("/bare-refusing/{case}")]
#[derive(Default)]
struct BareRefusing;

#[handlers]
impl BareRefusing {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) -> Result<(), &'static str> {
        Journal::of(case).note("open");
        Err("boom")
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
}

#[test]
fn application_open_handler_fails_without_an_error_handler() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "bare-refusing", "open-fails-bare");
    client.send_text("undelivered");
    let reason = client.assert_failed(1011);
    assert!(!reason.contains("boom"), "no text of ours on the wire: {reason}");
    journal.assert_whole(&["open", &format!("close 1011 {reason:?} by Local, unclean")]);
}

/// Reports, and fails in the callbacks that come last.
#[server_endpoint("/failing/{case}")]
#[derive(Default)]
struct Failing {
    journal: Arc<Journal>,
}

#[handlers]
impl Failing {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.note("open");
    }

    #[on_message]
    fn text(&mut self, text: &str) -> Result<(), String> {
        Err(text.to_owned())
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason) -> Result<(), &'static str> {
        note_close(&self.journal, session, reason);
        Err("close boom")
    }

    #[on_error]
    fn error(&mut self, error: &Error) -> Result<(), &'static str> {
        let source = std::error::Error::source(error).map(ToString::to_string);
        self.journal.note(format!("error {} {}", kind(error), source.unwrap_or_default()));
        Err("error boom")
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

#[test]
fn application_close_handler_fails() {
    let server = TestServer::start();
    let (client, journal) = open(&server, "failing", "close-fails");
    client.close(1000, "");
    let close = "close 1000 \"\" by Peer, clean";
    journal.assert_whole(&["open", close, "error Handler close boom"]);
}

#[test]
fn application_error_handler_fails() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "failing", "error-fails");
    client.send_text("first boom");
    let reason = client.assert_failed(1011);
    assert!(!reason.contains("boom"), "no text of ours on the wire: {reason}");
    drop(client);
    let close = format!("close 1011 {reason:?} by Local, unclean");
    let last = "error Handler close boom";
    journal.assert_whole(&["open", "error Handler first boom", &close, last]);
}

/// Closes in `#[on_open]`, and goes on there.
#[server_endpoint("/close-in-open/{case}")]
#[derive(Default)]
struct CloseInOpen;

#[handlers]
impl CloseInOpen {
    #[on_open]
    async fn open(&mut self, session: &Session, #[path_param] case: &str) -> Result<()> {
        let journal = Journal::of(case);
        journal.note("open");
        session.close(CloseReason::new(CloseCode::new(4010).expect("legal"), "full")?);
        journal.pass().await;
        Ok(())
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason, #[path_param] case: &str) {
        note_close(&Journal::of(case), session, reason);
        Journal::of(case).note("end");
    }
}

#[test]
fn application_close_4010_inside_open() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "close-in-open", "close-in-open");
    client.assert_next(&Frame::close(4010, "full"));
    client.send(&Frame::close(4010, "full"));
    journal.release();
    client.assert_fin();
    let close = "close 4010 \"full\" by Local, clean";
    journal.assert_whole(&["open", "waiting", "released", close]);
}

/// Takes its time in `#[on_open]`.
#[server_endpoint("/slow-open/{case}")]
#[derive(Default)]
struct SlowOpen;

#[handlers]
impl SlowOpen {
    #[on_open]
    async fn open(&mut self, #[path_param] case: &str) {
        Journal::of(case).note("open");
        Journal::of(case).pass().await;
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
}

#[test]
fn application_open_takes_long_and_text_and_close_come_meanwhile() {
    let server = TestServer::start();
    // The client sees the 101 before `open` has ended: it is here already.
    let (mut client, journal) = open(&server, "slow-open", "slow-open");
    client.send_all(&[Frame::text("early"), Frame::ping("p"), Frame::close(1000, "")]);
    client.assert_next(&Frame::pong("p"));
    journal.release();
    client.assert_next(&Frame::close(1000, ""));
    client.assert_fin();
    let close = "close 1000 \"\" by Peer, clean";
    journal.assert_whole(&["open", "waiting", "released", "text early", close]);
}

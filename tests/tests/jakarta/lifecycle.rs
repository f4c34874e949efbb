//! Chapters 2 and 5.1, and the lifecycle methods of chapter 4: which callback is called when, on
//! which instance, with which session.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tests::endpoints::kind;
use tests::ui::assert_explained;
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;
use ws_container::{Deployed, Hub, Request};

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("2.1.1-1", an_instance_for_each_peer),
    ("2.1.2-1", a_session_for_each_connection),
    ("2.1.2-3", ids_are_never_used_twice),
    ("2.2.2-1", open_and_close_are_called),
    ("2.2.3-1", message_handlers_are_called),
    ("2.2.4-1", the_error_handler_is_called),
    ("2.2.5-1", pings_are_answered_at_once),
    ("2.2.5-2", the_pong_handler_is_called),
    ("4.4-1", open_comes_with_the_connection),
    ("4.4-2", open_gets_the_session),
    ("4.4-3", illegal_open_handlers),
    ("4.5-1", close_comes_before_the_teardown),
    ("4.5-2", close_gets_the_session),
    ("4.5-3", an_error_of_close_reaches_the_error_handler),
    ("4.5-4", illegal_close_handlers),
    ("4.6-1", the_error_handler_gets_the_session),
    ("4.6-2", the_error_handler_gets_the_error),
    ("4.6-3", illegal_error_handlers),
    ("5.1-1", an_instance_for_each_peer_under_load),
];

static INSTANCES: AtomicUsize = AtomicUsize::new(0);

/// Notes of every callback the instance and the session.
#[server_endpoint("/jakarta/witness/{case}")]
struct Witness {
    instance: usize,
    journal: Arc<Journal>,
}

impl Default for Witness {
    fn default() -> Self {
        let instance = INSTANCES.fetch_add(1, Ordering::Relaxed);
        Self { instance, journal: Arc::default() }
    }
}

impl Witness {
    fn note(&self, event: &str, session: &Session) {
        self.journal.note(format!("{} {} {event}", self.instance, session.id()));
    }
}

#[handlers]
impl Witness {
    #[on_open]
    fn open(&mut self, session: &Session, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.note("open", session);
    }

    #[on_message]
    fn text(&mut self, session: &Session, text: &str) -> Result<(), std::num::ParseIntError> {
        self.note(&format!("text {text}"), session);
        if text == "fail" { "x".parse::<i32>().map(drop) } else { Ok(()) }
    }

    #[on_message]
    fn binary(&mut self, session: &Session, payload: &[u8]) {
        self.note(&format!("binary {payload:?}"), session);
    }

    #[on_message]
    fn pong(&mut self, session: &Session, pong: Pong) {
        self.note(&format!("pong {:?}", pong.payload), session);
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason) {
        self.note(&format!("close {} {:?}", reason.code().as_u16(), session.state()), session);
    }

    #[on_error]
    fn error(&mut self, session: &Session, error: &Error) {
        let source = std::error::Error::source(error).map(ToString::to_string);
        self.note(&format!("error {} {}", kind(error), source.unwrap_or_default()), session);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

/// One callback: the instance, the session, and what happened.
type Call = (String, String, String);

/// The callbacks of one connection that sent `frames` and then closed with 1000.
fn calls(server: &TestServer, case: &str, frames: &[Frame]) -> Vec<Call> {
    let journal = Journal::of(case);
    let mut client = RawClient::open(server.addr(), &format!("/jakarta/witness/{case}"));
    client.send_all(frames);
    client.close(1000, "");
    journal.wait_for("end");
    let mut lines = journal.lines();
    assert_eq!(lines.pop().as_deref(), Some("end"));
    let call = |line: &String| {
        let mut parts = line.splitn(3, ' ').map(str::to_owned);
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
    };
    lines.iter().map(call).collect()
}

fn events(case: &str, frames: &[Frame]) -> Vec<String> {
    calls(&TestServer::start(), case, frames).into_iter().map(|(_, _, event)| event).collect()
}

/// Two connections with some callbacks each.
fn two(case: &str) -> [Vec<Call>; 2] {
    let server = TestServer::start();
    let frames = [Frame::text("a"), Frame::binary([1]), Frame::text("fail"), Frame::pong("")];
    ["one", "two"].map(|which| calls(&server, &format!("{case}-{which}"), &frames))
}

/// One instance for all peers.
#[server_endpoint("/jakarta/one-for-all", instance = "shared")]
#[derive(Default)]
struct OneForAll {
    messages: AtomicUsize,
}

#[handlers]
impl OneForAll {
    #[on_message]
    fn text(&self, _text: &str) -> usize {
        self.messages.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn an_instance_for_each_peer() {
    let [one, two] = two("instances")
        .map(|calls| calls.into_iter().map(|(instance, ..)| instance).collect::<HashSet<_>>());
    assert_eq!((one.len(), two.len()), (1, 1), "one instance for all callbacks of a peer");
    assert!(one.is_disjoint(&two), "and another for another");
    // Unless said otherwise.
    let server = TestServer::start();
    for number in 1..=2 {
        let mut client = RawClient::open(server.addr(), "/jakarta/one-for-all");
        client.send_text("");
        client.assert_next(&Frame::text(number.to_string()));
    }
}

fn a_session_for_each_connection() {
    let [one, two] =
        two("sessions").map(|calls| calls.into_iter().map(|(_, id, _)| id).collect::<HashSet<_>>());
    assert_eq!((one.len(), two.len()), (1, 1), "one session in all callbacks of a connection");
    assert!(one.is_disjoint(&two), "and another of another");
}

fn ids_are_never_used_twice() {
    let config = EndpointConfig::new("/");
    let deployed = Deployed::new(config, Hub::new());
    let ids: HashSet<_> = (0..100_000)
        .map(|_| Session::new(Arc::clone(&deployed), Request::new("ws://x/"), None).id())
        .collect();
    assert_eq!(ids.len(), 100_000);
}

fn open_and_close_are_called() {
    assert_eq!(events("open-close", &[]), ["open", "close 1000 Closed"]);
}

fn message_handlers_are_called() {
    let frames = [Frame::text("a"), Frame::binary([1, 2])];
    let want = ["open", "text a", "binary [1, 2]", "close 1000 Closed"];
    assert_eq!(events("messages", &frames), want);
}

fn the_error_handler_is_called() {
    let events = events("errors", &[Frame::text("fail"), Frame::text("goes on")]);
    assert!(events[2].starts_with("error Handler"), "{events:?}");
    assert_eq!(events[3..], ["text goes on", "close 1000 Closed"]);
}

fn pings_are_answered_at_once() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/journal/wsc-ping");
    let journal = Journal::of("wsc-ping");
    for payload in [&b""[..], b"hello", &[0xFF; 125]] {
        client.send(&Frame::ping(payload));
        client.assert_next(&Frame::pong(payload));
    }
    client.send_bytewise(&Frame::ping("in pieces").masked());
    client.assert_next(&Frame::pong("in pieces"));
    client.send_all(&[Frame::text("a").unfinished(), Frame::ping("between")]);
    client.assert_next(&Frame::pong("between"));
    client.send(&Frame::ping("in a read of its own"));
    client.assert_next(&Frame::pong("in a read of its own"));
    client.send_all(&[Frame::continuation("b"), Frame::text("wait")]);
    journal.wait_for("waiting");
    client.send(&Frame::ping("beside a handler"));
    client.assert_next(&Frame::pong("beside a handler"));
    journal.release();
    client.close(1000, "");
    // The application is told of no Ping.
    journal.assert_whole(&[
        "open",
        "text ab",
        "text wait",
        "waiting",
        "released",
        "close 1000 \"\" by Peer, clean",
    ]);
}

fn the_pong_handler_is_called() {
    let frames = [Frame::ping("ping"), Frame::pong("pong")];
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/jakarta/witness/pongs");
    client.send_all(&frames);
    client.assert_next(&Frame::pong("ping"));
    client.close(1000, "");
    let journal = Journal::of("pongs");
    journal.wait_for("end");
    let lines = journal.lines();
    assert_eq!(lines.iter().filter(|line| line.contains(" pong ")).count(), 1, "{lines:?}");
    assert!(lines[1].ends_with("pong b\"pong\""), "{lines:?}");
}

fn open_comes_with_the_connection() {
    // Nothing is sent, nothing else is called.
    let server = TestServer::start();
    let client = RawClient::open(server.addr(), "/jakarta/witness/opened");
    let journal = Journal::of("opened");
    let line = tests::wait::some("the open handler is called", || journal.lines().pop());
    assert!(line.ends_with(" open"), "{line}");
    client.close(1000, "");
}

fn assert_session_in(case: &str, event: &str) {
    let calls = calls(&TestServer::start(), case, &[Frame::text("fail"), Frame::text("a")]);
    let (_, of_messages, _) = calls.iter().find(|(.., event)| event == "text a").unwrap();
    let (_, id, _) = calls.iter().find(|(.., it)| it.starts_with(event)).unwrap();
    assert_eq!(id, of_messages);
}

fn open_gets_the_session() {
    assert_session_in("open-session", "open");
}

fn close_gets_the_session() {
    assert_session_in("close-session", "close");
}

fn the_error_handler_gets_the_session() {
    assert_session_in("error-session", "error");
}

fn the_error_handler_gets_the_error() {
    let events = events("the-error", &[Frame::text("fail")]);
    let error = "x".parse::<i32>().unwrap_err();
    assert_eq!(events[2], format!("error Handler {error}"));
}

/// Looks at its session when it closes.
#[server_endpoint("/jakarta/last/{case}")]
#[derive(Default)]
struct Last;

#[handlers]
impl Last {
    #[on_close]
    async fn close(&mut self, session: &Session, #[path_param] case: &str) -> Result<(), String> {
        let journal = Journal::of(case);
        journal.note(format!("close {} {:?}", session.path(), session.state()));
        let told = tokio::time::timeout(Duration::from_secs(10), journal.pass()).await;
        told.map_err(|_| "nobody let it go on".to_owned())?;
        assert_ne!(case, "close-panic", "the close handler panics");
        Err("close boom".to_owned())
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        let source = std::error::Error::source(error).map(ToString::to_string);
        Journal::of(case).note(format!("error {} {}", kind(error), source.unwrap_or_default()));
        Journal::of(case).note("end");
    }
}

fn close_comes_before_the_teardown() {
    let server = TestServer::start();
    let client = RawClient::open(server.addr(), "/jakarta/last/teardown");
    client.close(1000, "");
    let journal = Journal::of("teardown");
    journal.wait_for("waiting");
    // While the handler runs the session is still counted among those of the container.
    assert_eq!(server.handle().hub().len(), 1);
    journal.release();
    tests::wait::until("the session is gone", || server.handle().hub().is_empty());
    assert_eq!(journal.lines()[0], "close /jakarta/last/teardown Closed");
}

fn an_error_of_close_reaches_the_error_handler() {
    let server = TestServer::start();
    for (case, error) in
        [("close-boom", "error Handler close boom"), ("close-panic", "error Panic ")]
    {
        let journal = Journal::of(case);
        journal.release();
        RawClient::open(server.addr(), &format!("/jakarta/last/{case}")).close(1000, "");
        journal.wait_for("end");
        assert_eq!(journal.lines()[3], error);
    }
}

fn illegal_open_handlers() {
    assert_explained("duplicate_on_open", "`#[on_open]` is already on `join`");
    assert_explained("unknown_parameter", "`#[on_open]` takes");
    assert_explained("parameter_of_another_event", "`Error` is for `#[on_error]`; `#[on_open]`");
}

fn illegal_close_handlers() {
    assert_explained("duplicate_on_close", "`#[on_close]` is already on `close`");
    assert_explained("unknown_parameter", "`#[on_close]` takes");
    assert_explained("reply_from_on_close", "`String` is nothing that `#[on_close]`");
}

fn illegal_error_handlers() {
    assert_explained("two_handlers_of_one_error", "`#[on_error]` for every error is already on");
    assert_explained("two_handlers_of_one_error", "handles this type of error already");
    assert_explained("two_errors_in_one_handler", "is the error already");
    assert_explained("error_of_no_error_type", "`Line` is no type of error");
    assert_explained("error_by_value", "a handler borrows its error");
}

fn an_instance_for_each_peer_under_load() {
    let server = TestServer::start();
    let clients: Vec<_> =
        (0..100).map(|_| RawClient::open(server.addr(), "/jakarta/witness/crowd")).collect();
    for mut client in clients {
        client.send_text("a");
        client.close(1000, "");
    }
    let journal = Journal::of("crowd");
    tests::wait::until("all have ended", || {
        journal.lines().iter().filter(|line| *line == "end").count() == 100
    });
    let lines = journal.lines();
    let texts = lines.iter().filter(|line| line.ends_with(" text a"));
    let instances: HashSet<_> = texts.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(instances.len(), 100);
}

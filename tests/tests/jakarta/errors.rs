//! Chapter 5.2: errors of applications, of peers, of the transport.

use tests::{Frame, Journal, RawClient, TestServer, log};
use ws_container::prelude::*;

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("5.2.2-1", errors_of_applications_are_caught),
    ("5.2.2-2", errors_of_applications_reach_the_error_handler),
    ("5.2.2-3", without_an_error_handler_they_are_logged),
    ("5.2.2-4", errors_of_the_error_handler_are_logged),
    ("5.2.3-1", errors_of_the_container_reach_the_error_handler),
];

fn errors_of_applications_are_caught() {
    let server = TestServer::start();
    let mut other = RawClient::open(server.addr(), "/journal/wsc-caught-other");
    for (path, text, code) in [
        ("/journal/wsc-caught-panic", "panic", Some(1011)),
        ("/journal/wsc-caught-error", "fail", None),
        ("/bare/wsc-caught-bare", "fail", Some(1011)),
        ("/number/wsc-caught-number", "no number", None),
    ] {
        let mut client = RawClient::open(server.addr(), path);
        client.send_text(text);
        match code {
            Some(code) => drop(client.assert_failed(code)),
            None => client.assert_silent(),
        }
        other.assert_silent();
    }
    RawClient::open(server.addr(), "/echo").assert_echo("new ones too");
}

fn errors_of_applications_reach_the_error_handler() {
    let server = TestServer::start();
    for (path, case, text, error) in [
        ("/journal", "wsc-reach-error", "fail", "error Handler"),
        ("/journal", "wsc-reach-panic", "panic", "error Panic"),
        ("/journal", "wsc-reach-reason", "close 1005", "error CloseReason"),
        ("/number", "wsc-reach-decode", "no number", "error Decode"),
        ("/refusing", "wsc-reach-open", "", "error Handler"),
    ] {
        let mut client = RawClient::open(server.addr(), &format!("{path}/{case}"));
        client.send_text(text);
        assert_eq!(Journal::of(case).wait_for("error"), error);
    }
}

/// Fails, also in its error handler if it has one.
#[server_endpoint("/jakarta/failing")]
#[derive(Default)]
struct Failing;

#[handlers]
impl Failing {
    #[on_message]
    fn text(&mut self, text: &str) -> Result<(), String> {
        Err(format!("{text} boom"))
    }

    #[on_error]
    fn error(&mut self, error: &Error) -> Result<(), String> {
        let source = std::error::Error::source(error).map(ToString::to_string);
        Err(format!("told of {}", source.unwrap_or_default()))
    }
}

/// Fails, and nobody is told.
#[server_endpoint("/jakarta/failing-bare")]
#[derive(Default)]
struct FailingBare;

#[handlers]
impl FailingBare {
    #[on_message]
    fn text(&mut self, text: &str) -> Result<(), String> {
        Err(format!("{text} boom"))
    }
}

fn without_an_error_handler_they_are_logged() {
    log::keep();
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/jakarta/failing-bare");
    client.send_text("unheard");
    client.assert_failed(1011);
    let line = log::wait_for(&["unheard boom"]);
    assert!(line.contains("ERROR") && line.contains("session"), "{line}");
}

fn errors_of_the_error_handler_are_logged() {
    log::keep();
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/jakarta/failing");
    client.send_text("second");
    client.assert_failed(1011);
    let line = log::wait_for(&["told of second boom"]);
    assert!(line.contains("ERROR"), "{line}");
}

/// A cause, what the client does, and the error.
type Cause = (&'static str, fn(RawClient), &'static str);

fn errors_of_the_container_reach_the_error_handler() {
    let server = TestServer::with(|settings| {
        settings.idle_timeout = Some(std::time::Duration::from_millis(300));
    });
    let causes: [Cause; 5] = [
        ("rst", RawClient::reset, "error Transport"),
        ("fin", drop, "error Transport"),
        ("idle", |mut client| drop(client.assert_failed(1001)), "error Timeout"),
        ("opcode", |mut client| client.send(&Frame::new(3, "")), "error Protocol"),
        ("text", |mut client| client.send(&Frame::text([0xFF])), "error Protocol"),
    ];
    for (cause, end, error) in causes {
        let case = format!("wsc-container-{cause}");
        let journal = Journal::of(&case);
        let client = RawClient::open(server.addr(), &format!("/journal/{case}"));
        journal.wait_for("open");
        end(client);
        journal.wait_for("end");
        assert_eq!(journal.lines()[1], error, "{cause}");
    }
}

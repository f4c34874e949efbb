//! The application closes, or the container does.

use std::time::{Duration, Instant};

use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;

use crate::support::open;

#[test]
fn closing_in_a_handler_client_answers_1000() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-in-handler");
    client.send_text("close 1000; wait");
    client.assert_next(&Frame::close(1000, ""));
    journal.wait_for("waiting");
    // The close event must not run beside the handler.
    client.send_and_see_read(&Frame::close(1000, ""));
    journal.release();
    client.assert_fin();
    let close = "close 1000 \"\" by Local, clean";
    drop(client);
    journal.assert_whole(&["open", "text close 1000; wait", "waiting", "released", close]);
}

#[test]
fn closing_4001_why_whatever_the_client_answers() {
    let server = TestServer::start();
    for (case, code, reason) in [
        ("closing-4001-same", 4001, "why"),
        ("closing-4001-silent", 4001, ""),
        ("closing-4001-other", 3555, "other"),
    ] {
        let (mut client, journal) = open(&server, "journal", case);
        client.send_text("close 4001 why");
        client.assert_next(&Frame::close(4001, "why"));
        client.send(&Frame::close(code, reason));
        client.assert_fin();
        let close = "close 4001 \"why\" by Local, clean";
        drop(client);
        journal.assert_whole(&["open", "text close 4001 why", close]);
    }
}

#[test]
fn closing_1000_client_never_answers() {
    let timeout = Duration::from_millis(100);
    let server = TestServer::with(|settings| settings.close_timeout = timeout);
    let (mut client, journal) = open(&server, "journal", "closing-unanswered");
    let began = Instant::now();
    client.send_text("close 1000");
    client.assert_next(&Frame::close(1000, ""));
    assert!(!matches!(client.try_read(), Ok(Some(_))), "one Close, and the end");
    assert!(began.elapsed() >= timeout, "the peer has {timeout:?} to answer");
    drop(client);
    journal.assert_whole(&["open", "text close 1000", "close 1000 \"\" by Local, unclean"]);
}

#[test]
fn closing_client_ends_tcp_without_answering() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-fin-for-an-answer");
    client.send_text("close 1000");
    client.assert_next(&Frame::close(1000, ""));
    client.send_fin();
    drop(client);
    journal.assert_whole(&["open", "text close 1000", "close 1000 \"\" by Local, unclean"]);
}

#[test]
fn closing_client_goes_on_sending_two_texts_and_a_ping() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-goes-on");
    client.send_text("close 1000");
    client.assert_next(&Frame::close(1000, ""));
    client.send_all(&[Frame::text("send one"), Frame::text("two"), Frame::ping("still")]);
    client.assert_next(&Frame::pong("still"));
    client.send(&Frame::close(1000, ""));
    client.assert_fin();
    drop(client);
    journal.assert_whole(&[
        "open",
        "text close 1000",
        "text send one",
        "not sent: Closed",
        "text two",
        "close 1000 \"\" by Local, clean",
    ]);
}

#[test]
fn closing_both_at_once_4001_and_4002() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-both");
    client.send_all(&[Frame::text("close 4001 ours"), Frame::close(4002, "theirs")]);
    client.assert_next(&Frame::close(4001, "ours"));
    client.assert_fin();
    drop(client);
    journal.assert_whole(&["open", "text close 4001 ours", "close 4001 \"ours\" by Local, clean"]);
}

#[test]
fn closing_twice_with_different_codes() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-twice");
    client.send_text("close 4001 first; close 4002 second");
    client.assert_closed_cleanly(4001);
    let text = "text close 4001 first; close 4002 second";
    drop(client);
    journal.assert_whole(&["open", text, "close 4001 \"first\" by Local, clean"]);
}

/// Codes and phrases that no reason can be made of: what the constructor says. The session does not
/// notice.
fn assert_no_reason(case: &str, text: &str, said: &str) {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", case);
    client.send_text(text);
    client.close(1000, "");
    let text = format!("text {text}");
    journal.assert_whole(&["open", &text, said, "close 1000 \"\" by Peer, clean"]);
}

#[test]
fn closing_with_1005() {
    assert_no_reason("closing-1005", "reason 1005 0", "no such reason: Code(1005)");
}

#[test]
fn closing_with_1006_and_abort() {
    assert_no_reason("closing-1006", "reason 1006 0", "no such reason: Code(1006)");
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-abort");
    client.send_text("abort");
    assert!(!matches!(client.try_read(), Ok(Some(_))), "not even a Close frame");
    let close = journal.wait_for("close");
    assert!(close.starts_with("close 1006 "), "{close}");
}

#[test]
fn closing_code_999() {
    assert_no_reason("closing-999", "reason 999 0", "no such code");
}

#[test]
fn closing_reason_phrase_of_200_chars() {
    assert_no_reason("closing-200", "reason 1000 200", "no such reason: PhraseTooLong(200)");
    assert_no_reason("closing-123", "reason 1000 123", "reason 1000 NORMAL_CLOSURE");
}

/// Uses its session in and after `#[on_close]`.
#[server_endpoint("/at-close/{case}")]
#[derive(Default)]
struct AtClose;

#[handlers]
impl AtClose {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        Journal::of(case).note("open");
    }

    #[on_close]
    async fn close(&mut self, session: &Session, #[path_param] case: &str) {
        let journal = Journal::of(case);
        for (what, result) in
            [("send", session.send("late").await), ("pong", session.pong("late").await)]
        {
            journal.note(format!("{what} {result:?}"));
        }
        journal.note(format!("try_send {:?}", session.try_send("late")));
        note_getters(&journal, session);
        let session = session.clone();
        tokio::spawn(async move {
            while !session.peers().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            note_getters(&journal, &session);
            journal.note("end");
        });
    }
}

fn note_getters(journal: &Journal, session: &Session) {
    journal.note(format!(
        "{} {} {:?} {:?} {:?} {}",
        session.path(),
        session.query().unwrap_or_default(),
        session.path_param("case"),
        session.subprotocol(),
        session.state(),
        session.peer_addr().is_some(),
    ));
}

#[test]
fn closing_send_in_on_close_and_getters_in_it_and_after() {
    let server = TestServer::start();
    let journal = Journal::of("at-close");
    RawClient::open(server.addr(), "/at-close/at-close?q=1").close(1000, "");
    let getters = "/at-close/at-close q=1 Some(\"at-close\") None Closed true";
    journal.assert_whole(&[
        "open",
        "send Err(Closed)",
        "pong Err(Closed)",
        "try_send Err(Closed)",
        getters,
        getters,
    ]);
}

#[test]
fn closing_is_open_right_after_close() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-state");
    client.send_text("state; close 1000; state");
    client.assert_closed_cleanly(1000);
    let close = "close 1000 \"\" by Local, clean";
    let text = "text state; close 1000; state";
    drop(client);
    journal.assert_whole(&["open", text, "state Open", "state Closing", close]);
}

#[test]
fn closing_server_stops() {
    let server = TestServer::with(|settings| settings.grace = Duration::from_secs(20));
    let (mut idle, idle_journal) = open(&server, "journal", "closing-stops-idle");
    let (mut busy, busy_journal) = open(&server, "journal", "closing-stops-busy");
    busy.send_text("wait");
    busy_journal.wait_for("waiting");
    let shutdown = server.begin_shutdown();
    let reason = idle.assert_closed_cleanly(1001);
    let close = format!("close 1001 {reason:?} by Local, clean");
    drop(idle);
    idle_journal.assert_whole(&["open", &close]);
    assert!(!shutdown.is_finished(), "a handler that runs is waited for");
    busy_journal.release();
    busy.assert_closed_cleanly(1001);
    drop(busy);
    busy_journal.assert_whole(&["open", "text wait", "waiting", "released", &close]);
    assert_eq!(shutdown.join().expect("no panic"), 0, "nobody was cut");
}

#[test]
fn closing_server_stops_and_drain_time_is_over() {
    let server = TestServer::with(|settings| settings.grace = Duration::from_millis(50));
    let (_client, journal) = open(&server, "journal", "closing-stops-late");
    assert_eq!(server.begin_shutdown().join().expect("no panic"), 1, "one was cut");
    let close = journal.wait_for("close");
    assert_eq!(close, "close 1001 \"server is shutting down\" by Local, unclean");
}

//! S0: what an endpoint is told of its session, and in which order.

use std::time::Duration;

use tests::wire::PING;
use tests::{Frame, Journal, RawClient, TestServer, wait};
use ws_container::prelude::*;

/// Greets with its session's id, and answers from a task of its own.
#[server_endpoint("/mission/keeps-session")]
#[derive(Default)]
struct KeepsSession {
    session: Option<Session>,
}

#[handlers]
impl KeepsSession {
    #[on_open]
    async fn open(&mut self, session: &Session) -> Result<()> {
        self.session = Some(session.clone());
        session.send(format!("open {}", session.is_open())).await
    }

    #[on_message]
    fn text(&mut self, text: String) {
        let session = self.session.clone().expect("open comes first");
        tokio::spawn(async move { session.send(format!("from a task: {text}")).await });
    }
}

#[test]
fn s0_1_the_open_event_hands_over_a_session_that_can_send() {
    let server = TestServer::start();
    // `open` reads the 101 to its end: what the handler sends comes behind it.
    let mut client = RawClient::open(server.addr(), "/mission/keeps-session");
    client.assert_next(&Frame::text("open true"));
}

#[test]
fn s0_2_an_endpoint_keeps_its_session_and_sends_from_another_task() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/mission/keeps-session");
    client.assert_next(&Frame::text("open true"));
    client.send_text("hello");
    client.assert_next(&Frame::text("from a task: hello"));
}

#[test]
fn s0_4_the_close_event_has_a_code_always_and_a_reason_sometimes() {
    let server = TestServer::start();
    for code in [1000, 1001, 3000, 4999] {
        for reason in ["", "why"] {
            let case = format!("s0-4-{code}-{reason}");
            RawClient::open(server.addr(), &format!("/journal/{case}")).close(code, reason);
            let close = format!("close {code} {reason:?} by Peer, clean");
            Journal::of(&case).assert_whole(&["open", &close]);
        }
    }
    let mut client = RawClient::open(server.addr(), "/journal/s0-4-empty");
    client.send(&Frame::empty_close());
    client.assert_next(&Frame::empty_close());
    client.assert_fin();
    Journal::of("s0-4-empty").assert_whole(&["open", "close 1005 \"\" by Peer, clean"]);
}

#[test]
fn s0_5_a_normal_closure_is_one_close_each_way_and_then_fin() {
    let server = TestServer::start();
    RawClient::open(server.addr(), "/journal/s0-5-peer").close(1000, "bye");
    Journal::of("s0-5-peer").assert_whole(&["open", "close 1000 \"bye\" by Peer, clean"]);

    let mut client = RawClient::open(server.addr(), "/journal/s0-5-local");
    client.send_text("close 4001 why");
    client.assert_next(&Frame::close(4001, "why"));
    client.send(&Frame::close(3555, "another"));
    client.assert_fin();
    let journal = Journal::of("s0-5-local");
    let close = "close 4001 \"why\" by Local, clean";
    journal.assert_whole(&["open", "text close 4001 why", close]);
}

#[test]
fn s0_6_after_our_close_the_peer_may_go_on_until_its_own() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/journal/s0-6");
    client.send_text("close 1000 done");
    client.assert_next(&Frame::close(1000, "done"));
    for text in ["one", "send two", "three"] {
        client.send_text(text);
    }
    // RFC 6455 §5.5.2: a Ping is answered until the peer's own Close.
    client.send(&Frame::ping("still there"));
    client.send(&Frame::close(1000, "done"));
    client.assert_next(&Frame::pong("still there"));
    client.assert_fin();
    Journal::of("s0-6").assert_whole(&[
        "open",
        "text close 1000 done",
        "text one",
        "text send two",
        "not sent: Closed",
        "text three",
        "close 1000 \"done\" by Local, clean",
    ]);
}

#[test]
fn s0_7_an_abnormal_end_is_an_error_event_and_then_a_close_event() {
    let server = TestServer::with(|settings| {
        settings.keep_alive = Some(Duration::from_millis(100));
        settings.pong_timeout = Duration::from_millis(100);
    });
    let open = |case: &str| {
        let client = RawClient::open(server.addr(), &format!("/journal/s0-7-{case}"));
        Journal::of(&format!("s0-7-{case}")).wait_for("open");
        client
    };
    let abnormal = "close 1006 \"\" by Transport, unclean";

    open("rst").reset();
    Journal::of("s0-7-rst").assert_whole(&["open", "error Transport", abnormal]);

    let mut fin = open("fin");
    fin.send_fin();
    Journal::of("s0-7-fin").assert_whole(&["open", "error Transport", abnormal]);
    fin.assert_fin();

    let mut inside = open("inside");
    inside.send_bytes(&Frame::text("half a frame").masked()[..9]);
    inside.send_fin();
    Journal::of("s0-7-inside").assert_whole(&["open", "error Transport", abnormal]);

    // A peer that is there no more answers no Ping.
    let mut black_hole = open("black-hole");
    let journal = Journal::of("s0-7-black-hole");
    journal.wait_for("end");
    let lines = journal.lines();
    assert_eq!(lines[..2], ["open", "error Timeout"]);
    assert!(lines[2].starts_with("close 1006 "), "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(black_hole.read().opcode, PING);
}

#[test]
fn s0_7_an_idle_session_is_told_1001_and_its_endpoint_1006() {
    let server = TestServer::with(|settings| {
        settings.idle_timeout = Some(Duration::from_millis(150));
        settings.close_timeout = Duration::from_millis(500);
    });
    let mut client = RawClient::open(server.addr(), "/journal/s0-7-idle");
    client.assert_failed(1001);
    let close = "close 1006 \"idle timeout\" by Local, unclean";
    Journal::of("s0-7-idle").assert_whole(&["open", "error Timeout", close]);
}

#[test]
fn s0_7_a_peer_that_ends_without_answering_our_close_changes_nothing_for_the_endpoint() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/journal/s0-7-unanswered");
    client.send_text("close 1000");
    client.assert_next(&Frame::close(1000, ""));
    drop(client);
    let close = "close 1000 \"\" by Local, unclean";
    Journal::of("s0-7-unanswered").assert_whole(&["open", "text close 1000", close]);
}

#[test]
fn s0_8_errors_of_handlers_and_decoders_reach_the_error_event() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/journal/s0-8");
    client.send_text("fail");
    client.send_text("still open");
    client.close(1000, "");
    Journal::of("s0-8").assert_whole(&[
        "open",
        "text fail",
        "error Handler",
        "text still open",
        "close 1000 \"\" by Peer, clean",
    ]);

    let mut client = RawClient::open(server.addr(), "/number/s0-8-number");
    client.send_text("21");
    client.assert_next(&Frame::text("42"));
    client.send_text("abc");
    Journal::of("s0-8-number").wait_for("error Decode");
    client.send_text("4");
    client.assert_next(&Frame::text("8"));
}

#[test]
fn s0_8_a_panic_costs_its_own_session_and_no_other() {
    let server = TestServer::start();
    let mut other = RawClient::open(server.addr(), "/journal/s0-8-other");
    let mut client = RawClient::open(server.addr(), "/journal/s0-8-panic");
    client.send_text("panic");
    let reason = client.assert_failed(1011);
    assert!(!reason.contains("panicked"), "nothing of ours goes on the wire: {reason}");
    let journal = Journal::of("s0-8-panic");
    journal.wait_for("end");
    let lines = journal.lines();
    assert_eq!(lines[..3], ["open", "text panic", "error Panic"]);
    assert!(lines[3].starts_with("close 1011 "), "{lines:?}");
    other.assert_silent();
}

#[test]
fn s0_8_without_an_error_handler_the_session_closes() {
    let server = TestServer::start();
    for (path, text, code) in [
        ("/bare/s0-8-fail", "fail", 1011),
        ("/bare/s0-8-panic", "panic", 1011),
        ("/bare-number/s0-8", "abc", 1007),
    ] {
        println!("{path}");
        let mut client = RawClient::open(server.addr(), path);
        client.send_text(text);
        client.assert_failed(code);
    }
}

#[test]
fn s0_8_a_failing_open_handler_delivers_nothing() {
    let server = TestServer::start();
    let early = Frame::text("undelivered").masked();
    let mut client = RawClient::open_with(server.addr(), "/refusing/s0-8-open", "", &early);
    client.assert_failed(1011);
    let journal = Journal::of("s0-8-open");
    journal.wait_for("close 1011");
    let lines = journal.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("error "), "{lines:?}");
}

#[test]
fn s0_8_an_aborted_session_ends_without_a_close_frame() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/journal/s0-8-abort");
    client.send_text("abort");
    assert!(!matches!(client.try_read(), Ok(Some(_))), "not even a Close frame");
    Journal::of("s0-8-abort").wait_for("close 1006");
}

#[test]
fn s0_9_messages_come_complete_as_text_or_as_bytes() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/journal/s0-9");
    let text = "𝕳ello, žluť 🦀";
    let (last, rest) = text.as_bytes().split_last().unwrap();
    client.send(&Frame::text("").unfinished());
    for byte in rest {
        client.send(&Frame::continuation([*byte]).unfinished());
    }
    client.send(&Frame::continuation([*last]));
    client.send(&Frame::binary([0, 255, 128]));
    client.close(1000, "");
    Journal::of("s0-9").assert_whole(&[
        "open",
        &format!("text {text}"),
        "binary [0, 255, 128]",
        "close 1000 \"\" by Peer, clean",
    ]);

    let mut client = RawClient::open(server.addr(), "/journal/s0-9-invalid");
    client.send(&Frame::text([b'a', 0xFF]));
    client.assert_failed(1007);
}

#[test]
fn s0_9_no_session_is_left_behind() {
    let server = TestServer::start();
    let clients: Vec<_> =
        (0..20).map(|_| RawClient::open(server.addr(), "/journal/s0-9-many")).collect();
    wait::until("all are open", || server.handle().hub().len() == 20);
    for (number, client) in clients.into_iter().enumerate() {
        if number % 2 == 0 { client.reset() } else { client.close(1000, "") }
    }
    wait::until("all are gone", || server.handle().hub().is_empty());
}

//! Sending, and what runs beside what.

use std::time::Duration;

use tests::endpoints::{kind, note_close};
use tests::{Frame, Journal, RawClient, TestServer, wait};
use ws_container::Settings;
use ws_container::prelude::*;

use crate::support::open;

#[test]
fn sending_two_messages_while_a_handler_is_slow() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "two-messages");
    client.send_all(&[Frame::text("wait"), Frame::text("second"), Frame::text("third")]);
    journal.wait_for("waiting");
    client.assert_silent();
    assert_eq!(journal.lines(), ["open", "text wait", "waiting"]);
    journal.release();
    client.close(1000, "");
    journal.assert_whole(&[
        "open",
        "text wait",
        "waiting",
        "released",
        "text second",
        "text third",
        "close 1000 \"\" by Peer, clean",
    ]);
}

#[test]
fn sending_ping_close_or_rst_while_a_handler_is_slow() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "ping-meanwhile");
    client.send_text("wait");
    journal.wait_for("waiting");
    client.send(&Frame::ping("at once"));
    client.assert_next(&Frame::pong("at once"));
    client.send_and_see_read(&Frame::close(1000, "bye"));
    journal.release();
    client.assert_next(&Frame::close(1000, "bye"));
    drop(client);
    let close = "close 1000 \"bye\" by Peer, clean";
    journal.assert_whole(&["open", "text wait", "waiting", "released", close]);

    let (mut client, journal) = open(&server, "journal", "rst-meanwhile");
    client.send_text("wait");
    journal.wait_for("waiting");
    client.reset();
    let open = || {
        server
            .handle()
            .hub()
            .sessions()
            .iter()
            .any(|it| it.path().ends_with("/rst-meanwhile") && it.is_open())
    };
    wait::until("the reset is seen", || !open());
    journal.release();
    let lost = ["error Transport", "close 1006 \"\" by Transport, unclean"];
    journal.assert_whole(&[&["open", "text wait", "waiting", "released"], &lost[..]].concat());
}

/// Sends from tasks of its own.
#[server_endpoint("/tasks/{case}")]
#[derive(Default)]
struct Tasks;

#[handlers]
impl Tasks {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        Journal::of(case).note(format!("open {}", task()));
    }

    #[on_message]
    async fn text(&mut self, session: &Session, text: &str, #[path_param] case: &str) {
        let journal = Journal::of(case);
        match text {
            "close" => {
                let other = session.clone();
                let closer = tokio::spawn(async move { other.close(CloseReason::default()) });
                journal.pass().await;
                drop(closer.await);
            }
            "50" => {
                let sends: Vec<_> = (0..50).map(|n| session.send(n)).collect();
                for send in sends {
                    send.await.expect("the session is open");
                }
            }
            "4 MiB" => {
                for letter in ["a", "b", "c", "d"] {
                    let session = session.clone();
                    tokio::spawn(async move { session.send(letter.repeat(4 << 20)).await });
                }
            }
            _ => journal.note(format!("text {}", task())),
        }
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason, #[path_param] case: &str) {
        note_close(&Journal::of(case), session, reason);
        Journal::of(case).note(format!("end {}", task()));
    }
}

fn task() -> String {
    tokio::task::try_id().map_or_else(String::new, |id| id.to_string())
}

#[test]
fn sending_close_from_another_task_while_a_handler_runs() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "tasks", "close-elsewhere");
    client.send_text("close");
    client.assert_next(&Frame::close(1000, ""));
    client.send(&Frame::close(1000, ""));
    journal.wait_for("waiting");
    journal.release();
    client.assert_fin();
    journal.wait_for("end");
    let lines = journal.lines();
    assert_eq!(lines[1..4], ["waiting", "released", "close 1000 \"\" by Local, clean"]);
}

#[test]
fn sending_50_none_awaited() {
    let server = TestServer::start();
    let (mut client, _) = open(&server, "tasks", "fifty");
    client.send_text("50");
    for number in 0..50 {
        client.assert_next(&Frame::text(number.to_string()));
    }
}

#[test]
fn sending_4_tasks_4_mib() {
    let server = TestServer::start();
    let (mut client, _) = open(&server, "tasks", "four-mib");
    client.send_text("4 MiB");
    let mut letters: Vec<_> = (0..4)
        .map(|_| {
            let frame = client.read();
            let letter = frame.payload[0];
            assert_eq!(frame.payload.len(), 4 << 20);
            assert!(frame.fin && frame.payload.iter().all(|byte| *byte == letter), "mixed");
            letter
        })
        .collect();
    letters.sort_unstable();
    assert_eq!(letters, b"abcd");
}

#[test]
fn sending_thread_of_open() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "tasks", "one-task");
    client.send_text("");
    client.close(1000, "");
    journal.wait_for("end");
    let lines = journal.lines();
    let task = lines[0].strip_prefix("open ").expect("the first line");
    assert!(!task.is_empty(), "{lines:?}");
    assert_eq!([&lines[1], &lines[3]], [&format!("text {task}"), &format!("end {task}")]);
}

/// Sends more than the peer takes.
#[server_endpoint("/flood/{case}")]
#[derive(Default)]
struct Flood;

#[handlers]
impl Flood {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        Journal::of(case).note("open");
    }

    #[on_message]
    async fn flood(&mut self, session: &Session, _text: &str, #[path_param] case: &str) {
        let message = "x".repeat(1 << 20);
        let failed = loop {
            if let Err(error) = session.send(message.as_str()).await {
                break error;
            }
        };
        Journal::of(case).note(format!("not sent: {}", kind(&failed)));
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

#[test]
fn sending_to_a_client_that_does_not_read() {
    let server = TestServer::with(|settings| settings.send_timeout = Duration::from_millis(100));
    let (mut client, journal) = open(&server, "flood", "flood");
    client.shrink_receive_buffer();
    client.send_text("");
    journal.wait_for("end");
    let lines = journal.lines();
    // What the send says depends on who sees the timeout first.
    assert!(lines[1].starts_with("not sent: "), "{lines:?}");
    assert_eq!(lines[2], "error Timeout");
    assert!(lines[3].starts_with("close 1006 "), "{lines:?}");
    assert!(server.handle().hub().is_empty(), "no session is left that can never send");
}

#[test]
fn sending_default_send_timeout() {
    assert_eq!(Settings::default().send_timeout, Duration::from_secs(20));
}

/// Says who is there, of its own sort.
#[server_endpoint("/peers/{room}")]
#[derive(Default)]
struct Peers;

#[handlers]
impl Peers {
    #[on_message]
    fn text(&mut self, session: &Session, _text: &str) -> usize {
        session.peers().len()
    }
}

#[test]
fn sending_open_sessions_of_the_same_endpoint() {
    let server = TestServer::start();
    let _others = [open(&server, "journal", "other-1"), open(&server, "journal", "other-2")];
    let join = |room: &str| {
        let mut client = RawClient::open(server.addr(), &format!("/peers/{room}"));
        client.send_text("");
        (client.read_text(), client)
    };
    // All paths of a template are one endpoint.
    let (first, mut one) = join("1");
    let (second, two) = join("2");
    let (third, _three) = join("2");
    assert_eq!([first, second, third], ["1", "2", "3"]);
    two.close(1000, "");
    // A session is out of the list when its peer sees the end of it.
    one.send_text("");
    assert_eq!(one.read_text(), "2");
}

#[test]
fn sending_101_and_open() {
    let server = TestServer::start();
    let journal = Journal::of("open-after-101");
    let path = "/slow-open/open-after-101";
    let client = RawClient::open(server.addr(), path);
    assert_eq!(client.response().status, 101);
    journal.wait_for("waiting");
    journal.release();
    client.close(1000, "");
    journal.assert_whole(&["open", "waiting", "released", "close 1000 \"\" by Peer, clean"]);
}

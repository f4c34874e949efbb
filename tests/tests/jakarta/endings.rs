//! Every way in which a connection ends.

use std::time::Duration;

use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::{CloseCode, CloseReason};

use crate::Proof;

pub(crate) const PROOFS: &[Proof] =
    &[("2.1.5-1", close_is_called_once_whatever_ended_the_connection)];

/// A cause: its name, what the client does, the error event before the close event, and the code.
type Cause = (&'static str, fn(RawClient, &Journal), Option<&'static str>, u16);

const CAUSES: &[Cause] = &[
    ("peer-close", |client, _| client.close(4000, "bye"), None, 4000),
    ("own-close", own_close, None, 4001),
    ("unanswered-close", unanswered_close, None, 4001),
    ("idle", |mut client, _| drop(client.assert_failed(1001)), Some("error Timeout"), 1006),
    ("panic", panic, Some("error Panic"), 1011),
    ("protocol", protocol_error, Some("error Protocol"), 1002),
    ("text", invalid_text, Some("error Protocol"), 1007),
    ("size", too_big, Some("error Protocol"), 1009),
    ("eof", |client, _| drop(client), Some("error Transport"), 1006),
    ("eof-in-message", eof_in_message, Some("error Transport"), 1006),
    ("rst", |client, _| client.reset(), Some("error Transport"), 1006),
    ("abort", |mut client, _| client.send_text("abort"), None, 1006),
    ("rst-beside-handler", rst_beside_handler, Some("error Transport"), 1006),
];

fn own_close(mut client: RawClient, _: &Journal) {
    client.send_text("close 4001 ours");
    client.assert_closed_cleanly(4001);
}

fn unanswered_close(mut client: RawClient, journal: &Journal) {
    client.send_text("close 4001 ours");
    journal.wait_for("close");
}

fn panic(mut client: RawClient, _: &Journal) {
    client.send_text("panic");
    client.assert_failed(1011);
}

fn protocol_error(mut client: RawClient, _: &Journal) {
    client.send(&Frame::new(3, ""));
    client.assert_failed(1002);
}

fn invalid_text(mut client: RawClient, _: &Journal) {
    client.send(&Frame::text([0xFF]));
    client.assert_failed(1007);
}

fn too_big(mut client: RawClient, _: &Journal) {
    client.send_bytes(&Frame::binary([]).header_claiming(1 << 40, 7 + 64));
    client.assert_failed(1009);
}

fn eof_in_message(mut client: RawClient, _: &Journal) {
    client.send(&Frame::text("half").unfinished());
    client.send_fin();
    client.assert_fin();
}

fn rst_beside_handler(mut client: RawClient, journal: &Journal) {
    client.send_text("wait");
    journal.wait_for("waiting");
    client.reset();
    journal.release();
}

/// Checks the journal of one session: `open` first, then what handlers did, then the error event if
/// there is one, then one close event with the code, and nothing behind it.
fn assert_ended(cause: &str, journal: &Journal, error: Option<&str>, code: u16) {
    journal.wait_for("end");
    let lines = journal.lines();
    let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!((count("open"), count("close"), count("end")), (1, 1, 1), "{cause}: {lines:?}");
    assert_eq!(lines[0], "open", "{cause}");
    let [.., before, close, _] = &lines[..] else { panic!("{cause}: {lines:?}") };
    assert!(close.starts_with(&format!("close {code} ")), "{cause}: {lines:?}");
    assert_eq!(count("error"), usize::from(error.is_some()), "{cause}: {lines:?}");
    if let Some(error) = error {
        assert_eq!(before, error, "{cause}");
    }
}

fn close_is_called_once_whatever_ended_the_connection() {
    let server = TestServer::with(|settings| {
        settings.idle_timeout = Some(Duration::from_millis(300));
        settings.close_timeout = Duration::from_millis(100);
    });
    for (cause, end, error, code) in CAUSES {
        let case = format!("ending-{cause}");
        let journal = Journal::of(&case);
        let client = RawClient::open(server.addr(), &format!("/journal/{case}"));
        journal.wait_for("open");
        end(client, &journal);
        assert_ended(cause, &journal, *error, *code);
    }
    // One that could not open ends too.
    RawClient::open(server.addr(), "/refusing/ending-refused").assert_failed(1011);
    tests::wait::until("no session is left", || server.handle().hub().is_empty());
    let close = "close 1011 \"internal error\" by Local, unclean";
    assert_eq!(Journal::of("ending-refused").lines(), ["error Handler", close]);

    let journal = Journal::of("ending-undeploy");
    let mut client = RawClient::open(server.addr(), "/journal/ending-undeploy");
    journal.wait_for("open");
    let reason = CloseReason::new(CloseCode::SERVICE_RESTART, "moved").unwrap();
    assert_eq!(server.handle().undeploy("/journal/{case}", &reason), 1);
    assert_eq!(client.assert_closed_cleanly(1012), "moved");
    drop(client);
    assert_ended("undeploy", &journal, None, 1012);

    let server = TestServer::start();
    let journal = Journal::of("ending-shutdown");
    let mut client = RawClient::open(server.addr(), "/journal/ending-shutdown");
    journal.wait_for("open");
    let shutdown = server.begin_shutdown();
    client.assert_closed_cleanly(1001);
    assert_eq!(shutdown.join().unwrap(), 0);
    drop(client);
    assert_ended("shutdown", &journal, None, 1001);
}

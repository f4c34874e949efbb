//! What every module of this suite uses.

use std::sync::Arc;

use tests::ui::assert_explained;
use tests::{Journal, RawClient, TestServer};

/// Opens a session of the endpoint at `/ENDPOINT/CASE`, whose journal is that of `case`, and waits
/// until it is open.
#[track_caller]
pub(crate) fn open(server: &TestServer, endpoint: &str, case: &str) -> (RawClient, Arc<Journal>) {
    let journal = Journal::of(case);
    let client = RawClient::open(server.addr(), &format!("/{endpoint}/{case}"));
    journal.wait_for("open");
    (client, journal)
}

/// Checks that the session was failed with `code`: one error event, then the close event with what
/// went on the wire, then nothing.
#[track_caller]
pub(crate) fn assert_failed(mut client: RawClient, journal: &Journal, code: u16) -> String {
    let reason = client.assert_failed(code);
    // Nobody needs to wait for what it might yet send.
    drop(client);
    let error = if code == 1011 { "error Handler" } else { "error Protocol" };
    journal.assert_whole(&["open", error, &format!("close {code} {reason:?} by Local, unclean")]);
    reason
}

/// Checks that each of `rows` is a mistake that does not compile: a row, its case in the compile-fail
/// suite, and what is said to its author.
#[track_caller]
pub(crate) fn assert_compile_errors(rows: &[(&str, &str, &str)]) {
    for (row, case, sentence) in rows {
        println!("{row}");
        assert_explained(case, sentence);
    }
}

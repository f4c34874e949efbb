//! The peer closes.

use tests::wire::CLOSE;
use tests::{Frame, TestServer};

use crate::support::{assert_failed, open};

#[test]
fn closing_client_close_1000_bye() {
    let server = TestServer::start();
    let (client, journal) = open(&server, "journal", "closing-bye");
    client.close(1000, "bye");
    // The endpoint fails here if its session still calls itself open.
    journal.assert_whole(&["open", "close 1000 \"bye\" by Peer, clean"]);
}

#[test]
fn closing_client_close_without_phrase() {
    let server = TestServer::start();
    let (client, journal) = open(&server, "journal", "closing-no-phrase");
    client.close(1000, "");
    journal.assert_whole(&["open", "close 1000 \"\" by Peer, clean"]);
}

#[test]
fn closing_client_close_empty_body() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-empty");
    client.send(&Frame::empty_close());
    client.assert_next(&Frame::empty_close());
    client.assert_fin();
    drop(client);
    journal.assert_whole(&["open", "close 1005 \"\" by Peer, clean"]);
}

fn assert_echoed(codes: &[u16]) {
    let server = TestServer::start();
    for code in codes {
        let (client, journal) = open(&server, "journal", &format!("closing-{code}"));
        client.close(*code, "why");
        journal.assert_whole(&["open", &format!("close {code} \"why\" by Peer, clean")]);
    }
}

#[test]
fn closing_client_close_1001_3000_4321_4999() {
    assert_echoed(&[1001, 3000, 4321, 4999]);
}

#[test]
fn closing_client_close_1012_1013_1014_of_iana() {
    assert_echoed(&[1012, 1013, 1014]);
}

#[test]
fn closing_client_close_with_an_illegal_code() {
    let server = TestServer::start();
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        let (mut client, journal) = open(&server, "journal", &format!("closing-illegal-{code}"));
        client.send(&Frame::close(code, "its own phrase"));
        let reason = assert_failed(client, &journal, 1002);
        assert!(!reason.contains("its own phrase"), "{reason}");
    }
}

#[test]
fn closing_client_close_1_byte_body_or_126() {
    let server = TestServer::start();
    for (case, frame) in [
        ("closing-1-byte", Frame::new(CLOSE, [3])),
        ("closing-126-bytes", Frame::close(1000, &"x".repeat(124))),
    ] {
        let (mut client, journal) = open(&server, "journal", case);
        client.send(&frame);
        assert_failed(client, &journal, 1002);
    }
}

#[test]
fn closing_client_close_reason_not_utf_8() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-not-utf-8");
    client.send(&Frame::new(CLOSE, [3, 0xE8, 0xFF]));
    assert_failed(client, &journal, 1007);
}

#[test]
fn closing_data_after_client_close_same_write() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-data-behind");
    client.send_all(&[Frame::close(1000, ""), Frame::text("behind"), Frame::ping("behind")]);
    client.assert_next(&Frame::close(1000, ""));
    client.assert_fin();
    drop(client);
    journal.assert_whole(&["open", "close 1000 \"\" by Peer, clean"]);
}

#[test]
fn closing_text_text_close_in_one_write() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-one-write");
    client.send_all(&[Frame::text("one"), Frame::text("two"), Frame::close(1000, "")]);
    client.assert_next(&Frame::close(1000, ""));
    client.assert_fin();
    let close = "close 1000 \"\" by Peer, clean";
    drop(client);
    journal.assert_whole(&["open", "text one", "text two", close]);
}

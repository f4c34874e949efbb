//! The connection ends, or falls silent, without a closing handshake.

use std::time::{Duration, Instant};

use tests::wire::CLOSE;
use tests::{Frame, TestServer, wait};
use ws_container::Settings;

use crate::support::open;

/// What an endpoint is told when the transport ends.
const LOST: &[&str] = &["open", "error Transport", "close 1006 \"\" by Transport, unclean"];

#[test]
fn closing_fin_without_close_also_inside_a_frame_or_a_message() {
    let server = TestServer::start();
    for (case, wire) in [
        ("closing-fin", Vec::new()),
        ("closing-fin-in-header", Frame::text("lost").masked()[..3].to_vec()),
        ("closing-fin-in-frame", Frame::text("lost").masked()[..9].to_vec()),
        ("closing-fin-in-message", Frame::text("lost").unfinished().masked()),
    ] {
        let (mut client, journal) = open(&server, "journal", case);
        client.send_bytes(&wire);
        client.send_fin();
        // Nothing is sent.
        client.assert_fin();
        drop(client);
        journal.assert_whole(LOST);
    }
}

#[test]
fn closing_rst() {
    let server = TestServer::start();
    let (client, journal) = open(&server, "journal", "closing-rst");
    client.reset();
    journal.assert_whole(LOST);
}

#[test]
fn closing_send_after_an_rst() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "journal", "closing-send-after-rst");
    client.send_text("wait; send-until-closed");
    journal.wait_for("waiting");
    client.reset();
    journal.release();
    assert_eq!(journal.wait_for("not sent"), "not sent: Closed");
    let close = journal.wait_for("close");
    assert!(close.starts_with("close 1006 "), "{close}");
}

#[test]
fn closing_idle_timeout() {
    let idle = Duration::from_millis(150);
    let server = TestServer::with(|settings| settings.idle_timeout = Some(idle));
    let began = Instant::now();
    let (mut client, journal) = open(&server, "journal", "closing-idle");
    client.assert_closed_cleanly(1001);
    assert!(began.elapsed() >= idle, "not before its time");
    drop(client);
    let close = "close 1006 \"idle timeout\" by Local, unclean";
    journal.assert_whole(&["open", "error Timeout", close]);
}

#[test]
fn closing_default_idle_timeout() {
    assert_eq!(Settings::default().idle_timeout, None);
}

#[test]
fn closing_pings_during_the_idle_time() {
    let server = TestServer::with(|settings| {
        settings.idle_timeout = Some(Duration::from_millis(150));
    });
    let (mut client, journal) = open(&server, "journal", "closing-idle-pings");
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < wait::DEADLINE, "Pings count as data");
        client.send(&Frame::ping("here"));
        let frame = client.read();
        if frame.opcode == CLOSE {
            assert_eq!(frame.close_code(), 1001);
            break;
        }
        assert_eq!(frame, Frame::pong("here"));
        std::thread::sleep(Duration::from_millis(20));
    }
    journal.wait_for("close 1006 \"idle timeout\"");
}

#[test]
fn closing_fragments_of_one_slow_message_during_the_idle_time() {
    let idle = Duration::from_millis(300);
    let server = TestServer::with(|settings| settings.idle_timeout = Some(idle));
    for attempt in 0.. {
        let began = Instant::now();
        let case = format!("closing-idle-fragments-{attempt}");
        let (mut client, _journal) = open(&server, "journal", &case);
        std::thread::sleep(idle / 2);
        let second = Instant::now();
        client.send(&Frame::text("slow").unfinished());
        // A machine that slept too long proves nothing.
        if began.elapsed() < idle {
            client.assert_failed(1001);
            assert!(second.elapsed() >= idle, "a fragment counts as activity");
            return;
        }
    }
}

#[test]
fn closing_handler_runs_longer_than_the_idle_timeout() {
    let idle = Duration::from_millis(50);
    let server = TestServer::with(|settings| settings.idle_timeout = Some(idle));
    let (mut client, journal) = open(&server, "journal", "closing-idle-handler");
    client.send_text("wait");
    journal.wait_for("waiting");
    std::thread::sleep(idle * 3);
    // A Close would come before the Pong.
    client.assert_silent();
    journal.release();
    client.assert_failed(1001);
    let close = "close 1006 \"idle timeout\" by Local, unclean";
    drop(client);
    journal.assert_whole(&["open", "text wait", "waiting", "released", "error Timeout", close]);
}

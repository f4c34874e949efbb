//! Servers that take their time: each wait of a client has an end.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use tests::alone;
use tests::client::config;
use ws_container::client::{ConnectError, on};

use super::{Victim, play, told};

const LIMIT: Duration = Duration::from_millis(300);

fn impatient() -> Victim {
    Victim::with(config(|it| it.connect_timeout(LIMIT)))
}

/// Says `text` byte by byte, ten in a connect timeout, until the client has enough.
fn drips(raw: &mut tests::RawServer, text: &str) {
    for byte in text.bytes() {
        std::thread::sleep(LIMIT / 10);
        if raw.try_say([byte]).is_err() {
            return;
        }
    }
    panic!("the client took all");
}

#[test]
fn a_head_that_drips_does_not_outlast_the_connect_timeout() {
    alone("waits::a_head_that_drips_does_not_outlast_the_connect_timeout", || {
        impatient().leaves_nothing("a dripping head", 4, |victim| {
            let (addr, peer) = play(|raw| {
                let answer = raw.switching("");
                drips(raw, &answer);
            });
            let begin = Instant::now();
            let error = victim.refused(addr);
            assert!(matches!(error, ConnectError::Timeout(LIMIT)), "{error:?}");
            assert_eq!(told(&error), "not connected within 300ms");
            assert!(begin.elapsed() < LIMIT * 3);
            victim.outlives(peer);
        });
    });
}

#[test]
fn a_body_that_drips_is_cut_after_a_second() {
    alone("waits::a_body_that_drips_is_cut_after_a_second", || {
        Victim::new().leaves_nothing("a dripping body", 3, |victim| {
            let (addr, peer) = play(|raw| {
                raw.say("HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\n");
                drips(raw, &"x".repeat(1_000));
            });
            let begin = Instant::now();
            let error = victim.refused(addr);
            let ConnectError::Status(answer) = &error else { panic!("{error:?}") };
            assert!(!answer.body().is_empty() && !answer.is_whole());
            assert_eq!(error.to_string(), "the server answered 503 Service Unavailable");
            assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
            victim.outlives(peer);
        });
    });
}

#[test]
fn hints_without_an_end_are_refused() {
    alone("waits::hints_without_an_end_are_refused", || {
        Victim::new().leaves_nothing("interim answers", 10, |victim| {
            let (addr, peer) = play(|raw| {
                let _ = raw.try_say("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(1_000));
            });
            let error = victim.refused(addr);
            assert!(matches!(error, ConnectError::Handshake(_)), "{error:?}");
            victim.outlives(peer);
        });
    });
}

/// Attempts that are given up by who made them, at any moment.
#[test]
fn attempts_that_are_dropped_leave_nothing() {
    alone("waits::attempts_that_are_dropped_leave_nothing", || {
        let mut patience = Duration::ZERO;
        Victim::new().leaves_nothing("dropped attempts", 50, |victim| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let uri = format!("ws://{}/", listener.local_addr().unwrap());
            let connecting = victim.client.connect(on(), uri);
            victim.runtime.block_on(async {
                // Not even accepted, the connection is up, and the request is on its way.
                assert!(tokio::time::timeout(patience, connecting).await.is_err());
            });
            patience += Duration::from_micros(100);
        });
    });
}

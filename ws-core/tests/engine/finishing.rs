//! What is owed to a peer when a connection ends, and for how long.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::{sleep, timeout};
use ws_core::{Message, Reply};

use crate::support::{Call, Hook, NEAR, Rig, Setup, hook, now, secs};

/// Answers every text with so many bytes.
fn answering(len: usize) -> Hook {
    hook(move |_, call| async move {
        Ok(match call {
            Call::Text(_) => Reply::Message(Message::binary(vec![7; len])),
            _ => Reply::None,
        })
    })
}

/// A connection with `len` bytes owed to a peer that has closed, of which it has taken nothing.
async fn owing(len: usize, send_timeout: Duration) -> Rig {
    let setup = Setup { pipe: 1000, ..Setup::config(|it| it.send_timeout = send_timeout) };
    let mut rig = setup.start(answering(len));
    rig.peer.text("?").await;
    rig.peer.close(1000).await;
    rig
}

#[tokio::test(start_paused = true)]
async fn a_slow_peer_gets_all_that_is_owed_to_it() {
    let mut rig = owing(15_000, secs(20)).await;
    let mut taken = 0;
    let mut piece = [0; 1000];
    while rig.age() < secs(19) {
        sleep(secs(1)).await;
        taken += timeout(secs(1), rig.peer.io.read(&mut piece)).await.unwrap().unwrap();
    }
    assert_eq!(taken, 4 + 15_000 + 4, "the answer and the Close, each with its header");
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Peer clean");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_a_byte_a_second_has_the_send_timeout_for_all_of_it() {
    for (send_timeout, end) in [(20, 20), (0, 20), (12, 12), (2, 5)] {
        let mut rig = owing(200_000, secs(send_timeout)).await;
        for _ in 0..end - 1 {
            sleep(secs(1)).await;
            rig.peer.io.read_u8().await.unwrap();
        }
        rig.assert_gone_at(secs(end)).await;
        assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Peer clean", "{send_timeout}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_has_the_close_timeout() {
    let rig = owing(200_000, secs(20)).await;
    rig.assert_gone_at(secs(5)).await;
    // From when it last took something.
    let mut rig = owing(200_000, secs(20)).await;
    rig.at(secs(4)).await;
    rig.peer.io.read_u8().await.unwrap();
    rig.assert_gone_at(secs(9)).await;
    // Times without end are no trap.
    let setup =
        Setup::config(|it| (it.close_timeout, it.send_timeout) = (Duration::MAX, Duration::MAX));
    let mut rig = setup.start(answering(10));
    rig.peer.text("?").await;
    rig.peer.close(1000).await;
    assert_eq!(rig.peer.frame().await.payload.len(), 10);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Peer clean");
}

#[tokio::test(start_paused = true)]
async fn an_abort_waits_for_no_slow_peer() {
    let mut rig = owing(200_000, secs(20)).await;
    rig.at(secs(3)).await;
    rig.peer.io.read_u8().await.unwrap();
    rig.session.abort();
    timeout(NEAR, rig.journal.wait_for("close")).await.unwrap();
    let began = now();
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Peer clean");
    assert!(now() - began < secs(1), "nothing is read from it either");
}

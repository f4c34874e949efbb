//! Pings that are waited for.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use ws_core::{Error, MAX_PINGS, Message, OpCode, Reply, Timeout};

use crate::support::{Call, Setup, hook, quiet, secs};

const MS: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_ping_tells_its_round_trip() {
    let mut rig = Setup::default().start(quiet());
    let session = rig.session.clone();
    let ping = tokio::spawn(async move { session.ping("when").await });
    assert_eq!(rig.peer.frame().await.payload, b"when");
    sleep(30 * MS).await;
    rig.peer.send(OpCode::Pong, b"when").await;
    let round_trip = ping.await.unwrap().unwrap();
    assert!((30 * MS..32 * MS).contains(&round_trip), "{round_trip:?}");
    rig.journal.wait_for("pong when").await;
}

/// RFC 6455 §5.5.3: a peer may answer the last Ping only.
#[tokio::test(start_paused = true)]
async fn an_answer_to_a_later_ping_answers_the_earlier_ones() {
    let mut rig = Setup::default().start(quiet());
    let mut pings = Vec::new();
    for n in 0..4 {
        let session = rig.session.clone();
        pings.push(tokio::spawn(async move { session.ping(n.to_string()).await }));
        assert_eq!(rig.peer.frame().await.payload, n.to_string().as_bytes());
    }
    rig.peer.send(OpCode::Pong, b"nobody asked").await;
    rig.peer.send(OpCode::Pong, b"2").await;
    for ping in pings.drain(..3) {
        timeout(secs(1), ping).await.unwrap().unwrap().unwrap();
    }
    let late = timeout(secs(21), pings.remove(0)).await.unwrap().unwrap();
    assert!(matches!(late, Err(Error::Timeout(Timeout::Pong))), "{late:?}");
    assert!(rig.session.is_open());
}

/// A handler waits for its own Ping's answer behind other messages, and each Pong reaches the Pong
/// handler in its turn, with its round trip.
#[tokio::test(start_paused = true)]
async fn a_handler_may_wait_for_its_own_ping() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        match call {
            Call::Text(text) if text == "ping" => {
                let first = session.ping("1").await?;
                let second = session.ping("2").await?;
                let said = format!("{} {}", first.as_millis(), second.as_millis());
                Ok(Reply::Message(Message::text(said)))
            }
            Call::Text(text) => Ok(Reply::Message(Message::text(text))),
            _ => Ok(Reply::None),
        }
    }));
    rig.peer.text("ping").await;
    assert_eq!(rig.peer.frame().await.payload, b"1");
    rig.peer.text("between").await;
    rig.peer.send(OpCode::Pong, b"stray").await;
    sleep(30 * MS).await;
    rig.peer.send(OpCode::Pong, b"1").await;
    assert_eq!(rig.peer.frame().await.payload, b"2");
    sleep(40 * MS).await;
    rig.peer.send(OpCode::Pong, b"2").await;
    assert_eq!(rig.peer.next_text().await, "30 40");
    assert_eq!(rig.peer.next_text().await, "between");
    rig.journal.wait_for("pong 2").await;
    let pongs = rig.journal.all().into_iter().filter(|entry| entry.starts_with("pong"));
    assert_eq!(pongs.collect::<Vec<_>>(), ["pong stray", "pong 1 30 ms", "pong 2 40 ms"]);
    // The next ones are not mixed up with those that were seen ahead.
    rig.session.send_ping("3").await.unwrap();
    assert_eq!(rig.peer.frame().await.payload, b"3");
    sleep(5 * MS).await;
    rig.peer.send(OpCode::Pong, b"3").await;
    rig.journal.wait_for("pong 3 5 ms").await;
}

#[tokio::test(start_paused = true)]
async fn the_number_of_pings_that_are_waited_for_has_a_bound() {
    let mut rig = Setup::default().start(quiet());
    let mut pings = Vec::new();
    for n in 0..MAX_PINGS {
        let session = rig.session.clone();
        pings.push(tokio::spawn(async move { session.ping(n.to_string()).await }));
    }
    rig.settle().await;
    assert!(matches!(rig.session.ping("more").await, Err(Error::Full)));
    rig.session.send_ping("unnoticed").await.unwrap();
    for n in 0..MAX_PINGS {
        assert_eq!(rig.peer.frame().await.payload, n.to_string().as_bytes());
    }
    assert_eq!(rig.peer.frame().await.payload, b"unnoticed");
    pings.remove(0).abort();
    rig.settle().await;
    let session = rig.session.clone();
    let last = tokio::spawn(async move { session.ping("last").await });
    assert_eq!(rig.peer.frame().await.payload, b"last");
    rig.session.abort();
    for ping in pings.into_iter().chain([last]) {
        let answer = timeout(secs(1), ping).await.unwrap().unwrap();
        assert!(matches!(answer, Err(Error::Closed)), "{answer:?}");
    }
    assert!(matches!(rig.session.ping("late").await, Err(Error::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_ping_with_the_words_of_a_keep_alive_is_a_ping() {
    let mut rig = Setup::default().start(quiet());
    rig.session.send_ping("keep-alive").await.unwrap();
    assert_eq!(rig.peer.frame().await.payload, b"keep-alive");
    rig.peer.send(OpCode::Pong, b"keep-alive").await;
    rig.journal.wait_for("pong keep-alive 0 ms").await;
}

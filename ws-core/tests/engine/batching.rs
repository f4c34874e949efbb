//! Batches: what they hold, and what they do not.

use tokio::time::timeout;
use ws_core::{CloseReason, Message, OpCode, Reply, SEND_HIGH_WATER};

use crate::support::{Call, Setup, hook, quiet, secs};

#[tokio::test(start_paused = true)]
async fn a_batch_is_written_when_it_is_flushed_or_ends() {
    let mut rig = Setup::default().start(quiet());
    rig.session.send("before").await.unwrap();
    let batch = rig.session.batch();
    assert!(rig.session.batching());
    rig.session.send("a").await.unwrap();
    rig.session.enqueue("b").await.unwrap();
    rig.session.send_ping("c").await.unwrap();
    rig.settle().await;
    assert_eq!(rig.peer.next_text().await, "before");
    rig.peer.assert_silent().await;
    timeout(secs(1), batch.flush()).await.unwrap().unwrap();
    assert_eq!(rig.peer.next_text().await, "a");
    assert_eq!(rig.peer.next_text().await, "b");
    assert_eq!(rig.peer.frame().await.opcode, OpCode::Ping);
    rig.session.send("d").await.unwrap();
    rig.settle().await;
    rig.peer.assert_silent().await;
    drop(batch);
    assert!(!rig.session.batching());
    assert_eq!(rig.peer.next_text().await, "d");
    rig.session.send("after").await.unwrap();
    assert_eq!(rig.peer.next_text().await, "after");
}

#[tokio::test(start_paused = true)]
async fn the_last_of_several_batches_lets_go() {
    let mut rig = Setup::default().start(quiet());
    let (outer, inner) = (rig.session.batch(), rig.session.batch());
    rig.session.send("held").await.unwrap();
    drop(outer);
    rig.settle().await;
    rig.peer.assert_silent().await;
    drop(inner);
    assert_eq!(rig.peer.next_text().await, "held");
}

/// A full queue is written, and the batch goes on; nobody waits for ever.
#[tokio::test(start_paused = true)]
async fn a_batch_holds_no_more_than_the_queue_does() {
    let mut rig = Setup::default().start(quiet());
    let batch = rig.session.batch();
    let session = rig.session.clone();
    let sender = tokio::spawn(async move {
        for n in 0..30_u8 {
            session.send(vec![n; 50_000]).await.unwrap();
        }
        session.send(vec![30; 2 * SEND_HIGH_WATER]).await.unwrap();
        session.send("last").await.unwrap();
    });
    for n in 0..30 {
        assert_eq!(rig.peer.frame().await.payload, vec![n; 50_000]);
    }
    assert_eq!(rig.peer.frame().await.payload.len(), 2 * SEND_HIGH_WATER);
    timeout(secs(1), sender).await.unwrap().unwrap();
    rig.settle().await;
    rig.peer.assert_silent().await;
    drop(batch);
    assert_eq!(rig.peer.next_text().await, "last");
}

/// Replies and published messages are held too, in order; Pongs, `ping` and the Close are not.
#[tokio::test(start_paused = true)]
async fn what_the_engine_answers_passes_a_batch() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        let Call::Text(text) = call else { return Ok(Reply::None) };
        session.publish("all", "published").await?;
        Ok(Reply::Message(Message::text(text)))
    }));
    rig.settle().await;
    rig.session.subscribe("all").unwrap();
    let _batch = rig.session.batch();
    rig.session.send("mine").await.unwrap();
    rig.peer.text("reply").await;
    rig.journal.wait_for("text reply").await;
    rig.settle().await;
    rig.peer.ping("alive?").await;
    assert_eq!(rig.peer.next_pong().await, "alive?");
    rig.peer.assert_silent().await;
    let session = rig.session.clone();
    let ping = tokio::spawn(async move { session.ping("you?").await });
    for text in ["mine", "published", "reply"] {
        assert_eq!(rig.peer.next_text().await, text);
    }
    assert_eq!(rig.peer.frame().await.payload, b"you?");
    rig.peer.send(OpCode::Pong, b"you?").await;
    timeout(secs(1), ping).await.unwrap().unwrap().unwrap();
    rig.session.send("before the end").await.unwrap();
    rig.session.close(CloseReason::default());
    assert_eq!(rig.peer.next_text().await, "before the end");
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
}

/// The peer's Close is answered behind what a batch held.
#[tokio::test(start_paused = true)]
async fn the_peers_close_lets_a_batch_go() {
    let mut rig = Setup::default().start(quiet());
    let batch = rig.session.batch();
    rig.session.send("held").await.unwrap();
    rig.peer.close(1000).await;
    assert_eq!(rig.peer.next_text().await, "held");
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    rig.peer.io.shutdown().await.unwrap();
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Peer clean");
    assert!(batch.flush().await.is_ok(), "all of it was written");
}

use tokio::io::AsyncWriteExt;

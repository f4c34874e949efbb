//! Sending from handlers and from other tasks: order, bounds, and nothing lost.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use ws_core::frame::Frame;
use ws_core::{CloseReason, Error, Message, OpCode, Reply, SEND_HIGH_WATER};

use crate::support::{Call, LONG, Setup, hook, quiet, secs};

#[tokio::test(start_paused = true)]
async fn a_handlers_sends_come_in_order_and_before_its_reply() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        let Call::Text(text) = call else { return Ok(Reply::None) };
        for n in 0..3 {
            session.send(format!("{text}{n}")).await?;
        }
        session.send_ping("between").await?;
        session.try_send(vec![9])?;
        Ok(Reply::Message(Message::text(format!("{text} reply"))))
    }));
    rig.peer.text("a").await;
    rig.peer.text("b").await;
    for text in ["a", "b"] {
        for n in 0..3 {
            assert_eq!(rig.peer.next_text().await, format!("{text}{n}"));
        }
        assert_eq!(rig.peer.frame().await.opcode, OpCode::Ping);
        assert_eq!(rig.peer.frame().await.payload, [9]);
        assert_eq!(rig.peer.next_text().await, format!("{text} reply"));
    }
}

#[tokio::test(start_paused = true)]
async fn replies_of_many_messages_keep_their_order() {
    let big = 40_000;
    let mut rig = Setup::pipe(1000).start(hook(move |session, call| async move {
        let Call::Text(text) = call else { return Ok(Reply::None) };
        let n: usize = text.parse().unwrap();
        match n % 3 {
            0 => session.send(text).await.map(|()| Reply::None),
            1 => Ok(Reply::Message(Message::text(format!("{n:0big$}")))),
            _ => Ok(Reply::Message(Message::text(text))),
        }
    }));
    let wire: Vec<u8> = (0..60)
        .flat_map(|n: i32| rig.peer.bytes(true, OpCode::Text, n.to_string().as_bytes()))
        .collect();
    let (mut read, write) = (Vec::new(), rig.peer.raw(&wire));
    write.await;
    for _ in 0..60 {
        read.push(rig.peer.next_text().await.parse::<i32>().unwrap());
    }
    assert!(read.is_sorted() && read.len() == 60, "{read:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_makes_send_wait_and_try_send_fail() {
    let mut rig = Setup::default().start(quiet());
    rig.settle().await;
    let (session, mut queued) = (rig.session.clone(), 0_usize);
    let piece = 10_000;
    loop {
        match session.try_send(vec![0; piece]) {
            Ok(()) => queued += piece,
            Err(error) => {
                assert!(matches!(error, Error::Full), "{error:?}");
                break;
            }
        }
    }
    assert!((SEND_HIGH_WATER - 2 * piece..=SEND_HIGH_WATER).contains(&queued), "{queued}");
    // The output takes as much again before the queue is full for good.
    let poured = async {
        loop {
            session.enqueue(vec![0; piece]).await.unwrap();
            queued += piece;
        }
    };
    assert!(timeout(secs(1), poured).await.is_err(), "send waits");
    assert!(queued < 3 * SEND_HIGH_WATER, "{queued}");
    assert!(matches!(session.try_send("x"), Err(Error::Full)) || session.try_send("x").is_ok());
    for _ in 0..20 {
        assert_eq!(rig.peer.frame().await.payload.len(), piece);
    }
    rig.settle().await;
    timeout(secs(1), session.enqueue(vec![1; piece])).await.expect("there is room").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_given_up_sends_nothing() {
    let mut rig = Setup::default().start(quiet());
    let full = SEND_HIGH_WATER;
    for n in 0..3 {
        rig.session.enqueue(vec![n; full]).await.unwrap();
        rig.settle().await;
        if n == 1 {
            assert!(rig.session.try_send(vec![9; full]).is_ok());
            break;
        }
    }
    let given_up = timeout(secs(1), rig.session.enqueue("given up")).await;
    assert!(given_up.is_err());
    for n in [0, 1, 9] {
        assert_eq!(rig.peer.frame().await.payload, vec![n; full]);
    }
    rig.session.send("sent").await.unwrap();
    assert_eq!(rig.peer.next_text().await, "sent");
}

#[tokio::test(start_paused = true)]
async fn concurrent_senders_never_interleave_and_each_keeps_its_order() {
    for pipe in [100, 70_000] {
        let mut rig = Setup::pipe(pipe).start(quiet());
        let tasks: Vec<_> = (0..8_u8)
            .map(|sender| {
                let session = rig.session.clone();
                tokio::spawn(async move {
                    for n in 0..30_u8 {
                        let mut payload = vec![sender; 1 + usize::from(n) * 997];
                        payload[0] = n;
                        session.send(payload).await.unwrap();
                    }
                })
            })
            .collect();
        let mut next = [0_u8; 8];
        for _ in 0..8 * 30 {
            let payload = rig.peer.frame().await.payload;
            let n = payload[0];
            assert_eq!(payload.len(), 1 + usize::from(n) * 997);
            if let [_, sender, ..] = payload[..] {
                assert!(payload[1..].iter().all(|byte| *byte == sender), "interleaved");
                let next = &mut next[usize::from(sender)];
                assert!(*next <= n, "out of order");
                *next = n + 1;
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
    }
}

/// What `send` accepted before a close is written, whoever sent it; what comes later is refused.
#[tokio::test(start_paused = true)]
async fn a_close_loses_nothing_that_was_accepted() {
    for closing_after in [0, 3, 50, 400] {
        let mut rig = Setup::pipe(5000).start(quiet());
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let session = rig.session.clone();
                tokio::spawn(async move {
                    let mut accepted = 0;
                    while session.send(vec![1; 3000]).await.is_ok() {
                        accepted += 1;
                        sleep(Duration::from_millis(1)).await;
                    }
                    accepted
                })
            })
            .collect();
        let session = rig.session.clone();
        let closer = tokio::spawn(async move {
            sleep(Duration::from_millis(closing_after)).await;
            session.close(CloseReason::default());
        });
        let mut came = 0;
        loop {
            let frame = rig.peer.frame().await;
            if frame.opcode == OpCode::Close {
                break;
            }
            came += 1;
        }
        closer.await.unwrap();
        let mut accepted = 0;
        for task in tasks {
            accepted += timeout(LONG, task).await.unwrap().unwrap();
        }
        assert_eq!(came, accepted, "closed after {closing_after} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn single_frames_go_out_as_they_are() {
    let mut rig = Setup::default().start(quiet());
    rig.session.send_frame(Frame::text("Hel").unfinished()).await.unwrap();
    rig.session.send_ping("between").await.unwrap();
    rig.session.send_frame(Frame::continuation("lo")).await.unwrap();
    let first = rig.peer.frame().await;
    assert!(!first.fin && first.text() == "Hel");
    assert_eq!(rig.peer.frame().await.opcode, OpCode::Ping);
    let last = rig.peer.frame().await;
    assert!(last.fin && last.opcode == OpCode::Continuation && last.payload == b"lo");
}

/// A message that takes all the room waits for the frames of another, and these for nothing.
#[tokio::test(start_paused = true)]
async fn frames_of_a_message_do_not_wait_for_a_message_that_waits_for_them() {
    let mut rig = Setup::default().start(quiet());
    rig.session.send_frame(Frame::text("begin").unfinished()).await.unwrap();
    rig.settle().await;
    let session = rig.session.clone();
    let other = tokio::spawn(async move { session.send(vec![1; 2 * SEND_HIGH_WATER]).await });
    rig.settle().await;
    let last = rig.session.send_frame(Frame::continuation("end"));
    timeout(LONG, last).await.expect("there is room for it").unwrap();
    assert_eq!(rig.peer.frame().await.text(), "begin");
    assert_eq!(rig.peer.frame().await.payload, b"end");
    assert_eq!(rig.peer.frame().await.payload.len(), 2 * SEND_HIGH_WATER);
    other.await.unwrap().unwrap();
}

/// Replies that wait for the end of a message that was begun with single frames have a bound.
#[tokio::test(start_paused = true)]
async fn replies_behind_an_unfinished_message_do_not_pile_up() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        match call {
            Call::Open => session.send_frame(Frame::text("never").unfinished()).await?,
            Call::Text(_) => return Ok(Reply::Message(Message::binary(vec![0; 100_000]))),
            _ => {}
        }
        Ok(Reply::None)
    }));
    for _ in 0..60 {
        rig.peer.text("more").await;
    }
    rig.journal.wait_for("error the send queue is full").await;
    assert_eq!(rig.journal.count("error"), 60 - 41, "4 MiB and not more");
}

#[tokio::test(start_paused = true)]
async fn a_pong_says_how_long_its_ping_took() {
    let mut rig = Setup::default().start(quiet());
    rig.session.send_ping("when").await.unwrap();
    assert_eq!(rig.peer.frame().await.payload, b"when");
    rig.peer.send(OpCode::Pong, b"when").await;
    rig.journal.wait_for("pong when").await;
    let long = rig.session.send_ping(vec![0; 126]).await;
    assert!(matches!(long, Err(Error::ControlTooLong(126))));
}

/// A session handle outlives its session and stays harmless.
#[tokio::test(start_paused = true)]
async fn a_handle_outlives_its_session() {
    let rig = Setup::default().start(quiet());
    let session = rig.session.clone();
    rig.settle().await;
    session.abort();
    rig.ended().await;
    assert!(matches!(session.send("x").await, Err(Error::Closed)));
    assert!(matches!(session.try_send("x"), Err(Error::Closed)));
    session.close(CloseReason::default()).await;
    session.abort();
    session.publish("topic", "x").await.unwrap();
    assert_eq!(session.uri(), "ws://localhost/");
}

/// A connection whose task is dropped leaves nobody waiting and nothing behind.
#[tokio::test(start_paused = true)]
async fn a_dropped_connection_leaves_nothing_behind() {
    let rig = Setup::default().start(quiet());
    rig.settle().await;
    rig.session.subscribe("topic").unwrap();
    let session = rig.session.clone();
    let waiting =
        tokio::spawn(async move { while session.send(vec![0; 100_000]).await.is_ok() {} });
    let session = rig.session.clone();
    let closed = tokio::spawn(async move {
        sleep(secs(1)).await;
        session.close(CloseReason::default()).await;
    });
    rig.settle().await;
    rig.task.abort();
    assert!(rig.task.await.unwrap_err().is_cancelled());
    assert!(rig.hub.is_empty() && rig.session.peers().is_empty());
    timeout(secs(2), waiting).await.unwrap().unwrap();
    timeout(secs(2), closed).await.unwrap().unwrap();
}

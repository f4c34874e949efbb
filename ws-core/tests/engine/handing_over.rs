//! When `send`, `enqueue` and `flush` are done, and what became of messages whose sender gave up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use ws_core::{CloseReason, Error, Reply, Role, SEND_HIGH_WATER, Timeout};

use crate::support::{Call, LONG, Setup, hook, quiet, secs};

#[tokio::test(start_paused = true)]
async fn send_waits_for_the_transport_and_enqueue_does_not() {
    let mut rig = Setup::pipe(1000).start(quiet());
    rig.settle().await;
    assert!(timeout(secs(1), rig.session.enqueue(vec![1; 5000])).await.is_ok());
    let session = rig.session.clone();
    let mut send = tokio::spawn(async move { session.send(vec![2; 5000]).await });
    assert!(timeout(secs(1), &mut send).await.is_err(), "nobody reads");
    let session = rig.session.clone();
    let mut flush = tokio::spawn(async move { session.flush().await });
    rig.settle().await;
    rig.session.enqueue(vec![3; 5000]).await.unwrap();
    assert_eq!(rig.peer.frame().await.payload, [1; 5000]);
    rig.settle().await;
    assert!(!send.is_finished() && !flush.is_finished());
    assert_eq!(rig.peer.frame().await.payload, [2; 5000]);
    timeout(secs(1), &mut send).await.unwrap().unwrap().unwrap();
    timeout(secs(1), &mut flush)
        .await
        .expect("what came later is not waited for")
        .unwrap()
        .unwrap();
    assert_eq!(rig.peer.frame().await.payload, [3; 5000]);
    rig.session.flush().await.unwrap();
}

/// Many senders are told in the order of their messages, each not before the transport has it.
#[tokio::test(start_paused = true)]
async fn each_of_many_senders_is_told_in_its_turn() {
    for role in [Role::Server, Role::Client] {
        let mut rig = Setup { role, ..Setup::pipe(100) }.start(quiet());
        rig.settle().await;
        let done = Arc::new(AtomicU32::new(0));
        let mut tasks = Vec::new();
        for n in 0..20_u8 {
            let (session, done) = (rig.session.clone(), Arc::clone(&done));
            tasks.push(tokio::spawn(async move {
                session.send(vec![n; 40_000]).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed)
            }));
            rig.settle().await;
        }
        for n in 0..20_u8 {
            assert!(done.load(Ordering::Relaxed) <= u32::from(n), "told too early");
            assert_eq!(rig.peer.frame().await.payload, vec![n; 40_000]);
        }
        for (n, task) in (0..).zip(tasks) {
            assert_eq!(timeout(secs(1), task).await.unwrap().unwrap(), n);
        }
    }
}

/// A handler's own sends are done without a turn of any other task between them.
#[tokio::test(start_paused = true)]
async fn a_handler_that_sends_to_its_own_session_goes_on_at_once() {
    let turns = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&turns);
    let mut rig = Setup::default().start(hook(move |session, call| {
        let turns = Arc::clone(&seen);
        async move {
            if let Call::Text(_) = call {
                let before = turns.load(Ordering::Relaxed);
                for n in 0..50 {
                    session.send(n.to_string()).await?;
                }
                assert_eq!(turns.load(Ordering::Relaxed), before, "another task ran");
            }
            Ok(Reply::None)
        }
    }));
    let other = tokio::spawn(async move {
        loop {
            turns.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..3 {
        rig.peer.text("go").await;
        for n in 0..50 {
            assert_eq!(rig.peer.next_text().await, n.to_string());
        }
    }
    other.abort();
    assert!(!rig.journal.has("error"), "{:?}", rig.journal.all());
}

/// A handler that never stops sending leaves other tasks of its thread their turn, and others
/// who send theirs.
#[tokio::test(start_paused = true)]
async fn a_handler_that_sends_without_end_starves_nobody() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        if let Call::Text(_) = call {
            loop {
                session.send("mine").await?;
            }
        }
        Ok(Reply::None)
    }));
    rig.peer.text("go").await;
    assert_eq!(rig.peer.next_text().await, "mine");
    let session = rig.session.clone();
    let other = tokio::spawn(async move { session.send("another's").await });
    while rig.peer.next_text().await == "mine" {}
    timeout(secs(1), other).await.unwrap().unwrap().unwrap();
    rig.session.abort();
}

/// The waits of one handler at a time, woken by what is not the task's own waker.
#[tokio::test(start_paused = true)]
async fn a_handler_may_send_in_several_ways_at_once() {
    let mut rig = Setup::pipe(100).start(hook(|session, call| async move {
        if let Call::Text(_) = call {
            let (long, short) = (vec![1; 50_000], "short");
            let joined = tokio::join!(session.send(long), session.send(short), session.flush());
            assert!(matches!(joined, (Ok(()), Ok(()), Ok(()))), "{joined:?}");
            let mut set = tokio::task::JoinSet::new();
            for n in 0..5_u8 {
                let session = session.clone();
                set.spawn(async move { session.send(vec![n; 1000]).await });
            }
            assert!(set.join_all().await.iter().all(Result::is_ok));
            session.send("end").await?;
        }
        Ok(Reply::None)
    }));
    rig.peer.text("go").await;
    assert_eq!(rig.peer.frame().await.payload.len(), 50_000);
    assert_eq!(rig.peer.next_text().await, "short");
    for _ in 0..5 {
        assert_eq!(rig.peer.frame().await.payload.len(), 1000);
    }
    assert_eq!(rig.peer.next_text().await, "end");
    assert!(!rig.journal.has("error"), "{:?}", rig.journal.all());
}

/// A connection that is run beside its user in one task: what it is told wakes that task.
#[tokio::test(start_paused = true)]
async fn a_user_in_the_connections_own_task_is_woken() {
    let (ours, theirs) = tokio::io::duplex(100);
    let deployed = ws_core::Deployed::new(ws_core::EndpointConfig::new("/"), ws_core::Hub::new());
    let request = ws_core::Request::new("ws://localhost/");
    let session = ws_core::Session::new(deployed, request, None);
    let transport = ws_core::Transport::Other(Box::new(ours));
    let start = ws_core::Start::new(transport, Vec::new(), Role::Server, session.clone());
    let journal = crate::support::Journal::default();
    let wait = hook(|_, call| async move {
        if let Call::Open = call {
            sleep(secs(100)).await;
        }
        Ok(Reply::None)
    });
    let connection = ws_core::serve(crate::support::Probe::<true>::new(journal, wait), start);
    let mut peer = crate::support::Peer::new(theirs, Role::Server);
    let user = async {
        for n in 0..10_u8 {
            session.send(vec![n; 5000]).await.unwrap();
        }
    };
    let reader = async {
        for n in 0..10_u8 {
            assert_eq!(peer.frame().await.payload, [n; 5000]);
        }
    };
    let ended = async { tokio::join!(user, reader) };
    let all = async {
        tokio::select! {
            () = connection => panic!("the handler sleeps"),
            _ = ended => {}
        }
    };
    timeout(secs(50), all).await.expect("the user is woken");
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_given_up_behind_the_queue_is_sent_all_the_same() {
    let mut rig = Setup::pipe(1000).start(quiet());
    rig.settle().await;
    let late = rig.session.send_within(vec![1; 5000], secs(1)).await;
    assert!(matches!(late, Err(Error::Timeout(Timeout::Send))), "{late:?}");
    assert!(timeout(secs(1), rig.session.send("dropped")).await.is_err());
    assert_eq!(rig.peer.frame().await.payload, [1; 5000]);
    assert_eq!(rig.peer.next_text().await, "dropped");
    rig.session.send_within("in time", secs(1)).await.unwrap();
    assert_eq!(rig.peer.next_text().await, "in time");
}

/// What waits for room when the session ends is refused, what is in the transport is not.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_session_ends_every_wait() {
    for close in [true, false] {
        let mut rig = Setup::pipe(1000).start(quiet());
        rig.settle().await;
        let mut tasks = Vec::new();
        for _ in 0..5 {
            let session = rig.session.clone();
            let task = async move { session.send(vec![0; SEND_HIGH_WATER]).await };
            tasks.push(tokio::spawn(task));
            rig.settle().await;
        }
        let session = rig.session.clone();
        let flush = tokio::spawn(async move { session.flush().await });
        rig.settle().await;
        let mut came = 0;
        if close {
            let closing = rig.session.close(CloseReason::default());
            while rig.peer.frame().await.payload.len() == SEND_HIGH_WATER {
                came += 1;
            }
            rig.peer.close(1000).await;
            timeout(LONG, closing.into_future()).await.unwrap();
        } else {
            rig.session.abort();
        }
        let mut sent = 0;
        for task in tasks {
            match timeout(secs(1), task).await.unwrap().unwrap() {
                Ok(()) => sent += 1,
                Err(error) => assert!(matches!(error, Error::Closed), "{error:?}"),
            }
        }
        assert_eq!(sent, came);
        assert_eq!(close, came >= 2, "what was queued before the Close is written: {came}");
        assert_eq!(close, timeout(secs(1), flush).await.unwrap().unwrap().is_ok());
        rig.ended().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_has_a_send_timeout_of_its_own() {
    let rig = Setup::pipe(1000).start(quiet());
    assert_eq!(rig.session.send_timeout(), secs(20));
    rig.session.set_send_timeout(secs(3));
    assert_eq!(rig.session.send_timeout(), secs(3));
    rig.settle().await;
    let session = rig.session.clone();
    let sent = tokio::spawn(async move { session.send(vec![0; 5000]).await });
    rig.assert_gone_at(secs(3) + Duration::from_millis(1)).await;
    assert!(matches!(sent.await.unwrap(), Err(Error::Closed)));
    rig.session.set_send_timeout(Duration::MAX);
    assert!(rig.session.send_timeout() > LONG);
}

/// A flush that was given up leaves nothing behind that the next would take for its own end.
#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_what_was_written_behind_one_that_was_given_up() {
    let mut rig = Setup::pipe(1000).start(quiet());
    rig.settle().await;
    let mut writer = rig.session.binary_writer().await.unwrap();
    writer.write_bytes(&[1; 3000]).await.unwrap();
    assert!(timeout(secs(1), writer.flush()).await.is_err(), "nobody reads");
    writer.write_bytes(&[2; 3000]).await.unwrap();
    let flush = tokio::spawn(async move { writer.flush().await.map(|()| writer) });
    assert_eq!(rig.peer.frame().await.payload, [1; 3000]);
    rig.settle().await;
    assert!(!flush.is_finished());
    assert_eq!(rig.peer.frame().await.payload, [2; 3000]);
    timeout(secs(1), flush).await.unwrap().unwrap().unwrap().finish().await.unwrap();
}

/// What waited for the end of a message comes behind it, and is not waited for with it.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_message_does_not_wait_for_what_follows() {
    let mut rig = Setup::pipe(1000).start(quiet());
    rig.settle().await;
    rig.session.subscribe("all").unwrap();
    let mut writer = rig.session.binary_writer().await.unwrap();
    writer.write_bytes(&[1; 10]).await.unwrap();
    writer.flush().await.unwrap();
    rig.session.publish("all", &vec![2; 50_000]).await.unwrap();
    timeout(secs(1), writer.finish()).await.expect("nobody waits for the other").unwrap();
    assert!(!rig.peer.frame().await.fin);
    assert!(rig.peer.frame().await.fin);
    assert_eq!(rig.peer.frame().await.payload, [2; 50_000]);
}

/// Who waits for room and is not polled keeps the others waiting, but not for want of progress:
/// there is no message that was begun.
#[tokio::test(start_paused = true)]
async fn waiting_for_room_is_no_message_in_progress() {
    let setup = Setup::config(|config| config.keep_alive = None);
    let mut rig = Setup { pipe: 1000, ..setup }.start(quiet());
    rig.settle().await;
    for _ in 0..3 {
        rig.session.enqueue(vec![1; SEND_HIGH_WATER]).await.unwrap();
        rig.settle().await;
    }
    let mut idle = Box::pin(rig.session.enqueue(vec![2; SEND_HIGH_WATER]));
    assert!(timeout(Duration::ZERO, &mut idle).await.is_err(), "there is no room");
    let session = rig.session.clone();
    let behind = tokio::spawn(async move { session.send("behind").await });
    for _ in 0..3 {
        assert_eq!(rig.peer.frame().await.payload.len(), SEND_HIGH_WATER);
    }
    sleep(secs(100)).await;
    assert!(!behind.is_finished(), "it has patience");
    timeout(secs(1), idle).await.unwrap().unwrap();
    assert_eq!(rig.peer.frame().await.payload[0], 2);
    assert_eq!(rig.peer.next_text().await, "behind");
    behind.await.unwrap().unwrap();
}

/// A send timeout of zero is none: neither for what the socket does not take, nor for those who wait
/// for another message's end.
#[tokio::test(start_paused = true)]
async fn a_send_timeout_of_zero_is_none() {
    let setup = Setup::config(|config| {
        (config.keep_alive, config.send_timeout) = (None, Duration::ZERO);
    });
    let mut rig = Setup { pipe: 1000, ..setup }.start(quiet());
    rig.settle().await;
    assert_eq!(rig.session.send_timeout(), Duration::ZERO);
    let mut writer = rig.session.binary_writer().await.unwrap();
    writer.write_bytes(&[1; 3000]).await.unwrap();
    assert!(timeout(LONG, writer.flush()).await.is_err(), "nobody reads");
    let session = rig.session.clone();
    let mut behind = tokio::spawn(async move { session.send("behind").await });
    assert_eq!(rig.peer.frame().await.payload, [1; 3000]);
    assert!(timeout(LONG, &mut behind).await.is_err(), "it has patience");
    writer.finish().await.unwrap();
    assert!(rig.peer.frame().await.fin);
    assert_eq!(rig.peer.next_text().await, "behind");
    behind.await.unwrap().unwrap();
    rig.session.set_send_timeout(Duration::from_nanos(1));
    assert!(!rig.session.send_timeout().is_zero(), "short is not none");
}

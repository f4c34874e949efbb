//! Deadlines of an open session: keep-alive, idle, and a socket that takes nothing. Each is looked
//! at just before and just after.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use ws_core::{OpCode, Reply};

use crate::support::{Call, LONG, NEAR, Setup, echo, hook, quiet, secs};

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_pinged_after_20_s_and_gone_after_40() {
    let mut rig = Setup::default().start(quiet());
    rig.at(secs(20) - NEAR).await;
    rig.peer.assert_silent().await;
    rig.at(secs(20) + NEAR).await;
    assert_eq!(rig.peer.frame().await.opcode, OpCode::Ping);
    rig.assert_gone_at(secs(40)).await;
    let (journal, mut peer) = rig.ended_with_peer().await;
    assert_eq!(journal, ["open", "error no answer to a keep-alive ping", "close 1006 Transport"]);
    assert_eq!(peer.rest().await, [], "a peer that is gone gets no Close");
}

#[tokio::test(start_paused = true)]
async fn anything_that_comes_keeps_a_session_alive() {
    for opcode in [OpCode::Pong, OpCode::Ping, OpCode::Text, OpCode::Binary] {
        let mut rig = Setup::default().start(quiet());
        rig.at(secs(39)).await;
        rig.peer.send(opcode, b"x").await;
        rig.at(secs(59) - NEAR).await;
        assert!(rig.session.is_open(), "{opcode:?}");
        assert_eq!(rig.peer.frame().await.opcode, OpCode::Ping, "the first");
        if opcode == OpCode::Ping {
            assert_eq!(rig.peer.next_pong().await, "x");
        }
        rig.peer.assert_silent().await;
        rig.at(secs(59) + NEAR).await;
        assert_eq!(rig.peer.frame().await.opcode, OpCode::Ping, "the second, after 20 s");
        rig.assert_gone_at(secs(79)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answered_ping_is_followed_by_the_next_however_patient_the_wait_for_answers() {
    let mut rig = Setup::config(|config| config.pong_timeout = secs(600)).start(quiet());
    for n in 1..=3 {
        rig.at(secs(20 * n) - NEAR).await;
        rig.peer.assert_silent().await;
        rig.at(secs(20 * n)).await;
        let ping = rig.peer.frame().await;
        rig.peer.send(OpCode::Pong, &ping.payload).await;
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_frame_is_a_sign_of_life_too() {
    let mut rig = Setup::default().start(quiet());
    let wire = rig.peer.bytes(true, OpCode::Text, b"slowly");
    for byte in &wire {
        rig.peer.raw(&[*byte]).await;
        sleep(secs(19)).await;
    }
    assert_eq!(rig.journal.all(), ["open", "text slowly"]);
    rig.peer.assert_silent().await;
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_keep_alive_is_not_the_applications() {
    let mut rig = Setup::default().start(quiet());
    for _ in 0..3 {
        let ping = rig.peer.frame().await;
        rig.peer.send(OpCode::Pong, &ping.payload).await;
    }
    rig.peer.send(OpCode::Pong, b"unasked").await;
    rig.settle().await;
    assert_eq!(rig.journal.all(), ["open", "pong unasked"]);
    assert_eq!(rig.age().as_secs(), 60);
}

/// The next Ping does not wait for the end of a Pong timeout that is over with its Pong.
#[tokio::test(start_paused = true)]
async fn pings_follow_one_another_however_long_the_pong_timeout_is() {
    let mut rig = Setup::config(|config| {
        config.keep_alive = Some(secs(3));
        config.pong_timeout = secs(600);
    })
    .start(quiet());
    for n in 1..=5 {
        rig.at(secs(3 * n) - NEAR).await;
        rig.peer.assert_silent().await;
        rig.at(secs(3 * n)).await;
        let ping = rig.peer.frame().await;
        assert_eq!(ping.opcode, OpCode::Ping);
        rig.peer.send(OpCode::Pong, &ping.payload).await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_keep_alive_a_silent_session_stays() {
    let mut rig = Setup::config(|config| config.keep_alive = None).start(quiet());
    rig.at(LONG).await;
    assert!(rig.session.is_open());
    rig.peer.assert_silent().await;
}

#[tokio::test(start_paused = true)]
async fn a_dead_peer_is_found_while_a_handler_runs_but_the_handler_ends_first() {
    let setup = Setup::default();
    let mut rig = setup.start(hook(|_, call| async move {
        if let Call::Text(_) = call {
            sleep(secs(100)).await;
        }
        Ok(Reply::None)
    }));
    rig.peer.text("work").await;
    rig.assert_gone_at(secs(100)).await;
    let all = rig.ended().await;
    assert_eq!(all[2..], ["error no answer to a keep-alive ping", "close 1006 Transport"]);
}

fn idle(limit: Duration) -> Setup {
    Setup::config(|config| config.idle_timeout = Some(limit))
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_is_closed_with_1001_and_told_1006() {
    let mut rig = idle(secs(3)).start(quiet());
    rig.at(secs(3) - NEAR).await;
    rig.peer.assert_silent().await;
    rig.at(secs(3) + NEAR).await;
    let close = rig.peer.frame().await;
    assert_eq!((close.close_code(), &close.payload[2..]), (1001, &b"idle timeout"[..]));
    let (journal, mut peer) = rig.ended_with_peer().await;
    assert_eq!(journal, ["open", "error idle timeout", "close 1006 Local"]);
    assert_eq!(peer.rest().await, []);
}

#[tokio::test(start_paused = true)]
async fn only_data_frames_keep_a_session_from_being_idle() {
    let mut rig = idle(secs(3)).start(echo());
    rig.at(secs(2)).await;
    rig.peer.text("a").await;
    rig.at(secs(4)).await;
    rig.session.send("from here").await.unwrap();
    for opcode in [OpCode::Ping, OpCode::Pong] {
        sleep(secs(1)).await;
        rig.peer.send(opcode, b"").await;
    }
    rig.assert_gone_at(secs(7)).await;
}

#[tokio::test(start_paused = true)]
async fn fragments_of_a_slow_message_are_data_frames() {
    let mut rig = idle(secs(3)).start(echo());
    let parts = [(false, OpCode::Text, "a"), (false, OpCode::Continuation, "b")];
    for (fin, opcode, part) in parts.into_iter().chain([(true, OpCode::Continuation, "c")]) {
        sleep(secs(2)).await;
        let frame = rig.peer.bytes(fin, opcode, part.as_bytes());
        rig.peer.raw(&frame).await;
    }
    assert_eq!(rig.peer.next_text().await, "abc");
    rig.assert_gone_at(secs(9)).await;
}

#[tokio::test(start_paused = true)]
async fn pings_between_the_fragments_do_not_count() {
    let mut rig = idle(secs(3)).start(echo());
    let first = rig.peer.bytes(false, OpCode::Binary, b"1");
    rig.peer.raw(&first).await;
    for _ in 0..2 {
        sleep(secs(1)).await;
        rig.peer.ping("").await;
    }
    rig.assert_gone_at(secs(3)).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_is_not_idle_while_a_handler_runs() {
    let mut rig = idle(secs(3)).start(hook(|_, call| async move {
        if let Call::Text(_) = call {
            sleep(secs(10)).await;
        }
        Ok(Reply::None)
    }));
    rig.peer.text("long work").await;
    rig.at(secs(10) + NEAR).await;
    assert!(rig.session.is_open());
    rig.at(secs(14)).await;
    assert!(rig.journal.has("error idle timeout"));
}

/// The frame that was being written when the time was over is finished before the Close.
#[tokio::test(start_paused = true)]
async fn an_idle_close_does_not_cut_a_frame() {
    let mut rig = idle(secs(3)).start(quiet());
    let payload = vec![7; 200_000];
    rig.session.enqueue(payload.clone()).await.unwrap();
    rig.at(secs(3) + NEAR).await;
    assert_eq!(rig.peer.frame().await.payload, payload);
    assert_eq!(rig.peer.frame().await.close_code(), 1001);
    assert_eq!(rig.ended().await[2..], ["close 1006 Local"]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_for_20_s_is_gone() {
    let rig = Setup::config(|config| config.keep_alive = None).start(quiet());
    rig.at(secs(5)).await;
    rig.session.enqueue(vec![0; 100_000]).await.unwrap();
    rig.assert_gone_at(secs(25)).await;
    assert_eq!(rig.ended().await[1..], ["error the peer takes no data", "close 1006 Transport"]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_a_little_is_not_gone() {
    let mut rig = Setup::default().start(quiet());
    let session = rig.session.clone();
    let sender = tokio::spawn(async move {
        for _ in 0..4 {
            session.send(vec![1; 200_000]).await.unwrap();
        }
    });
    let mut got = 0;
    let mut piece = vec![0; 2000];
    while got < 4 * 200_010 {
        // Reads less than a pipe's worth in the time of a keep-alive: only progress shows that it lives.
        got += tokio::io::AsyncReadExt::read(&mut rig.peer.io, &mut piece).await.unwrap();
        assert!(rig.session.is_open(), "after {got} bytes, {:?}", rig.age());
        sleep(Duration::from_millis(600)).await;
        if sender.is_finished() && got > 4 * 200_010 - 10 {
            break;
        }
    }
    assert!(rig.age() > secs(120), "it was slow: {:?}", rig.age());
}

/// A reply that waits for room is no time to read, so the peer's silence then says nothing.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_outlives_the_keep_alive_while_a_reply_waits_for_room() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        if let Call::Text(_) = call {
            for _ in 0..3 {
                session.send(vec![1; 200_000]).await?;
            }
        }
        Ok(Reply::None)
    }));
    rig.peer.text("go").await;
    let mut piece = vec![0; 10_000];
    for _ in 0..40 {
        sleep(secs(3)).await;
        let read = tokio::io::AsyncReadExt::read(&mut rig.peer.io, &mut piece);
        assert!(timeout(secs(1), read).await.unwrap().unwrap() > 0);
        rig.peer.send(OpCode::Pong, b"here").await;
        assert!(rig.session.is_open(), "{:?} {:?}", rig.age(), rig.journal.all());
    }
}

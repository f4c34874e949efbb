//! The closing handshake from every side, and what may go wrong with it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{sleep, timeout};
use ws_core::{CloseCode, CloseReason, Error, Message, OpCode, Reply, Role, SessionState};

use crate::support::{Call, NEAR, PIPE, Setup, echo, hook, masked, now, quiet, secs};

fn reason(code: u16) -> CloseReason {
    CloseReason::new(CloseCode::new(code).unwrap(), "").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_close_is_answered_with_its_own_code() {
    for (code, told) in [(1000, 1000), (1001, 1001), (3000, 3000), (4999, 4999)] {
        let mut rig = Setup::default().start(quiet());
        rig.peer.close(code).await;
        assert_eq!(rig.peer.frame().await.close_code(), code);
        assert_eq!(rig.peer.try_frame().await, None, "the server ends TCP first");
        assert_eq!(rig.ended().await, ["open", &format!("close {told} Peer clean")]);
    }
    let mut rig = Setup::default().start(quiet());
    rig.peer.send(OpCode::Close, b"").await;
    assert_eq!(rig.peer.frame().await.payload, b"");
    assert_eq!(rig.ended().await[1..], ["close 1005 Peer clean"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_behind_a_close_is_delivered() {
    let mut rig = Setup::default().start(echo());
    let mut wire = rig.peer.bytes(true, OpCode::Text, b"before");
    wire.extend(rig.peer.bytes(true, OpCode::Close, &[3, 0xE8]));
    wire.extend(rig.peer.bytes(true, OpCode::Text, b"behind"));
    rig.peer.raw(&wire).await;
    assert_eq!(rig.peer.next_text().await, "before");
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert_eq!(rig.ended().await, ["open", "text before", "close 1000 Peer clean"]);
}

#[tokio::test(start_paused = true)]
async fn a_close_without_an_answer_ends_after_5_s() {
    let mut rig = Setup::default().start(quiet());
    rig.settle().await;
    let closing = rig.session.close(reason(4001));
    assert!(!rig.session.is_open());
    assert_eq!(rig.peer.frame().await.close_code(), 4001);
    let from = rig.age();
    rig.assert_gone_at(from + secs(5)).await;
    timeout(NEAR, closing.into_future()).await.unwrap();
    let (journal, mut peer) = rig.ended_with_peer().await;
    assert_eq!(journal, ["open", "close 4001 Local"], "the local code, once, and no error");
    assert_eq!(peer.rest().await, []);
}

/// A stream that has always more to read, and takes all that is written.
struct Endless;

impl AsyncRead for Endless {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        buf.put_slice(&masked(true, OpCode::Ping, &[0; 125]).repeat(100));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Endless {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_runs_dry_puts_no_deadline_off() {
    let setup = Setup::config(|config| config.limits.max_control_rate = u32::MAX);
    let rig = setup.start_on::<true>(Endless, tokio::io::duplex(1).0, quiet());
    tokio::task::yield_now().await;
    rig.session.close(reason(1000));
    while !rig.journal.has("close") && rig.age() < secs(60) {
        tokio::time::advance(secs(1)).await;
        tokio::task::yield_now().await;
    }
    assert!((5..=6).contains(&rig.age().as_secs()), "{:?}", rig.age());
}

/// A peer that never stops sending gives the connection no quiet moment.
#[tokio::test(start_paused = true)]
async fn a_flood_does_not_put_the_close_timeout_off() {
    let mut rig = Setup::default().start(quiet());
    let flood = rig.peer.bytes(true, OpCode::Binary, &[0; 1000]).repeat(60);
    let began = now();
    rig.settle().await;
    rig.session.close(reason(1000));
    let sent = async {
        while !rig.task.is_finished() {
            let write = tokio::io::AsyncWriteExt::write_all(&mut rig.peer.io, &flood);
            if !matches!(timeout(secs(1), write).await, Ok(Ok(()))) {
                break;
            }
            tokio::time::advance(NEAR).await;
        }
    };
    timeout(secs(60), sent).await.expect("the flood ends");
    assert!(now() - began < secs(7), "{:?}", now() - began);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Local");
}

/// Each byte that it takes is progress, but what waits before a Close has 20 s beside the 5.
#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_a_byte_now_and_then_does_not_put_the_end_off() {
    for send_timeout in [secs(20), Duration::ZERO] {
        let setup = Setup { pipe: 1000, ..Setup::config(|it| it.send_timeout = send_timeout) };
        let mut rig = setup.start(quiet());
        rig.session.enqueue(vec![0; 200_000]).await.unwrap();
        drop(rig.session.revoke());
        for _ in 0..24 {
            sleep(secs(1)).await;
            tokio::io::AsyncReadExt::read_u8(&mut rig.peer.io).await.unwrap();
        }
        rig.assert_gone_at(secs(25)).await;
        assert_eq!(rig.ended().await.last().unwrap(), "close 1008 Local", "{send_timeout:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_close_counts() {
    let mut rig = Setup::default().start(quiet());
    rig.session.close(reason(4001));
    rig.session.close(reason(4002));
    assert_eq!(rig.peer.frame().await.close_code(), 4001);
    rig.session.close(reason(4003));
    rig.peer.close(4004).await;
    let (journal, mut peer) = rig.ended_with_peer().await;
    assert_eq!(journal[1..], ["close 4001 Local clean"]);
    assert_eq!(peer.rest().await, [], "one Close each way");
}

#[tokio::test(start_paused = true)]
async fn half_open_the_peers_messages_still_come() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        match call {
            Call::Text(text) if text == "bye" => drop(session.close(reason(1000))),
            Call::Text(text) => return Ok(Reply::Message(Message::text(text))),
            _ => {}
        }
        Ok(Reply::None)
    }));
    rig.peer.text("bye").await;
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert_eq!(rig.session.state(), SessionState::Closing);
    for text in ["1", "2", "3"] {
        rig.peer.text(text).await;
    }
    rig.peer.ping("still there").await;
    let pong = rig.peer.frame().await;
    assert_eq!((pong.opcode, &pong.payload[..]), (OpCode::Pong, &b"still there"[..]));
    rig.peer.close(1000).await;
    let (journal, mut peer) = rig.ended_with_peer().await;
    let closed = "error the session is closed";
    let half_open = ["text 1", closed, "text 2", closed, "text 3", closed];
    assert_eq!(journal[2..8], half_open);
    assert_eq!(journal[8..], ["close 1000 Local clean"]);
    assert_eq!(peer.rest().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_close_in_on_open_comes_after_it() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        if let Call::Open = call {
            session.send("welcome").await?;
            session.close(reason(4010));
            sleep(secs(1)).await;
            assert!(matches!(session.send("late").await, Err(Error::Closed)));
            assert!(matches!(session.try_send("late"), Err(Error::Closed)));
            assert!(matches!(session.send_ping("late").await, Err(Error::Closed)));
            assert!(matches!(session.subscribe("late"), Err(Error::Closed)));
        }
        Ok(Reply::None)
    }));
    assert_eq!(rig.peer.next_text().await, "welcome");
    assert_eq!(rig.peer.frame().await.close_code(), 4010);
    rig.peer.close(4010).await;
    assert_eq!(rig.ended().await, ["open", "close 4010 Local clean"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_await_the_end_of_its_session() {
    for answers in [true, false] {
        let returned = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&returned);
        let mut rig = Setup::default().start(hook(move |session, call| {
            let seen = Arc::clone(&seen);
            async move {
                if let Call::Text(_) = call {
                    session.close(reason(1000)).await;
                    seen.store(true, Ordering::Relaxed);
                }
                Ok(Reply::None)
            }
        }));
        rig.peer.text("close").await;
        assert_eq!(rig.peer.frame().await.close_code(), 1000);
        if answers {
            rig.peer.close(1000).await;
        }
        rig.settle().await;
        assert_eq!(returned.load(Ordering::Relaxed), answers, "within the handshake");
        let clean = if answers { " clean" } else { "" };
        assert_eq!(rig.ended().await.last().unwrap(), &format!("close 1000 Local{clean}"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_lingers_a_second_for_the_peers_end() {
    let mut rig = Setup::default().start(quiet());
    rig.peer.close(1000).await;
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert_eq!(rig.peer.try_frame().await, None);
    rig.journal.wait_for("close").await;
    rig.at(secs(1) - NEAR).await;
    assert!(!rig.task.is_finished(), "reads on");
    assert!(rig.hub.is_empty(), "its session is over all the same");
    rig.at(secs(1) + NEAR).await;
    assert!(rig.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn lingering_drops_256_kib_and_no_more() {
    let mut rig = Setup::default().start(quiet());
    rig.peer.close(1000).await;
    let mut sent = 0;
    let flood = async {
        while tokio::io::AsyncWriteExt::write(&mut rig.peer.io, &[0; 1024]).await.is_ok() {
            sent += 1024;
        }
    };
    timeout(secs(1) - NEAR, flood).await.expect("it ends before the second is over");
    assert!((256 * 1024..512 * 1024).contains(&sent), "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_client_leaves_the_end_of_the_stream_to_the_server() {
    let setup = Setup { role: Role::Client, ..Setup::default() };
    let mut rig = setup.start(quiet());
    rig.session.close(reason(1000));
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    rig.peer.close(1000).await;
    rig.journal.wait_for("close 1000 Local clean").await;
    rig.settle().await;
    assert!(!rig.task.is_finished(), "it waits for the server's FIN");
    rig.peer.assert_silent().await;
    drop(rig.peer);
    timeout(NEAR, rig.task).await.expect("the server's FIN ends it").unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_abort_cuts_the_connection_at_once() {
    let mut rig = Setup::default().start(quiet());
    rig.settle().await;
    rig.session.abort();
    assert_eq!(rig.peer.try_frame().await, None, "no Close");
    assert_eq!(rig.age().as_secs(), 0);
    assert_eq!(rig.ended().await, ["open", "close 1006 Local"]);
}

#[tokio::test(start_paused = true)]
async fn an_abort_waits_for_nothing_that_is_queued() {
    let rig = Setup::default().start(quiet());
    for _ in 0..2 {
        rig.session.enqueue(vec![0; 250_000]).await.unwrap();
        rig.settle().await;
    }
    rig.session.enqueue(vec![0; 250_000]).await.unwrap();
    rig.session.abort();
    rig.settle().await;
    assert!(rig.task.is_finished());
    assert_eq!(rig.ended().await, ["open", "close 1006 Local"]);
}

#[tokio::test(start_paused = true)]
async fn an_abort_overtakes_a_close() {
    let rig = Setup::default().start(quiet());
    rig.settle().await;
    rig.session.close(reason(1000));
    rig.session.abort();
    rig.settle().await;
    assert!(rig.task.is_finished(), "{:?}", rig.journal.all());
    assert_eq!(rig.ended().await, ["open", "close 1006 Local"]);
}

#[tokio::test(start_paused = true)]
async fn everything_sent_before_a_close_goes_out_before_it() {
    let mut rig = Setup::pipe(1000).start(quiet());
    for n in 0..200 {
        rig.session.try_send(format!("{n:01000}")).unwrap();
    }
    rig.session.close(reason(1000));
    for n in 0..200 {
        assert_eq!(rig.peer.next_text().await.parse(), Ok(n));
    }
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
}

/// A peer that closed and takes a little of the answers owed to it is given the next as well.
#[tokio::test(start_paused = true)]
async fn an_answer_that_waits_for_room_is_owed_to_a_slow_peer_that_closed() {
    let setup = Setup { pipe: 1000, ..Setup::default() };
    let mut rig = setup.start(hook(|_, call| async move {
        if let Call::Text(_) = call {
            sleep(secs(1)).await;
            return Ok(Reply::Message(Message::binary(vec![7; 300_000])));
        }
        Ok(Reply::None)
    }));
    rig.peer.text("one").await;
    rig.peer.text("two").await;
    rig.peer.close(1000).await;
    while rig.age() < secs(35) {
        sleep(secs(1)).await;
        let mut piece = vec![0; 1000];
        tokio::io::AsyncReadExt::read_exact(&mut rig.peer.io, &mut piece).await.unwrap();
        assert!(!rig.journal.has("close"), "{:?} {:?}", rig.age(), rig.journal.all());
    }
}

/// The answers owed to a peer that already closed go out before its Close is answered.
#[tokio::test(start_paused = true)]
async fn answers_owed_come_before_the_answer_to_the_close() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        if let Call::Text(text) = call {
            for part in 0..3 {
                session.send(format!("{text}{part}")).await?;
            }
            return Ok(Reply::Message(Message::binary(vec![1; 2 * PIPE])));
        }
        Ok(Reply::None)
    }));
    rig.peer.text("a").await;
    rig.peer.text("b").await;
    rig.peer.close(1000).await;
    for text in ["a", "b"] {
        for part in 0..3 {
            assert_eq!(rig.peer.next_text().await, format!("{text}{part}"));
        }
        assert_eq!(rig.peer.frame().await.payload.len(), 2 * PIPE);
    }
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Peer clean");
}

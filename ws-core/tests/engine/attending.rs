//! What happens on the wire while a handler runs.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use ws_core::{EndpointConfig, Error, Message, OpCode, Reply};

use crate::messages::borrowed;
use crate::support::{Call, Hook, LONG, NEAR, Setup, hook, secs};

/// Echoes texts, each after 3 s.
fn slow() -> Hook {
    slower(secs(3))
}

fn slower(pause: Duration) -> Hook {
    hook(move |_, call| async move {
        let Call::Text(text) = call else { return Ok(Reply::None) };
        sleep(pause).await;
        Ok(Reply::Message(Message::text(text)))
    })
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_meanwhile() {
    let mut rig = Setup::default().start(slow());
    rig.peer.text("first").await;
    for n in 0..3 {
        rig.peer.ping(&n.to_string()).await;
        assert_eq!(rig.peer.next_pong().await, n.to_string());
        assert_eq!(rig.age().as_secs(), 0);
    }
    assert_eq!(rig.peer.next_text().await, "first");
    rig.peer.ping("after").await;
    assert_eq!(rig.peer.next_pong().await, "after");
    rig.peer.assert_silent().await;
}

#[tokio::test(start_paused = true)]
async fn pings_in_the_same_read_are_answered_meanwhile_and_once() {
    let mut rig = Setup::default().start(slow());
    let mut wire = rig.peer.bytes(true, OpCode::Ping, b"0");
    wire.extend(rig.peer.bytes(true, OpCode::Text, b"a"));
    wire.extend(rig.peer.bytes(true, OpCode::Ping, b"1"));
    wire.extend(rig.peer.bytes(true, OpCode::Text, b"b"));
    wire.extend(rig.peer.bytes(true, OpCode::Ping, b"2"));
    rig.peer.raw(&wire).await;
    for n in 0..3 {
        assert_eq!(rig.peer.next_pong().await, n.to_string());
        assert_eq!(rig.age().as_secs(), 0);
    }
    assert_eq!([rig.peer.next_text().await, rig.peer.next_text().await], ["a", "b"]);
    rig.peer.assert_silent().await;
}

/// A text, then a fragmented one with Pings between, then a Close: wherever the wire is cut while
/// the handler of the first text runs, the answers are the same.
#[tokio::test(start_paused = true)]
async fn it_does_not_matter_where_the_reads_are_cut() {
    let mut wire = Vec::new();
    let mut add = |fin, opcode, payload: &[u8]| {
        wire.extend(crate::support::masked(fin, opcode, payload));
    };
    add(true, OpCode::Text, b"one");
    add(true, OpCode::Ping, b"p1");
    add(false, OpCode::Text, b"tw");
    add(true, OpCode::Ping, b"p2");
    add(true, OpCode::Continuation, &[b'o'; 130]);
    add(true, OpCode::Ping, b"p3");
    add(true, OpCode::Text, b"three");
    add(true, OpCode::Close, &[0x0F, 0xA0]);
    for cut in 1..wire.len() {
        let mut rig = Setup::default().start(slow());
        rig.peer.raw(&wire[..cut]).await;
        sleep(secs(1)).await;
        rig.peer.raw(&wire[cut..]).await;
        let mut pongs = Vec::new();
        let mut texts = Vec::new();
        loop {
            let frame = rig.peer.frame().await;
            match frame.opcode {
                OpCode::Pong => pongs.push(String::from_utf8(frame.payload).unwrap()),
                OpCode::Text => texts.push(frame.text().len()),
                _ => {
                    assert_eq!(frame.close_code(), 4000, "cut at {cut}");
                    break;
                }
            }
        }
        assert_eq!(pongs, ["p1", "p2", "p3"], "cut at {cut}");
        assert_eq!(&texts[..], &[3, 132, 5][..texts.len()], "cut at {cut}");
        assert!(rig.age() >= secs(5), "cut at {cut}: not before the handlers, or the timeout");
        assert_eq!(rig.ended().await.last().unwrap(), "close 4000 Peer clean");
    }
}

/// As above with bytes that trickle in while one handler after another runs, so that looking ahead
/// stops and goes on in the middle of frames.
#[tokio::test(start_paused = true)]
async fn pings_are_answered_once_however_the_bytes_trickle() {
    for step in 1..24 {
        let mut rig = Setup::default().start(slower(Duration::from_millis(40)));
        let mut wire = Vec::new();
        for n in 0..12 {
            wire.extend(rig.peer.bytes(true, OpCode::Text, format!("t{n}").as_bytes()));
            wire.extend(rig.peer.bytes(true, OpCode::Ping, format!("p{n}").as_bytes()));
        }
        let (mut texts, mut pongs) = (0, 0);
        let mut pieces = wire.chunks(step);
        while texts + pongs < 24 {
            if let Some(piece) = pieces.next() {
                rig.peer.raw(piece).await;
                sleep(Duration::from_millis(7)).await;
                if pieces.len() > 0 {
                    continue;
                }
            }
            let frame = rig.peer.frame().await;
            let (want, n) = match frame.opcode {
                OpCode::Pong => (format!("p{pongs}"), &mut pongs),
                _ => (format!("t{texts}"), &mut texts),
            };
            assert_eq!(frame.payload, want.as_bytes(), "{step} bytes at a time");
            *n += 1;
        }
        rig.peer.assert_silent().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_is_answered_after_the_handler_and_the_replies_owed() {
    let mut rig = Setup::default().start(slower(secs(1)));
    rig.peer.text("a").await;
    rig.peer.text("b").await;
    rig.peer.close(1000).await;
    assert_eq!([rig.peer.next_text().await, rig.peer.next_text().await], ["a", "b"]);
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert_eq!(rig.age().as_secs(), 2);
    assert_eq!(rig.ended().await[1..], ["text a", "text b", "close 1000 Peer clean"]);
}

#[tokio::test(start_paused = true)]
async fn a_close_is_answered_at_the_close_timeout_and_the_handler_runs_on() {
    let mut rig = Setup::default().start(slower(secs(30)));
    rig.peer.text("a").await;
    rig.peer.close(1000).await;
    rig.at(secs(5) - NEAR).await;
    rig.peer.assert_silent().await;
    rig.at(secs(5) + NEAR).await;
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    rig.assert_gone_at(secs(30)).await;
    let (journal, mut peer) = rig.ended_with_peer().await;
    let tail = ["text a", "error the session is closed", "close 1000 Peer clean"];
    assert_eq!(journal[1..], tail);
    assert_eq!(peer.rest().await, []);
}

/// A frame behind our Close would be one that the peer must not look at (RFC 6455 §5.5.1): who sends
/// then is told, instead of being told that it went out.
#[tokio::test(start_paused = true)]
async fn nothing_is_sent_behind_the_answer_to_a_close_while_the_handler_runs_on() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        if let Call::Text(_) = call {
            sleep(secs(8)).await;
            assert!(matches!(session.send("late").await, Err(Error::Closed)));
        }
        Ok(Reply::None)
    }));
    rig.peer.text("a").await;
    rig.peer.close(1000).await;
    rig.at(secs(5) - NEAR).await;
    rig.session.send("in time").await.unwrap();
    rig.at(secs(5) + NEAR).await;
    assert_eq!(rig.peer.next_text().await, "in time");
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert!(matches!(rig.session.send("late").await, Err(Error::Closed)));
    assert!(matches!(rig.session.try_send("late"), Err(Error::Closed)));
    let (journal, mut peer) = rig.ended_with_peer().await;
    assert_eq!(journal[1..], ["text a", "close 1000 Peer clean"]);
    assert_eq!(peer.rest().await, []);
}

/// It is judged when its turn comes, however long that takes.
#[tokio::test(start_paused = true)]
async fn a_close_that_is_wrong_is_reported_after_the_handler() {
    let mut rig = Setup::default().start(slower(secs(8)));
    rig.peer.text("a").await;
    rig.peer.close(1005).await;
    assert_eq!(rig.peer.next_text().await, "a");
    assert_eq!(rig.peer.frame().await.close_code(), 1002);
    assert_eq!(rig.age().as_secs(), 8);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1002 Local");
}

#[tokio::test(start_paused = true)]
async fn reading_ahead_stops_after_one_further_buffer() {
    let pipe = 1000;
    let mut rig = Setup::pipe(pipe).start(slow());
    rig.peer.text("slow").await;
    rig.settle().await;
    let mut taken = 0;
    let flood = async {
        loop {
            taken += rig.peer.io.write(&[0x8A, 0x80, 0, 0, 0, 0]).await.unwrap();
        }
    };
    assert!(timeout(secs(2), flood).await.is_err());
    let most = 64 * 1024 + pipe;
    assert!((most - 10..=most).contains(&taken), "{taken} bytes");
}

#[tokio::test(start_paused = true)]
async fn what_was_read_ahead_is_delivered_before_the_end() {
    let mut rig = Setup::default().start(slow());
    rig.peer.text("a").await;
    rig.peer.text("b").await;
    rig.peer.io.shutdown().await.unwrap();
    let journal = rig.ended().await;
    assert_eq!(journal[1], "text a");
    assert!(journal.contains(&"text b".to_owned()), "{journal:?}");
    assert_eq!(journal.last().unwrap(), "close 1006 Transport");
}

/// A peer that pings and reads nothing: one Pong waits, the newest.
#[tokio::test(start_paused = true)]
async fn while_the_socket_takes_nothing_only_the_newest_pong_waits() {
    for slow_handler in [false, true] {
        let mut rig = Setup::pipe(1000).start(slow());
        rig.session.enqueue(vec![1; 5000]).await.unwrap();
        rig.settle().await;
        if slow_handler {
            rig.peer.text("busy").await;
        }
        for n in 0..500 {
            rig.peer.ping(&n.to_string()).await;
        }
        rig.settle().await;
        assert_eq!(rig.peer.frame().await.payload.len(), 5000);
        assert_eq!(rig.peer.next_pong().await, "499");
        if slow_handler {
            assert_eq!(rig.peer.next_text().await, "busy");
        }
        rig.peer.ping("again").await;
        assert_eq!(rig.peer.next_pong().await, "again");
    }
}

#[tokio::test(start_paused = true)]
async fn many_pings_are_all_answered_while_the_peer_reads() {
    let mut rig = Setup::default().start(slower(secs(60)));
    rig.peer.text("busy").await;
    for n in 0..2000 {
        rig.peer.ping(&n.to_string()).await;
        assert_eq!(rig.peer.next_pong().await, n.to_string());
    }
    assert_eq!(rig.age().as_secs(), 0);
}

/// The Pong goes out also when a long reply, written from where it lies, was what the socket did
/// not take.
#[tokio::test(start_paused = true)]
async fn a_waiting_pong_follows_a_long_reply() {
    let (mut peer, session, _task) = borrowed(EndpointConfig::new("/"), 30_000);
    let text = format!("wait {}", "x".repeat(20_000));
    peer.text(&text).await;
    session.enqueue(vec![1; 50_000]).await.unwrap();
    sleep(secs(1)).await;
    peer.ping("meanwhile").await;
    sleep(secs(1)).await;
    let mut frames = Vec::new();
    for _ in 0..3 {
        frames.push(peer.frame().await.opcode);
    }
    frames.sort_by_key(|opcode| opcode.bits());
    assert_eq!(frames, [OpCode::Text, OpCode::Binary, OpCode::Pong]);
    let waited = peer.bytes(true, OpCode::Text, text.as_bytes());
    let stall = vec![2; 50_000];
    peer.raw(&waited).await;
    sleep(secs(1)).await;
    session.enqueue(stall.clone()).await.unwrap();
    sleep(secs(1)).await;
    peer.ping("while stalled").await;
    sleep(secs(2)).await; // the handler is done, its reply waits behind
    assert_eq!(peer.frame().await.payload, stall);
    assert_eq!(peer.next_text().await, text);
    assert_eq!(peer.next_pong().await, "while stalled");
}

/// A handler that waits for room on a connection that has failed is told so.
#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_room_hears_of_the_end() {
    for cut in [true, false] {
        let mut rig = Setup::default().start(hook(|session, call| async move {
            if let Call::Text(_) = call {
                loop {
                    if let Err(error) = session.send(vec![0; 100_000]).await {
                        assert!(matches!(error, Error::Closed));
                        return Err(error);
                    }
                }
            }
            Ok(Reply::None)
        }));
        rig.peer.text("pour").await;
        rig.settle().await;
        if cut {
            drop(std::mem::replace(&mut rig.peer.io, tokio::io::duplex(1).0));
        } // else the send timeout ends it
        let others = rig.session.clone();
        let other = tokio::spawn(async move { others.send("me too").await });
        assert!(timeout(LONG, other).await.unwrap().unwrap().is_err());
        assert_eq!(rig.ended().await.last().unwrap(), "close 1006 Transport");
    }
}

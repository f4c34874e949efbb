//! Messages written piece by piece, alone and among other senders.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use ws_core::{CloseReason, Error, Message, MessageKind, OpCode, Reply, Role, Session};

use crate::support::{Call, LONG, Peer, Rig, Setup, hook, quiet, secs};

/// Reads one message that comes in frames: its opcode, the lengths of its frames, and its payload.
async fn message(peer: &mut Peer) -> (OpCode, Vec<usize>, Vec<u8>) {
    let first = peer.frame().await;
    let (opcode, mut fin) = (first.opcode, first.fin);
    let (mut lens, mut payload) = (vec![first.payload.len()], first.payload);
    while !fin {
        let next = peer.frame().await;
        if next.opcode.is_control() {
            continue;
        }
        assert_eq!(next.opcode, OpCode::Continuation, "fragments of two messages mixed");
        fin = next.fin;
        lens.push(next.payload.len());
        payload.extend(next.payload);
    }
    (opcode, lens, payload)
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_out_in_frames_of_16_kib() {
    for role in [Role::Server, Role::Client] {
        let mut rig = Setup { role, ..Setup::default() }.start(quiet());
        let session = rig.session.clone();
        let payload: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let sent = payload.clone();
        let writing = tokio::spawn(async move {
            let mut writer = session.binary_writer().await?;
            assert_eq!(writer.kind(), MessageKind::Binary);
            for piece in sent.chunks(7001) {
                writer.write_all(piece).await?;
            }
            writer.finish().await
        });
        let (opcode, lens, got) = message(&mut rig.peer).await;
        timeout(secs(1), writing).await.unwrap().unwrap().unwrap();
        assert_eq!(opcode, OpCode::Binary);
        assert!(got == payload, "{} bytes", got.len());
        assert_eq!(lens.len(), 7);
        assert!(lens[..6].iter().all(|len| (16_381..=16_384).contains(len)), "{lens:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn text_is_checked_and_never_cut_inside_a_code_point() {
    let mut rig = Setup::default().start(quiet());
    let text = "añ€𐍈".repeat(9000);
    let mut writer = rig.session.text_writer().await.unwrap();
    let (sent, mut peer) = (text.clone(), rig.peer);
    let reader = tokio::spawn(async move {
        let (first, mut got) = (peer.frame().await, Vec::new());
        assert_eq!(first.opcode, OpCode::Text);
        let mut frame = first;
        loop {
            got.push(String::from_utf8(frame.payload).expect("no code point is cut"));
            if frame.fin {
                break;
            }
            frame = peer.frame().await;
        }
        (got.concat(), peer)
    });
    for piece in sent.as_bytes().chunks(5) {
        writer.write_bytes(piece).await.unwrap();
    }
    writer.finish().await.unwrap();
    let (got, peer) = reader.await.unwrap();
    assert!(got == text);
    rig.peer = peer;
    let mut writer = rig.session.text_writer().await.unwrap();
    writer.write_str("fine ").await.unwrap();
    let wrong = writer.write_bytes(&[0xFF]).await;
    assert!(matches!(wrong, Err(Error::Encode(_))), "{wrong:?}");
    assert!(matches!(writer.finish().await, Err(Error::Encode(_))));
    assert_eq!(rig.peer.frame().await.close_code(), 1011);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_ends_inside_a_code_point_is_no_message() {
    let mut rig = Setup::default().start(quiet());
    let mut writer = rig.session.text_writer().await.unwrap();
    writer.write_bytes(&"€".as_bytes()[..2]).await.unwrap();
    assert!(matches!(writer.finish().await, Err(Error::Encode(_))));
    assert_eq!(rig.peer.frame().await.close_code(), 1011);
}

#[tokio::test(start_paused = true)]
async fn no_write_is_no_message_and_an_empty_write_is_one() {
    let mut rig = Setup::default().start(quiet());
    rig.session.text_writer().await.unwrap().finish().await.unwrap();
    drop(rig.session.binary_writer().await.unwrap());
    let mut writer = rig.session.text_writer().await.unwrap();
    writer.write_str("").await.unwrap();
    writer.finish().await.unwrap();
    let mut writer = rig.session.binary_writer().await.unwrap();
    assert_eq!(writer.write(&[]).await.unwrap(), 0);
    writer.shutdown().await.unwrap();
    assert!(writer.write(&[1]).await.is_err(), "it is finished");
    drop(writer);
    rig.session.send("end").await.unwrap();
    for opcode in [OpCode::Text, OpCode::Binary] {
        let frame = rig.peer.frame().await;
        assert_eq!((frame.fin, frame.opcode, frame.payload.len()), (true, opcode, 0));
    }
    assert_eq!(rig.peer.next_text().await, "end");
}

#[tokio::test(start_paused = true)]
async fn what_is_flushed_goes_out() {
    let mut rig = Setup::default().start(quiet());
    let mut writer = rig.session.text_writer().await.unwrap();
    writer.flush().await.unwrap();
    writer.write_str("Hel").await.unwrap();
    rig.settle().await;
    rig.peer.assert_silent().await;
    writer.flush().await.unwrap();
    writer.flush().await.unwrap();
    let first = rig.peer.frame().await;
    assert!(!first.fin && first.text() == "Hel");
    writer.write_str("lo").await.unwrap();
    writer.finish().await.unwrap();
    let last = rig.peer.frame().await;
    assert!(last.fin && last.opcode == OpCode::Continuation && last.payload == b"lo");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_abandoned_closes_the_session() {
    for flush in [true, false] {
        let mut rig = Setup::default().start(quiet());
        let mut writer = rig.session.text_writer().await.unwrap();
        writer.write_str("half a").await.unwrap();
        if flush {
            writer.flush().await.unwrap();
        }
        let session = rig.session.clone();
        let waiting = tokio::spawn(async move { session.send("behind it").await });
        rig.settle().await;
        drop(writer);
        if flush {
            assert!(!rig.peer.frame().await.fin);
        }
        let close = rig.peer.frame().await;
        assert_eq!(close.close_code(), 1011);
        assert_eq!(&close.payload[2..], b"message abandoned");
        assert!(matches!(waiting.await.unwrap(), Err(Error::Closed)));
    }
}

/// Replies, published messages and other tasks' messages wait for the writer, Pings and Pongs do not.
#[tokio::test(start_paused = true)]
async fn others_wait_for_the_end_of_the_message() {
    let setup = Setup::config(|config| config.keep_alive = None);
    let mut rig = setup.start(hook(|_, call| async move {
        let Call::Text(text) = call else { return Ok(Reply::None) };
        Ok(Reply::Message(Message::text(text)))
    }));
    rig.settle().await;
    rig.session.subscribe("all").unwrap();
    let mut writer = rig.session.text_writer().await.unwrap();
    writer.write_str("begin ").await.unwrap();
    writer.flush().await.unwrap();
    rig.peer.text("reply").await;
    rig.journal.wait_for("text reply").await;
    rig.session.publish("all", "published").await.unwrap();
    let session = rig.session.clone();
    let sender = tokio::spawn(async move { session.send("sent").await });
    let session = rig.session.clone();
    let flush = tokio::spawn(async move { session.flush().await });
    assert!(matches!(rig.session.try_send("now"), Err(Error::Full)));
    rig.session.send_ping("ping").await.unwrap();
    rig.peer.ping("pong").await;
    assert_eq!(rig.peer.next_text().await, "begin ");
    let mut control = [rig.peer.frame().await.payload, rig.peer.frame().await.payload];
    control.sort();
    assert_eq!(control, [b"ping", b"pong"]);
    sleep(secs(15)).await;
    writer.write_str("middle").await.unwrap(); // it goes on: the others have patience
    sleep(secs(15)).await;
    rig.peer.assert_silent().await;
    assert!(!flush.is_finished());
    writer.finish().await.unwrap();
    assert_eq!(rig.peer.frame().await.payload, b"middle");
    for text in ["reply", "published", "sent"] {
        assert_eq!(rig.peer.next_text().await, text);
    }
    sender.await.unwrap().unwrap();
    flush.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_does_not_go_on_fails_the_others_and_not_itself() {
    let mut rig = Setup::config(|config| config.keep_alive = None).start(quiet());
    let mut writer = rig.session.text_writer().await.unwrap();
    writer.write_str("slow").await.unwrap();
    writer.flush().await.unwrap();
    for late in [rig.session.send("x").await, rig.session.text_writer().await.map(drop)] {
        assert!(matches!(late, Err(Error::MessageInProgress)), "{late:?}");
    }
    assert!(rig.age() >= secs(40), "twice the send timeout");
    writer.finish().await.unwrap();
    assert_eq!(message(&mut rig.peer).await.2, b"slow");
    rig.session.send("now").await.unwrap();
    assert_eq!(rig.peer.next_text().await, "now");
}

/// A peer that reads slowly is no fault of the writer: those behind it are patient.
#[tokio::test(start_paused = true)]
async fn a_slow_peer_is_no_message_without_progress() {
    let mut rig = Setup::pipe(1000).start(quiet());
    let session = rig.session.clone();
    let writing = tokio::spawn(async move {
        let mut writer = session.binary_writer().await?;
        writer.write_bytes(&vec![7; 800_000]).await?;
        writer.finish().await
    });
    rig.settle().await;
    let session = rig.session.clone();
    let behind = tokio::spawn(async move { session.send("behind").await });
    let mut got = 0;
    let mut piece = [0; 1000];
    while got < 200_000 {
        got += tokio::io::AsyncReadExt::read(&mut rig.peer.io, &mut piece).await.unwrap();
        sleep(Duration::from_millis(500)).await;
    }
    assert!(rig.age() > secs(90) && !behind.is_finished(), "{:?}", rig.age());
    rig.session.abort();
    assert!(matches!(writing.await.unwrap(), Err(Error::Closed)));
    assert!(matches!(behind.await.unwrap(), Err(Error::Closed)));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_session_ends_a_writer() {
    let mut rig = Setup::pipe(1000).start(quiet());
    let mut writer = rig.session.binary_writer().await.unwrap();
    let full = timeout(secs(1), writer.write_bytes(&vec![0; 2_000_000])).await;
    assert!(full.is_err(), "the queue has a bound");
    rig.session.close(CloseReason::default());
    assert!(matches!(writer.write_bytes(&[0]).await, Err(Error::Closed)));
    assert!(matches!(writer.finish().await, Err(Error::Closed)));
    assert!(matches!(rig.session.text_writer().await, Err(Error::Closed)));
    while rig.peer.frame().await.opcode != OpCode::Close {}
    rig.peer.close(1000).await;
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Local clean");
}

/// A handler writes a long message to its own session, through a queue that fills up.
#[tokio::test(start_paused = true)]
async fn a_handler_may_write_to_its_own_session() {
    let mut rig = Setup::pipe(5000).start(hook(|session, call| async move {
        if let Call::Text(text) = call {
            let mut writer = session.text_writer().await?;
            for _ in 0..100_000 {
                writer.write_str(&text).await?;
            }
            writer.finish().await?;
            session.send("done").await?;
        }
        Ok(Reply::None)
    }));
    rig.peer.text("0123456789").await;
    let (_, _, payload) = message(&mut rig.peer).await;
    assert_eq!(payload.len(), 1_000_000);
    assert_eq!(rig.peer.next_text().await, "done");
}

/// What one task of the stress does, over and over.
async fn sender(session: Session, n: u8) -> u32 {
    let mut messages = 0;
    for round in 0..12_usize {
        let len = [0, 10, 3000, 20_000, 70_000][(usize::from(n) + round) % 5];
        match (usize::from(n) + round) % 4 {
            0 => {
                let mut writer = session.binary_writer().await.unwrap();
                for piece in vec![n; len].chunks(1777) {
                    writer.write_all(piece).await.unwrap();
                    if round % 3 == 0 {
                        writer.flush().await.unwrap();
                    }
                }
                writer.finish().await.unwrap();
                messages += u32::from(len > 0);
            }
            1 => {
                session.send(vec![n; len]).await.unwrap();
                messages += 1;
            }
            2 => {
                session.publish("all", &vec![n; len]).await.unwrap();
                session.send_ping(vec![n, 2]).await.unwrap();
                messages += 1;
            }
            _ => {
                session.enqueue(vec![n; len]).await.unwrap();
                session.ping(vec![n, 1]).await.unwrap();
                messages += 1;
            }
        }
    }
    messages
}

async fn stress(mut rig: Rig) {
    rig.journal.wait_for("open").await;
    rig.session.subscribe("all").unwrap();
    let tasks: Vec<_> = (0..10).map(|n| tokio::spawn(sender(rig.session.clone(), n))).collect();
    let session = rig.session.clone();
    let all = tokio::spawn(async move {
        let mut sum = 0;
        for task in tasks {
            sum += timeout(LONG, task).await.expect("nobody waits for ever").unwrap();
        }
        session.close(CloseReason::default());
        sum
    });
    let (mut came, mut open) = (0, None);
    loop {
        let frame = rig.peer.frame().await;
        match frame.opcode {
            OpCode::Close => break,
            OpCode::Ping => {
                rig.peer.send(OpCode::Pong, &frame.payload).await;
                continue;
            }
            OpCode::Continuation => assert!(open.is_some(), "nothing to continue"),
            _ => assert_eq!(open, None, "a message inside another"),
        }
        let sender = frame.payload.first().copied().or(open.flatten());
        assert!(frame.payload.iter().all(|byte| Some(*byte) == sender), "fragments mixed");
        if let Some(Some(began)) = open {
            assert_eq!(Some(began), sender, "fragments mixed");
        }
        came += u32::from(frame.fin);
        open = (!frame.fin).then_some(sender);
    }
    assert_eq!(open, None, "the Close came inside a message");
    assert_eq!(came, all.await.unwrap());
}

/// Writers, whole messages, published ones and Pings of many tasks: never an error, never a mixture.
#[tokio::test(start_paused = true)]
async fn many_senders_of_every_kind_never_mix_and_never_fail() {
    for role in [Role::Server, Role::Client] {
        for pipe in [100, 70_000] {
            stress(Setup { role, ..Setup::pipe(pipe) }.start(quiet())).await;
        }
    }
}

#[test]
fn many_senders_on_many_threads_never_mix_and_never_fail() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(4).enable_all().build().unwrap();
    for _ in 0..5 {
        runtime.block_on(async { stress(Setup::default().start(quiet())).await });
    }
}

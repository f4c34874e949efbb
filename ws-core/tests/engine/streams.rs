//! Messages that a handler reads while they come.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use ws_core::{EndpointConfig, Error, Message, MessageKind, MessageReader, OpCode, Reply};

use crate::support::{Act, FormsRig, Given, PIPE, STREAM, act, forms, masked, secs};

fn config() -> EndpointConfig {
    EndpointConfig::new("/")
}

fn start(act: Act) -> FormsRig {
    forms::<STREAM, true>(config(), PIPE, act)
}

/// Answers each message with its kind, its length and the number of its chunks that are at least
/// needed, as soon as it has ended.
async fn count(mut reader: MessageReader) -> Result<Reply<'static>, Error> {
    let mut len = 0;
    while let Some(chunk) = reader.chunk().await? {
        assert!(!chunk.is_empty());
        len += chunk.len();
    }
    assert!(reader.chunk().await?.is_none(), "the end stays the end");
    let kind = if reader.kind() == MessageKind::Text { "text" } else { "binary" };
    Ok(Reply::Message(Message::text(format!("{kind} {len}"))))
}

fn counting() -> Act {
    act(|_, given| async move {
        match given {
            Given::Stream(reader) => count(reader).await,
            _ => Ok(Reply::None),
        }
    })
}

/// Says every chunk as it comes, and `.` at the end.
fn telling() -> Act {
    act(|session, given| async move {
        let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
        while let Some(chunk) = reader.chunk().await? {
            session.send(String::from_utf8_lossy(&chunk).into_owned()).await?;
        }
        Ok(Reply::Message(Message::text(".")))
    })
}

#[tokio::test(start_paused = true)]
async fn a_handler_starts_with_the_first_bytes() {
    let mut rig = start(telling());
    let wire = rig.peer.bytes(true, OpCode::Text, b"hello, world");
    rig.peer.raw(&wire[..8]).await;
    assert_eq!(rig.peer.next_text().await, "he");
    rig.peer.raw(&wire[8..10]).await;
    assert_eq!(rig.peer.next_text().await, "ll");
    rig.peer.assert_silent().await;
    rig.peer.raw(&wire[10..]).await;
    assert_eq!([rig.peer.next_text().await, rig.peer.next_text().await], ["o, world", "."]);
}

#[tokio::test(start_paused = true)]
async fn pings_between_fragments_are_answered_at_once() {
    let mut rig = start(telling());
    let first = rig.peer.bytes(false, OpCode::Text, b"a");
    rig.peer.raw(&first).await;
    assert_eq!(rig.peer.next_text().await, "a");
    rig.peer.ping("1").await;
    assert_eq!(rig.peer.next_pong().await, "1");
    let last = rig.peer.bytes(true, OpCode::Continuation, "é".as_bytes());
    rig.peer.raw(&last[..7]).await;
    rig.peer.assert_silent().await;
    rig.peer.raw(&last[7..]).await;
    assert_eq!([rig.peer.next_text().await, rig.peer.next_text().await], ["é", "."]);
    rig.peer.close(1000).await;
    assert_eq!(rig.ended().await, ["open", "text", "closing 1000", "close 1000 Peer clean"]);
}

/// Messages of all lengths with control frames between, cut at every byte.
#[tokio::test(start_paused = true)]
async fn it_does_not_matter_where_the_reads_are_cut() {
    let wire = [
        masked(true, OpCode::Binary, b""),
        masked(false, OpCode::Text, b"a"),
        masked(true, OpCode::Ping, b"p"),
        masked(false, OpCode::Continuation, b""),
        masked(true, OpCode::Continuation, "bé".as_bytes()),
        masked(true, OpCode::Pong, b"x"),
        masked(true, OpCode::Binary, &[7; 130]),
        masked(true, OpCode::Text, b"end"),
    ]
    .concat();
    for cut in 0..wire.len() {
        let mut rig = start(counting());
        for piece in [&wire[..cut], &wire[cut..]] {
            rig.peer.raw(piece).await;
            sleep(secs(1)).await;
        }
        let mut texts = Vec::new();
        let mut pongs = 0;
        for _ in 0..5 {
            let frame = rig.peer.frame().await;
            match frame.opcode {
                OpCode::Pong => pongs += 1,
                _ => texts.push(frame.text().to_owned()),
            }
        }
        assert_eq!(texts, ["binary 0", "text 4", "binary 130", "text 3"], "cut at {cut}");
        assert_eq!(pongs, 1, "cut at {cut}");
        rig.peer.close(1000).await;
        let journal = rig.ended().await;
        let want = [
            "open",
            "binary",
            "text",
            "pong x",
            "binary",
            "text",
            "closing 1000",
            "close 1000 Peer clean",
        ];
        assert_eq!(journal, want, "cut at {cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_whole_messages_do_not_apply() {
    let mut config = config();
    config.limits.max_binary_len = 10;
    config.limits.max_fragments = 3;
    let mut rig = forms::<STREAM, true>(config, PIPE, counting());
    for n in 0..100 {
        let opcode = if n == 0 { OpCode::Binary } else { OpCode::Continuation };
        let piece = rig.peer.bytes(n == 99, opcode, &[0; 1000]);
        rig.peer.raw(&piece).await;
    }
    assert_eq!(rig.peer.next_text().await, "binary 100000");
}

/// Takes nothing before `pause` is over, then counts.
fn pausing(pause: Duration) -> Act {
    act(move |_, given| async move {
        let Given::Stream(reader) = given else { return Ok(Reply::None) };
        sleep(pause).await;
        count(reader).await
    })
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_holds_the_peer_back_and_pings_are_answered() {
    let pipe = 1000;
    let mut rig = forms::<STREAM, true>(config(), pipe, pausing(secs(10)));
    let payload = vec![b'x'; 500_000];
    let mut wire = rig.peer.bytes(false, OpCode::Text, &payload[..65_536]);
    wire.extend(rig.peer.bytes(true, OpCode::Ping, b"behind 64 KiB"));
    wire.extend(rig.peer.bytes(true, OpCode::Continuation, &payload[65_536..]));
    let mut taken = 0;
    let flood = async {
        while taken < wire.len() {
            taken += rig.peer.io.write(&wire[taken..]).await.unwrap();
        }
    };
    assert!(timeout(secs(2), flood).await.is_err());
    let most = 2 * 64 * 1024 + pipe + 50;
    assert!((128 * 1024..=most).contains(&taken), "{taken} bytes");
    assert_eq!(rig.peer.next_pong().await, "behind 64 KiB");
    let rest = wire.split_off(taken);
    rig.peer.raw(&rest).await;
    assert_eq!(rig.peer.next_text().await, "text 500000");
    rig.peer.text("next").await;
    assert_eq!(rig.peer.next_text().await, "text 4");
    rig.peer.assert_silent().await;
}

/// What follows the message in the same read is delivered afterwards, in order.
#[tokio::test(start_paused = true)]
async fn what_follows_a_message_waits_for_its_handler() {
    let mut rig = start(pausing(secs(1)));
    let mut wire = rig.peer.bytes(true, OpCode::Binary, &[0; 30_000]);
    for n in 0..20 {
        wire.extend(rig.peer.bytes(true, OpCode::Text, &vec![b'x'; n * 1000]));
        wire.extend(rig.peer.bytes(true, OpCode::Ping, n.to_string().as_bytes()));
    }
    rig.peer.raw(&wire).await;
    let (mut texts, mut pongs) = (Vec::new(), Vec::new());
    while texts.len() < 21 || pongs.len() < 20 {
        let frame = rig.peer.frame().await;
        match frame.opcode {
            OpCode::Pong => pongs.push(String::from_utf8(frame.payload).unwrap()),
            _ => texts.push(frame.text().to_owned()),
        }
    }
    assert_eq!(texts[0], "binary 30000");
    for n in 0..20 {
        assert_eq!(texts[n + 1], format!("text {}", n * 1000));
        assert_eq!(pongs[n], n.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_dropped_message_is_checked_and_thrown_away() {
    // The reader is dropped while its handler goes on, or the handler ends with it.
    for lingering in [0, 3] {
        let mut rig = start(act(move |session, given| async move {
            let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
            let first = reader.next_text().await?.unwrap_or_default();
            drop(reader);
            session.send(format!("got {first}")).await?;
            sleep(secs(lingering)).await;
            Ok(Reply::None)
        }));
        let wire = rig.peer.bytes(false, OpCode::Text, b"one");
        rig.peer.raw(&wire).await;
        assert_eq!(rig.peer.next_text().await, "got one");
        let more = rig.peer.bytes(false, OpCode::Continuation, &[b'x'; 30_000]);
        rig.peer.raw(&more).await;
        rig.peer.ping("meanwhile").await;
        assert_eq!(rig.peer.next_pong().await, "meanwhile");
        let end = rig.peer.bytes(true, OpCode::Continuation, b"end");
        rig.peer.raw(&end).await;
        rig.peer.text("two").await;
        assert_eq!(rig.peer.next_text().await, "got two");
        let bad = [
            rig.peer.bytes(false, OpCode::Text, b"three"),
            rig.peer.bytes(true, OpCode::Continuation, b"\xFF"),
        ];
        rig.peer.raw(&bad[0]).await;
        assert_eq!(rig.peer.next_text().await, "got three");
        rig.peer.raw(&bad[1]).await;
        assert_eq!(rig.peer.frame().await.close_code(), 1007);
        assert_eq!(rig.ended().await.last().unwrap(), "close 1007 Local");
    }
}

/// It is over with its handler, wherever it is then.
#[tokio::test(start_paused = true)]
async fn a_reader_may_go_to_another_task_and_ends_with_its_handler() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut rig = start(act(move |_, given| {
        let tell = tell.clone();
        async move {
            let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
            let elsewhere = tokio::spawn(async move {
                let mut all = Vec::new();
                let read = AsyncReadExt::read_to_end(&mut reader, &mut all).await;
                let _ = tell.send((all, read.is_ok()));
            });
            let abandoned = timeout(secs(3), elsewhere).await.is_err();
            Ok(Reply::Message(Message::text(if abandoned { "gave up" } else { "done" })))
        }
    }));
    rig.peer.text("whole").await;
    assert_eq!(rig.peer.next_text().await, "done");
    assert_eq!(told.recv().await.unwrap(), (b"whole".to_vec(), true));
    let half = rig.peer.bytes(false, OpCode::Text, b"half");
    rig.peer.raw(&half).await;
    assert_eq!(rig.peer.next_text().await, "gave up");
    let (read, ok) = told.recv().await.unwrap();
    assert!(read == b"half" && !ok, "an error tells that the rest is missing");
}

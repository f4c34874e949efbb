//! Messages that are delivered part by part, and other work that the engine does for a handler.

use std::time::Duration;

use tokio::time::sleep;
use ws_core::{EndpointConfig, Error, Message, OpCode, Reply};

use crate::support::{Act, Given, PARTS, PIPE, STREAM, act, forms, masked, secs};

fn config() -> EndpointConfig {
    EndpointConfig::new("/")
}

fn quiet() -> Act {
    act(|_, _| async { Ok(Reply::None) })
}

#[tokio::test(start_paused = true)]
async fn parts_come_as_their_bytes_come() {
    let mut config = config();
    config.limits.max_text_len = 3;
    let mut rig = forms::<PARTS, true>(config, PIPE, quiet());
    let wire = rig.peer.bytes(false, OpCode::Text, "aé".as_bytes());
    for byte in wire.chunks(1) {
        rig.peer.raw(byte).await;
        sleep(Duration::from_millis(1)).await;
    }
    let rest = [
        rig.peer.bytes(false, OpCode::Continuation, b"bcd"),
        rig.peer.bytes(true, OpCode::Continuation, b""),
        rig.peer.bytes(true, OpCode::Binary, b""),
        rig.peer.bytes(true, OpCode::Binary, &[1; 100_000]),
    ];
    rig.peer.raw(&rest.concat()).await;
    rig.peer.close(1000).await;
    let journal = rig.ended().await;
    let begin =
        ["open", "text a false", "text é false", "text bcd false", "text  true", "binary 0 true"];
    assert_eq!(journal[..6], begin);
    let len = |entry: &str| entry.split(' ').nth(1).and_then(|len| len.parse::<usize>().ok());
    let parts: Vec<&String> =
        journal.iter().filter(|it| it.starts_with("binary")).skip(1).collect();
    assert_eq!(parts.iter().filter_map(|it| len(it)).sum::<usize>(), 100_000);
    assert!(parts.iter().rev().skip(1).all(|it| it.ends_with("false")), "{parts:?}");
    assert!(parts.last().unwrap().ends_with("true"));
}

/// A handler of a part runs in the middle of a frame: looking ahead begins there.
#[tokio::test(start_paused = true)]
async fn pings_behind_a_part_are_answered_while_its_handler_runs() {
    let wire = [
        // Looks like Pings to those who do not know where frames begin.
        masked(false, OpCode::Binary, &[0x89; 40]),
        masked(true, OpCode::Ping, b"one"),
        masked(true, OpCode::Continuation, &[0x89; 7]),
        masked(true, OpCode::Ping, b"two"),
        masked(true, OpCode::Text, b"text"),
    ]
    .concat();
    for cut in 1..wire.len() {
        let slow = act(|_, given| async move {
            if matches!(given, Given::Binary | Given::Text(..)) {
                sleep(secs(1)).await;
            }
            Ok(Reply::None)
        });
        let mut rig = forms::<PARTS, true>(config(), PIPE, slow);
        rig.peer.raw(&wire[..cut]).await;
        sleep(Duration::from_millis(100)).await;
        let began = crate::support::now();
        rig.peer.raw(&wire[cut..]).await;
        assert_eq!(rig.peer.next_pong().await, "one", "cut at {cut}");
        assert_eq!(rig.peer.next_pong().await, "two", "cut at {cut}");
        // A part may have been delivered before, up to the cut.
        assert!(crate::support::now() - began < secs(1), "cut at {cut}: ahead of their turn");
        rig.peer.assert_silent().await;
        rig.peer.close(1000).await;
        assert_eq!(rig.peer.frame().await.close_code(), 1000, "cut at {cut}");
        let journal = rig.ended().await;
        let of = |name: &str| journal.iter().filter(|it| it.starts_with(name)).count();
        assert!((2..=3).contains(&of("binary")), "cut at {cut}: {journal:?}");
        assert!((1..=2).contains(&of("text")), "cut at {cut}: {journal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn parts_have_replies_and_errors() {
    let mut rig = forms::<PARTS, true>(
        config(),
        PIPE,
        act(|_, given| async move {
            match given {
                Given::Text(text, _) if text == "bad" => Err(Error::Handler("as asked".into())),
                Given::Text(text, last) => {
                    Ok(Reply::Message(Message::text(format!("{text} {last}"))))
                }
                _ => Ok(Reply::None),
            }
        }),
    );
    let first = rig.peer.bytes(false, OpCode::Text, b"good");
    let bad = rig.peer.bytes(false, OpCode::Continuation, b"bad");
    let last = rig.peer.bytes(true, OpCode::Continuation, b"end");
    rig.peer.raw(&[first, bad, last].concat()).await;
    assert_eq!(
        [rig.peer.next_text().await, rig.peer.next_text().await],
        ["good false", "end true"]
    );
    assert!(rig.journal.has("error handler failed: as asked"));
}

/// What a reply says is still to be done is done as a handler is run: the next callback waits for
/// it, Pings do not.
#[tokio::test(start_paused = true)]
async fn a_reply_may_be_work() {
    for form in [PARTS, STREAM] {
        let working = act(|session, given| async move {
            let (Given::Text(..) | Given::Stream(_)) = given else { return Ok(Reply::None) };
            Ok(Reply::Work(Box::pin(async move {
                session.send("begun").await?;
                sleep(secs(2)).await;
                session.send("done").await?;
                Err(Error::Handler("at last".into()))
            })))
        });
        let mut rig = if form == PARTS {
            forms::<PARTS, true>(config(), PIPE, working)
        } else {
            forms::<STREAM, true>(config(), PIPE, working)
        };
        let began = crate::support::now();
        rig.peer.text("1").await;
        rig.peer.text("2").await;
        assert_eq!(rig.peer.next_text().await, "begun");
        rig.peer.ping("meanwhile").await;
        assert_eq!(rig.peer.next_pong().await, "meanwhile");
        assert_eq!((crate::support::now() - began).as_secs(), 0);
        for text in ["done", "begun", "done"] {
            assert_eq!(rig.peer.next_text().await, text);
        }
        assert_eq!((crate::support::now() - began).as_secs(), 4);
        rig.peer.close(1000).await;
        let journal = rig.ended().await;
        let errors = journal.iter().filter(|it| *it == "error handler failed: at last").count();
        assert_eq!(errors, 2, "{journal:?}");
    }
}

/// Before the answer to the peer's Close, messages can be sent; not after our own.
#[tokio::test(start_paused = true)]
async fn on_closing_may_still_send() {
    let farewell = act(|session, given| async move {
        if let Given::Closing = given {
            session.send("bye").await?;
            sleep(secs(2)).await;
            return Ok(Reply::Message(Message::text("really")));
        }
        Ok(Reply::None)
    });
    let mut rig = forms::<PARTS, true>(config(), PIPE, farewell.clone());
    rig.peer.close(4001).await;
    rig.peer.ping("not answered behind a Close").await;
    assert_eq!([rig.peer.next_text().await, rig.peer.next_text().await], ["bye", "really"]);
    assert_eq!(rig.peer.frame().await.close_code(), 4001);
    assert_eq!(rig.ended().await, ["open", "closing 4001", "close 4001 Peer clean"]);

    let mut rig = forms::<PARTS, true>(config(), PIPE, farewell);
    drop(rig.session.close(ws_core::CloseReason::default()));
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    rig.peer.close(1000).await;
    assert_eq!(rig.ended().await, ["open", "close 1000 Local clean"]);
}

#[tokio::test(start_paused = true)]
async fn on_closing_has_until_the_close_timeout() {
    let slow = act(|session, given| async move {
        if let Given::Closing = given {
            sleep(secs(8)).await;
            session.send("too late").await?;
        }
        Ok(Reply::None)
    });
    let mut rig = forms::<PARTS, true>(config(), PIPE, slow);
    let began = crate::support::now();
    rig.peer.close(1000).await;
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert_eq!((crate::support::now() - began).as_secs(), 5);
    let want = ["open", "closing 1000", "error the session is closed", "close 1000 Peer clean"];
    assert_eq!(rig.ended().await, want);
}

/// What fails in it is told; the Close is answered with its own code. Only a panic is 1011.
#[tokio::test(start_paused = true)]
async fn what_fails_in_on_closing() {
    let failing = |panics: bool| {
        act(move |_, given| async move {
            if let Given::Closing = given {
                assert!(!panics, "as asked");
                return Err(Error::Handler("as asked".into()));
            }
            Ok(Reply::None)
        })
    };
    let mut rig = forms::<PARTS, true>(config(), PIPE, failing(false));
    rig.peer.close(4001).await;
    assert_eq!(rig.peer.frame().await.close_code(), 4001);
    let want = ["error handler failed: as asked", "close 4001 Peer clean"];
    assert_eq!(rig.ended().await[2..], want);

    let mut rig = forms::<PARTS, false>(config(), PIPE, failing(false));
    rig.peer.close(4001).await;
    assert_eq!(rig.peer.frame().await.close_code(), 4001);
    assert_eq!(rig.ended().await[2..], ["close 4001 Peer clean"]);

    let mut rig = forms::<PARTS, true>(config(), PIPE, failing(true));
    rig.peer.close(4001).await;
    assert_eq!(rig.peer.frame().await.close_code(), 1011);
    assert_eq!(rig.ended().await[2], "error handler panicked: as asked");
}

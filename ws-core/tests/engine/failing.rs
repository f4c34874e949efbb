//! Application code that fails: `Err` and panics, in each callback.

use ws_core::{BoxError, Error, Message, OpCode, Reply};

use crate::support::{Call, Hook, Setup, echo, hook};

/// How a callback fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Err,
    Panic,
}

fn fail(how: How, callback: &str) -> Result<Reply<'static>, Error> {
    assert!(how == How::Err, "{callback} panics");
    Err(Error::from_handler(BoxError::from(format!("{callback} fails"))))
}

/// Fails in one callback; messages are echoed.
fn failing(in_callback: &'static str, how: How) -> Hook {
    hook(move |_, call| async move {
        match call {
            Call::Open if in_callback == "on_open" => fail(how, "on_open"),
            Call::Text(text) if text == "fail" => fail(how, "on_message"),
            Call::Text(text) => Ok(Reply::Message(Message::text(text))),
            Call::Error if in_callback == "on_error" => fail(how, "on_error"),
            Call::Close if in_callback == "on_close" => fail(how, "on_close"),
            _ => Ok(Reply::None),
        }
    })
}

/// What a session writes down when `callback` fails, and the code that its peer sees.
struct Case {
    callback: &'static str,
    how: How,
    code: u16,
    journal: &'static [&'static str],
}

#[rustfmt::skip] // a table
const WITH_ON_ERROR: &[Case] = &[
    Case { callback: "on_open",    how: How::Err,   code: 1011, journal: &["open", "error handler failed: on_open fails", "close 1011 Local clean"] },
    Case { callback: "on_open",    how: How::Panic, code: 1011, journal: &["open", "error handler panicked: on_open panics", "close 1011 Local clean"] },
    Case { callback: "on_message", how: How::Err,   code: 1000, journal: &["open", "text fail", "error handler failed: on_message fails", "text on", "close 1000 Peer clean"] },
    Case { callback: "on_message", how: How::Panic, code: 1011, journal: &["open", "text fail", "error handler panicked: on_message panics", "close 1011 Local clean"] },
    Case { callback: "on_error",   how: How::Err,   code: 1011, journal: &["open", "text fail", "error handler failed: on_message fails", "close 1011 Local clean"] },
    Case { callback: "on_error",   how: How::Panic, code: 1011, journal: &["open", "text fail", "error handler panicked: on_message panics", "close 1011 Local clean"] },
    Case { callback: "on_close",   how: How::Err,   code: 1000, journal: &["open", "text on", "close 1000 Peer clean", "error handler failed: on_close fails"] },
    Case { callback: "on_close",   how: How::Panic, code: 1000, journal: &["open", "text on", "close 1000 Peer clean", "error handler panicked: on_close panics"] },
];

#[rustfmt::skip] // a table
const WITHOUT: &[Case] = &[
    Case { callback: "on_open",    how: How::Err,   code: 1011, journal: &["open", "close 1011 Local clean"] },
    Case { callback: "on_open",    how: How::Panic, code: 1011, journal: &["open", "close 1011 Local clean"] },
    Case { callback: "on_message", how: How::Err,   code: 1011, journal: &["open", "text fail", "close 1011 Local clean"] },
    Case { callback: "on_message", how: How::Panic, code: 1011, journal: &["open", "text fail", "close 1011 Local clean"] },
    Case { callback: "on_close",   how: How::Err,   code: 1000, journal: &["open", "text on", "close 1000 Peer clean"] },
    Case { callback: "on_close",   how: How::Panic, code: 1000, journal: &["open", "text on", "close 1000 Peer clean"] },
];

/// Runs `case` beside a session that must not notice.
async fn run(case: &Case, on_error: bool) {
    let name = format!("{} {:?}, on_error: {on_error}", case.callback, case.how);
    let setup = Setup::default();
    let hub = setup.hub.clone();
    let hook = failing(case.callback, case.how);
    let mut rig = if on_error { setup.start(hook) } else { setup.start_without_on_error(hook) };
    let mut other = Setup { hub, ..Setup::default() }.start(echo());
    if matches!(case.callback, "on_message" | "on_error") {
        rig.peer.text("fail").await;
    }
    if case.callback != "on_open" && case.callback != "on_error" {
        rig.peer.text("on").await;
    }
    let mut close = rig.peer.frame();
    if case.code == 1000 {
        assert_eq!(close.await.text(), "on", "{name}");
        rig.peer.close(1000).await;
        close = rig.peer.frame();
    }
    let close = close.await;
    assert_eq!(close.close_code(), case.code, "{name}");
    if case.code == 1011 {
        assert_eq!(&close.payload[2..], b"internal error", "{name}: tells nothing of ours");
    }
    let journal = rig.ended().await;
    let clean = |entry: &str| entry.trim_end_matches(" clean").to_owned();
    let got: Vec<_> = journal.iter().map(|entry| clean(entry)).collect();
    let want: Vec<_> = case.journal.iter().map(|entry| clean(entry)).collect();
    let first_error = got.iter().find(|entry| entry.starts_with("error"));
    if case.callback == "on_error" {
        // It failed on what it was told; a panic of its own it may be told of, too.
        assert!(first_error.is_some_and(|entry| entry.contains("on_message")), "{name}: {got:?}");
        assert_eq!(got.last(), want.last(), "{name}");
    } else {
        assert_eq!(got, want, "{name}");
    }
    other.peer.text("alive").await;
    assert_eq!(other.peer.next_text().await, "alive", "{name}");
    assert_eq!(other.hub.len(), 1, "{name}");
}

#[tokio::test(start_paused = true)]
async fn failures_reach_on_error_and_harm_their_own_session_only() {
    for case in WITH_ON_ERROR {
        run(case, true).await;
    }
}

#[tokio::test(start_paused = true)]
async fn failures_without_on_error_are_logged_and_close() {
    for case in WITHOUT {
        run(case, false).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_message_is_delivered_after_a_failed_open() {
    let early = crate::support::masked(true, OpCode::Text, b"early");
    let rig = Setup { early, ..Setup::default() }.start(failing("on_open", How::Err));
    let journal = rig.ended().await;
    assert!(!journal.iter().any(|entry| entry.starts_with("text")), "{journal:?}");
}

/// What a handler sent before it failed is on its way: an apology, say.
#[tokio::test(start_paused = true)]
async fn what_was_sent_before_a_failure_goes_out_before_its_close() {
    for (how, callback) in [(How::Err, "open"), (How::Panic, "open"), (How::Panic, "message")] {
        let mut rig = Setup::default().start(hook(move |session, call| async move {
            match call {
                Call::Open if callback == "open" => {}
                Call::Text(_) => {}
                _ => return Ok(Reply::None),
            }
            session.send("sorry").await?;
            session.send(vec![1; 300_000]).await?;
            fail(how, "it")
        }));
        rig.peer.text("go").await;
        assert_eq!(rig.peer.next_text().await, "sorry", "{callback}");
        assert_eq!(rig.peer.frame().await.payload.len(), 300_000);
        assert_eq!(rig.peer.frame().await.close_code(), 1011);
        rig.ended().await;
    }
}

#[tokio::test(start_paused = true)]
async fn answers_owed_come_before_the_close_for_a_violation() {
    let mut rig = Setup::default().start(hook(|session, call| async move {
        if let Call::Text(text) = call {
            session.send(text).await?;
        }
        Ok(Reply::None)
    }));
    let mut wire = rig.peer.bytes(true, OpCode::Text, b"good");
    wire.extend(b"\x83\x80\0\0\0\0");
    rig.peer.raw(&wire).await;
    assert_eq!(rig.peer.next_text().await, "good");
    assert_eq!(rig.peer.frame().await.close_code(), 1002);
    let journal = rig.ended().await;
    assert_eq!(journal[2], "error the peer broke the protocol: reserved opcode 0x3");
    assert_eq!(journal[3], "close 1002 Local");
}

//! What changes while a session is open: message handlers, limits, idle timeouts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::time::sleep;
use ws_core::{
    Delivery, EndpointConfig, Error, HandlerEntry, Message, MessageHandler, NativeType, OpCode,
    Reply, Session,
};

use crate::support::{Act, FormsRig, Given, NEAR, NONE, PARTS, PIPE, act, forms, secs};

fn config() -> EndpointConfig {
    let mut config = EndpointConfig::new("/");
    config.keep_alive = None;
    config
}

fn quiet() -> Act {
    act(|_, _| async { Ok(Reply::None) })
}

fn bare() -> FormsRig {
    forms::<NONE, true>(config(), PIPE, quiet())
}

fn upper() -> MessageHandler {
    MessageHandler::text(|text: String| async move { text.to_uppercase() })
}

#[tokio::test(start_paused = true)]
async fn handlers_are_added_replaced_and_removed() {
    let mut rig = bare();
    rig.peer.text("nobody").await;
    sleep(secs(1)).await;
    let mut guard = rig.session.add_message_handler(upper()).unwrap();
    assert_eq!(guard.native_type(), NativeType::Text);
    rig.peer.text("one").await;
    assert_eq!(rig.peer.next_text().await, "ONE");
    guard.replace(MessageHandler::text(|text: String| async move { Some(text) })).unwrap();
    rig.peer.text("two").await;
    assert_eq!(rig.peer.next_text().await, "two");
    assert!(guard.replace(MessageHandler::pong(|_| async {})).is_err());
    guard.remove();
    rig.peer.text("nobody again").await;
    rig.peer.assert_silent().await;
    drop(rig.session.add_message_handler(upper()).unwrap());
    rig.peer.text("stays").await;
    assert_eq!(rig.peer.next_text().await, "STAYS");
}

#[tokio::test(start_paused = true)]
async fn one_handler_for_each_type() {
    let rig = bare();
    sleep(secs(1)).await;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let add = |session: &Session| {
        let kept = Arc::clone(&kept);
        session.add_message_handler(MessageHandler::binary_parts(move |part, last| {
            kept.lock().unwrap().push((part.len(), last));
            async {}
        }))
    };
    add(&rig.session).unwrap();
    let conflict = add(&rig.session).unwrap_err();
    assert_eq!(conflict.native_type(), NativeType::Binary);
    assert_eq!(conflict.to_string(), "the session has another handler for binary messages");
    rig.session.add_message_handler(upper()).unwrap();
    let entries = rig.session.message_handlers();
    let of = |entry: &HandlerEntry| (entry.native_type, entry.delivery, entry.declared);
    let want =
        [(NativeType::Text, Delivery::Whole, false), (NativeType::Binary, Delivery::Parts, false)];
    assert_eq!(entries.iter().map(of).collect::<Vec<_>>(), want);

    // What the endpoint declares is taken, and is not to be removed.
    let declared = forms::<PARTS, true>(config(), PIPE, quiet());
    sleep(secs(1)).await;
    assert!(declared.session.add_message_handler(upper()).is_err());
    let pong = MessageHandler::pong(|_| async {});
    assert_eq!(
        declared.session.add_message_handler(pong).unwrap_err().native_type(),
        NativeType::Pong
    );
    assert_eq!(declared.session.message_handlers().len(), 3);
    assert!(declared.session.message_handlers().iter().all(|entry| entry.declared));
}

#[tokio::test(start_paused = true)]
async fn handlers_of_every_type() {
    let mut rig = forms::<NONE, true>(
        config(),
        PIPE,
        act(|session, given| async move {
            let Given::Open = given else { return Ok(Reply::None) };
            let failed = |_| Error::Handler("conflict".into());
            let mut total = 0;
            session
                .add_message_handler(MessageHandler::text_parts(move |part: String, last| {
                    total += part.len();
                    let answer = last.then(|| format!("{total} in all"));
                    async move { answer }
                }))
                .map_err(failed)?;
            session
                .add_message_handler(MessageHandler::binary(|payload| async move {
                    if payload.is_empty() {
                        Err("empty")
                    } else {
                        Ok(Message::binary(payload.to_vec()))
                    }
                }))
                .map_err(failed)?;
            session
                .add_message_handler(MessageHandler::pong(|pong: ws_core::Pong| async move {
                    format!("pong of {}", pong.payload.len())
                }))
                .map_err(failed)?;
            Ok(Reply::None)
        }),
    );
    let first = rig.peer.bytes(false, OpCode::Text, b"12345");
    let last = rig.peer.bytes(true, OpCode::Continuation, b"678");
    rig.peer.raw(&[first, last].concat()).await;
    assert_eq!(rig.peer.next_text().await, "8 in all");
    rig.peer.send(OpCode::Binary, b"").await;
    rig.peer.send(OpCode::Binary, b"bytes").await;
    assert_eq!(rig.peer.frame().await.payload, b"bytes");
    assert!(rig.journal.has("error handler failed: empty"));
    rig.peer.send(OpCode::Pong, b"123").await;
    assert_eq!(rig.peer.next_text().await, "pong of 3");
    // Long enough to be read straight to its place.
    rig.peer.send(OpCode::Binary, &[7; 60_000]).await;
    assert_eq!(rig.peer.frame().await.payload, [7; 60_000]);
}

/// A message stays with the handler that was there when it began.
#[tokio::test(start_paused = true)]
async fn a_message_that_has_begun_keeps_its_handler() {
    let mut rig = bare();
    sleep(secs(1)).await;
    let guard = rig.session.add_message_handler(upper()).unwrap();
    sleep(secs(1)).await;
    let first = rig.peer.bytes(false, OpCode::Text, b"be");
    rig.peer.raw(&first).await;
    sleep(secs(1)).await;
    guard.remove();
    let other = MessageHandler::text(|_: String| async { "other" });
    rig.session.add_message_handler(other).unwrap();
    let last = rig.peer.bytes(true, OpCode::Continuation, b"gun");
    rig.peer.raw(&last).await;
    assert_eq!(rig.peer.next_text().await, "BEGUN");
    rig.peer.text("next").await;
    assert_eq!(rig.peer.next_text().await, "other");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_ends_its_session_alone() {
    let mut rig = bare();
    let boom =
        MessageHandler::text(|text: String| async move { assert_ne!(text, "boom", "as asked") });
    sleep(secs(1)).await;
    rig.session.add_message_handler(boom).unwrap();
    rig.peer.text("boom").await;
    assert_eq!(rig.peer.frame().await.close_code(), 1011);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1011 Local");
}

#[tokio::test(start_paused = true)]
async fn limits_hold_for_the_next_message() {
    let mut rig = bare();
    sleep(secs(1)).await;
    let echo = MessageHandler::binary(|payload| async move { payload });
    rig.session.add_message_handler(echo).unwrap();
    let first = rig.peer.bytes(false, OpCode::Binary, &[1; 20]);
    rig.peer.raw(&first).await;
    sleep(secs(1)).await;
    let mut limits = rig.session.limits();
    limits.max_binary_len = 10;
    rig.session.set_limits(limits);
    assert_eq!(rig.session.limits().max_binary_len, 10);
    let last = rig.peer.bytes(true, OpCode::Continuation, &[2; 20]);
    rig.peer.raw(&last).await;
    assert_eq!(rig.peer.frame().await.payload.len(), 40, "it began before");
    rig.peer.send(OpCode::Binary, &[3; 10]).await;
    assert_eq!(rig.peer.frame().await.payload.len(), 10);
    rig.peer.send(OpCode::Binary, &[4; 11]).await;
    assert_eq!(rig.peer.frame().await.close_code(), 1009);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1009 Local");
}

#[tokio::test(start_paused = true)]
async fn idle_timeouts_can_be_set_while_nothing_happens() {
    let began = crate::support::now();
    let mut rig = bare();
    sleep(secs(10)).await;
    assert_eq!(rig.session.idle_timeout(), None);
    rig.session.set_idle_timeout(Some(secs(5)));
    assert_eq!(rig.session.idle_timeout(), Some(secs(5)));
    sleep(secs(3)).await;
    rig.peer.text("data").await;
    assert_eq!(rig.peer.frame().await.close_code(), 1001);
    assert_eq!((crate::support::now() - began).as_secs(), 18);
    let journal = rig.ended().await;
    assert_eq!(journal[1..], ["error idle timeout", "close 1006 Local"]);
}

/// Each looks at one direction only.
#[tokio::test(start_paused = true)]
async fn read_and_write_idle_timeouts() {
    for reading in [true, false] {
        let mut rig = bare();
        sleep(secs(1)).await;
        if reading {
            rig.session.set_read_idle_timeout(Some(secs(10)));
        } else {
            rig.session.set_write_idle_timeout(Some(secs(10)));
        }
        let (read, write) = (rig.session.read_idle_timeout(), rig.session.write_idle_timeout());
        assert_eq!((read.is_some(), write.is_some()), (reading, !reading));
        // Traffic the other way helps nothing, the own way it does.
        for n in 0..4 {
            sleep(secs(4)).await;
            if reading == (n < 2) {
                rig.peer.text("read").await;
            } else {
                rig.session.send("written").await.unwrap();
                assert_eq!(rig.peer.next_text().await, "written");
            }
        }
        let early = sleep(secs(2) - NEAR);
        early.await;
        rig.peer.assert_silent().await;
        sleep(2 * NEAR).await;
        assert_eq!(rig.peer.frame().await.close_code(), 1001, "reading: {reading}");
        assert_eq!(rig.ended().await.last().unwrap(), "close 1006 Local");
    }
}

/// Looks at its session when it is dropped, as the drop of what a handler captured may.
struct Captured(Session, Arc<AtomicU32>);

impl Drop for Captured {
    fn drop(&mut self) {
        let _ = self.0.message_handlers();
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

/// A handler that captured its session lives no longer than that is open, and is dropped where what
/// it captured may use the session.
#[tokio::test(start_paused = true)]
async fn a_handler_is_dropped_when_it_is_replaced_removed_or_its_session_ends() {
    let rig = bare();
    sleep(secs(1)).await;
    let (session, dropped) = (rig.session.clone(), Arc::new(AtomicU32::new(0)));
    let capturing = || {
        let captured = Captured(session.clone(), Arc::clone(&dropped));
        MessageHandler::text(move |_: String| {
            let _ = &captured;
            async {}
        })
    };
    let count = || dropped.load(Ordering::Relaxed);
    let mut guard = session.add_message_handler(capturing()).unwrap();
    assert!(session.add_message_handler(capturing()).is_err());
    assert_eq!(count(), 1);
    guard.replace(capturing()).unwrap();
    assert_eq!(count(), 2);
    guard.remove();
    assert_eq!(count(), 3);
    session.add_message_handler(capturing()).unwrap();
    sleep(secs(1)).await; // the engine has it, too
    session.abort();
    rig.ended().await;
    assert_eq!(count(), 4);
    let mut late = session.add_message_handler(capturing()).unwrap();
    assert_eq!(count(), 5);
    late.replace(capturing()).unwrap();
    assert_eq!(count(), 6);
    assert!(session.message_handlers().is_empty());
}

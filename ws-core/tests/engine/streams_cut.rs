//! A message whose reader never sees its end.

use ws_core::{EndpointConfig, Error, Message, OpCode, Reply};

use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use crate::support::{Act, FormsRig, Given, PIPE, STREAM, act, forms, secs};

/// Reads each message to its end, and passes on what fails in that.
fn reading() -> Act {
    act(|_, given| async move {
        let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
        let all = reader.read_to_end(1 << 20).await?;
        Ok(Reply::Message(Message::text(all.len().to_string())))
    })
}

/// Reads, and says in a message what came of it.
fn telling() -> Act {
    act(|session, given| async move {
        let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
        let read = reader.read_to_end(1 << 20).await;
        assert!(matches!(read, Err(Error::Incomplete)));
        assert!(matches!(reader.chunk().await, Err(Error::Incomplete)), "once and for all");
        let text = format!("open: {}", session.is_open());
        Ok(Reply::Message(Message::text(text)))
    })
}

async fn begun(config: EndpointConfig, act: Act) -> FormsRig {
    let mut rig = forms::<STREAM, true>(config, PIPE, act);
    let wire = rig.peer.bytes(false, OpCode::Text, b"half");
    rig.peer.raw(&wire).await;
    sleep(secs(1)).await;
    rig
}

fn config() -> EndpointConfig {
    EndpointConfig::new("/")
}

#[tokio::test(start_paused = true)]
async fn a_close_in_mid_message_ends_it_and_replies_still_go_out() {
    let mut rig = begun(config(), telling()).await;
    rig.peer.close(4000).await;
    assert_eq!(rig.peer.next_text().await, "open: true");
    assert_eq!(rig.peer.frame().await.close_code(), 4000);
    assert_eq!(rig.ended().await, ["open", "text", "closing 4000", "close 4000 Peer clean"]);
}

/// The error goes to the error handler. Without one, the Close is answered all the same.
#[tokio::test(start_paused = true)]
async fn an_error_for_a_close_in_mid_message_does_not_replace_the_close() {
    let mut rig = begun(config(), reading()).await;
    rig.peer.close(4000).await;
    assert_eq!(rig.peer.frame().await.close_code(), 4000);
    let want =
        ["error the message did not come to its end", "closing 4000", "close 4000 Peer clean"];
    assert_eq!(rig.ended().await[2..], want);

    let mut rig = forms::<STREAM, false>(config(), PIPE, reading());
    let wire = rig.peer.bytes(false, OpCode::Text, b"half");
    rig.peer.raw(&wire).await;
    rig.peer.close(4000).await;
    assert_eq!(rig.peer.frame().await.close_code(), 4000);
    assert_eq!(rig.ended().await[2..], ["closing 4000", "close 4000 Peer clean"]);
}

/// A handler that goes on after the peer's Close does not keep it from its answer for ever.
#[tokio::test(start_paused = true)]
async fn a_close_in_mid_message_is_answered_at_the_close_timeout() {
    let busy = act(|_, given| async move {
        if let Given::Stream(_reader) = given {
            sleep(secs(30)).await;
        }
        Ok(Reply::None)
    });
    let mut rig = forms::<STREAM, true>(config(), PIPE, busy);
    let wire = rig.peer.bytes(false, OpCode::Text, b"half");
    rig.peer.raw(&wire).await;
    rig.peer.close(1000).await;
    let began = crate::support::now();
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    assert_eq!((crate::support::now() - began).as_secs(), 5);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1000 Peer clean");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_in_mid_message() {
    let mut rig = begun(config(), reading()).await;
    rig.peer.io.shutdown().await.unwrap();
    let want = [
        "error the message did not come to its end",
        "error the transport failed: the peer ended the stream",
        "close 1006 Transport",
    ];
    assert_eq!(rig.ended().await[2..], want);
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_protocol_in_mid_message() {
    for (piece, code) in [(&[0x80, 0x81, 0, 0, 0, 0, 0xFF][..], 1007), (&[0x83, 0x80], 1002)] {
        for handled in [true, false] {
            let mut rig = if handled {
                forms::<STREAM, true>(config(), PIPE, reading())
            } else {
                forms::<STREAM, false>(config(), PIPE, reading())
            };
            let wire = rig.peer.bytes(false, OpCode::Text, b"half");
            rig.peer.raw(&wire).await;
            rig.peer.raw(piece).await;
            assert_eq!(rig.peer.frame().await.close_code(), code);
            let journal = rig.ended().await;
            assert_eq!(*journal.last().unwrap(), format!("close {code} Local"));
            let told = journal.iter().filter(|it| it.starts_with("error the peer broke")).count();
            assert_eq!(told, usize::from(handled), "{journal:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_stops_in_mid_message_is_idle() {
    let mut config = config();
    config.idle_timeout = Some(secs(30));
    let began = crate::support::now();
    let mut rig = begun(config, reading()).await;
    // Not a data frame.
    rig.peer.ping("still here").await;
    assert_eq!(rig.peer.next_pong().await, "still here");
    let mut pings = 0;
    let close = loop {
        let frame = rig.peer.frame().await;
        if frame.opcode == OpCode::Close {
            break frame;
        }
        assert_eq!(frame.opcode, OpCode::Ping, "the peer is asked whether it is there");
        pings += 1;
        let pong = rig.peer.bytes(true, OpCode::Pong, &frame.payload);
        rig.peer.raw(&pong).await;
    };
    assert_eq!((close.close_code(), pings), (1001, 1));
    assert_eq!((crate::support::now() - began).as_secs(), 30);
    let journal = rig.ended().await;
    assert_eq!(journal.last().unwrap(), "close 1006 Local");
}

/// A handler that does something else than read is not idle.
#[tokio::test(start_paused = true)]
async fn a_busy_handler_is_not_idle() {
    let mut config = config();
    config.idle_timeout = Some(secs(3));
    config.keep_alive = None;
    let mut rig = begun(
        config,
        act(|_, given| async move {
            let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
            sleep(secs(60)).await;
            let all = reader.read_to_end(100).await?;
            Ok(Reply::Message(Message::text(all.len().to_string())))
        }),
    )
    .await;
    let end = rig.peer.bytes(true, OpCode::Continuation, b"!");
    rig.peer.raw(&end).await;
    assert_eq!(rig.peer.next_text().await, "5");
}

#[tokio::test(start_paused = true)]
async fn an_abort_in_mid_message() {
    let rig = begun(config(), reading()).await;
    rig.session.abort();
    let journal = rig.ended().await;
    assert_eq!(journal[2..], ["error the message did not come to its end", "close 1006 Local"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_mid_message() {
    let mut rig = begun(
        config(),
        act(|_, given| async move {
            let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
            while let Some(chunk) = reader.chunk().await? {
                assert_ne!(&chunk[..], b"boom", "as asked");
            }
            Ok(Reply::None)
        }),
    )
    .await;
    let boom = rig.peer.bytes(false, OpCode::Continuation, b"boom");
    rig.peer.raw(&boom).await;
    assert_eq!(rig.peer.frame().await.close_code(), 1011);
    assert_eq!(rig.ended().await.last().unwrap(), "close 1011 Local");
}

/// Our own Close does not stop a message that is being read: the peer's messages are delivered until
/// its Close comes.
#[tokio::test(start_paused = true)]
async fn a_message_goes_on_after_our_close() {
    let mut rig = begun(
        config(),
        act(|session, given| async move {
            let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
            drop(session.close(ws_core::CloseReason::default()));
            let all = reader.read_to_end(100).await?;
            assert_eq!(all.len(), 5);
            Ok(Reply::None)
        }),
    )
    .await;
    assert_eq!(rig.peer.frame().await.close_code(), 1000);
    let end = rig.peer.bytes(true, OpCode::Continuation, b"!");
    rig.peer.raw(&end).await;
    rig.peer.close(1000).await;
    assert_eq!(rig.ended().await, ["open", "text", "close 1000 Local clean"]);
}

#[tokio::test(start_paused = true)]
async fn too_long_is_an_error_of_the_handler() {
    let mut rig = forms::<STREAM, true>(
        config(),
        PIPE,
        act(|_, given| async move {
            let Given::Stream(mut reader) = given else { return Ok(Reply::None) };
            let all = reader.read_to_end(10).await?;
            Ok(Reply::Message(Message::text(all.len().to_string())))
        }),
    );
    rig.peer.text("01234567890").await;
    rig.peer.text("0123456789").await;
    assert_eq!(rig.peer.next_text().await, "10");
    assert!(rig.journal.has("error the message is longer than 10 bytes"));
}

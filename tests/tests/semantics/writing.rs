//! Messages written piece by piece, batches, and timeouts of single sends.

use std::time::Duration;

use tests::endpoints::kind;
use tests::wire::{BINARY, TEXT};
use tests::{Frame, Journal, RawClient, TestServer};
use tokio::io::AsyncWriteExt as _;
use ws_container::prelude::*;

use crate::support::open;

/// Writes what a text message asks for.
#[server_endpoint("/writing/{case}")]
#[derive(Default)]
struct Writing;

#[handlers]
impl Writing {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        Journal::of(case).note("open");
    }

    #[on_message]
    async fn text(
        &mut self,
        session: &Session,
        text: &str,
        #[path_param] case: &str,
    ) -> Result<()> {
        match text {
            "10004" => {
                let mut writer = session.binary_writer().await?;
                for _ in 0..4 {
                    writer.write_all(&[7; 2501]).await?;
                }
                writer.finish().await
            }
            "40000" => {
                let mut writer = session.text_writer().await?;
                writer.write_str(&"é".repeat(20_000)).await?;
                writer.finish().await
            }
            "nothing" => session.text_writer().await?.finish().await,
            "empty" => {
                let mut writer = session.text_writer().await?;
                writer.write_str("").await?;
                writer.finish().await
            }
            "abandoned" => {
                let mut writer = session.text_writer().await?;
                writer.write_str("half").await?;
                writer.flush().await?;
                Ok(())
            }
            "beside" => {
                let mut writer = session.text_writer().await?;
                writer.write_str("a").await?;
                writer.flush().await?;
                let other = session.clone();
                let whole = tokio::spawn(async move { other.send("whole").await });
                session.send_ping("between").await?;
                Journal::of(case).pass().await;
                writer.write_str("b").await?;
                writer.finish().await?;
                whole.await.map_err(|error| Error::from_handler(error.into()))?
            }
            _ => {
                let batch = session.batch();
                session.send("one").await?;
                session.send("two").await?;
                Journal::of(case).pass().await;
                batch.flush().await
            }
        }
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        Journal::of(case).note(format!("error {}", kind(error)));
    }
}

fn asked(text: &str) -> (RawClient, std::sync::Arc<Journal>, TestServer) {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "writing", &format!("writing-{text}"));
    client.send_text(text);
    (client, journal, server)
}

/// Reads one message; the lengths of its frames, and its payload.
#[track_caller]
fn message(client: &mut RawClient, opcode: u8) -> (Vec<usize>, Vec<u8>) {
    let (mut lengths, mut payload) = (Vec::new(), Vec::new());
    loop {
        let frame = client.read();
        assert_eq!(frame.opcode, if lengths.is_empty() { opcode } else { 0 });
        lengths.push(frame.payload.len());
        payload.extend(frame.payload);
        if frame.fin {
            return (lengths, payload);
        }
    }
}

#[test]
fn messages_get_send_stream_of_10004_bytes() {
    let (mut client, _, _server) = asked("10004");
    let (_, payload) = message(&mut client, BINARY);
    assert_eq!(payload, [7; 10_004]);
    let (mut client, _, _server) = asked("40000");
    let (lengths, payload) = message(&mut client, TEXT);
    assert_eq!(payload, "é".repeat(20_000).as_bytes());
    assert!(lengths.len() > 1 && lengths.iter().all(|len| *len <= 16 << 10), "{lengths:?}");
}

#[test]
fn messages_stream_or_writer_closed_with_no_write() {
    let (mut client, _, _server) = asked("nothing");
    client.assert_silent();
    let (mut client, _, _server) = asked("empty");
    assert_eq!(message(&mut client, TEXT).1, b"");
    client.assert_silent();
}

#[test]
fn messages_stream_or_writer_abandoned() {
    let (mut client, _, _server) = asked("abandoned");
    client.assert_next(&Frame::text("half").unfinished());
    assert!(client.assert_closed_cleanly(1011).contains("abandoned"));
}

#[test]
fn messages_ping_and_whole_text_in_the_middle_of_a_partial_text() {
    let (mut client, journal, _server) = asked("beside");
    client.assert_next(&Frame::text("a").unfinished());
    client.assert_next(&Frame::ping("between"));
    journal.wait_for("waiting");
    client.assert_silent();
    journal.release();
    let (_, rest) = message(&mut client, 0);
    assert_eq!(rest, b"b");
    client.assert_next(&Frame::text("whole"));
}

#[test]
fn messages_set_batching_allowed_2_texts_flush_batch() {
    let (mut client, journal, _server) = asked("batch");
    journal.wait_for("waiting");
    std::thread::sleep(Duration::from_millis(10));
    client.assert_unreadable();
    journal.release();
    client.assert_next(&Frame::text("one"));
    client.assert_next(&Frame::text("two"));
}

/// Bytes that no system keeps for a peer that does not read.
const MORE_THAN_FITS: usize = 32 << 20;

/// Sends to a peer that takes nothing.
#[server_endpoint("/within/{case}")]
#[derive(Default)]
struct Within;

#[handlers]
impl Within {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        Journal::of(case).note("open");
    }

    #[on_message]
    async fn text(&mut self, session: &Session, text: &str, #[path_param] case: &str) {
        let (timeout, message) = (Duration::from_millis(50), "x".repeat(MORE_THAN_FITS));
        let sent = if text == "own" {
            session.set_send_timeout(timeout);
            session.send(message).await
        } else {
            session.send_within(message, timeout).await
        };
        Journal::of(case).note(format!("sent {:?}", sent.map_err(|error| kind(&error))));
    }

    #[on_close]
    fn close(&mut self, reason: &CloseReason, #[path_param] case: &str) {
        Journal::of(case).note(format!("close {}", reason.code().as_u16()));
        Journal::of(case).note("end");
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        Journal::of(case).note(format!("error {}", kind(error)));
    }
}

#[test]
fn sending_async_with_a_send_timeout_client_does_not_read() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "within", "timeout-own");
    client.send_text("own");
    journal.wait_for("end");
    let lines = journal.lines();
    assert!(lines[1].starts_with("sent Err("), "{lines:?}");
    // Half a frame is out: the session cannot go on.
    assert_eq!(lines[lines.len() - 2], "close 1006", "{lines:?}");
}

#[test]
fn sending_one_message_with_a_timeout_client_does_not_read() {
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "within", "timeout-within");
    client.send_text("within");
    assert_eq!(journal.wait_for("sent"), "sent Err(\"Timeout\")");
    // That was one caller's patience, not the session's: a peer that reads on gets all of it.
    let frame = client.read();
    assert_eq!((frame.fin, frame.payload.len()), (true, MORE_THAN_FITS));
    client.assert_silent();
}

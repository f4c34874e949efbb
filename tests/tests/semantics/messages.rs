//! What handlers are given, and what they return.

use tests::wire::{BINARY, TEXT};
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::frame as wire;
use ws_container::prelude::{Error, Result, Session, TextEncoder, handlers, server_endpoint};

use crate::support::assert_compile_errors;

/// Takes text alone.
#[server_endpoint("/text-only")]
#[derive(Default)]
struct TextOnly;

#[handlers]
impl TextOnly {
    #[on_message]
    fn text(&mut self, text: &str) -> usize {
        text.len()
    }
}

#[test]
fn messages_binary_to_a_text_only_endpoint_and_text_to_a_binary_only_one() {
    let server = TestServer::start();
    for (path, ignored, taken) in [
        ("/text-only", Frame::binary([1, 2]), Frame::text("abc")),
        ("/binary-only", Frame::text("ab"), Frame::binary([1, 2, 3])),
    ] {
        let mut client = RawClient::open(server.addr(), path);
        client.send(&ignored);
        client.assert_silent();
        client.send(&taken);
        client.assert_next(&Frame::text("3"));
        client.close(1000, "");
    }
}

/// A type with an encoder.
struct Shouted(&'static str);

/// Encodes it.
#[derive(Default)]
struct Shouting;

impl TextEncoder for Shouting {
    type Message = Shouted;
    type Error = std::convert::Infallible;

    fn encode(&self, Shouted(text): &Shouted) -> Result<String, Self::Error> {
        Ok(text.to_uppercase())
    }
}

macro_rules! replies {
    ($($endpoint:ident, $path:literal, $type:ty, $value:expr;)*) => {$(
        #[server_endpoint($path, encoders = [Shouting])]
        #[derive(Default)]
        struct $endpoint;

        #[handlers]
        impl $endpoint {
            #[on_message]
            fn text(&mut self, _text: &str) -> $type {
                $value
            }
        }
    )*};
}

replies! {
    RepliesI32, "/replies/i32", i32, -1;
    RepliesU64, "/replies/u64", u64, u64::MAX;
    RepliesI16, "/replies/i16", i16, 3;
    RepliesU8, "/replies/u8", u8, 4;
    RepliesF32, "/replies/f32", f32, 1.5;
    RepliesF64, "/replies/f64", f64, 0.25;
    RepliesBool, "/replies/bool", bool, true;
    RepliesChar, "/replies/char", char, 'c';
    RepliesString, "/replies/string", String, "text".to_owned();
    RepliesStr, "/replies/str", &'static str, "text";
    RepliesVec, "/replies/vec", Vec<u8>, vec![1, 2];
    RepliesBytes, "/replies/bytes", bytes::Bytes, bytes::Bytes::from_static(&[1, 2]);
    RepliesObject, "/replies/object", Shouted, Shouted("loud");
    RepliesSome, "/replies/some", Option<i32>, Some(1);
    RepliesNone, "/replies/none", Option<String>, None;
    RepliesUnit, "/replies/unit", (), ();
}

#[test]
fn messages_return_value_is_the_reply() {
    let server = TestServer::start();
    for (name, opcode, want) in [
        ("i32", TEXT, "-1"),
        ("u64", TEXT, "18446744073709551615"),
        ("i16", TEXT, "3"),
        ("u8", TEXT, "4"),
        ("f32", TEXT, "1.5"),
        ("f64", TEXT, "0.25"),
        ("bool", TEXT, "true"),
        ("char", TEXT, "c"),
        ("string", TEXT, "text"),
        ("str", TEXT, "text"),
        ("vec", BINARY, "\u{1}\u{2}"),
        ("bytes", BINARY, "\u{1}\u{2}"),
        ("object", TEXT, "LOUD"),
        ("some", TEXT, "1"),
    ] {
        println!("{name}");
        let mut client = RawClient::open(server.addr(), &format!("/replies/{name}"));
        client.send_text("?");
        client.assert_next(&Frame::new(opcode, want));
        client.assert_silent();
    }
}

#[test]
fn messages_return_null() {
    let server = TestServer::start();
    for name in ["none", "unit"] {
        let mut client = RawClient::open(server.addr(), &format!("/replies/{name}"));
        client.send_text("?");
        client.assert_silent();
    }
}

/// Sends one of each.
#[server_endpoint("/sends")]
#[derive(Default)]
struct Sends;

#[handlers]
impl Sends {
    #[on_open]
    async fn open(&mut self, session: &Session) -> Result<()> {
        session.send(1_i32).await?;
        session.send(2_i64).await?;
        session.send(3_i16).await?;
        session.send(4_u8).await?;
        session.send(1.5_f32).await?;
        session.send(0.25_f64).await?;
        session.send(true).await?;
        session.send('c').await?;
        session.send("text").await?;
        session.send("text".to_owned()).await?;
        session.send(&[1, 2][..]).await?;
        session.send(vec![1, 2]).await?;
        session.send_with(&Shouting, &Shouted("loud")).await
    }
}

#[test]
fn messages_send_object() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/sends");
    for text in ["1", "2", "3", "4", "1.5", "0.25", "true", "c", "text", "text"] {
        client.assert_next(&Frame::text(text));
    }
    client.assert_next(&Frame::binary([1, 2]));
    client.assert_next(&Frame::binary([1, 2]));
    client.assert_next(&Frame::text("LOUD"));
}

#[test]
fn messages_no_encoder_or_second_handler_of_one_native_type() {
    assert_compile_errors(&[
        ("no encoder", "reply_without_encoder", "cannot be sent"),
        ("a second text handler", "two_text_handlers", "at most one handler"),
        ("a second handler of a decoded kind", "two_handlers_of_one_decoded_kind", "handler"),
    ]);
}

/// Sends messages in fragments, as the text says.
#[server_endpoint("/fragments/{case}")]
#[derive(Default)]
struct Fragments;

#[handlers]
impl Fragments {
    #[on_message]
    async fn text(
        &mut self,
        session: &Session,
        text: &str,
        #[path_param] case: &str,
    ) -> Result<()> {
        session.send_frame(wire::Frame::text("a").unfinished()).await?;
        match text {
            "three" => session.send_frame(wire::Frame::continuation("b").unfinished()).await?,
            "pong" => session.pong("between").await?,
            _ => {
                let other = session.clone();
                let whole = tokio::spawn(async move { other.send("whole").await });
                Journal::of(case).pass().await;
                session.send_frame(wire::Frame::continuation("b")).await?;
                return whole.await.map_err(|error| Error::from_handler(error.into()))?;
            }
        }
        session.send_frame(wire::Frame::continuation("")).await
    }
}

fn fragments(text: &str) -> (RawClient, TestServer) {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), &format!("/fragments/{text}"));
    client.send_text(text);
    client.assert_next(&Frame::text("a").unfinished());
    (client, server)
}

#[test]
fn messages_send_text_a_b_and_an_empty_last() {
    let (mut client, _server) = fragments("three");
    client.assert_next(&Frame::continuation("b").unfinished());
    client.assert_next(&Frame::continuation(""));
}

#[test]
fn messages_pong_in_the_middle_of_a_partial_text() {
    let (mut client, _server) = fragments("pong");
    client.assert_next(&Frame::pong("between"));
    client.assert_next(&Frame::continuation(""));
}

#[test]
fn messages_whole_text_in_the_middle_of_a_partial_text() {
    let (mut client, _server) = fragments("whole");
    let journal = Journal::of("whole");
    journal.wait_for("waiting");
    // The other task's message waits.
    client.assert_silent();
    journal.release();
    client.assert_next(&Frame::continuation("b"));
    client.assert_next(&Frame::text("whole"));
}

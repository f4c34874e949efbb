//! Chapter 4: what annotations and parameters do.

use std::sync::Arc;

use tests::endpoints::kind;
use tests::ui::assert_explained;
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("2.1.3-1", one_handler_for_each_kind),
    ("4.1-1", an_annotated_type_is_deployed),
    ("4.1.4-1", subprotocols_are_used),
    ("4.3-1", path_parameters_of_illegal_types),
    ("4.3-2", path_parameters_that_the_path_lacks),
    ("4.3-3", path_parameters_have_their_values),
    ("4.3-4", path_parameters_may_be_strings),
    ("4.3-5", path_parameters_may_be_parsed),
    ("4.3-6", path_parameters_that_do_not_parse),
    ("4.7-1", illegal_message_handlers),
    ("4.7-2", primitives_are_decoded),
    ("4.7-3", primitives_are_encoded),
    ("4.7-4", two_message_handlers_for_one_kind),
    ("4.7.1-1", a_message_above_the_maximum),
];

/// Takes one message of each kind.
#[server_endpoint("/jakarta/kinds", subprotocols = ["kinds.v2", "kinds.v1"])]
#[derive(Default)]
struct Kinds;

#[handlers]
impl Kinds {
    #[on_message]
    fn text(&mut self, _text: &str) -> &'static str {
        "text"
    }

    #[on_message]
    fn binary(&mut self, _payload: &[u8]) -> &'static str {
        "binary"
    }

    #[on_message]
    fn pong(&mut self, _pong: Pong) -> &'static str {
        "pong"
    }
}

fn one_handler_for_each_kind() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/jakarta/kinds");
    client.send_all(&[Frame::text("a"), Frame::binary([1]), Frame::pong("")]);
    for name in ["text", "binary", "pong"] {
        client.assert_next(&Frame::text(name));
    }
    client.assert_silent();
    assert_explained("two_text_handlers", "an endpoint has at most one handler for them");
}

fn an_annotated_type_is_deployed() {
    let server = TestServer::start();
    RawClient::open(server.addr(), "/jakarta/kinds").close(1000, "");
    assert_explained("no_default", "the container cannot make a `Chat` for each connection");
}

fn subprotocols_are_used() {
    let server = TestServer::start();
    let agreed = |offer| {
        let client = RawClient::open_as(server.addr(), "/jakarta/kinds", offer);
        client.subprotocol().map(str::to_owned)
    };
    assert_eq!(agreed("kinds.v1, other").as_deref(), Some("kinds.v1"));
    assert_eq!(agreed("other, kinds.v2").as_deref(), Some("kinds.v2"));
    assert_eq!(agreed("other"), None);
}

/// Notes its path parameters in every callback.
#[server_endpoint("/jakarta/params/{name}/{number}/{guest-id}/{case}")]
#[derive(Default)]
struct Params {
    journal: Arc<Journal>,
}

#[handlers]
impl Params {
    #[on_open]
    fn open(
        &mut self,
        #[path_param] case: &str,
        #[path_param] name: &str,
        #[path_param] number: i64,
        #[path_param("guest-id")] guest: char,
    ) {
        self.journal = Journal::of(case);
        self.journal.note(format!("open {name} {number} {guest}"));
    }

    #[on_message]
    fn text(&mut self, #[path_param] number: f64, text: &str, #[path_param] name: String) {
        self.journal.note(format!("text {text} {name} {number:?}"));
    }

    #[on_message]
    fn binary(&mut self, #[path_param] number: bool, payload: &[u8]) {
        self.journal.note(format!("binary {payload:?} {number}"));
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] name: &str) {
        self.journal.note(format!("error {name} {} {error}", kind(error)));
    }

    #[on_close]
    fn close(&mut self, #[path_param("guest-id")] guest: &str, reason: &CloseReason) {
        self.journal.note(format!("close {guest} {}", reason.code().as_u16()));
    }
}

impl Drop for Params {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

fn params(case: &str) -> Vec<String> {
    let server = TestServer::start();
    let journal = Journal::of(case);
    let path = format!("/jakarta/params/J%C3%BCrgen%20K/7/g/{case}");
    let mut client = RawClient::open(server.addr(), &path);
    client.send_all(&[Frame::text("t"), Frame::binary([1])]);
    client.close(1000, "");
    journal.wait_for("end");
    journal.lines()
}

fn path_parameters_have_their_values() {
    assert_eq!(params("params-values")[0], "open Jürgen K 7 g");
    assert_eq!(params("params-close")[3], "close g 1000");
}

fn path_parameters_may_be_strings() {
    let lines = params("params-strings");
    assert!(lines[0].starts_with("open Jürgen K "), "{lines:?}");
    assert!(lines[1].starts_with("text t Jürgen K "), "{lines:?}");
}

fn path_parameters_may_be_parsed() {
    let lines = params("params-parsed");
    assert_eq!(lines[0], "open Jürgen K 7 g");
    assert_eq!(lines[1], "text t Jürgen K 7.0");
}

fn path_parameters_that_do_not_parse() {
    let lines = params("params-errors");
    let error = "error Jürgen K PathParam path parameter `number` does not parse";
    assert_eq!(lines[2], error, "7 is no bool");
    assert_eq!(lines[3], "close g 1000", "the session stayed open");
}

fn path_parameters_of_illegal_types() {
    assert_explained("path_param_without_from_str", "`Room` cannot be a path parameter");
    assert_explained("path_param_with_pattern", "this pattern names no path variable");
}

fn path_parameters_that_the_path_lacks() {
    assert_explained("path_param_not_in_path", "the path of this endpoint has no variable `{rom}`");
}

fn illegal_message_handlers() {
    assert_explained("message_missing", "`#[on_message]` needs a parameter for the message");
    assert_explained("handler_message_without_decoder", "no decoder of this endpoint makes a");
    assert_explained("two_messages_in_one_handler", "is the message already");
    assert_explained("parameter_of_another_event", "`#[on_message]` takes the message");
    assert_explained("reply_without_encoder", "cannot be sent");
}

fn two_message_handlers_for_one_kind() {
    assert_explained("two_text_handlers", "`json` takes text messages, and so does `text`");
    assert_explained("two_text_handlers", "`vec` takes binary messages, and so does `bytes`");
    assert_explained("two_handlers_of_one_decoded_kind", "take the same kind of message");
    assert_explained("whole_and_parts_of_one_kind", "`parts` takes text messages, and so does");
    assert_explained("whole_and_parts_of_one_kind", "`stream` takes binary messages, and so");
}

macro_rules! primitives {
    ($($endpoint:ident, $type:ty, $path:literal;)*) => {$(
        #[server_endpoint($path)]
        #[derive(Default)]
        struct $endpoint;

        #[handlers]
        impl $endpoint {
            #[on_message]
            fn same(&mut self, value: $type) -> $type {
                value
            }
        }
    )*};
}

primitives! {
    OfI8, i8, "/jakarta/primitive/i8";
    OfI16, i16, "/jakarta/primitive/i16";
    OfI32, i32, "/jakarta/primitive/i32";
    OfI64, i64, "/jakarta/primitive/i64";
    OfU8, u8, "/jakarta/primitive/u8";
    OfU64, u64, "/jakarta/primitive/u64";
    OfF32, f32, "/jakarta/primitive/f32";
    OfF64, f64, "/jakarta/primitive/f64";
    OfBool, bool, "/jakarta/primitive/bool";
    OfChar, char, "/jakarta/primitive/char";
}

/// A type, what is sent to it, and what comes back.
const PRIMITIVES: &[(&str, &str, &str)] = &[
    ("i8", "-128", "-128"),
    ("i16", "+32767", "32767"),
    ("i32", "-2147483648", "-2147483648"),
    ("i64", "9223372036854775807", "9223372036854775807"),
    ("u8", "255", "255"),
    ("u64", "18446744073709551615", "18446744073709551615"),
    ("f32", "1.50", "1.5"),
    ("f64", "25e-2", "0.25"),
    ("bool", "true", "true"),
    ("char", "č", "č"),
];

fn primitives_are_decoded() {
    let server = TestServer::start();
    for (name, sent, _) in PRIMITIVES {
        let mut client = RawClient::open(server.addr(), &format!("/jakarta/primitive/{name}"));
        client.send_text(sent);
        assert!(!client.read_text().is_empty());
        client.send_text("no primitive");
        client.assert_failed(1007);
    }
}

fn primitives_are_encoded() {
    let server = TestServer::start();
    for (name, sent, back) in PRIMITIVES {
        let mut client = RawClient::open(server.addr(), &format!("/jakarta/primitive/{name}"));
        client.send_text(sent);
        client.assert_next(&Frame::text(*back));
    }
}

fn a_message_above_the_maximum() {
    let server = TestServer::start();
    for (fits, over) in [
        (Frame::text("x".repeat(1000)), Frame::text("x".repeat(1001))),
        (Frame::binary([0; 1024]), Frame::binary([0; 1025])),
    ] {
        let mut client = RawClient::open(server.addr(), "/small");
        client.send(&fits);
        client.assert_next(&fits);
        client.send(&over);
        client.assert_failed(1009);
        // What counts is the message, not its frames.
        let (first, rest) = over.payload.split_at(600);
        let first = Frame::new(over.opcode, first).unfinished();
        let mut client = RawClient::open(server.addr(), "/small");
        client.send_all(&[first.clone(), Frame::continuation(&rest[1..])]);
        client.assert_next(&fits);
        client.send_all(&[first, Frame::continuation(rest)]);
        client.assert_failed(1009);
    }
}

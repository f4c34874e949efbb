#![deny(warnings)]
//! Messages in parts: every type that comes in parts, with its `bool` on either side.

use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use ws_container::endpoint::{Context, Endpoint};
use ws_container::prelude::*;
use ws_container::{BinaryPart, Deployed, Delivery, Hub, Reply, Request, TextPart};

#[server_endpoint("/borrowed")]
#[derive(Default)]
pub struct Borrowed;

#[handlers]
impl Borrowed {
    #[on_message]
    fn text<'p>(&mut self, text: &'p str, last: bool) -> Option<&'p str> {
        last.then_some(text)
    }

    #[on_message]
    async fn binary(&mut self, is_last: bool, _: &Session, payload: &[u8]) -> usize {
        payload.len() + usize::from(is_last)
    }
}

#[server_endpoint("/owned")]
#[derive(Default)]
pub struct Owned;

#[handlers]
impl Owned {
    #[on_message]
    async fn text(&self, last: bool, text: String) -> String {
        format!("{text}{last}")
    }

    #[on_message]
    fn binary(&self, _payload: Vec<u8>, _: bool) {}
}

#[server_endpoint("/counted/{id}")]
#[derive(Default)]
pub struct Counted {
    pub parts: Vec<(String, bool)>,
}

#[handlers]
impl Counted {
    #[on_message]
    fn text(&mut self, text: Utf8Bytes, #[path_param] _id: Option<u8>, end: bool) -> Option<usize> {
        self.parts.push((text.to_string(), end));
        end.then_some(self.parts.len())
    }

    #[on_message]
    async fn binary(&mut self, payload: bytes::Bytes, last: bool) {
        self.parts.push((format!("{:?}", &payload[..]), last));
    }
}

#[server_endpoint("/structs")]
#[derive(Default)]
pub struct Structs;

#[handlers]
impl Structs {
    #[on_message]
    fn text<'p>(&mut self, TextPart { text, last }: TextPart<'p>) -> Option<&'p str> {
        last.then_some(text)
    }

    #[on_message]
    fn binary(&mut self, part: BinaryPart<'_>) -> usize {
        part.payload.len()
    }
}

/// A `bool` alone is a message.
#[server_endpoint("/switch")]
#[derive(Default)]
pub struct Switch;

#[handlers]
impl Switch {
    #[on_message]
    fn switch(&mut self, on: bool) -> bool {
        !on
    }
}

/// These handlers wait for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("pending"),
    }
}

fn main() {
    assert_eq!(Borrowed::HANDLERS.text, Delivery::Parts);
    assert_eq!(Owned::HANDLERS.binary, Delivery::Parts);
    assert_eq!(Structs::HANDLERS.text, Delivery::Parts);
    assert_eq!(Switch::HANDLERS.text, Delivery::Whole);
    assert_eq!(Borrowed::HANDLERS.list[0].message, "&'p str, bool");
    assert_eq!(Structs::HANDLERS.list[1].message, "BinaryPart<'_>");

    let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let mut endpoint = Counted::default();
    let mut decoders = ();
    for (text, last) in [("a", false), ("b", true)] {
        let cx = Context::new(&session, &mut decoders, &());
        let reply = now(endpoint.on_text_part(cx, TextPart { text, last })).unwrap();
        assert_eq!(matches!(reply, Reply::Message(_)), last);
    }
    let cx = Context::new(&session, &mut decoders, &());
    now(endpoint.on_binary_part(cx, BinaryPart { payload: &[1], last: true })).unwrap();
    let want = [("a", false), ("b", true), ("[1]", true)];
    assert_eq!(endpoint.parts, want.map(|(text, last)| (text.to_owned(), last)));
}

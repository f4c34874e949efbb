//! Encoders and decoders of server endpoints, and what is checked of them.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::ui::assert_explained;
use tests::{Frame, RawClient, TestServer};
use ws_container::prelude::*;

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("3-1", encoders_and_decoders_are_used),
    ("4.1.2-1", encoders_are_made_for_each_connection_and_chosen_by_type),
    ("4.1.3-1", decoders_are_chosen_by_kind),
    ("4.1.3-2", decoders_are_asked_in_order),
];

/// A position, as text `x,y` or as two bytes.
pub(crate) struct Point(u8, u8);

/// Of text.
#[derive(Default)]
pub(crate) struct PointFromText;

impl TextDecoder for PointFromText {
    type Message = Point;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    /// It could parse a `+` and will not.
    fn will_decode(&self, text: &str) -> bool {
        text.contains(',') && !text.contains('+')
    }

    fn decode(&mut self, text: &str) -> Result<Point, Self::Error> {
        let (x, y) = text.split_once(',').ok_or("no comma")?;
        Ok(Point(x.parse()?, y.parse()?))
    }
}

/// Of text too: `origin`.
#[derive(Default)]
pub(crate) struct Named;

impl TextDecoder for Named {
    type Message = Point;
    type Error = Infallible;

    fn will_decode(&self, text: &str) -> bool {
        text.starts_with("origin")
    }

    fn decode(&mut self, _: &str) -> Result<Point, Infallible> {
        Ok(Point(0, 0))
    }
}

/// Its reflection, which only bytes say.
pub(crate) struct Reflected(u8, u8);

/// Of bytes.
#[derive(Default)]
pub(crate) struct ReflectedFromBytes;

impl BinaryDecoder for ReflectedFromBytes {
    type Message = Reflected;
    type Error = &'static str;

    fn decode(&mut self, payload: &[u8]) -> Result<Reflected, &'static str> {
        let [x, y] = payload else { return Err("two bytes make a point") };
        Ok(Reflected(*x, *y))
    }
}

/// To text, with a number that counts from 1 for each instance.
#[derive(Default)]
pub(crate) struct Numbered(AtomicUsize);

impl TextEncoder for Numbered {
    type Message = Point;
    type Error = Infallible;

    fn encode(&self, Point(x, y): &Point) -> Result<String, Infallible> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(format!("{number}: {x},{y}"))
    }
}

/// To bytes.
#[derive(Default)]
pub(crate) struct ToBytes;

impl BinaryEncoder for ToBytes {
    type Message = Reflected;
    type Error = Infallible;

    fn encode(&self, Reflected(x, y): &Reflected) -> Result<Vec<u8>, Infallible> {
        Ok(vec![*y, *x])
    }
}

#[server_endpoint(
    "/jakarta/points",
    decoders = [FirstOf<(PointFromText, Named)>, ReflectedFromBytes],
    encoders = [Numbered, ToBytes],
)]
#[derive(Default)]
struct Points;

#[handlers]
impl Points {
    #[on_message]
    fn point(&mut self, point: Point) -> Point {
        point
    }

    #[on_message]
    fn reflected(&mut self, point: Reflected) -> Reflected {
        point
    }
}

/// With one decoder for its messages.
#[server_endpoint("/jakarta/one-decoder", decoders = [PointFromText], encoders = [Numbered])]
#[derive(Default)]
struct OneDecoder;

#[handlers]
impl OneDecoder {
    #[on_message]
    fn point(&mut self, point: Point) -> Point {
        point
    }
}

fn points() -> (RawClient, TestServer) {
    let server = TestServer::start();
    (RawClient::open(server.addr(), "/jakarta/points"), server)
}

fn encoders_and_decoders_are_used() {
    let (mut client, _server) = points();
    client.send_text("3,4");
    client.assert_next(&Frame::text("1: 3,4"));
}

fn encoders_are_made_for_each_connection_and_chosen_by_type() {
    let (mut one, server) = points();
    let mut two = RawClient::open(server.addr(), "/jakarta/points");
    for client in [&mut one, &mut two] {
        for number in 1..=3 {
            client.send_text("1,2");
            client.assert_next(&Frame::text(format!("{number}: 1,2")));
        }
        client.send(&Frame::binary([1, 2]));
        client.assert_next(&Frame::binary([2, 1]));
    }
    assert_explained("reply_without_encoder", "`Move` is no reply");
}

fn decoders_are_chosen_by_kind() {
    let (mut client, _server) = points();
    client.send_all(&[Frame::binary([b'1', b',']), Frame::text("1,2")]);
    client.assert_next(&Frame::binary([b',', b'1']));
    client.assert_next(&Frame::text("1: 1,2"));
    assert_explained("handler_message_without_decoder", "no decoder of this endpoint makes a");
}

fn decoders_are_asked_in_order() {
    let (mut client, _server) = points();
    client.send_text("origin");
    client.assert_next(&Frame::text("1: 0,0"));
    // Both would: the first does, and its error stands.
    client.send_text("origin,1");
    client.assert_failed(1007);
    let (mut client, server) = points();
    // Neither will.
    client.send_text("nowhere");
    client.assert_failed(1007);
    // One by itself is asked too.
    let mut client = RawClient::open(server.addr(), "/jakarta/one-decoder");
    client.send_text("1,2");
    client.assert_next(&Frame::text("1: 1,2"));
    client.send_text("+1,+2");
    client.assert_failed(1007);
}

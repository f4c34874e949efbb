//! Client endpoints, by their handshake and their engine, with a raw server at the other end.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use http::{HeaderName, HeaderValue};
use tests::{Frame, RawServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use ws_container::endpoint::Declared;
use ws_container::extension::{ExtensionOffer, ExtensionParam};
use ws_container::handshake::{ClientRequest, HandshakeKey, Subprotocol};
use ws_container::prelude::*;
use ws_container::{Deployed, Endpoint, EndpointConfig, Hub, Request, Role, Start, Transport};

use crate::Proof;
use crate::codecs::{
    Named, Numbered, Point, PointFromText, Reflected, ReflectedFromBytes, ToBytes,
};

pub(crate) const PROOFS: &[Proof] = &[
    ("3.2.1-1", subprotocols_are_sent_in_order),
    ("3.2.2-1", extensions_are_sent_in_order),
    ("4.2.1-1", encoders_are_used),
    ("4.2.2-1", decoders_are_chosen_by_kind),
    ("4.2.2-2", decoders_are_asked_in_order),
    ("4.2.3-1", the_handshake_is_configured_and_its_answer_seen),
    ("4.2.4-1", subprotocols_of_the_annotation_are_used),
];

#[client_endpoint(
    subprotocols = ["points.v2", "points.v1"],
    decoders = [FirstOf<(PointFromText, Named)>, ReflectedFromBytes],
    encoders = [Numbered, ToBytes],
)]
struct Points;

#[handlers]
impl Points {
    #[on_open]
    fn open(&mut self, session: &Session) -> String {
        format!("open {}", session.subprotocol().unwrap_or("none"))
    }

    #[on_message]
    fn point(&mut self, point: Point) -> Point {
        point
    }

    #[on_message]
    fn reflected(&mut self, point: Reflected) -> Reflected {
        point
    }
}

/// A request to `addr` with the sample key.
fn to(addr: SocketAddr) -> ClientRequest {
    let key = HandshakeKey::from_random(*b"the sample nonce");
    ClientRequest::new(&format!("ws://{addr}/points"), key).unwrap()
}

/// Opens a connection with `request` and runs `endpoint` on it until it is over; the header fields
/// of the answer come back.
fn run<E: Endpoint>(endpoint: E, mut request: ClientRequest) -> JoinHandle<http::HeaderMap> {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut stream =
                tokio::net::TcpStream::connect((request.host(), request.port())).await.unwrap();
            stream.write_all(&request.to_bytes()).await.unwrap();
            let mut received = Vec::new();
            let verified = loop {
                assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0, "no answer");
                if let Some(verified) = request.verify(&received).unwrap() {
                    break verified;
                }
            };
            let uri = request.uri().to_string();
            let deployed = Deployed::new(EndpointConfig::new(uri.as_str()), Hub::new());
            let subprotocol = verified.subprotocol.as_ref().map(Subprotocol::as_str);
            let session = Session::new(deployed, Request::new(uri), subprotocol);
            let early = received.split_off(verified.consumed);
            let start = Start::new(Transport::Tcp(stream), early, Role::Client, session);
            ws_container::serve(endpoint, start).await;
            verified.headers
        })
    })
}

/// Ends a connection from the server's side.
fn end(mut server: RawServer, client: JoinHandle<http::HeaderMap>) -> http::HeaderMap {
    server.send(&Frame::close(1000, "bye"));
    server.assert_next(&Frame::close(1000, "bye"));
    drop(server);
    client.join().unwrap()
}

/// A connection of [`Points`] that is open.
fn points() -> (RawServer, JoinHandle<http::HeaderMap>) {
    let (listener, addr) = RawServer::listen();
    let client = run(Points, to(addr));
    let mut server = RawServer::accept(&listener);
    server.switch("");
    server.assert_next(&Frame::text("open none"));
    (server, client)
}

fn subprotocols_are_sent_in_order() {
    let (listener, addr) = RawServer::listen();
    let mut request = to(addr);
    for name in ["zebra", "ant", "mouse"] {
        request = request.subprotocol(Subprotocol::new(name).unwrap()).unwrap();
    }
    let client = run(Points, request);
    let mut server = RawServer::accept(&listener);
    assert_eq!(server.header("Sec-WebSocket-Protocol"), Some("zebra, ant, mouse"));
    server.switch("Sec-WebSocket-Protocol: ant\r\n");
    server.assert_next(&Frame::text("open ant"));
    end(server, client);
}

fn extensions_are_sent_in_order() {
    let (listener, addr) = RawServer::listen();
    let bits = ExtensionParam::with_value("bits", "10").unwrap();
    let zip = ExtensionOffer::new("zip").unwrap().with_params(vec![bits]);
    let request = to(addr).extension(zip).extension(ExtensionOffer::new("mux").unwrap());
    let client = run(Points, request);
    let mut server = RawServer::accept(&listener);
    assert_eq!(server.header("Sec-WebSocket-Extensions"), Some("zip; bits=10, mux"));
    server.switch("");
    server.assert_next(&Frame::text("open none"));
    end(server, client);
}

fn encoders_are_used() {
    let (mut server, client) = points();
    server.send(&Frame::text("1,2"));
    server.assert_next(&Frame::text("1: 1,2"));
    server.send(&Frame::binary([1, 2]));
    server.assert_next(&Frame::binary([2, 1]));
    end(server, client);
}

fn decoders_are_chosen_by_kind() {
    let (mut server, client) = points();
    server.send(&Frame::binary([b'1', b',']));
    server.assert_next(&Frame::binary([b',', b'1']));
    server.send(&Frame::text("1,2"));
    server.assert_next(&Frame::text("1: 1,2"));
    end(server, client);
}

fn decoders_are_asked_in_order() {
    let (mut server, client) = points();
    server.send(&Frame::text("origin"));
    server.assert_next(&Frame::text("1: 0,0"));
    server.send(&Frame::text("3,4"));
    server.assert_next(&Frame::text("2: 3,4"));
    // Neither will.
    server.send(&Frame::text("nowhere"));
    assert_eq!(server.read().close_code(), 1007);
    drop(server);
    client.join().unwrap();
}

fn the_handshake_is_configured_and_its_answer_seen() {
    let (listener, addr) = RawServer::listen();
    let request = to(addr)
        .origin(HeaderValue::from_static("http://pages.example"))
        .header(HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer 1"))
        .unwrap();
    let client = run(Points, request);
    let mut server = RawServer::accept(&listener);
    assert_eq!(server.header("Origin"), Some("http://pages.example"));
    assert_eq!(server.header("Authorization"), Some("Bearer 1"));
    server.switch("X-Answer: seen\r\n");
    server.assert_next(&Frame::text("open none"));
    assert_eq!(end(server, client)["x-answer"], "seen");
}

fn subprotocols_of_the_annotation_are_used() {
    let (listener, addr) = RawServer::listen();
    let mut request = to(addr);
    for name in Points::SUBPROTOCOLS {
        request = request.subprotocol(Subprotocol::new(name).unwrap()).unwrap();
    }
    let client = run(Points, request);
    let mut server = RawServer::accept(&listener);
    assert_eq!(server.header("Sec-WebSocket-Protocol"), Some("points.v2, points.v1"));
    server.switch("Sec-WebSocket-Protocol: points.v1\r\n");
    server.assert_next(&Frame::text("open points.v1"));
    end(server, client);
}

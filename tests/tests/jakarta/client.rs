//! Client endpoints of the client container, with a raw server at the other end.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use http::HeaderMap;
use tests::client::{client, config, run as block_on, soon, until};
use tests::{Frame, Offered, RawServer};
use ws_container::client::{ClientConfigurator, ClientEndpointConfig, HandshakeResponse};
use ws_container::extension::ExtensionParam;
use ws_container::prelude::*;
use ws_container::{BoxError, Endpoint, SessionState};

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

/// Connects `endpoint` to `addr` and keeps it until its session is over.
fn run<E: Endpoint>(endpoint: E, config: ClientEndpointConfig, addr: SocketAddr) -> JoinHandle<()> {
    thread::spawn(move || {
        block_on(async {
            let connecting =
                client().connect_with(&config, endpoint, format!("ws://{addr}/points"));
            let session = soon(connecting).await.unwrap();
            until("the session is over", || session.state() == SessionState::Closed).await;
        });
    })
}

/// Ends a connection from the server's side.
fn end(mut server: RawServer, client: JoinHandle<()>) {
    server.send(&Frame::close(1000, "bye"));
    server.assert_next(&Frame::close(1000, "bye"));
    drop(server);
    client.join().unwrap();
}

/// A connection of [`Points`] that is open.
fn points() -> (RawServer, JoinHandle<()>) {
    let (listener, addr) = RawServer::listen();
    let client = run(Points, config(|it| it), addr);
    let mut server = RawServer::accept(&listener);
    server.switch("");
    server.assert_next(&Frame::text("open none"));
    (server, client)
}

fn subprotocols_are_sent_in_order() {
    let (listener, addr) = RawServer::listen();
    let client = run(Points, config(|it| it.subprotocols(["zebra", "ant", "mouse"])), addr);
    let mut server = RawServer::accept(&listener);
    assert_eq!(server.header("Sec-WebSocket-Protocol"), Some("zebra, ant, mouse"));
    server.switch("Sec-WebSocket-Protocol: ant\r\n");
    server.assert_next(&Frame::text("open ant"));
    end(server, client);
}

fn extensions_are_sent_in_order() {
    let (listener, addr) = RawServer::listen();
    let zip = Offered("zip", vec![ExtensionParam::with_value("bits", "10").unwrap()]);
    let mux = Offered("mux", Vec::new());
    let client = run(Points, config(|it| it.extension(zip).extension(mux)), addr);
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

/// Adds to the request, and notes what it saw.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl ClientConfigurator for Noting {
    async fn before_request(&self, uri: &str, headers: &mut HeaderMap) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(format!("before {}", uri.rsplit('/').next().unwrap()));
        headers.insert("authorization", "Bearer 1".parse()?);
        Ok(())
    }

    async fn after_response(&self, response: &HandshakeResponse) -> Result<(), BoxError> {
        let answer = response.headers()["x-answer"].to_str()?.to_owned();
        self.0.lock().unwrap().push(format!("after {} {answer}", response.status().as_u16()));
        Ok(())
    }
}

fn the_handshake_is_configured_and_its_answer_seen() {
    let (listener, addr) = RawServer::listen();
    let noting = Noting::default();
    let config = config(|it| it.origin("http://pages.example").configurator(noting.clone()));
    let client = run(Points, config, addr);
    let mut server = RawServer::accept(&listener);
    assert_eq!(server.header("Origin"), Some("http://pages.example"));
    assert_eq!(server.header("Authorization"), Some("Bearer 1"));
    assert_eq!(*noting.0.lock().unwrap(), ["before points"]);
    server.switch("X-Answer: seen\r\n");
    server.assert_next(&Frame::text("open none"));
    end(server, client);
    assert_eq!(*noting.0.lock().unwrap(), ["before points", "after 101 seen"]);
}

fn subprotocols_of_the_annotation_are_used() {
    let (listener, addr) = RawServer::listen();
    let client = run(Points, config(|it| it), addr);
    let mut server = RawServer::accept(&listener);
    assert_eq!(server.header("Sec-WebSocket-Protocol"), Some("points.v2, points.v1"));
    server.switch("Sec-WebSocket-Protocol: points.v1\r\n");
    server.assert_next(&Frame::text("open points.v1"));
    end(server, client);
}

//! Chapters 3.1 and 8: the opening handshake as it is without a configurator.

use std::sync::atomic::{AtomicUsize, Ordering};

use tests::http::request;
use tests::{Frame, RawClient, TestServer};
use ws_container::handshake::SubprotocolOrder;
use ws_container::prelude::*;

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("3.1.2-1", a_subprotocol_is_agreed_on),
    ("3.1.4-1", the_origin_is_checked),
    ("3.1.5-1", the_answer_says_no_more_than_it_must),
    ("3.1.7-2", each_connection_has_a_new_instance),
    ("8.2-2", only_get_opens_a_connection),
    ("8.3-1", ws_is_allowed),
];

const GET: &str = "GET /jakarta/plain HTTP/1.1";

static MADE: AtomicUsize = AtomicUsize::new(0);

/// Counts its instances, and says how its session was opened.
#[server_endpoint("/jakarta/plain", subprotocols = ["v2", "v1"])]
struct Plain;

impl Default for Plain {
    fn default() -> Self {
        MADE.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

#[handlers]
impl Plain {
    #[on_message]
    fn text(&mut self, session: &Session, _text: &str) -> String {
        let subprotocol = session.subprotocol().unwrap_or("none");
        format!("{subprotocol} {} {}", session.uri(), session.is_secure())
    }
}

fn a_subprotocol_is_agreed_on() {
    let agreed = |server: &TestServer, offer| {
        let mut client = RawClient::open_as(server.addr(), "/jakarta/plain", offer);
        let agreed = client.subprotocol().map(str::to_owned);
        client.send_text("");
        let said = client.read_text();
        assert!(said.starts_with(agreed.as_deref().unwrap_or("none")), "{said}");
        agreed
    };
    let server = TestServer::start();
    assert_eq!(agreed(&server, "v1, v2").as_deref(), Some("v1"));
    assert_eq!(agreed(&server, "v3, v2").as_deref(), Some("v2"));
    assert_eq!(agreed(&server, "v3"), None);
    let server = TestServer::with(|it| it.subprotocol_order = SubprotocolOrder::Server);
    assert_eq!(agreed(&server, "v1, v2").as_deref(), Some("v2"));
}

fn the_origin_is_checked() {
    let server = TestServer::start();
    for (changes, status) in [
        (&["Origin: http://{addr}"][..], 101),
        (&[], 101),
        (&["Origin: http://elsewhere.example"], 403),
        (&["Origin: null"], 403),
    ] {
        assert_eq!(request(server.addr(), GET, changes).status, status, "{changes:?}");
    }
}

fn the_answer_says_no_more_than_it_must() {
    let server = TestServer::start();
    let more = "Cookie: a=b\r\nX-Own: 1\r\nUser-Agent: test\r\n";
    let client = RawClient::open_with(server.addr(), "/jakarta/plain", more, &[]);
    let mut names: Vec<_> = client.response().headers.iter().map(|(name, _)| &name[..]).collect();
    names.retain(|name| *name != "date");
    names.sort_unstable();
    assert_eq!(names, ["connection", "sec-websocket-accept", "upgrade"]);
}

fn each_connection_has_a_new_instance() {
    let server = TestServer::start();
    let before = MADE.load(Ordering::Relaxed);
    let clients: Vec<_> =
        (0..5).map(|_| RawClient::open(server.addr(), "/jakarta/plain")).collect();
    for mut client in clients {
        client.send(&Frame::ping("there"));
        client.assert_next(&Frame::pong("there"));
    }
    // Others may connect to it meanwhile.
    assert!(MADE.load(Ordering::Relaxed) >= before + 5);
}

fn only_get_opens_a_connection() {
    let server = TestServer::start();
    for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get"] {
        let line = format!("{method} /jakarta/plain HTTP/1.1");
        let response = request(server.addr(), &line, &[]);
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.header("allow"), Some("GET"), "{method}");
    }
}

fn ws_is_allowed() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/jakarta/plain");
    client.send_text("");
    let uri = format!("ws://{}/jakarta/plain", server.addr());
    assert_eq!(client.read_text(), format!("none {uri} false"));
}

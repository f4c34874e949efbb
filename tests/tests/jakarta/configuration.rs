//! Configurators and factories.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use http::{HeaderValue, StatusCode};
use tests::http::request;
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::extension::{
    self, Extension, ExtensionOffer, ExtensionParam, Halves, InvalidParams,
};
use ws_container::frame::Rsv;
use ws_container::handshake::{Subprotocol, SubprotocolOrder};
use ws_container::prelude::*;
use ws_container::{
    DefaultConfigurator, Handshake, HandshakeRequest, OriginVerdict, Reject, Role,
    ServerConfigurator,
};

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("3.1-1", a_configurator_is_asked),
    ("3.1.3-1", extensions_are_agreed_on_in_the_order_of_the_request),
    ("3.1.7-1", the_factory_is_asked_once_a_connection),
    ("4.1.5-1", the_configurator_of_the_annotation_is_used),
    ("7.2-1", what_a_login_left_behind_reaches_the_session),
];

/// What the login left behind.
#[derive(Clone)]
struct Visitor(String);

/// Decides otherwise than the container would, wherever it is asked.
#[derive(Default)]
struct Contrary;

#[async_trait]
impl ServerConfigurator for Contrary {
    fn check_origin(&self, origin: Option<&str>, request: &HandshakeRequest) -> OriginVerdict {
        note(request, format!("check_origin {origin:?}"));
        match origin {
            Some("http://friend.example") => OriginVerdict::Allow,
            Some("http://enemy.example") => OriginVerdict::Deny,
            _ => DefaultConfigurator.check_origin(origin, request),
        }
    }

    /// The last that both know.
    fn negotiate_subprotocol<'s>(
        &self,
        supported: &'s [Subprotocol],
        requested: &[&str],
        _: SubprotocolOrder,
    ) -> Option<&'s Subprotocol> {
        supported.iter().rfind(|name| requested.contains(&name.as_str()))
    }

    fn negotiate_extensions(
        &self,
        installed: &[Arc<dyn Extension>],
        requested: Vec<ExtensionOffer>,
    ) -> Vec<ExtensionOffer> {
        let names: Vec<_> = requested.iter().map(ExtensionOffer::name).collect();
        Journal::of("extensions-seen").note(names.join(" "));
        DefaultConfigurator.negotiate_extensions(installed, requested)
    }

    async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
        let request = handshake.request();
        note(request, "modify_handshake".to_owned());
        if let Some(login) = request.cookie("login") {
            if login == "banned" {
                return Err(Reject::new(StatusCode::GONE).body("Go away.\n"));
            }
            let visitor = Visitor(login.to_owned());
            handshake.properties_mut().insert(visitor);
        }
        handshake.headers_mut().insert("x-contrary", HeaderValue::from_static("yes"));
        Ok(())
    }
}

fn note(request: &HandshakeRequest, call: String) {
    if let Some(case) = request.path_param("case") {
        Journal::of(case).note(call);
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Made by a factory, for a guest, under a contrary configurator.
#[server_endpoint(
    "/jakarta/contrary/{case}",
    subprotocols = ["first", "second"],
    configurator = Contrary,
    factory = Guest::new,
)]
struct Guest {
    name: String,
}

impl Guest {
    fn new(request: &HandshakeRequest) -> Result<Self, &'static str> {
        note(request, "factory".to_owned());
        match request.cookie("guest") {
            Some("nobody") => Err("no such guest"),
            Some("counted") => {
                let number = ASKED.fetch_add(1, Ordering::Relaxed);
                Ok(Self { name: number.to_string() })
            }
            name => Ok(Self { name: name.unwrap_or("unnamed").to_owned() }),
        }
    }
}

#[handlers]
impl Guest {
    #[on_open]
    async fn open(&mut self, session: &Session, request: &HandshakeRequest) -> Result<()> {
        let visitor = session.data().map_or_else(|| "nobody".to_owned(), |Visitor(name)| name);
        let agent = request.headers().get("user-agent").map(|agent| format!("{agent:?}"));
        let agent = agent.unwrap_or_default();
        session.send(format!("{visitor} {} {agent}", self.name)).await
    }
}

const PATH: &str = "/jakarta/contrary";

fn a_configurator_is_asked() {
    let server = TestServer::start();
    let more = "Origin: http://friend.example\r\nSec-WebSocket-Protocol: first, second\r\n";
    let client = RawClient::open_with(server.addr(), &format!("{PATH}/asked"), more, &[]);
    assert_eq!(client.subprotocol(), Some("second"));
    assert_eq!(client.response().header("x-contrary"), Some("yes"));
    assert_eq!(
        Journal::of("asked").lines(),
        ["check_origin Some(\"http://friend.example\")", "modify_handshake", "factory",]
    );
    let refused = |change: &str| {
        let line = format!("GET {PATH}/refused HTTP/1.1");
        request(server.addr(), &line, &[change]).status
    };
    assert_eq!(refused("Origin: http://enemy.example"), 403);
    assert_eq!(refused("Origin: http://stranger.example"), 403, "as the container would");
    assert_eq!(refused("Cookie: login=banned"), 410);
    assert_eq!(refused("Cookie: guest=nobody"), 500);
}

fn the_configurator_of_the_annotation_is_used() {
    let server = TestServer::start();
    let client = RawClient::open(server.addr(), &format!("{PATH}/annotated"));
    assert_eq!(client.response().header("x-contrary"), Some("yes"));
    assert_eq!(Journal::of("annotated").lines()[0], "check_origin None");
    // Another endpoint has nothing of it.
    let client = RawClient::open(server.addr(), "/echo");
    assert_eq!(client.response().header("x-contrary"), None);
}

/// Agrees to one extension, by name.
#[derive(Debug)]
struct Agreeing(&'static str);

impl Extension for Agreeing {
    fn name(&self) -> &str {
        self.0
    }

    fn rsv(&self) -> Rsv {
        Rsv::NONE
    }

    fn accept(&self, _: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        Some(Vec::new())
    }

    fn start(&self, _: &ExtensionOffer, _: Role) -> Result<Halves, InvalidParams> {
        Err(InvalidParams::new("it only negotiates"))
    }
}

fn extensions_are_agreed_on_in_the_order_of_the_request() {
    // The configurator sees the offers as the client made them.
    let server = TestServer::start();
    let more = "Sec-WebSocket-Extensions: zip, mux; a=1\r\nSec-WebSocket-Extensions: tar\r\n";
    let client = RawClient::open_with(server.addr(), &format!("{PATH}/offers"), more, &[]);
    assert!(Journal::of("extensions-seen").lines().iter().any(|line| line == "zip mux tar"));
    assert_eq!(client.response().header("sec-websocket-extensions"), None, "none is installed");
    // Those that are installed answer in that order, not in theirs.
    let installed: Vec<Arc<dyn Extension>> = vec![
        Arc::new(Agreeing("tar")),
        Arc::new(Agreeing("zip")),
        Arc::new(Agreeing("unused")),
        Arc::new(Agreeing("mux")),
    ];
    let lines = ["zip, other, mux; a=1", "tar, zip"].map(HeaderValue::from_static);
    let agreed = extension::negotiate(&installed, &lines).unwrap();
    let names: Vec<_> = agreed.iter().map(|agreed| agreed.answer.name()).collect();
    assert_eq!(names, ["zip", "mux", "tar"]);
}

fn the_factory_is_asked_once_a_connection() {
    let server = TestServer::start();
    for number in 0..3 {
        let more = "Cookie: guest=counted\r\n";
        let mut client = RawClient::open_with(server.addr(), &format!("{PATH}/counted"), more, &[]);
        client.assert_next(&Frame::text(format!("nobody {number} ")));
        client.send_text("more messages ask for no more instances");
        client.close(1000, "");
    }
    assert_eq!(ASKED.load(Ordering::Relaxed), 3);
    let factories = Journal::of("counted").lines().iter().filter(|it| *it == "factory").count();
    assert_eq!(factories, 3);
}

fn what_a_login_left_behind_reaches_the_session() {
    let server = TestServer::start();
    let say = |cookies: &str| {
        let more = format!("Cookie: {cookies}\r\nUser-Agent: test\r\n");
        let path = format!("{PATH}/login");
        let mut client = RawClient::open_with(server.addr(), &path, &more, &[]);
        (client.read_text(), client)
    };
    let (ada, _ada) = say("login=ada; guest=g1");
    let (bob, _bob) = say("guest=g2; login=bob");
    let (nobody, _) = say("guest=g3");
    assert_eq!([ada, bob, nobody], ["ada g1 \"test\"", "bob g2 \"test\"", "nobody g3 \"test\"",]);
}

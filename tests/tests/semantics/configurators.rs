//! What a configurator and a factory are asked in a handshake, and what becomes of their answers.

use async_trait::async_trait;
use http::HeaderValue;
use tests::http::request;
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::extension::{Extension, ExtensionOffer};
use ws_container::handshake::{Subprotocol, SubprotocolOrder};
use ws_container::prelude::*;
use ws_container::{Handshake, HandshakeRequest, OriginVerdict, Reject, ServerConfigurator};

/// What a session begins with.
#[derive(Clone)]
struct Begun(String);

/// Notes its calls in the journal that the query names, and does what the query says besides.
#[derive(Default)]
struct Noting;

fn journal(request: &HandshakeRequest) -> std::sync::Arc<Journal> {
    let name = request.query().and_then(|query| query.split('&').next());
    Journal::of(name.unwrap_or("configurators"))
}

fn asked(request: &HandshakeRequest, what: &str) -> bool {
    request.query().is_some_and(|query| query.split('&').any(|part| part == what))
}

#[async_trait]
impl ServerConfigurator for Noting {
    fn check_origin(&self, origin: Option<&str>, request: &HandshakeRequest) -> OriginVerdict {
        journal(request).note(format!("check_origin {origin:?}"));
        if asked(request, "deny") { OriginVerdict::Deny } else { OriginVerdict::Allow }
    }

    fn negotiate_subprotocol<'s>(
        &self,
        supported: &'s [Subprotocol],
        requested: &[&str],
        _: SubprotocolOrder,
    ) -> Option<&'s Subprotocol> {
        // Whatever was offered.
        (!requested.is_empty()).then(|| &supported[0])
    }

    fn negotiate_extensions(
        &self,
        _: &[std::sync::Arc<dyn Extension>],
        _: Vec<ExtensionOffer>,
    ) -> Vec<ExtensionOffer> {
        Vec::new()
    }

    async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
        let request = handshake.request();
        let subprotocol = handshake.headers().get("sec-websocket-protocol");
        let accept = handshake.headers().contains_key("sec-websocket-accept");
        journal(request).note(format!("modify_handshake {subprotocol:?} {accept}"));
        if asked(request, "throw") {
            return Err("modify boom".into());
        }
        if asked(request, "probe") {
            for value in ["one", "two"] {
                handshake.headers_mut().append("X-Probe", HeaderValue::from_static(value));
            }
        }
        let before = handshake.properties().get::<Begun>().map(|Begun(name)| name.clone());
        let name = format!("{}{}", before.unwrap_or_default(), request.query().unwrap_or_default());
        handshake.properties_mut().insert(Begun(name));
        Ok(())
    }
}

#[server_endpoint(
    "/configured",
    subprotocols = ["chat"],
    configurator = Noting,
    factory = Configured::new,
)]
struct Configured;

impl Configured {
    fn new(request: &HandshakeRequest) -> Result<Self, &'static str> {
        journal(request).note("factory");
        if asked(request, "no-instance") { Err("factory boom") } else { Ok(Self) }
    }
}

#[handlers]
impl Configured {
    #[on_open]
    async fn open(&mut self, session: &Session) -> Result<()> {
        let Begun(name) = session.data().expect("every handshake sets it");
        session.send(name).await
    }
}

#[test]
fn handshake_no_origin_header_custom_check_origin() {
    let server = TestServer::start();
    drop(RawClient::open(server.addr(), "/configured?no-origin"));
    assert_eq!(Journal::of("no-origin").lines()[0], "check_origin None");
}

#[test]
fn handshake_check_origin_false_by_a_configurator() {
    let server = TestServer::start();
    let line = "GET /configured?denied&deny HTTP/1.1";
    assert_eq!(request(server.addr(), line, &["Origin: http://{addr}"]).status, 403);
}

#[test]
fn handshake_order_of_the_configurators_calls_and_headers_in_modify_handshake() {
    let server = TestServer::start();
    let more = "Sec-WebSocket-Protocol: chat\r\n";
    let client = RawClient::open_with(server.addr(), "/configured?order", more, &[]);
    assert_eq!(client.subprotocol(), Some("chat"));
    let modify = "modify_handshake Some(\"chat\") true";
    assert_eq!(Journal::of("order").lines(), ["check_origin None", modify, "factory"]);
}

#[test]
fn handshake_modify_handshake_adds_two_values() {
    let server = TestServer::start();
    let client = RawClient::open(server.addr(), "/configured?two&probe");
    let headers = client.response().headers.iter().filter(|(name, _)| name == "x-probe");
    let values: Vec<_> = headers.map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["one", "two"]);
}

#[test]
fn handshake_user_properties_set_in_modify_handshake() {
    let server = TestServer::start();
    for name in ["first", "second"] {
        let mut client = RawClient::open(server.addr(), &format!("/configured?{name}"));
        // Nothing is left of the other session's.
        client.assert_next(&Frame::text(name));
    }
}

#[track_caller]
fn assert_500(query: &str, more: &[&str]) {
    let server = TestServer::start();
    let line = format!("GET /configured?{query} HTTP/1.1");
    let response = request(server.addr(), &line, more);
    assert_eq!(response.status, 500, "{response:?}");
    assert_eq!(response.body, b"", "no text of the application's");
    for name in ["upgrade", "sec-websocket-accept", "sec-websocket-protocol"] {
        assert_eq!(response.header(name), None);
    }
}

#[test]
fn handshake_modify_handshake_throws() {
    assert_500("throws&throw", &[]);
}

#[test]
fn handshake_get_endpoint_instance_throws() {
    assert_500("instance&no-instance", &[]);
}

#[test]
fn subprotocols_configurator_answers_a_name_not_offered() {
    assert_500("not-offered", &["Sec-WebSocket-Protocol: other"]);
}

#[test]
fn handshake_configurator_answers_no_extensions() {
    let server = TestServer::start();
    let more = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let client = RawClient::open_with(server.addr(), "/configured?none", more, &[]);
    assert_eq!(client.response().header("sec-websocket-extensions"), None);
}

/// Says what its query says.
#[server_endpoint("/pairs/{variable}")]
#[derive(Default)]
struct Pairs;

#[handlers]
impl Pairs {
    #[on_open]
    async fn open(&mut self, session: &Session) -> Result<()> {
        let pairs = session.query_pairs().map(|(name, value)| format!("{name}={value};"));
        let pairs: String = pairs.collect();
        session.send(pairs).await
    }
}

#[test]
fn handshake_request_parameter_map() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/pairs/v?a=1&b=%20x&a=2&c=d+e");
    // Decoded, several of one name, and no path variable among them.
    client.assert_next(&Frame::text("a=1;b= x;a=2;c=d e;"));
}

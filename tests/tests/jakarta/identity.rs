//! Who peers are, and what they may do: chapters 7.2 and 8.

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use tests::http::{Response, request};
use tests::{Frame, RawClient, TestServer};
use ws_container::prelude::*;
use ws_container::{Authenticator, Container, HandshakeRequest, Principal, Reject};

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("7.2-2", a_session_has_the_identity_of_its_request),
    ("7.2-3", an_identity_that_ends_closes_the_session),
    ("8.1-1", who_is_not_authenticated_is_answered_with_401),
    ("8.2-1", who_lacks_the_role_is_refused),
    ("8.3-2", only_tls_is_let_in),
];

/// `Authorization: NAME`, or `NAME/ROLE`.
struct Trusting;

#[async_trait]
impl Authenticator for Trusting {
    async fn authenticate(&self, request: &HandshakeRequest) -> Result<Option<Principal>, Reject> {
        let said = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        Ok(said.map(|said| match said.split_once('/') {
            Some((name, role)) => Principal::new(name).with_role(role),
            None => Principal::new(said),
        }))
    }
}

/// Says who the peer is.
#[server_endpoint("/jakarta/who")]
#[derive(Default)]
struct Who;

#[handlers]
impl Who {
    #[on_message]
    fn text(&mut self, session: &Session, _text: &str) -> String {
        let name = session.principal().map_or("nobody", |principal| principal.name());
        format!("{name} {}", session.has_role("admin"))
    }
}

#[server_endpoint("/jakarta/known")]
#[requires(authenticated)]
#[derive(Default)]
struct Known;

#[handlers]
impl Known {
    #[on_message]
    fn text(&mut self, principal: &Principal, _text: &str) -> String {
        principal.name().to_owned()
    }

    #[on_message]
    #[requires(role = "admin")]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

#[server_endpoint("/jakarta/staff")]
#[requires(roles = ["admin", "editor"])]
#[derive(Default)]
struct Staff;

#[handlers]
impl Staff {}

#[server_endpoint("/jakarta/tls", require_tls)]
#[derive(Default)]
struct OverTls;

#[handlers]
impl OverTls {}

fn server() -> TestServer {
    TestServer::of(Container::builder().discover().authenticator(Trusting))
}

fn ask(server: &TestServer, path: &str, who: &str) -> Response {
    let line = format!("GET {path} HTTP/1.1");
    let authorization = format!("Authorization: {who}");
    let changes = [authorization.as_str()];
    request(server.addr(), &line, if who.is_empty() { &[] } else { &changes })
}

fn open(server: &TestServer, path: &str, who: &str) -> RawClient {
    let more = if who.is_empty() { String::new() } else { format!("Authorization: {who}\r\n") };
    RawClient::open_with(server.addr(), path, &more, &[])
}

fn a_session_has_the_identity_of_its_request() {
    let server = server();
    for (who, want) in [("ada", "ada false"), ("ada/admin", "ada true"), ("", "nobody false")] {
        let mut client = open(&server, "/jakarta/who", who);
        client.send_text("?");
        client.assert_next(&Frame::text(want));
    }
}

fn an_identity_that_ends_closes_the_session() {
    let server = server();
    let [mut first, mut other, mut second] =
        ["ada", "bob", "ada"].map(|who| open(&server, "/jakarta/who", who));
    let mut nobody = open(&server, "/jakarta/who", "");
    tests::wait::until("all are open", || server.handle().hub().len() == 4);
    assert_eq!(server.handle().revoke("ada"), 2);
    for client in [&mut first, &mut second] {
        client.assert_closed_cleanly(1008);
    }
    other.send_text("?");
    other.assert_next(&Frame::text("bob false"));
    nobody.send_text("?");
    nobody.assert_next(&Frame::text("nobody false"));
    nobody.close(1000, "");
    tests::wait::until("one is left", || server.handle().hub().len() == 1);
    // By a session of its own.
    let [session] = &server.handle().hub().sessions()[..] else { panic!("one is left") };
    session.revoke();
    other.assert_closed_cleanly(1008);
}

fn who_is_not_authenticated_is_answered_with_401() {
    let server = server();
    for path in ["/jakarta/known", "/jakarta/staff"] {
        let response = ask(&server, path, "");
        assert_eq!(response.status, 401, "{path}");
        assert!(response.header("www-authenticate").is_some(), "{path}");
        assert_eq!(response.header("sec-websocket-accept"), None, "{path}");
    }
    let mut client = open(&server, "/jakarta/known", "ada");
    client.send_text("?");
    client.assert_next(&Frame::text("ada"));
    // Without an authenticator nobody is.
    assert_eq!(ask(&TestServer::start(), "/jakarta/known", "ada").status, 401);
}

fn who_lacks_the_role_is_refused() {
    let server = server();
    for (path, who, status) in [
        ("/jakarta/staff", "ada", 403),
        ("/jakarta/staff", "ada/guest", 403),
        ("/jakarta/staff", "ada/editor", 101),
        ("/jakarta/staff", "ada/admin", 101),
        ("/jakarta/known", "ada", 101),
        ("/jakarta/who", "", 101),
    ] {
        assert_eq!(ask(&server, path, who).status, status, "{path} {who}");
    }
    let mut admin = open(&server, "/jakarta/known", "ada/admin");
    admin.send(&Frame::binary([1]));
    admin.assert_next(&Frame::binary([1]));
    let mut other = open(&server, "/jakarta/known", "bob");
    other.send(&Frame::binary([1]));
    other.assert_failed(1008);
}

fn only_tls_is_let_in() {
    let server = server();
    let response = ask(&server, "/jakarta/tls", "ada/admin");
    assert_eq!(response.status, 403);
    assert_eq!(response.header("sec-websocket-accept"), None);
}

//! Which subprotocol is agreed on; the server's list is chat, superchat.

use tests::{Frame, RawClient, TestServer};
use ws_container::handshake::SubprotocolOrder;
use ws_container::prelude::*;

/// Says what was agreed on.
#[server_endpoint("/subprotocol", subprotocols = ["chat", "superchat"])]
#[derive(Default)]
struct Subprotocols;

#[handlers]
impl Subprotocols {
    #[on_open]
    async fn open(&mut self, session: &Session) -> Result<()> {
        session.send(session.subprotocol().unwrap_or("none")).await
    }
}

/// `more` is the header lines with the offer.
#[track_caller]
fn assert_agreed(server: &TestServer, more: &str, want: Option<&str>) {
    let mut client = RawClient::open_with(server.addr(), "/subprotocol", more, &[]);
    assert_eq!(client.subprotocol(), want, "{more:?}");
    client.assert_next(&Frame::text(want.unwrap_or("none")));
}

#[test]
fn subprotocols_chat_or_superchat_or_none_and_chat() {
    let server = TestServer::start();
    assert_agreed(&server, "Sec-WebSocket-Protocol: chat\r\n", Some("chat"));
    assert_agreed(&server, "Sec-WebSocket-Protocol: superchat\r\n", Some("superchat"));
    assert_agreed(&server, "Sec-WebSocket-Protocol: none, chat\r\n", Some("chat"));
}

const BOTH: [&str; 2] = [
    "Sec-WebSocket-Protocol: superchat, chat\r\n",
    "Sec-WebSocket-Protocol: superchat\r\nSec-WebSocket-Protocol: chat\r\n",
];

#[test]
fn subprotocols_superchat_chat_in_one_header_or_in_two() {
    let server = TestServer::start();
    for offer in BOTH {
        assert_agreed(&server, offer, Some("superchat"));
    }
}

#[test]
fn subprotocols_superchat_chat_in_the_order_of_the_server() {
    let server = TestServer::with(|it| it.subprotocol_order = SubprotocolOrder::Server);
    for offer in BOTH {
        assert_agreed(&server, offer, Some("chat"));
    }
}

#[test]
fn subprotocols_none_offered_or_no_match_or_other_case_or_empty() {
    let server = TestServer::start();
    for offer in [
        "",
        "Sec-WebSocket-Protocol: unknown\r\n",
        "Sec-WebSocket-Protocol: CHAT\r\n",
        "Sec-WebSocket-Protocol: \r\n",
    ] {
        assert_agreed(&server, offer, None);
    }
}

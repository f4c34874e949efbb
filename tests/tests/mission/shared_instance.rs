//! S0-3: an endpoint without a state of its own per peer.

use std::sync::atomic::{AtomicUsize, Ordering};

use tests::{Frame, RawClient, TestServer};
use ws_container::prelude::*;

static MADE: AtomicUsize = AtomicUsize::new(0);

/// One instance for all peers: each event brings the session it is about.
#[server_endpoint("/mission/shared", instance = "shared")]
struct ForAll;

impl Default for ForAll {
    fn default() -> Self {
        MADE.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

#[handlers]
impl ForAll {
    #[on_open]
    async fn open(&self, session: &Session) -> Result<()> {
        session.send(format!("you are {}", session.id())).await
    }

    #[on_message]
    fn text(&self, session: &Session, text: &str) -> String {
        format!("{text} from {}", session.id())
    }
}

#[test]
fn s0_3_one_instance_serves_all_peers_and_answers_each() {
    let server = TestServer::start();
    let open = |_| RawClient::open(server.addr(), "/mission/shared");
    let mut clients: Vec<_> = (0..100).map(open).collect();
    let greeted = |client: &mut RawClient| client.read_text().replace("you are ", "");
    let ids: Vec<_> = clients.iter_mut().map(greeted).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send_text(&number.to_string());
    }
    for (number, (client, id)) in clients.iter_mut().zip(&ids).enumerate() {
        client.assert_next(&Frame::text(format!("{number} from {id}")));
    }
    assert_eq!(MADE.load(Ordering::SeqCst), 1, "instances");
}

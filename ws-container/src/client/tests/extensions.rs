//! Extensions: what is offered, and what servers answer.

use ws_core::extension::{
    Extension, ExtensionOffer, ExtensionParam, Halves, Identity, InvalidParams, StackError,
};
use ws_core::frame::Rsv;
use ws_core::handshake::HandshakeError;
use ws_core::{Role, handlers};

use super::*;
use crate::client::ConnectError;

/// Claims the bit that compression claims.
#[derive(Debug)]
struct Rival;

impl Extension for Rival {
    fn name(&self) -> &str {
        "rival"
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn accept(&self, _: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        None
    }

    fn start(&self, answer: &ExtensionOffer, role: Role) -> Result<Halves, InvalidParams> {
        Identity.start(
            &ExtensionOffer::new("identity").unwrap().with_params(answer.params().to_vec()),
            role,
        )
    }
}

#[tokio::test]
async fn none_is_offered_unless_asked_for() {
    let (client, server) = (client(), Server::new().await);
    let (socket, peer) = tokio::join!(soon(client.open(server.uri("/"))), server.open());
    assert!(socket.unwrap().session().extensions().is_empty());
    assert_eq!(peer.header("sec-websocket-extensions"), None);
}

#[ws_core::client_endpoint(crate = ws_core)]
#[derive(Debug)]
struct Frames;

#[handlers(crate = ws_core)]
impl Frames {
    #[on_frame]
    fn frame(&mut self, _frame: &ws_core::frame::Frame<'_>) {}
}

#[tokio::test]
async fn who_takes_single_frames_gets_none() {
    let (client, server) = (client(), Server::new().await);
    let config = config(|it| it.extension(Identity));
    let opening = soon(client.connect_with(&config, Frames, server.uri("/")));
    let (session, peer) = tokio::join!(opening, server.open());
    session.unwrap();
    assert_eq!(peer.header("sec-websocket-extensions"), None);
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn answers_are_judged() {
    use ws_core::extension::PerMessageDeflate;

    let (client, server) = (client(), Server::new().await);
    let config = config(|it| {
        it.permessage_deflate(PerMessageDeflate::default()).extension(Rival).extension(Identity)
    });
    let offered = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                   client_max_window_bits, rival, identity";
    let nct = "permessage-deflate; server_no_context_takeover";
    let cases = [
        (String::new(), "open"),
        (nct.to_owned(), "open"),
        (format!("identity, {nct}; client_no_context_takeover"), "open"),
        (format!("{nct}; server_max_window_bits=8"), "open"),
        ("permessage-deflate".to_owned(), "params"),
        (format!("{nct}; server_max_window_bits=16"), "params"),
        (format!("{nct}; server_max_window_bits=99999999999"), "params"),
        (format!("{nct}; {}", &nct[20..]), "params"),
        (format!("{nct}; unknown"), "params"),
        (format!("{nct}, rival"), "conflict"),
        (format!("{nct}, {nct}"), "handshake"),
        ("fragment".to_owned(), "handshake"),
        ("permessage-deflate; =".to_owned(), "handshake"),
    ];
    for (answer, want) in cases {
        let opening = soon(client.open_with(&config, server.uri("/")));
        let answering = async {
            let mut peer = server.request().await;
            assert_eq!(peer.header("sec-websocket-extensions"), Some(offered));
            let field = format!("Sec-WebSocket-Extensions: {answer}\r\n");
            peer.open(if answer.is_empty() { "" } else { &field }).await;
            peer
        };
        let (got, mut peer) = tokio::join!(opening, answering);
        let got = match got {
            Ok(socket) => {
                let names: Vec<_> =
                    socket.session().extensions().iter().map(ToString::to_string).collect();
                assert_eq!(names.join(", "), answer);
                "open"
            }
            Err(ConnectError::Extensions(StackError::InvalidParams { .. })) => "params",
            Err(ConnectError::Extensions(StackError::Conflict(_))) => "conflict",
            Err(ConnectError::Handshake(
                HandshakeError::ExtensionNotOffered
                | HandshakeError::ExtensionRepeated
                | HandshakeError::Extensions(_),
            )) => "handshake",
            Err(error) => panic!("{answer}: {error:?}"),
        };
        assert_eq!(got, want, "{answer}");
        if want != "open" {
            peer.ended().await;
        }
    }
}

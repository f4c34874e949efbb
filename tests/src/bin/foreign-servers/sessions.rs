//! Sessions with the servers of Python `websockets` and npm `ws`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tests::client::{client, config, until};
use tests::vitals;
use ws_container::client::on;
use ws_container::mask::MaskGenerator;
use ws_container::prelude::*;
use ws_container::{MessageKind, SessionState};

use crate::{Check, closes, echoes, next, open, servers, within, works};

#[rustfmt::skip] // a table
pub(crate) const CHECKS: &[Check] = &[
    ("s2_1 a thousand connections of one client share its threads", s2_1_a_thousand_connections),
    ("s2_3 an open connection keeps its configuration", s2_3_configuration_is_copied),
    ("s2_4 callbacks come as a type or as closures", s2_4_callbacks),
    ("s2_6 the session of connect is the one of on_open", s2_6_the_same_session),
    ("s2_7 a session is used to send, to ping and to configure", s2_7_send_and_configure),
    ("s2_7b subprotocols, origin, cookies, masks and the local address are as set", s2_7b_settings),
    ("s2_8 fragments above the longest message are 1009", s2_8_fragments),
    ("s2_19 fields and cookies reach the server, and the jar is the client's", s2_19_fields_and_cookies),
    ("s0_4 a close has its code and reason on both sides", closes_have_code_and_reason),
];

fn s2_1_a_thousand_connections() {
    let runtime = tests::client::runtime();
    for server in servers() {
        let client = client();
        let uri = format!("{server}/open/echo");
        runtime.block_on(async {
            let mut sockets = vec![client.open(&uri).await.unwrap()];
            let before = vitals::threads();
            for _ in 0..1_000 {
                sockets.push(client.open(&uri).await.unwrap());
            }
            for socket in &mut sockets {
                socket.send("all of them").await.unwrap();
                next(socket).await;
            }
            assert_eq!(vitals::threads(), before);
            assert_eq!(client.sessions().len(), sockets.len());
            client.close_all(CloseReason::default()).await;
        });
    }
}

fn s2_3_configuration_is_copied() {
    within(async {
        for server in servers() {
            let client = client();
            client.set_defaults(config(|it| it.max_text_len(8)));
            let uri = format!("{server}/open/echo");
            let mut small = client.open(&uri).await.unwrap();
            client.set_defaults(config(|it| it.max_text_len(16)));
            let mut large = client.open(&uri).await.unwrap();
            for socket in [&small, &large] {
                socket.send("nine long").await.unwrap();
            }
            assert_eq!(next(&mut large).await.0, MessageKind::Text);
            let end = small.recv().await.expect("an end").unwrap_err();
            assert_eq!(end.reason().code(), CloseCode::MESSAGE_TOO_BIG);
        }
    });
}

/// Notes what it is told.
#[client_endpoint(subprotocols = ["chat.v1"])]
struct Noting(Arc<Mutex<Vec<String>>>);

#[handlers]
impl Noting {
    #[on_open]
    fn open(&mut self, session: &Session) -> String {
        assert_eq!(session.subprotocol(), Some("chat.v1"));
        "hello".to_owned()
    }

    #[on_message]
    fn text(&mut self, session: &Session, text: &str) {
        self.0.lock().unwrap().push(format!("text {text}"));
        session.close(CloseReason::default());
    }

    #[on_close]
    fn close(&mut self, reason: &CloseReason) {
        self.0.lock().unwrap().push(format!("close {reason}, clean: {}", reason.is_clean()));
    }
}

fn s2_4_callbacks() {
    within(async {
        for server in servers() {
            let uri = format!("{server}/open/echo");
            let [noted, of_closures] = [(); 2].map(|()| Arc::new(Mutex::new(Vec::new())));
            client().connect(Noting(Arc::clone(&noted)), &uri).await.unwrap();
            let [texts, ends] = [(); 2].map(|()| Arc::clone(&of_closures));
            let closures = on()
                .open(|session| async move { session.send("hello").await })
                .text(move |session, text| {
                    texts.lock().unwrap().push(format!("text {}", text.as_str()));
                    session.close(CloseReason::default());
                    async {}
                })
                .close(move |_, reason| {
                    let clean = reason.is_clean();
                    ends.lock().unwrap().push(format!("close {reason}, clean: {clean}"));
                    async {}
                });
            client().connect(closures, &uri).await.unwrap();
            let len = |notes: &Mutex<Vec<String>>| notes.lock().unwrap().len();
            until("both are over", || len(&noted) == 2 && len(&of_closures) == 2).await;
            let expected = ["text hello", "close 1000 NORMAL_CLOSURE, clean: true"];
            assert_eq!(*noted.lock().unwrap(), expected);
            assert_eq!(*of_closures.lock().unwrap(), expected);
            works(&config(|it| it), &uri).await;
        }
    });
}

fn s2_6_the_same_session() {
    within(async {
        for server in servers() {
            let (sender, opened) = tokio::sync::oneshot::channel();
            let mut sender = Some(sender);
            let endpoint = on().open(move |session| {
                sender.take().expect("it opens once").send(session).unwrap();
                async {}
            });
            let session = client().connect(endpoint, format!("{server}/open/echo")).await.unwrap();
            assert_eq!(opened.await.unwrap().id(), session.id());
            session.close(CloseReason::default()).await;
        }
    });
}

fn s2_7_send_and_configure() {
    within(async {
        for server in servers() {
            let mut socket = open(&config(|it| it), &format!("{server}/open/echo")).await.unwrap();
            echoes(&mut socket).await;
            let round_trip = socket.session().ping("how long?").await.unwrap();
            assert!(round_trip < Duration::from_secs(5));
            let mut limits = socket.session().limits();
            limits.max_binary_len = 8;
            socket.session().set_limits(limits);
            socket.send(&[0; 9][..]).await.unwrap();
            let end = socket.recv().await.expect("an end").unwrap_err();
            assert_eq!(end.reason().code(), CloseCode::MESSAGE_TOO_BIG);
        }
    });
}

/// A fixed key: frames look as if they were not masked.
#[derive(Debug)]
struct Zero;

impl MaskGenerator for Zero {
    fn masking_key(&self) -> [u8; 4] {
        [0; 4]
    }
}

/// The fields of its request, as the server at `uri` saw them.
async fn fields(socket: &mut ws_container::client::WebSocket) -> String {
    let (_, fields) = next(socket).await;
    String::from_utf8(fields).unwrap().to_lowercase().replace(' ', "")
}

fn s2_7b_settings() {
    within(async {
        let config = config(|it| {
            it.subprotocols(["chat.v7", "chat.v1"])
                .origin("https://pages.example")
                .header("x-a", "1")
                .cookie("k", "v")
                .bind_address([127, 0, 0, 44])
                .mask_generator(Zero)
        });
        for server in servers() {
            let mut socket = open(&config, &format!("{server}/open/headers")).await.unwrap();
            assert_eq!(socket.session().subprotocol(), Some("chat.v1"));
            assert_eq!(socket.session().local_addr().unwrap().ip().to_string(), "127.0.0.44");
            let fields = fields(&mut socket).await;
            for field in [
                r#"["sec-websocket-protocol","chat.v7,chat.v1"]"#,
                r#"["origin","https://pages.example"]"#,
                r#"["cookie","k=v"]"#,
                r#"["x-a","1"]"#,
            ] {
                assert!(fields.contains(field), "no {field} in {fields}");
            }
            echoes(&mut socket).await;
            closes(socket).await;
        }
    });
}

fn s2_8_fragments() {
    within(async {
        for server in servers() {
            let uri = format!("{server}/open/fragments");
            let mut whole = open(&config(|it| it.max_binary_len(11_000)), &uri).await.unwrap();
            assert_eq!(next(&mut whole).await, (MessageKind::Binary, vec![b'x'; 11_000]));
            let mut socket = open(&config(|it| it.max_binary_len(10_999)), &uri).await.unwrap();
            let end = socket.recv().await.expect("an end").unwrap_err();
            assert_eq!(end.reason().code(), CloseCode::MESSAGE_TOO_BIG);
            assert!(end.to_string().contains("max_binary_message"), "{end}");
        }
        // What the server saw of it.
        saw("1009").await;
    });
}

/// Waits until the Python server has seen a session end with `code`.
async fn saw(code: &str) {
    let closed = format!("{}/open/closed", servers()[0]);
    loop {
        let mut log = open(&config(|it| it), &closed).await.unwrap();
        let ends = String::from_utf8(next(&mut log).await.1).unwrap();
        if ends.contains(code) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn s2_19_fields_and_cookies() {
    within(async {
        for server in servers() {
            let client = client();
            let config = config(|it| it.header("X-A", "1").cookie("k", "v"));
            let uri = format!("{server}/open/headers");
            let mut first = client.open_with(&config, &uri).await.unwrap();
            let seen = fields(&mut first).await;
            assert!(
                seen.contains(r#"["cookie","k=v"]"#) && seen.contains(r#"["x-a","1"]"#),
                "{seen}"
            );
            let mut second = client.open_with(&config, &uri).await.unwrap();
            let seen = fields(&mut second).await;
            assert!(seen.contains(r#"["cookie","k=v;jar=7"]"#), "{seen}");
        }
    });
}

fn closes_have_code_and_reason() {
    within(async {
        for server in servers() {
            let uri = format!("{server}/open/close");
            let mut socket = open(&config(|it| it), &uri).await.unwrap();
            assert!(socket.recv().await.is_none(), "an orderly end");
            let reason = socket.close_reason().unwrap();
            assert_eq!((reason.code().as_u16(), reason.phrase()), (4001, "that was all"));
            assert!(reason.is_clean());
            let mut socket = open(&config(|it| it), &format!("{server}/open/echo")).await.unwrap();
            let session = socket.session().clone();
            session.close(CloseReason::new(CloseCode::new(3001).unwrap(), "é").unwrap()).await;
            assert!(socket.recv().await.is_none());
            assert_eq!(session.state(), SessionState::Closed);
            assert!(session.close_reason().unwrap().is_clean());
        }
        saw("3001").await;
    });
}

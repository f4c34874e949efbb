//! Connections of annotated endpoints and of closures.

use std::io;
use std::sync::Mutex;

use async_trait::async_trait;
use http::HeaderMap;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use ws_core::{
    BoxError, CloseCode, CloseReason, Initiator, Session, SessionState, client_endpoint, handlers,
};

use super::*;
use crate::client::{
    ClientConfigurator, ConnectError, Credentials, HandshakeResponse, Resolve, on,
};

#[client_endpoint(subprotocols = ["b", "a"], crate = ws_core)]
struct Watch {
    opened: Option<oneshot::Sender<Session>>,
    said: mpsc::UnboundedSender<String>,
}

#[handlers(crate = ws_core)]
impl Watch {
    #[on_open]
    fn open(&mut self, session: &Session) {
        self.opened.take().unwrap().send(session.clone()).unwrap();
    }

    #[on_message(max_size = 5)]
    fn text(&mut self, text: &str) -> String {
        self.said.send(text.to_owned()).unwrap();
        text.to_uppercase()
    }

    #[on_close]
    fn close(&mut self, reason: &CloseReason) {
        self.said.send(reason.to_string()).unwrap();
    }
}

#[tokio::test]
async fn the_session_is_the_one_that_on_open_saw() {
    let server = Server::new().await;
    let (opened, seen) = oneshot::channel();
    let (said, mut heard) = mpsc::unbounded_channel();
    let client = client();
    let connecting = client.connect(Watch { opened: Some(opened), said }, server.uri("/x?y=z"));
    let state = connecting.state();
    assert_eq!(state.get(), SessionState::Connecting);
    let serving = async {
        let mut peer = server.request().await;
        assert_eq!(peer.header("sec-websocket-protocol"), Some("b, a"));
        assert!(peer.head.starts_with("GET /x?y=z HTTP/1.1\r\n"));
        peer.say(peer.opening("Sec-WebSocket-Protocol: a\r\n") + "\u{1}").await; // one byte early
        peer
    };
    let (session, mut peer) = tokio::join!(soon(connecting), serving);
    let session = session.unwrap();
    assert_eq!(seen.await.unwrap().id(), session.id());
    assert_eq!(state.session().unwrap().id(), session.id());
    assert_eq!((session.subprotocol(), state.get()), (Some("a"), SessionState::Open));
    assert_eq!((session.uri(), session.is_secure()), (server.uri("/x?y=z").as_str(), false));
    assert_eq!(session.peer_addr(), Some(server.addr));
    assert_eq!(session.config().limits.max_text_len, 5, "the handler's");
    assert_eq!(client.sessions().len(), 1);

    // The byte was the begin of a frame: text, unfinished.
    peer.say(b"\x02he\x80\x01y").await;
    assert_eq!(peer.next().await, (1, b"HEY".to_vec()));
    let closing = session.close(CloseReason::new(CloseCode::GOING_AWAY, "bye").unwrap());
    assert_eq!(state.get(), SessionState::Closing);
    assert_eq!(peer.next().await, (8, b"\x03\xe9bye".to_vec()));
    peer.frame(8, b"\x03\xe9").await;
    peer.ended().await;
    soon(async { closing.await }).await;
    assert_eq!(state.get(), SessionState::Closed);
    assert_eq!(session.close_reason().unwrap().initiator(), Initiator::Local);
    assert_eq!(heard.recv().await.unwrap(), "hey");
    assert!(heard.recv().await.unwrap().contains("1001"));
    assert!(soon(heard.recv()).await.is_none(), "the endpoint is gone");
    assert!(client.sessions().is_empty());
}

#[tokio::test]
async fn closures_are_an_endpoint_too() {
    let server = Server::new().await;
    let (said, mut heard) = mpsc::unbounded_channel();
    let [a, b, c, d] = [(); 4].map(|()| said.clone());
    drop(said);
    let endpoint = on()
        .open(|session| async move { session.send("first").await })
        .text(move |session, text| {
            a.send(format!("text {}", text.as_str())).unwrap();
            async move { session.send(text.as_str().len() as u64).await }
        })
        .binary(move |_, bytes| {
            b.send(format!("{} bytes", bytes.len())).unwrap();
            async { Err::<(), _>(io::Error::other("no bytes!")) }
        })
        .error(move |session, error| {
            c.send(error.to_string()).unwrap();
            async move { session.send("sorry").await }
        })
        .close(move |_, reason| {
            d.send(reason.code().to_string()).unwrap();
            async {}
        });
    let client = client();
    let (session, mut peer) =
        tokio::join!(soon(client.connect(endpoint, server.uri("/"))), server.open());
    session.unwrap();
    assert_eq!(peer.next().await, (1, b"first".to_vec()));
    peer.frame(1, b"four").await;
    assert_eq!(peer.next().await, (1, b"4".to_vec()));
    peer.frame(2, b"\0\0").await;
    assert_eq!(peer.next().await, (1, b"sorry".to_vec()));
    peer.frame(8, b"\x03\xe8").await;
    assert_eq!(peer.next().await.0, 8);
    drop(peer);
    let mut all = Vec::new();
    while let Some(line) = soon(heard.recv()).await {
        all.push(line);
    }
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!((&*all[0], &*all[1]), ("text four", "2 bytes"));
    assert_eq!(all[3], CloseCode::NORMAL_CLOSURE.to_string());
}

#[tokio::test]
async fn a_closure_that_fails_ends_the_session_where_nobody_handles_errors() {
    let server = Server::new().await;
    let endpoint = on().text(|_, _| async { Err::<(), _>(io::Error::other("no")) });
    let client = client();
    let (_session, mut peer) =
        tokio::join!(soon(client.connect(endpoint, server.uri("/"))), server.open());
    peer.frame(1, b"x").await;
    let (opcode, body) = peer.next().await;
    assert_eq!((opcode, &body[..2]), (8, &1011_u16.to_be_bytes()[..]));
}

#[tokio::test]
async fn an_open_connection_keeps_its_configuration() {
    let server = Server::new().await;
    let client = client();
    client.set_defaults(config(|it| it.max_text_len(7).idle_timeout(Some(PATIENCE))));
    let (session, _peer) = tokio::join!(soon(client.connect(on(), server.uri("/"))), server.open());
    client.set_defaults(config(|it| it.max_text_len(9)));
    let session = session.unwrap();
    assert_eq!(session.config().limits.max_text_len, 7);
    assert_eq!(session.config().idle_timeout, Some(PATIENCE));
    let (session, _peer) = tokio::join!(soon(client.connect(on(), server.uri("/"))), server.open());
    assert_eq!(session.unwrap().config().limits.max_text_len, 9);
}

#[tokio::test]
async fn the_request_says_what_the_configuration_says() {
    let server = Server::new().await;
    let client = client();
    client.cookies().set(&server.uri("/"), "kept=1").unwrap();
    let config = config(|it| {
        it.subprotocols(["x"])
            .header("X-A", "1")
            .header("X-A", "2")
            .origin("https://a.example")
            .cookie("given", "2")
            .credentials(Credentials::new("ann", "x").preemptive())
            .bind_address([127, 0, 0, 5])
    });
    let attempt = client.connect_with(&config, on(), server.uri("/"));
    let serving = async {
        let mut peer = server.request().await;
        assert_eq!(peer.stream.peer_addr().unwrap().ip().to_string(), "127.0.0.5");
        peer.open("Set-Cookie: new=3\r\n").await;
        peer
    };
    let (session, peer) = tokio::join!(soon(attempt), serving);
    let local = session.unwrap().local_addr();
    assert_eq!(local, Some(peer.stream.peer_addr().unwrap()));
    assert_eq!(peer.header("sec-websocket-protocol"), Some("x"));
    assert_eq!(peer.head.matches("x-a: ").count(), 2);
    assert_eq!(peer.header("origin"), Some("https://a.example"));
    assert_eq!(peer.header("cookie"), Some("given=2; kept=1"));
    assert_eq!(peer.header("authorization"), Some("Basic YW5uOng="));
    assert!(peer.header("user-agent").unwrap().starts_with("ws-container/"));
    assert_eq!(client.cookies().get(&server.uri("/")).unwrap().unwrap(), "kept=1; new=3");
}

#[tokio::test]
async fn the_connect_timeout_ends_the_attempt_and_closes_the_socket() {
    let server = Server::new().await;
    let limit = Duration::from_millis(200);
    let client = client();
    let endpoint = on().open(|_| never());
    let config = config(|it| it.connect_timeout(limit));
    let connecting = client.connect_with(&config, endpoint, server.uri("/"));
    let state = connecting.state();
    let begin = std::time::Instant::now();
    let (result, mut peer) = tokio::join!(connecting, server.request());
    assert!(matches!(result, Err(ConnectError::Timeout(it)) if it == limit), "{result:?}");
    assert!(begin.elapsed() >= limit);
    assert_eq!(state.get(), SessionState::Closed);
    peer.ended().await;
    assert!(client.sessions().is_empty());
}

/// Finds nothing, ever.
struct Silent;

#[async_trait]
impl Resolve for Silent {
    async fn resolve(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn the_connect_timeout_covers_names() {
    let client = Client::builder().resolver(Silent).defaults(config(|it| it)).build();
    let begin = Instant::now();
    let result = client.connect(on(), "ws://a.example").await;
    assert!(matches!(result, Err(ConnectError::Timeout(_))), "{result:?}");
    assert_eq!(begin.elapsed(), Duration::from_secs(10));
}

#[tokio::test]
async fn an_attempt_that_is_dropped_closes_its_socket() {
    let server = Server::new().await;
    let client = client();
    let mut connecting = client.connect(on(), server.uri("/"));
    let state = connecting.state();
    let mut peer = tokio::select! {
        result = &mut connecting => panic!("{result:?}"),
        peer = server.request() => peer,
    };
    drop(connecting);
    assert_eq!(state.get(), SessionState::Closed);
    peer.ended().await;
}

#[tokio::test]
async fn nobody_there() {
    let server = Server::new().await;
    let uri = server.uri("/");
    drop(server);
    let result = soon(client().connect(on(), uri)).await;
    let Err(ConnectError::Connect { failures, .. }) = &result else { panic!("{result:?}") };
    assert_eq!(failures[0].1.kind(), io::ErrorKind::ConnectionRefused);
    assert!(result.unwrap_err().is_transient());
    let result = soon(client().connect(on(), "ftp://a.example")).await;
    assert!(matches!(result, Err(ConnectError::Request(_))), "{result:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let client = client();
    let by_uri = client.connect(on(), format!("ws+unix:{}:/a?b", path.display()));
    let by_config = config(|it| it.unix_socket(&path));
    let by_config = client.connect_with(&by_config, on(), "ws://a.example/c");
    for (connecting, line, host) in
        [(by_uri, "GET /a?b ", "localhost"), (by_config, "GET /c ", "a.example")]
    {
        let serving = async {
            let mut peer = Peer::of(listener.accept().await.unwrap().0).await;
            peer.open("").await;
            peer
        };
        let (session, peer) = tokio::join!(soon(connecting), serving);
        assert!(session.is_ok(), "{session:?}");
        assert!(peer.head.starts_with(line), "{}", peer.head);
        assert_eq!(peer.header("host"), Some(host));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn programs_behind_unix_sockets_are_servers_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    let client = client();
    let uri = |path: &std::path::Path| format!("ws+unix:{}:/", path.display());
    client.cookies().set(&uri(&one), "k=1").unwrap();
    assert_eq!(client.cookies().get(&uri(&two)).unwrap(), None);
    assert_eq!(client.cookies().get("ws://localhost/").unwrap(), None);
    assert_eq!(client.cookies().get(&uri(&one)).unwrap().unwrap(), "k=1");

    // A redirect to the same host and port stays behind the socket, and may know the secrets.
    let listener = tokio::net::UnixListener::bind(&one).unwrap();
    let config = config(|it| it.max_redirects(1).header("authorization", "Bearer t"));
    let serving = async {
        let mut peer = Peer::of(listener.accept().await.unwrap().0).await;
        peer.say("HTTP/1.1 302 Found\r\nLocation: ws://localhost/b\r\nContent-Length: 0\r\n\r\n")
            .await;
        let mut peer = Peer::of(listener.accept().await.unwrap().0).await;
        peer.open("").await;
        peer
    };
    let connecting = client.connect_with(&config, on(), uri(&one));
    let (session, peer) = tokio::join!(soon(connecting), soon(serving));
    assert!(session.is_ok(), "{session:?}");
    assert!(peer.head.starts_with("GET /b "), "{}", peer.head);
    assert_eq!(peer.header("authorization"), Some("Bearer t"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_port_of_ones_own_does_for_one_connection_after_the_other() {
    let (server, other) = (Server::new().await, Server::new().await);
    let client = client();
    // Nobody else's, for now.
    let free = Server::new().await.addr;
    let config = config(|it| it.bind_socket(free));
    let (session, mut peer) =
        tokio::join!(soon(client.connect_with(&config, on(), server.uri("/"))), server.open());
    assert_eq!(session.unwrap().local_addr(), Some(free));
    let (session, _peer) =
        tokio::join!(soon(client.connect_with(&config, on(), other.uri("/"))), other.open());
    session.unwrap();
    peer.frame(8, b"\x03\xe8").await;
}

#[derive(Default)]
struct Note(std::sync::Arc<Mutex<Vec<String>>>);

#[async_trait]
impl ClientConfigurator for Note {
    async fn before_request(&self, uri: &str, headers: &mut HeaderMap) -> Result<(), BoxError> {
        if uri.ends_with("/refused") {
            return Err("not there".into());
        }
        headers.insert("x-note", "yes".parse()?);
        headers.remove("x-a");
        Ok(())
    }

    async fn after_response(&self, response: &HandshakeResponse) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(format!("{} {:?}", response.status(), response.body()));
        if response.headers().contains_key("x-bad") { Err("bad".into()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_configurator_takes_part_also_where_it_fails() {
    let server = Server::new().await;
    let client = client();
    let note = Note::default();
    let noted = note.0.clone();
    let config = config(|it| it.configurator(note).header("x-a", "1"));
    let connect = |path: &str| soon(client.connect_with(&config, on(), server.uri(path)));

    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    let (result, head) = tokio::join!(connect("/"), server.answer(refusal));
    assert!(head.contains("x-note: yes") && !head.contains("x-a"), "{head}");
    assert_eq!(result.unwrap_err().response().unwrap().status(), 403);

    let result = connect("/refused").await;
    assert!(matches!(result, Err(ConnectError::Configurator(_))), "{result:?}");

    let serving = async {
        let mut peer = server.request().await;
        peer.open("X-Bad: 1\r\n").await;
        peer.ended().await;
    };
    let (result, ()) = tokio::join!(connect("/"), serving);
    assert!(matches!(result, Err(ConnectError::Configurator(_))), "{result:?}");
    let noted = noted.lock().unwrap();
    assert_eq!(*noted, ["403 Forbidden b\"no\"", "101 Switching Protocols b\"\""]);
}

//! What configurators and factories may do, and what becomes of their mistakes.

use std::sync::Mutex;

use async_trait::async_trait;
use http::{HeaderValue, StatusCode};
use ws_core::extension::{Extension, ExtensionOffer};
use ws_core::handshake::{Subprotocol, SubprotocolOrder};
use ws_core::{
    DefaultConfigurator, Handshake, HandshakeRequest, OriginVerdict, Reject, ServerConfigurator,
    ServerEndpointConfig,
};

use super::*;

/// What a session began with.
#[derive(Clone)]
struct Visitor(String);

#[server_endpoint("/visitor", crate = ws_core)]
#[derive(Debug, Default)]
struct Visited;

#[handlers(crate = ws_core)]
impl Visited {
    #[on_message]
    fn text(&mut self, session: &Session, _text: &str) -> String {
        let Visitor(name) = session.data().unwrap_or(Visitor("nobody".to_owned()));
        format!("{name} {}", session.subprotocol().unwrap_or("-"))
    }
}

/// A container with one endpoint at `/x`.
async fn serve(
    change: impl FnOnce(
        ws_core::ServerEndpointBuilder<Visited>,
    ) -> ws_core::ServerEndpointBuilder<Visited>,
) -> Handle {
    let config = ServerEndpointConfig::builder::<Visited>("/x").subprotocols(["a", "b"]);
    let settings =
        Settings { handshake_timeout: Duration::from_millis(200), ..Settings::default() };
    let builder = Container::builder().settings(settings).deploy(change(config).build().unwrap());
    builder.bind("127.0.0.1", 0).build().unwrap().start().await.unwrap()
}

/// The head of the answer to a handshake at `/x`, and the stream behind it.
async fn ask(handle: &Handle, fields: &str) -> (String, TcpStream) {
    let mut stream = connect(handle).await;
    stream.write_all(upgrade("/x", fields).as_bytes()).await.unwrap();
    (read_head(&mut stream).await, stream)
}

/// The reply to a text message.
async fn say(stream: &mut TcpStream) -> String {
    stream.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
    let mut head = [0; 2];
    timeout(LONG, stream.read_exact(&mut head)).await.unwrap().unwrap();
    let mut text = vec![0; usize::from(head[1])];
    timeout(LONG, stream.read_exact(&mut text)).await.unwrap().unwrap();
    String::from_utf8(text).unwrap()
}

/// Notes its calls.
#[derive(Default)]
struct Journal(Arc<Mutex<Vec<&'static str>>>);

impl Journal {
    fn note(&self, call: &'static str) {
        self.0.lock().unwrap().push(call);
    }
}

#[async_trait]
impl ServerConfigurator for Journal {
    fn check_origin(&self, origin: Option<&str>, request: &HandshakeRequest) -> OriginVerdict {
        assert_eq!((origin, request.path()), (Some("http://elsewhere"), "/x"));
        self.note("check_origin");
        OriginVerdict::Allow
    }

    fn negotiate_subprotocol<'s>(
        &self,
        supported: &'s [Subprotocol],
        requested: &[&str],
        _: SubprotocolOrder,
    ) -> Option<&'s Subprotocol> {
        self.note("negotiate_subprotocol");
        assert_eq!(requested, ["b", "c", "a"]);
        supported.iter().find(|name| name.as_str() == "a")
    }

    fn negotiate_extensions(
        &self,
        _: &[Arc<dyn Extension>],
        requested: Vec<ExtensionOffer>,
    ) -> Vec<ExtensionOffer> {
        self.note("negotiate_extensions");
        assert_eq!(requested[0].name(), "zip");
        requested
    }

    async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
        self.note("modify_handshake");
        assert_eq!(handshake.headers()["sec-websocket-protocol"], "a");
        assert_eq!(handshake.headers()["upgrade"], "websocket");
        Ok(())
    }
}

#[tokio::test]
async fn hooks_are_called_in_their_order_and_see_what_is_agreed() {
    let journal = Journal::default();
    let calls = Arc::clone(&journal.0);
    let noted = Arc::clone(&journal.0);
    let handle = serve(|config| {
        config.configurator(journal).factory(move |request: &HandshakeRequest| {
            assert_eq!(request.cookie("id"), Some("7"));
            noted.lock().unwrap().push("factory");
            Visited
        })
    })
    .await;
    let fields = "Origin: http://elsewhere\r\nSec-WebSocket-Protocol: b, c\r\n\
                  Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: zip\r\nCookie: id=7\r\n";
    let (head, mut stream) = ask(&handle, fields).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-protocol: a\r\n"), "{head}");
    assert_eq!(say(&mut stream).await, "nobody a");
    let expected = [
        "check_origin",
        "negotiate_subprotocol",
        "negotiate_extensions",
        "modify_handshake",
        "factory",
    ];
    assert_eq!(*calls.lock().unwrap(), expected);
    handle.hub().abort_all();
    handle.shutdown().await;
}

/// Jakarta WSC-3.1.5-1.
#[tokio::test]
async fn the_default_configurator_changes_nothing() {
    let fields = "Sec-WebSocket-Protocol: x, b, a\r\nSec-WebSocket-Extensions: zip; y=1\r\n\
                  Origin: http://example\r\n";
    let mut heads = Vec::new();
    for configured in [false, true] {
        let handle =
            serve(
                |config| {
                    if configured { config.configurator(DefaultConfigurator) } else { config }
                },
            )
            .await;
        let (head, stream) = ask(&handle, fields).await;
        let is_date = |line: &&str| line.starts_with("date: ");
        heads.push(
            head.lines().filter(|line| !is_date(line)).map(str::to_owned).collect::<Vec<_>>(),
        );
        drop(stream);
        handle.shutdown().await;
    }
    let expected = [
        "HTTP/1.1 101 Switching Protocols",
        "upgrade: websocket",
        "connection: Upgrade",
        "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "sec-websocket-protocol: b",
        "",
    ];
    assert_eq!(heads[0], expected);
    assert_eq!(heads[1], expected);
}

/// Names the visitor, and marks the answer.
struct Greeting;

#[async_trait]
impl ServerConfigurator for Greeting {
    async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
        let Visitor(before) = handshake.properties().get::<Visitor>().cloned().unwrap();
        let name = handshake.request().cookie("name").unwrap_or("anybody");
        handshake.properties_mut().insert(Visitor(format!("{before} {name}")));
        for probe in ["one", "two"] {
            handshake.headers_mut().append("X-Probe", HeaderValue::from_static(probe));
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_modify_handshake_says_is_for_its_connection_alone() {
    let handle =
        serve(|config| config.configurator(Greeting).property(Visitor("welcome".to_owned()))).await;
    let (head, mut ada) = ask(&handle, "Cookie: name=ada\r\n").await;
    assert!(head.contains("x-probe: one\r\nx-probe: two\r\n"), "{head}");
    let (_, mut bob) = ask(&handle, "Cookie: name=bob\r\n").await;
    assert_eq!(say(&mut ada).await, "welcome ada -");
    assert_eq!(say(&mut bob).await, "welcome bob -");
    drop((ada, bob));
    handle.hub().abort_all();
    handle.shutdown().await;
}

#[server_endpoint("/asked/{name}", instance = "shared", crate = ws_core)]
#[derive(Debug, Default)]
struct Asked {
    sessions: std::sync::atomic::AtomicUsize,
}

#[handlers(crate = ws_core)]
impl Asked {
    #[on_open]
    fn open(&self, request: &HandshakeRequest) -> String {
        let before = self.sessions.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let max = request.query_pairs().find(|(name, _)| name == "max");
        let max = max.map_or("none".into(), |(_, max)| max);
        let name = request.path_param("name").unwrap_or_default();
        let local = request.local_addr().is_some_and(|it| it.ip().is_loopback());
        format!("{before} {name} {max} {} {local}", request.uri())
    }
}

#[tokio::test]
async fn on_open_may_look_at_the_request_and_instances_may_be_shared() {
    let instance = Arc::new(Asked::default());
    let shared = ServerEndpointConfig::builder_shared("/shared/{name}", Arc::clone(&instance));
    let shared = shared.build().unwrap();
    assert!(shared.type_name().ends_with("::Asked"), "{}", shared.type_name());
    let builder = Container::builder().deploy(ServerEndpointConfig::of::<Asked>()).deploy(shared);
    let container = builder.bind("127.0.0.1", 0).build().unwrap();
    let handle = container.start().await.unwrap();
    for (path, before) in [("asked", 0), ("asked", 1), ("shared", 0), ("shared", 1)] {
        let mut stream = connect(&handle).await;
        let request = upgrade(&format!("/{path}/ada?max=%35&x"), "");
        stream.write_all(request.as_bytes()).await.unwrap();
        read_head(&mut stream).await;
        let want = format!("{before} ada 5 ws://example/{path}/ada?max=%35&x true");
        let mut reply = vec![0; 2 + want.len()];
        timeout(LONG, stream.read_exact(&mut reply)).await.unwrap().unwrap();
        assert_eq!(std::str::from_utf8(&reply[2..]).unwrap(), want);
    }
    assert_eq!(instance.sessions.load(std::sync::atomic::Ordering::Relaxed), 2);
    handle.hub().abort_all();
    handle.shutdown().await;
}

/// Makes the mistake that the `X-Mistake` of the request names.
struct Clumsy;

#[async_trait]
impl ServerConfigurator for Clumsy {
    fn check_origin(&self, _: Option<&str>, request: &HandshakeRequest) -> OriginVerdict {
        match mistake(request) {
            "panic in check_origin" => panic!("of no interest to peers"),
            "deny" => OriginVerdict::Deny,
            _ => OriginVerdict::Default,
        }
    }

    fn negotiate_subprotocol<'s>(
        &self,
        supported: &'s [Subprotocol],
        requested: &[&str],
        order: SubprotocolOrder,
    ) -> Option<&'s Subprotocol> {
        match requested {
            ["panic"] => panic!("of no interest to peers"),
            ["other"] => supported.first(),
            _ => DefaultConfigurator.negotiate_subprotocol(supported, requested, order),
        }
    }

    fn negotiate_extensions(
        &self,
        _: &[Arc<dyn Extension>],
        requested: Vec<ExtensionOffer>,
    ) -> Vec<ExtensionOffer> {
        let name = |offer: &ExtensionOffer| offer.name() == "mine";
        if requested.iter().any(name) {
            return vec![ExtensionOffer::new("yours").unwrap()];
        }
        requested
    }

    async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
        match mistake(handshake.request()) {
            "reject" => {
                let reject = Reject::new(StatusCode::TOO_MANY_REQUESTS).header("Retry-After", "9");
                return Err(reject.header("Content-Length", "999").body("Later.\n"));
            }
            "error" => return Err("of no interest to peers".into()),
            "panic" => panic!("of no interest to peers"),
            "wait" => std::future::pending().await,
            "upgrade" => {
                drop(handshake.headers_mut().insert("Upgrade", HeaderValue::from_static("h2c")))
            }
            "accept" => drop(handshake.headers_mut().remove("Sec-WebSocket-Accept")),
            "subprotocol" => {
                let b = HeaderValue::from_static("b");
                handshake.headers_mut().append("Sec-WebSocket-Protocol", b);
            }
            "body" => drop(
                handshake.headers_mut().insert("Content-Length", HeaderValue::from_static("9")),
            ),
            _ => {}
        }
        Ok(())
    }
}

fn mistake(request: &HandshakeRequest) -> &str {
    request.headers().get("X-Mistake").map_or("", |it| it.to_str().unwrap())
}

#[tokio::test]
async fn mistakes_of_the_application_are_answered_before_any_101() {
    let handle = serve(|config| {
        config.configurator(Clumsy).factory(|request: &HandshakeRequest| match mistake(request) {
            "factory fails" => Err("of no interest to peers"),
            "factory panics" => panic!("of no interest to peers"),
            _ => Ok(Visited),
        })
    })
    .await;
    let by = |mistake: &str| format!("X-Mistake: {mistake}\r\n");
    for (fields, status, mention) in [
        (by(""), 101, "connection: Upgrade"),
        (by("panic in check_origin"), 500, "content-length: 0"),
        (by("deny"), 403, "origin may not connect"),
        ("Origin: http://elsewhere\r\n".to_owned(), 403, "origin may not connect"),
        ("Sec-WebSocket-Protocol: panic\r\n".to_owned(), 500, "content-length: 0"),
        ("Sec-WebSocket-Protocol: other\r\n".to_owned(), 500, "content-length: 0"),
        ("Sec-WebSocket-Extensions: mine\r\n".to_owned(), 500, "content-length: 0"),
        ("Sec-WebSocket-Extensions: ;;\r\n".to_owned(), 400, "malformed"),
        (by("reject"), 429, "retry-after: 9"),
        (by("reject"), 429, "content-length: 7"),
        (by("reject"), 429, "\r\n\r\nLater.\n"),
        (by("error"), 500, "content-length: 0"),
        (by("panic"), 500, "content-length: 0"),
        (by("wait"), 503, "retry-after: 5"),
        (by("upgrade"), 500, "content-length: 0"),
        (by("accept"), 500, "content-length: 0"),
        (by("subprotocol"), 500, "content-length: 0"),
        (by("body"), 500, "content-length: 0"),
        (by("factory fails"), 500, "content-length: 0"),
        (by("factory panics"), 500, "content-length: 0"),
    ] {
        let mut stream = connect(&handle).await;
        stream.write_all(upgrade("/x", &fields).as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{fields}: {head}");
        let rest = if status == 101 { String::new() } else { read_all(&mut stream).await };
        let answer = head + &rest;
        assert!(answer.contains(mention), "{fields}: {answer}");
        assert!(!answer.contains("interest"), "{fields}: {answer}");
        assert_eq!(answer.contains("connection: close"), status != 101, "{fields}: {answer}");
    }
    handle.hub().abort_all();
    handle.shutdown().await;
}

#[tokio::test]
async fn who_looks_for_a_mistake_here_is_told_why_no_endpoint_matches() {
    let handle = start(Settings::default()).await;
    for (path, why) in [
        ("/ecco/x", "\n  /echo/{name}: segment 1 is `ecco`, not `echo`\n"),
        ("/echo/", "\n  /echo/{name}: nothing stands for `{name}`, segment 2\n"),
        ("/echo/x/%0d%0ay", "\n  /echo/{name}: 3 segments, not 2\n"),
        ("/%1bcho/x", "segment 1 is `%1Bcho`, not `echo`\n"),
    ] {
        let mut stream = connect(&handle).await;
        stream.write_all(upgrade(path, "").as_bytes()).await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
        assert!(answer.contains(why), "{path}: {answer}");
    }
    handle.shutdown().await;
}

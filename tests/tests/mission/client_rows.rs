//! S2: what servers do for clients, and clients for their users; each row that needs nothing but
//! Rust.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use tests::client::{client, config, run, soon};
use tests::{Frame, RawClient, RawServer, TestServer, alone, http, log};
use ws_container::Container;
use ws_container::client::{Client, ConnectError, ProxyError, on};
use ws_container::prelude::*;

/// Sends to the room from outside; answers with the room's name.
#[server_endpoint("/mission/rooms/{room}")]
#[derive(Default)]
struct Room;

#[handlers]
impl Room {
    #[on_message]
    fn text(&mut self, text: &str, #[path_param] room: &str) -> String {
        format!("{room}: {text}")
    }
}

/// Has no default: what it says is an argument.
#[server_endpoint("/mission/greeter", factory = greeter)]
struct Greeter(String);

fn greeter(request: &HandshakeRequest) -> Greeter {
    Greeter(format!("hello to {}", request.path()))
}

#[handlers]
impl Greeter {
    #[on_open]
    fn open(&mut self) -> String {
        self.0.clone()
    }
}

/// Every example is a program that a test of its own starts; here is that the README's and the
/// crate's are there. Their compilation is the workspace's.
#[test]
fn s2_9_examples_of_both_sides_are_programs() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let tests = fs::read_to_string(examples.join("tests/started.rs")).unwrap();
    for (example, uses) in
        [("chat", "server_endpoint"), ("client", "client_endpoint"), ("client", "on()")]
    {
        let source = fs::read_to_string(examples.join(format!("src/bin/{example}.rs"))).unwrap();
        assert!(source.contains(uses), "{example} has no {uses}");
        assert!(tests.contains(&format!("CARGO_BIN_EXE_{example}\"")), "{example} is not started");
    }
}

#[test]
fn s2_14_connection_is_a_list_of_tokens_in_any_case_and_on_any_line() {
    let server = TestServer::start();
    for connection in [
        &["keep-alive, Upgrade"][..],
        &["upgrade"],
        &["UPGRADE ,close"],
        &[",, keep-alive ,\tUpgRade,"],
        &["keep-alive", "Upgrade"],
        &["Upgrade", "keep-alive"],
    ] {
        let lines: Vec<String> =
            connection.iter().map(|line| format!("+Connection: {line}")).collect();
        let changes: Vec<&str> =
            std::iter::once("-Connection").chain(lines.iter().map(String::as_str)).collect();
        let answer = http::request(server.addr(), "GET /mission/rooms/a HTTP/1.1", &changes);
        assert_eq!(answer.status, 101, "{connection:?}");
    }
    for connection in ["keep-alive", "Upgraded", "Up grade"] {
        let change = format!("Connection: {connection}");
        let answer = http::request(server.addr(), "GET /mission/rooms/a HTTP/1.1", &[&change]);
        assert_ne!(answer.status, 101, "{connection}");
    }
}

#[test]
fn s2_15_an_endpoint_is_made_with_arguments() {
    let words = "hello to whoever it is".to_owned();
    let factory = move |_: &HandshakeRequest| Greeter(words.clone());
    let here =
        ServerEndpointConfig::builder_with("/mission/greeter/here", factory).build().unwrap();
    let server = TestServer::of(Container::builder().discover().deploy(here));
    let mut client = RawClient::open(server.addr(), "/mission/greeter");
    client.assert_next(&Frame::text("hello to /mission/greeter"));
    let mut client = RawClient::open(server.addr(), "/mission/greeter/here");
    client.assert_next(&Frame::text("hello to whoever it is"));
}

#[test]
fn s2_16_a_wrong_path_is_told_the_nearest_endpoints() {
    log::keep();
    let server = TestServer::start();
    let answer = http::request(server.addr(), "GET /mission/romos/a HTTP/1.1", &[]);
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("/mission/rooms/{room}"), "{}", answer.text());
    let _ = log::wait_for(&["404", "/mission/romos/a", "/mission/rooms/{room}"]);
    run(async {
        let uri = format!("ws://{}/mission/romos/a", server.addr());
        let error = soon(client().connect(on(), uri)).await.unwrap_err();
        let answer = error.response().expect("an answer");
        assert!(String::from_utf8_lossy(answer.body()).contains("/mission/rooms/{room}"));
    });
}

/// Sends every request elsewhere.
#[derive(Debug, Default)]
struct Elsewhere;

#[async_trait]
impl ServerConfigurator for Elsewhere {
    async fn modify_handshake(
        &self,
        handshake: &mut Handshake<'_>,
    ) -> std::result::Result<(), Reject> {
        let path = handshake.request().path().replace("moved", "rooms");
        let location = HeaderValue::from_str(&path).expect("a path");
        Err(Reject::new(StatusCode::FOUND).header("location", location))
    }
}

#[server_endpoint("/mission/moved/{room}", configurator = Elsewhere)]
#[derive(Default)]
struct Moved;

#[handlers]
impl Moved {}

#[test]
fn s2_18_a_server_can_redirect() {
    let server = TestServer::start();
    let answer = http::request(server.addr(), "GET /mission/moved/a HTTP/1.1", &[]);
    assert_eq!((answer.status, answer.header("location")), (302, Some("/mission/rooms/a")));
    run(async {
        let uri = format!("ws://{}/mission/moved/a", server.addr());
        let error = soon(client().connect(on(), uri.clone())).await.unwrap_err();
        assert!(matches!(error, ConnectError::Status(_)), "{error:?}: off by default");
        let config = config(|it| it.max_redirects(1));
        let session = soon(client().connect_with(&config, on(), uri)).await.unwrap();
        assert_eq!(session.path(), "/mission/rooms/a");
    });
}

#[test]
fn s2_18_a_refusal_reaches_the_program_with_status_fields_and_body() {
    let (addr, peer) = RawServer::play(|mut raw| {
        raw.say(
            "HTTP/1.1 401 Who?\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 4\r\n\r\nyou?",
        );
    });
    let error =
        run(async { soon(client().connect(on(), format!("ws://{addr}/"))).await }).unwrap_err();
    let answer = error.response().expect("an answer");
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (401, &b"you?"[..]));
    assert_eq!(answer.headers()["www-authenticate"], "Basic realm=x");
    peer.join().unwrap();
}

#[test]
fn s2_19_cookies_and_fields_reach_the_server_and_the_jar_is_the_clients() {
    let script = |mut raw: RawServer| {
        raw.switch("Set-Cookie: id=7; Path=/\r\n");
        (raw.header("X-A").map(str::to_owned), raw.header("Cookie").map(str::to_owned))
    };
    let config = config(|it| it.header("x-a", "1").cookie("k", "v"));
    let forgetful = Client::builder().keep_cookies(false).build();
    let client = client();
    let mut seen = Vec::new();
    for client in [&client, &client, &forgetful, &forgetful] {
        let (addr, peer) = RawServer::play(script);
        run(async {
            let connecting = client.clone().connect_with(&config, on(), format!("ws://{addr}/"));
            soon(connecting).await.unwrap();
        });
        seen.push(peer.join().unwrap());
    }
    let with = |cookies: &str| (Some("1".to_owned()), Some(cookies.to_owned()));
    assert_eq!(seen, [with("k=v"), with("k=v; id=7"), with("k=v"), with("k=v")]);
}

#[test]
fn s2_20_sessions_are_reached_from_elsewhere() {
    let server = TestServer::start();
    let mut clients = ["a", "b"].map(|room| {
        let mut client = RawClient::open(server.addr(), &format!("/mission/rooms/{room}"));
        client.send_text("hello");
        client.assert_next(&Frame::text(format!("{room}: hello")));
        client
    });
    let handle = server.handle();
    let sessions = handle.sessions("/mission/rooms/{room}");
    assert_eq!(sessions.len(), 2);
    assert!(handle.sessions("/mission/greeter").is_empty());
    let of_a = sessions.iter().find(|it| it.path_param("room") == Some("a")).unwrap();
    let found = handle.session(of_a.id()).expect("it is open");
    run(async { soon(found.send("from elsewhere")).await.unwrap() });
    clients[0].assert_next(&Frame::text("from elsewhere"));
    clients[1].assert_silent();
    for client in clients {
        client.close(1000, "");
    }
    tests::wait::until("it is gone", || handle.session(of_a.id()).is_none());
}

/// The crates that `ws-container` consists of with these features, besides those of its build.
fn crates(features: &str) -> Vec<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "-p", "ws-container", "--no-default-features"])
        .args(["--features", features, "-e", "normal,no-proc-macro", "--prefix", "none"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let mut crates: Vec<_> = lines.lines().filter(|line| !line.is_empty()).map(name).collect();
    crates.sort();
    crates.dedup();
    crates
}

#[test]
fn s2_22_a_client_comes_without_the_rest() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let crates = crates("client");
    for server in ["hyper", "hyper-util", "http-body", "clap", "tower-http", "toml"] {
        assert!(!crates.iter().any(|it| it.starts_with(&format!("{server} "))), "{server}");
    }
    let said = format!("a client alone is {} crates", crates.len());
    assert!(readme.contains(&said), "the README does not say: {said}\n{}", crates.join("\n"));
}

/// A proxy that takes out what it does not know, as RFC 9110 §7.6.1 lets it; with nginx in
/// `tests/interop/servers`.
#[test]
fn s2_11_a_proxy_that_strips_the_upgrade_is_told_apart() {
    let server = TestServer::start();
    let to: SocketAddr = server.addr();
    let (addr, peer) = RawServer::play(move |mut raw| {
        let keep = |line: &&str| !line.to_lowercase().starts_with("upgrade:");
        let lines: Vec<_> = raw.request().trim_end().lines().filter(keep).collect();
        let request =
            lines.join("\r\n").replace("Connection: Upgrade", "Connection: close") + "\r\n\r\n";
        let answer = http::exchange(to, request);
        let fields = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let head: String = fields.collect();
        raw.say(format!("HTTP/1.1 {} x\r\n{head}\r\n{}", answer.status, answer.text()));
    });
    let error = run(async {
        let uri = format!("ws://{addr}/mission/rooms/a");
        soon(client().connect(on(), uri)).await.unwrap_err()
    });
    let answer = error.response().expect("an answer");
    assert_eq!(answer.status(), 426, "the server says what is missing");
    assert_eq!(answer.headers()["upgrade"], "websocket");
    peer.join().unwrap();
}

/// With squid and microsocks in `tests/interop/servers`.
#[test]
fn s2_25_a_proxy_of_the_environment_is_used_but_for_this_machine() {
    let proxied = || {
        run(async {
            let client = Client::new();
            let elsewhere = soon(client.connect(on(), "ws://server.invalid/")).await.unwrap_err();
            let here = soon(client.connect(on(), "ws://127.0.0.1:1/")).await.unwrap_err();
            (elsewhere, here)
        })
    };
    let name = "client_rows::s2_25_a_proxy_of_the_environment_is_used_but_for_this_machine";
    // Nobody listens at port 1.
    alone::alone_with(name, &[("HTTP_PROXY", "http://127.0.0.1:1")], || {
        let (elsewhere, here) = proxied();
        assert!(
            matches!(elsewhere, ConnectError::Proxy(ProxyError::Unreachable(_))),
            "{elsewhere:?}"
        );
        assert!(matches!(here, ConnectError::Connect { .. }), "{here:?}");
    });
}

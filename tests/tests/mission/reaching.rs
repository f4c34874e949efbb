//! S2, what the command line says of the connection: TLS, credentials, headers, proxies.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tests::{Finished, Program, wait};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};
use ws_container::handshake::HandshakeKey;

use crate::test_server::BINARY;

/// A connection of a server, or a proxy, that is made by hand.
struct Peer<S = TcpStream> {
    stream: S,
    head: String,
}

/// Waits for a connection.
fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(wait::DEADLINE)).unwrap();
    stream
}

impl Peer {
    /// Waits for a request and reads its head.
    fn accept(listener: &TcpListener) -> Self {
        Self::read(accept(listener)).expect("a whole head")
    }
}

impl<S: Read + Write> Peer<S> {
    /// Reads the head of a request.
    fn read(stream: S) -> std::io::Result<Self> {
        let mut peer = Self { stream, head: String::new() };
        while !peer.head.ends_with("\r\n\r\n") {
            let mut byte = [0];
            peer.stream.read_exact(&mut byte)?;
            peer.head.push(char::from(byte[0]));
        }
        Ok(peer)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    fn say(&mut self, answer: &str) {
        self.stream.write_all(answer.as_bytes()).unwrap();
    }

    /// Opens the WebSocket, sends `hello`, and closes.
    fn open(&mut self) {
        let key = self.header("sec-websocket-key").unwrap_or_default();
        let accept = HandshakeKey::parse(key.as_bytes()).expect("a key").accept_value();
        let accept = std::str::from_utf8(&accept).unwrap();
        self.say(&format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        ));
        self.stream.write_all(b"\x81\x05hello\x88\x02\x03\xe8").unwrap();
        // The client's Close, and then the end.
        let _ = self.stream.read_to_end(&mut Vec::new());
    }
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

#[track_caller]
fn connect(args: &[&str]) -> Finished {
    Finished::run(BINARY, &[&["connect", "--wait", "20s"], args].concat(), b"")
}

#[test]
fn s2_19_headers_and_cookies_reach_the_server() {
    let (listener, addr) = listen();
    let serving = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        peer.open();
        peer.head
    });
    let finished = connect(&[
        "-H",
        "X-A: 1",
        "-H",
        "x-b:  two words ",
        "--cookie",
        "k=v",
        "--cookie",
        "l=w",
        "--origin",
        "http://example.com",
        "-s",
        "b",
        "-s",
        "a",
        &format!("ws://{addr}/p?q=1"),
    ]);
    let head = serving.join().unwrap().to_lowercase();
    for line in [
        "get /p?q=1 http/1.1",
        "x-a: 1",
        "x-b: two words",
        "cookie: k=v; l=w",
        "origin: http://example.com",
        "sec-websocket-protocol: b, a",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.output.contains("< hello\n"), "{finished:?}");
}

#[test]
fn s2_19_a_password_in_what_is_no_url_is_shown_nowhere() {
    for url in ["ws//ann:hush@h/", "ws:/ann:hush@h/", "ws://ann:hush/@h", "ws://ann:hush@"] {
        for command in [&["test-client", "-c", "1", "--url", url][..], &["connect", url]] {
            let finished = Finished::run(BINARY, command, b"");
            assert_eq!(finished.code, Some(1), "{finished:?}");
            assert!(!format!("{finished:?}").contains("hush"), "{finished:?}");
        }
    }
}

#[test]
fn s2_17_credentials_answer_a_server_that_asks() {
    for (challenge, answer) in [
        ("Basic realm=\"x\"", "Basic YW5uOnNlY3JldA=="),
        (
            "Digest realm=\"x\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256",
            "Digest username=\"ann\"",
        ),
    ] {
        let (listener, addr) = listen();
        let who = format!(
            "HTTP/1.1 401 Who?\r\nWWW-Authenticate: {challenge}\r\nConnection: close\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let serving = thread::spawn(move || {
            for _ in 0..2 {
                // Without credentials, and with them, but before they are asked for.
                let mut peer = Peer::accept(&listener);
                assert_eq!(peer.header("authorization"), None);
                peer.say(&who);
            }
            let mut peer = Peer::accept(&listener);
            let shown = peer.header("authorization").unwrap_or_default().to_owned();
            peer.open();
            shown
        });
        let url = format!("ws://{addr}/");
        let without = connect(&[&url]);
        assert_eq!(without.code, Some(1), "{without:?}");
        assert!(without.errors.contains("the server answered 401"), "{without:?}");
        let with = connect(&["--user", "ann:secret", &url]);
        assert_eq!(with.code, Some(0), "{with:?}");
        assert!(!format!("{with:?}").contains("secret"), "{with:?}");
        assert!(serving.join().unwrap().starts_with(answer));
    }
}

/// Carries bytes both ways until both have ended.
fn join(near: TcpStream, far: TcpStream) {
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        })
    };
    let back = copy(far.try_clone().unwrap(), near.try_clone().unwrap());
    copy(near, far).join().unwrap();
    back.join().unwrap();
}

#[test]
fn s2_25_a_proxy_that_asks_who_we_are() {
    let server = Program::start(BINARY, &["test-server", "--port", "0"]);
    let (listener, addr) = listen();
    let to = server.addr();
    let proxying = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        assert!(peer.head.starts_with("CONNECT far.example:80 HTTP/1.1\r\n"), "{}", peer.head);
        peer.say(
            "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=x\r\nConnection: close\r\n\
             Content-Length: 0\r\n\r\n",
        );
        drop(peer);
        let mut peer = Peer::accept(&listener);
        assert_eq!(peer.header("proxy-authorization"), Some("Basic dTpw"));
        peer.say("HTTP/1.1 200 Connection established\r\n\r\n");
        join(peer.stream, TcpStream::connect(to).unwrap());
    });
    let proxy = format!("http://u:p@{addr}");
    let finished = Finished::run(
        BINARY,
        &[
            "test-client",
            "--proxy",
            &proxy,
            "--url",
            "ws://far.example/",
            "-P",
            "echo",
            "-c",
            "2",
            "-d",
            "0",
        ],
        b"",
    );
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.output.contains("2/2 messages"), "{finished:?}");
    proxying.join().unwrap();
}

/// A TLS server for `name`, for so many connections, and its certificate as PEM. Failed handshakes
/// count.
fn tls_server(name: &str, connections: usize) -> (SocketAddr, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
    let (config, (listener, addr)) = (Arc::new(config), listen());
    thread::spawn(move || {
        for _ in 0..connections {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            if let Ok(mut peer) = Peer::read(StreamOwned::new(tls, accept(&listener))) {
                peer.open();
            }
        }
    });
    (addr, cert.pem())
}

#[test]
fn s2_13_wss_trusts_what_it_is_told_to_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let ca = file.to_str().unwrap();
    let (addr, pem) = tls_server("localhost", 4);
    std::fs::write(&file, pem).unwrap();
    let url = format!("wss://localhost:{}/", addr.port());
    let trusted = connect(&["--cacert", ca, &url]);
    assert_eq!(trusted.code, Some(0), "{trusted:?}");
    assert!(trusted.output.contains("< hello\n"), "{trusted:?}");
    let unknown = connect(&[&url]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.errors.contains("TLS with `localhost` failed"), "{unknown:?}");
    let wrong = connect(&["--cacert", ca, &format!("wss://127.0.0.1:{}/", addr.port())]);
    assert_eq!(wrong.code, Some(1), "a certificate of another host: {wrong:?}");
    assert!(wrong.errors.contains("TLS with `127.0.0.1` failed"), "{wrong:?}");
    let insecure = connect(&["--insecure", &url]);
    assert_eq!(insecure.code, Some(0), "{insecure:?}");
    assert!(insecure.errors.contains("warning: --insecure"), "it warns: {insecure:?}");
}

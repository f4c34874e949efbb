//! `wss` on the container's own listeners, with a client of rustls.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::pem;
use crate::tls::{ClientCertificates, ServerTls};

#[server_endpoint("/facts", require_tls, crate = ws_core)]
#[derive(Debug, Default)]
struct Facts {
    text: String,
}

#[handlers(crate = ws_core)]
impl Facts {
    #[on_open]
    fn open(&mut self, session: &Session, request: &ws_core::HandshakeRequest) {
        let tls = request.tls().cloned().unwrap_or_default();
        let (alpn, name) = (tls.alpn.unwrap_or_default(), tls.server_name.unwrap_or_default());
        let (secure, count) = (session.is_secure(), tls.peer_certificates.len());
        self.text = format!("{secure} {alpn} {name} {count} {}", session.uri());
    }

    #[on_message]
    fn text(&mut self, _text: &str) -> &str {
        &self.text
    }
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// The certificate of `name`, and its key.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    fn tls(&self) -> crate::tls::ServerTlsBuilder {
        let (chain, key) = self.certify("localhost");
        ServerTls::pem(chain, key)
    }

    /// A client that trusts this authority, offers `alpn`, and is `identity`.
    fn connector(&self, alpn: &[&str], identity: Option<(String, String)>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(pem::certificates(self.0.pem().as_bytes()).unwrap().remove(0)).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            None => config.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = pem::certificates(chain.as_bytes()).unwrap();
                let key = pem::private_key(key.as_bytes()).unwrap();
                config.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config).into()
    }
}

async fn start_tls(tls: &ServerTls, settings: Settings) -> Handle {
    let builder = Container::builder().discover().tls(tls.clone()).settings(settings);
    let container = builder.bind_tls("127.0.0.1", 0).bind("127.0.0.1", 0).build().unwrap();
    container.start().await.unwrap()
}

async fn dial(handle: &Handle, connector: &TlsConnector) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    let connecting = connector.connect(name, connect(handle).await);
    timeout(LONG, connecting).await.unwrap()
}

/// Asks for `path` with `fields`; the head of the answer.
async fn ask(stream: &mut TlsStream<TcpStream>, path: &str, fields: &str) -> io::Result<String> {
    stream.write_all(upgrade(path, fields).as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(LONG, stream.read_u8()).await.unwrap()?);
    }
    Ok(String::from_utf8(head).unwrap())
}

/// The text that comes back for `text`.
async fn echo(stream: &mut TlsStream<TcpStream>, text: &str) -> String {
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    stream.write_all(&frame).await.unwrap();
    let mut head = [0; 2];
    timeout(LONG, stream.read_exact(&mut head)).await.unwrap().unwrap();
    let mut payload = vec![0; usize::from(head[1])];
    timeout(LONG, stream.read_exact(&mut payload)).await.unwrap().unwrap();
    String::from_utf8(payload).unwrap()
}

#[tokio::test]
async fn sessions_over_tls_know_it_and_plain_ones_are_refused_where_it_is_required() {
    let authority = Authority::new();
    let handle = start_tls(&authority.tls().build().unwrap(), Settings::default()).await;
    let urls = handle.urls();
    assert!(urls[0].starts_with("wss://127.0.0.1:") && urls[1].starts_with("ws://"), "{urls:?}");

    let mut stream = dial(&handle, &authority.connector(&["http/1.1"], None)).await.unwrap();
    let origin = "Origin: https://example\r\n";
    assert!(ask(&mut stream, "/facts", origin).await.unwrap().starts_with("HTTP/1.1 101 "));
    assert_eq!(echo(&mut stream, "?").await, "true http/1.1 localhost 0 wss://example/facts");
    stream.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]).await.unwrap();
    let mut rest = Vec::new();
    timeout(LONG, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert_eq!(rest, [0x88, 2, 0x03, 0xE8], "the Close, and close_notify before the end");

    // The same origin is that of the page's scheme.
    let mut stream = dial(&handle, &authority.connector(&[], None)).await.unwrap();
    let answer = ask(&mut stream, "/facts", "Origin: http://example\r\n").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");

    let mut plain = TcpStream::connect(handle.local_addrs()[1]).await.unwrap();
    plain.write_all(upgrade("/facts", "").as_bytes()).await.unwrap();
    assert!(read_all(&mut plain).await.starts_with("HTTP/1.1 403 "));
    assert_eq!(handle.shutdown().await, 0);
}

#[tokio::test]
async fn what_is_no_tls_and_what_speaks_something_else_is_turned_away() {
    let authority = Authority::new();
    let handle = start_tls(&authority.tls().build().unwrap(), Settings::default()).await;
    let mut plain = connect(&handle).await;
    plain.write_all(upgrade("/facts", "").as_bytes()).await.unwrap();
    assert!(!read_all(&mut plain).await.starts_with("HTTP"));
    let error = dial(&handle, &authority.connector(&["h2"], None)).await.unwrap_err().to_string();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
    let mut stream = dial(&handle, &authority.connector(&["h2", "http/1.1"], None)).await.unwrap();
    assert!(ask(&mut stream, "/facts", "").await.unwrap().starts_with("HTTP/1.1 101 "));
    drop(stream);
    handle.shutdown().await;
}

#[tokio::test]
async fn certificates_of_clients() {
    let (authority, clients) = (Authority::new(), Authority::new());
    for wanted in [ClientCertificates::Required, ClientCertificates::Optional] {
        let tls = authority.tls().client_ca_pem(clients.0.pem()).client_certificates(wanted);
        let handle = start_tls(&tls.build().unwrap(), Settings::default()).await;
        let known = authority.connector(&[], Some(clients.certify("ada")));
        let mut stream = dial(&handle, &known).await.unwrap();
        ask(&mut stream, "/facts", "").await.unwrap();
        assert_eq!(echo(&mut stream, "?").await, "true  localhost 1 wss://example/facts");
        drop(stream);

        let unknown = authority.connector(&[], Some(Authority::new().certify("eve")));
        let nobody = authority.connector(&[], None);
        for (connector, may) in [(unknown, false), (nobody, wanted == ClientCertificates::Optional)]
        {
            // TLS 1.3: a client learns only with its first read that it is not wanted.
            let answer = match dial(&handle, &connector).await {
                Ok(mut stream) => ask(&mut stream, "/facts", "").await,
                Err(error) => Err(error),
            };
            assert_eq!(answer.is_ok(), may, "{wanted:?} {answer:?}");
        }
        handle.shutdown().await;
    }
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_sessions_stay() {
    let (old, new) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let write = |(chain, secret): (String, String)| {
        std::fs::write(&cert, chain).unwrap();
        std::fs::write(&key, secret).unwrap();
    };
    write(old.certify("localhost"));
    let handle =
        start_tls(&ServerTls::files(&cert, &key).build().unwrap(), Settings::default()).await;
    let mut session = dial(&handle, &old.connector(&[], None)).await.unwrap();
    ask(&mut session, "/facts", "").await.unwrap();

    write((String::new(), String::new()));
    handle.reload_tls().await.unwrap_err();
    dial(&handle, &old.connector(&[], None)).await.unwrap();

    write(new.certify("localhost"));
    handle.reload_tls().await.unwrap();
    dial(&handle, &old.connector(&[], None)).await.unwrap_err();
    dial(&handle, &new.connector(&[], None)).await.unwrap();
    assert!(echo(&mut session, "?").await.starts_with("true"));
    drop(session);
    handle.shutdown().await;
}

#[tokio::test]
async fn tls_and_the_first_head_have_one_deadline_together() {
    let authority = Authority::new();
    let head_timeout = Duration::from_millis(800);
    let settings = Settings { head_timeout, ..Settings::default() };
    let handle = start_tls(&authority.tls().build().unwrap(), settings).await;
    let start = Instant::now();
    // Half of a TLS record and no more.
    let mut stalled = connect(&handle).await;
    stalled.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
    // A handshake late in the time leaves a head the rest of it, not all over again.
    let slow = connect(&handle).await;
    tokio::time::sleep(head_timeout / 2).await;
    let connector = authority.connector(&[], None);
    let name = ServerName::try_from("localhost").unwrap();
    let mut slow = connector.connect(name, slow).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(LONG, slow.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", answer.escape_ascii());
    assert_eq!(read_all(&mut stalled).await, "");
    assert!(start.elapsed() < head_timeout * 3 / 2, "{:?}", start.elapsed());
    // Once there was a request, each head has its own time.
    let mut good = dial(&handle, &connector).await.unwrap();
    for fields in ["", "", "Connection: close\r\n"] {
        let request = format!("GET /nothing HTTP/1.1\r\nHost: example\r\n{fields}\r\n");
        good.write_all(request.as_bytes()).await.unwrap();
        tokio::time::sleep(head_timeout / 2).await;
    }
    let mut answers = Vec::new();
    timeout(LONG, good.read_to_end(&mut answers)).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(answers).unwrap().matches("HTTP/1.1 404 ").count(), 3);
    handle.shutdown().await;
}

#[tokio::test]
async fn who_stalls_in_tls_gives_way_to_who_comes() {
    let authority = Authority::new();
    let head_timeout = Duration::from_secs(100);
    let settings = Settings { head_timeout, max_http_connections: 1, ..Settings::default() };
    let handle = start_tls(&authority.tls().build().unwrap(), settings).await;
    let mut stalled = connect(&handle).await;
    stalled.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
    let mut good = dial(&handle, &authority.connector(&[], None)).await.unwrap();
    assert!(ask(&mut good, "/facts", "").await.unwrap().starts_with("HTTP/1.1 101 "));
    assert_eq!(read_all(&mut stalled).await, "");
    drop(good);
    handle.shutdown().await;
}

#[tokio::test]
async fn a_listener_for_tls_needs_a_certificate() {
    let error = Container::builder().bind_tls("127.0.0.1", 0).build().unwrap_err();
    assert!(matches!(error, BuildError::NoCertificate), "{error}");
}

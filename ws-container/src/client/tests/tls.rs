//! `wss` against rustls, with an authority of the tests' own.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::*;
use crate::client::{ClientTls, ClientTlsError, ConnectError, Proxy, RedirectError, on};
use crate::pem;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// The certificate of `name`, and its key.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// A server with the name `name`, which wants clients that this authority certified if `strict`.
    fn acceptor(&self, name: &str, strict: bool) -> TlsAcceptor {
        let (chain, key) = self.certify(name);
        let provider = Arc::new(provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = if strict {
            let mut roots = RootCertStore::empty();
            roots.add(pem::certificates(self.pem().as_bytes()).unwrap().remove(0)).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            config.with_no_client_auth()
        };
        let chain = pem::certificates(chain.as_bytes()).unwrap();
        let key = pem::private_key(key.as_bytes()).unwrap();
        TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()))
    }

    fn trusted(&self) -> ClientTls {
        ClientTls::builder().given_roots_only().root_pem(self.pem()).unwrap().build().unwrap()
    }
}

fn provider() -> tokio_rustls::rustls::crypto::CryptoProvider {
    #[cfg(feature = "tls-aws-lc")]
    return tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "tls-aws-lc"))]
    return tokio_rustls::rustls::crypto::ring::default_provider();
}

/// A client of `tls` asks a server of `acceptor` at `host`.
async fn connected(
    tls: ClientTls,
    acceptor: &TlsAcceptor,
    host: &str,
) -> Result<(ws_core::Session, Peer<TlsStream<TcpStream>>), ConnectError> {
    let server = Server::new().await;
    let config = config(|it| it.tls(tls));
    let uri = format!("wss://{host}:{}/", server.addr.port());
    let client = client();
    let serving = async {
        let Ok(stream) = acceptor.accept(server.stream().await).await else { return None };
        let mut stream = stream;
        // TLS 1.3: a client may think that all is well before the server has seen its certificate.
        let mut first = [0; 1];
        stream.read_exact(&mut first).await.ok()?;
        let mut peer = Peer::of(stream).await;
        peer.head.insert(0, char::from(first[0]));
        peer.open("").await;
        Some(peer)
    };
    let (result, peer) = tokio::join!(soon(client.connect_with(&config, on(), uri)), serving);
    result.map(|session| (session, peer.unwrap()))
}

#[tokio::test]
async fn a_server_of_a_trusted_authority() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", false);
    let (session, mut peer) = connected(authority.trusted(), &acceptor, "localhost").await.unwrap();
    assert!(session.is_secure() && peer.head.starts_with("GET / "));
    assert_eq!(peer.stream.get_ref().1.alpn_protocol(), None, "the server chose none");
    session.send("secret").await.unwrap();
    assert_eq!(peer.next().await, (1, b"secret".to_vec()));
    let acceptor = authority.acceptor("127.0.0.1", false);
    connected(authority.trusted(), &acceptor, "127.0.0.1").await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_to_be_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let wrong_host = authority.acceptor("other.example", false);
    let unknown = other.acceptor("localhost", false);
    for acceptor in [wrong_host, unknown] {
        let result = connected(authority.trusted(), &acceptor, "localhost").await;
        let Err(ConnectError::Tls { source, .. }) = &result else { panic!("{result:?}") };
        assert!(source.to_string().contains("certificate"), "{source}");
        assert!(!result.unwrap_err().is_transient());
        let blind = ClientTls::builder().dangerous_accept_any_certificate().build().unwrap();
        connected(blind, &acceptor, "localhost").await.unwrap();
        let machine = ClientTls::builder().root_pem(authority.pem()).unwrap().build().unwrap();
        assert!(connected(machine, &acceptor, "localhost").await.is_err());
    }
}

#[tokio::test]
async fn a_connection_lost_during_tls_is_worth_another_attempt() {
    for reset in [false, true] {
        let server = Server::new().await;
        let client = client();
        let config = config(|it| it.tls(Authority::new().trusted()));
        let connecting = client.connect_with(&config, on(), format!("wss://{}/", server.addr));
        let serving = async {
            let mut stream = server.stream().await;
            let mut hello = [0; 1];
            stream.read_exact(&mut hello).await.unwrap();
            if reset {
                stream.set_zero_linger().unwrap();
            }
        };
        let (result, ()) = tokio::join!(soon(connecting), serving);
        assert!(matches!(result, Err(ConnectError::Tls { .. })), "{result:?}");
        assert!(result.unwrap_err().is_transient());
    }
}

#[tokio::test]
async fn no_redirect_leads_out_of_tls() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", false);
    for location in ["ws://localhost/", "http://localhost/"] {
        let server = Server::new().await;
        let client = client();
        let config = config(|it| it.tls(authority.trusted()).max_redirects(5));
        let uri = format!("wss://localhost:{}/", server.addr.port());
        let serving = async {
            let mut peer = Peer::of(acceptor.accept(server.stream().await).await.unwrap()).await;
            let head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation:";
            peer.say(format!("{head} {location}\r\n\r\n")).await;
        };
        let connecting = client.connect_with(&config, on(), uri);
        let (result, ()) = tokio::join!(soon(connecting), serving);
        let refused = matches!(result, Err(ConnectError::Redirect(RedirectError::Downgrade(_))));
        assert!(refused, "{result:?}");
    }
}

#[tokio::test]
async fn a_client_with_a_certificate() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", true);
    let refused = connected(authority.trusted(), &acceptor, "localhost").await;
    assert!(refused.is_err());
    let (chain, key) = authority.certify("client");
    let tls = ClientTls::builder().given_roots_only().root_pem(authority.pem()).unwrap();
    let tls = tls.identity_pem(chain, key).unwrap().build().unwrap();
    let (_, peer) = connected(tls, &acceptor, "localhost").await.unwrap();
    assert_eq!(peer.stream.get_ref().1.peer_certificates().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_certificate_is_said() {
    let builder = || ClientTls::builder().given_roots_only();
    let error = builder().root_pem("nothing").unwrap_err();
    assert!(error.to_string().contains("no certificate"), "{error}");
    let (chain, _) = Authority::new().certify("x");
    let error = builder().identity_pem(&chain, &chain).unwrap_err();
    assert!(error.to_string().contains("no private key"), "{error}");
    let error = builder().root_file("/no/such/file").unwrap_err();
    assert!(matches!(error, ClientTlsError::File { .. }), "{error}");
    assert!(builder().build().is_err(), "nobody to trust");
}

#[tokio::test]
async fn tls_through_a_proxy_that_speaks_tls() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", false);
    let (proxy, server) = (Server::new().await, Server::new().await);
    let url = format!("https://localhost:{}", proxy.addr.port());
    let config = config(|it| it.tls(authority.trusted()).proxy(Proxy::parse(&url).unwrap()));
    let client = client();
    let proxying = async {
        let mut peer = Peer::of(acceptor.accept(proxy.stream().await).await.unwrap()).await;
        assert!(peer.head.starts_with("CONNECT localhost:443 "), "{}", peer.head);
        peer.say("HTTP/1.1 200 OK\r\n\r\n").await;
        let addr = server.addr;
        tokio::spawn(async move {
            let mut far = TcpStream::connect(addr).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut peer.stream, &mut far).await;
        });
    };
    let serving = async {
        let mut peer = Peer::of(acceptor.accept(server.stream().await).await.unwrap()).await;
        peer.open("").await;
        peer
    };
    let connecting = client.connect_with(&config, on(), "wss://localhost/");
    let (result, (), peer) = tokio::join!(soon(connecting), proxying, serving);
    assert!(result.unwrap().is_secure());
    assert_eq!(peer.header("host"), Some("localhost"));
}

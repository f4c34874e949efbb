//! Proxies that clients go through: squid and microsocks.

use std::io;
use std::net::SocketAddr;

use tests::client::config;
use ws_container::async_trait;
use ws_container::client::{
    Client, ClientEndpointConfig, ConnectError, Proxy, ProxyError, Resolve,
};

use crate::{Check, USER, open, place, tls, variable, within, works};

#[rustfmt::skip] // a table
pub(crate) const CHECKS: &[Check] = &[
    ("s2_25 ws and wss through squid, which finds names by itself", s2_25_squid),
    ("s2_25 Basic credentials of squid, and 407 without", s2_25_squid_credentials),
    ("s2_25 what squid refuses is told", s2_25_squid_refuses),
    ("s2_25 ws and wss through SOCKS 5", s2_25_socks),
    ("s2_25 a password of SOCKS 5, and refusals", s2_25_socks_credentials),
];

#[rustfmt::skip] // a table
pub(crate) const ENVIRONMENT: &[Check] = &[
    ("s2_25 HTTPS_PROXY and NO_PROXY choose the proxy", s2_25_environment),
];

/// A name that squid alone knows.
const NAME: &str = "server.test";

fn through(url: &str) -> ClientEndpointConfig {
    config(|it| it.tls(tls()).proxy(Proxy::parse(url).unwrap()))
}

/// The servers in the clear and by TLS, by `host` instead of their address.
fn targets(host: &str) -> [String; 2] {
    [("ws", "PYTHON"), ("wss", "PYTHON_TLS")].map(|(scheme, name)| {
        format!("{scheme}://{}/open/echo", place(name).replace("127.0.0.1", host))
    })
}

fn s2_25_squid() {
    within(async {
        let squid = format!("http://{}", place("SQUID"));
        for uri in targets(NAME).iter().chain(&targets("127.0.0.1")) {
            works(&through(&squid), uri).await;
            let socket = open(&through(&squid), uri).await.unwrap();
            let peer = socket.session().peer_addr().unwrap();
            assert_eq!(peer.to_string(), place("SQUID"), "the peer is the proxy");
        }
    });
}

fn s2_25_squid_credentials() {
    within(async {
        let (squid, password) = (place("SQUID_BASIC"), variable("PASSWORD"));
        for uri in targets(NAME) {
            works(&through(&format!("http://{USER}:{password}@{squid}")), &uri).await;
            for wrong in [format!("http://{squid}"), format!("http://{USER}:wrong@{squid}")] {
                let error = open(&through(&wrong), &uri).await.unwrap_err();
                let ConnectError::Proxy(ProxyError::Credentials(Some(answer))) = &error else {
                    panic!("{error:?}")
                };
                assert_eq!(answer.status(), 407);
                assert!(answer.headers().contains_key("proxy-authenticate"));
                assert!(!answer.body().is_empty(), "squid says why");
            }
        }
    });
}

fn s2_25_squid_refuses() {
    within(async {
        let squid = format!("http://{}", place("SQUID"));
        let error = open(&through(&squid), "ws://forbidden.test/").await.unwrap_err();
        let ConnectError::Proxy(ProxyError::Status(answer)) = &error else { panic!("{error:?}") };
        assert_eq!(answer.status(), 403);
        let error = open(&through(&squid), "ws://127.0.0.1:1/").await.unwrap_err();
        let ConnectError::Proxy(ProxyError::Status(answer)) = &error else { panic!("{error:?}") };
        assert_eq!(answer.status(), 503);
        assert!(error.is_transient(), "nobody listens there now");
    });
}

fn s2_25_socks() {
    within(async {
        for scheme in ["socks5", "socks5h"] {
            let socks = format!("{scheme}://{}", place("SOCKS"));
            for uri in targets("127.0.0.1").iter().chain(&targets("localhost")) {
                works(&through(&socks), uri).await;
            }
        }
    });
}

fn s2_25_socks_credentials() {
    within(async {
        let (socks, password) = (place("SOCKS_USER"), variable("PASSWORD"));
        let [uri, _] = targets("127.0.0.1");
        works(&through(&format!("socks5://{USER}:{password}@{socks}")), &uri).await;
        for wrong in [format!("socks5://{socks}"), format!("socks5://{USER}:wrong@{socks}")] {
            let error = open(&through(&wrong), &uri).await.unwrap_err();
            let refused = matches!(error, ConnectError::Proxy(ProxyError::Credentials(None)));
            assert!(refused, "{error:?}");
        }
        let socks = format!("socks5://{}", place("SOCKS"));
        let error = open(&through(&socks), "ws://127.0.0.1:1/").await.unwrap_err();
        let refused = matches!(error, ConnectError::Proxy(ProxyError::Socks { code: 5 }));
        assert!(refused, "{error:?}");
        assert!(error.is_transient());
    });
}

/// Finds every name on this machine.
struct Home;

#[async_trait]
impl Resolve for Home {
    async fn resolve(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
    }
}

/// The script set `HTTPS_PROXY` to squid, and `NO_PROXY` to `near.test`.
fn s2_25_environment() {
    within(async {
        let config = ClientEndpointConfig::builder().tls(tls()).build().unwrap();
        let client = Client::builder().resolver(Home).defaults(config).build();
        for (host, scheme, through) in [
            (NAME, "wss", "SQUID"),
            (NAME, "ws", "PYTHON"),
            ("near.test", "wss", "PYTHON_TLS"),
            ("127.0.0.1", "wss", "PYTHON_TLS"),
        ] {
            let [plain, secure] = targets(host);
            let uri = if scheme == "wss" { secure } else { plain };
            let socket = client.open(&uri).await.unwrap_or_else(|error| panic!("{uri}: {error:?}"));
            let peer = socket.session().peer_addr().unwrap();
            assert_eq!(peer.to_string(), place(through), "{uri}");
        }
    });
}

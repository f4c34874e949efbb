//! TLS, credentials, redirects and reverse proxies: Python `websockets`, nginx, lighttpd and haproxy.

use std::time::Duration;

use tests::client::{client, config};
use tokio::time::sleep;
use ws_container::client::{
    ClientEndpointConfig, ClientTls, ConnectError, Credentials, RedirectError, on,
};

use crate::{Check, USER, open, place, tls, variable, within, works};

#[rustfmt::skip] // a table
pub(crate) const CHECKS: &[Check] = &[
    ("s2_11 nginx and haproxy hand sessions on", s2_11_reverse_proxies),
    ("s2_11 a proxy that strips the upgrade is told apart", s2_11_stripped_upgrades),
    ("s2_13 wss with a trusted certificate works, with others it does not", s2_13_wss),
    ("s2_17 Basic credentials of nginx and websockets", s2_17_basic),
    ("s2_17 Digest credentials of lighttpd, MD5 and SHA-256", s2_17_digest),
    ("s2_17 Digest with a nonce that gets stale", s2_17_stale_nonces),
    ("s2_18 a refusal is surfaced, redirects are followed when allowed", s2_18_refusals_and_redirects),
    ("s2_18 no redirect leads from wss to ws", s2_18_downgrades),
    ("s2_23 keep-alive outlives the idle timeout of nginx", s2_23_keep_alive),
];

fn trusting() -> ClientEndpointConfig {
    config(|it| it.tls(tls()))
}

fn s2_11_reverse_proxies() {
    within(async {
        works(&config(|it| it), &format!("ws://{}/open", place("NGINX"))).await;
        works(&trusting(), &format!("wss://{}/open", place("NGINX_TLS"))).await;
        works(&config(|it| it), &format!("ws://{}/echo", place("HAPROXY"))).await;
    });
}

fn s2_11_stripped_upgrades() {
    within(async {
        let uri = format!("ws://{}/strip", place("NGINX"));
        let error = client().connect(on(), uri).await.unwrap_err();
        let answer = error.response().unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!(answer.status(), 426);
    });
}

fn s2_13_wss() {
    within(async {
        for name in ["PYTHON_TLS", "NGINX_TLS"] {
            let place = place(name);
            let path = if name == "PYTHON_TLS" { "/open/echo" } else { "/open" };
            let uri = format!("wss://{place}{path}");
            works(&trusting(), &uri).await;
            // The certificate is of localhost too, and of no other address.
            works(&trusting(), &uri.replace("127.0.0.1", "localhost")).await;
            let elsewhere = uri.replace("127.0.0.1", "127.0.0.2");
            if name == "NGINX_TLS" {
                let error = open(&trusting(), &elsewhere).await.unwrap_err();
                assert!(matches!(error, ConnectError::Tls { .. }), "{error:?}");
                assert!(!error.is_transient());
                let blind = ClientTls::builder().dangerous_accept_any_certificate().build();
                works(&config(|it| it.tls(blind.unwrap())), &elsewhere).await;
            }
            let error = open(&config(|it| it), &uri).await.unwrap_err();
            assert!(matches!(error, ConnectError::Tls { .. }), "the machine trusts it: {error:?}");
        }
    });
}

fn with(password: &str) -> ClientEndpointConfig {
    config(|it| it.tls(tls()).credentials(Credentials::new(USER, password)))
}

/// Opens `uri` with the right password only.
async fn guarded(uri: &str, password: &str) {
    works(&with(password), uri).await;
    for wrong in [with("wrong"), trusting()] {
        let error = open(&wrong, uri).await.unwrap_err();
        let answer = error.response().unwrap_or_else(|| panic!("{uri}: {error:?}"));
        assert_eq!(answer.status(), 401, "{uri}");
        assert!(answer.headers().contains_key("www-authenticate"));
    }
}

fn s2_17_basic() {
    within(async {
        guarded(&format!("ws://{}/basic", place("NGINX")), &variable("PASSWORD")).await;
        guarded(&format!("wss://{}/basic", place("NGINX_TLS")), &variable("PASSWORD")).await;
        guarded(&format!("ws://{}/basic", place("PYTHON")), &variable("PYTHON_PASSWORD")).await;
    });
}

fn s2_17_digest() {
    within(async {
        for path in ["/md5/echo", "/sha256/echo"] {
            let uri = format!("ws://{}{path}", place("LIGHTTPD"));
            guarded(&uri, &variable("PASSWORD")).await;
        }
    });
}

fn s2_17_stale_nonces() {
    within(async {
        let password = variable("PYTHON_PASSWORD");
        for path in ["/digest/md5", "/digest/sha-256?a=1&b=é"] {
            let uri = format!("ws://{}{path}", place("PYTHON"));
            guarded(&uri, &password).await;
            // The second uses the nonce again, and counts.
            let client = client();
            for _ in 0..3 {
                client.open_with(&with(&password), &uri).await.unwrap();
            }
        }
        for path in ["/digest/md5/once", "/digest/sha-256/once"] {
            let client = client();
            let uri = format!("ws://{}{path}", place("PYTHON"));
            for _ in 0..3 {
                client.open_with(&with(&password), &uri).await.unwrap();
            }
        }
    });
}

fn s2_18_refusals_and_redirects() {
    within(async {
        let python = place("PYTHON");
        let error = client().connect(on(), format!("ws://{python}/teapot")).await.unwrap_err();
        let ConnectError::Status(answer) = &error else { panic!("{error:?}") };
        assert_eq!(
            (answer.status().as_u16(), &answer.body()[..]),
            (418, &b"short and stout\n"[..])
        );
        assert_eq!(answer.headers()["x-pot"], "1");
        for (uri, to) in [
            (format!("ws://{python}/moved"), format!("ws://{python}/open/echo?moved")),
            (
                format!("wss://{}/moved", place("NGINX_TLS")),
                format!("wss://{}/open", place("NGINX_TLS")),
            ),
        ] {
            let error = open(&trusting(), &uri).await.unwrap_err();
            assert_eq!(error.response().map(|it| it.status().as_u16()), Some(302), "{error:?}");
            let following = config(|it| it.tls(tls()).max_redirects(2));
            let socket = open(&following, &uri).await.unwrap();
            assert_eq!(socket.session().uri(), to);
            works(&following, &uri).await;
        }
        let uri = format!("ws://{}/circle", place("NGINX"));
        let error = open(&config(|it| it.max_redirects(9)), &uri).await.unwrap_err();
        assert!(matches!(error, ConnectError::Redirect(RedirectError::Loop(_))), "{error:?}");
    });
}

fn s2_18_downgrades() {
    within(async {
        for path in ["/downgrade", "/downgrade-http"] {
            let uri = format!("wss://{}{path}", place("NGINX_TLS"));
            let following = config(|it| it.tls(tls()).max_redirects(2));
            let error = open(&following, &uri).await.unwrap_err();
            let refused = matches!(error, ConnectError::Redirect(RedirectError::Downgrade(_)));
            assert!(refused, "{error:?}");
        }
    });
}

/// nginx cuts this one after two seconds of silence.
fn s2_23_keep_alive() {
    within(async {
        let uri = format!("ws://{}/impatient", place("NGINX"));
        let pinging = config(|it| it.keep_alive(Some(Duration::from_millis(300))));
        let mut socket = open(&pinging, &uri).await.unwrap();
        let silent = open(&config(|it| it.keep_alive(None)), &uri).await.unwrap();
        sleep(Duration::from_secs(5)).await;
        assert!(!silent.session().is_open(), "nginx does as it is told");
        let reason = socket.session().close_reason();
        assert!(socket.session().is_open(), "{reason:?}");
        crate::echoes(&mut socket).await;
    });
}

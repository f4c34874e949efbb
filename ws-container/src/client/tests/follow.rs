//! Redirects, credentials, and servers that ask to come back later.

use std::sync::{Arc, Mutex};

use super::*;
use crate::client::{ConnectError, Credentials, HandshakeStep, RedirectError, on};

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn redirects_are_off_by_default() {
    let server = Server::new().await;
    let client = client();
    let answer = redirect("/b");
    let (result, _) =
        tokio::join!(soon(client.connect(on(), server.uri("/a"))), server.answer(&answer));
    let error = result.unwrap_err();
    assert!(matches!(error, ConnectError::Status(_)), "{error:?}");
    assert_eq!(error.response().unwrap().headers()["location"], "/b");
}

#[tokio::test]
async fn a_redirect_takes_no_secrets_elsewhere() {
    let (here, there) = (Server::new().await, Server::new().await);
    let client = client();
    let config = config(|it| {
        it.max_redirects(5)
            .header("X-Plain", "1")
            .header("Authorization", "Bearer t")
            .secret_header("X-Secret", "1")
            .cookie("a", "b")
            .credentials(Credentials::new("ann", "x").preemptive())
    });
    let serving = async {
        let to_b = redirect("/b").replace("Content", "Set-Cookie: c=d\r\nContent");
        let first = here.answer(&to_b).await;
        assert!(first.starts_with("GET /a ") && first.contains("authorization: Bearer t"));
        let second = here.answer(&redirect(&there.uri("/c"))).await;
        assert!(second.starts_with("GET /b ") && second.contains("cookie: a=b; c=d"), "{second}");
        assert!(second.contains("authorization: ") && second.contains("x-secret"), "{second}");
        let mut peer = there.request().await;
        peer.open("").await;
        peer
    };
    let connecting = client.connect_with(&config, on(), here.uri("/a"));
    let (session, peer) = tokio::join!(soon(connecting), serving);
    assert_eq!(session.unwrap().uri(), there.uri("/c"));
    assert!(peer.head.starts_with("GET /c ") && peer.head.contains("x-plain: 1"));
    // A jar knows hosts, not ports (RFC 6265 §8.5): what the server itself set goes along.
    assert_eq!(peer.header("cookie"), Some("c=d"));
    assert!(
        !peer.head.contains("authorization") && !peer.head.contains("x-secret"),
        "{}",
        peer.head
    );
}

#[tokio::test]
async fn redirects_have_an_end() {
    let server = Server::new().await;
    let client = client();
    let config = config(|it| it.max_redirects(3));
    let connect = || soon(client.connect_with(&config, on(), server.uri("/0")));
    let endless = async {
        for n in 1..=4 {
            server.answer(&redirect(&format!("/{n}"))).await;
        }
    };
    let (result, ()) = tokio::join!(connect(), endless);
    let Err(ConnectError::Redirect(RedirectError::TooMany { limit: 3, .. })) = result else {
        panic!("{result:?}")
    };
    let circle = async {
        server.answer(&redirect("/1")).await;
        server.answer(&redirect("/0")).await;
    };
    let (result, ()) = tokio::join!(connect(), circle);
    assert!(matches!(result, Err(ConnectError::Redirect(RedirectError::Loop(_)))), "{result:?}");
    for location in ["ftp://a.example", "ws+unix:/x", ""] {
        let answer = redirect(location).replace("Location: \r\n", "");
        let (result, _) = tokio::join!(connect(), server.answer(&answer));
        let expected = matches!(result, Err(ConnectError::Redirect(RedirectError::Location(_))));
        assert!(expected, "{location}: {result:?}");
    }
}

#[tokio::test]
async fn a_server_may_ask_who_we_are() {
    let server = Server::new().await;
    let client = client();
    let config = config(|it| it.credentials(Credentials::new("ann", "secret")));
    let connect = || soon(client.connect_with(&config, on(), server.uri("/x?y")));
    let digest = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\
                  WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256\r\n\
                  Content-Length: 0\r\n\r\n";
    let serving = async {
        assert!(!server.answer(digest).await.contains("authorization"));
        server.open().await
    };
    let (result, peer) = tokio::join!(connect(), serving);
    result.unwrap();
    let shown = peer.header("authorization").unwrap().to_owned();
    assert!(
        shown.starts_with("Digest username=\"ann\"") && shown.contains("uri=\"/x?y\""),
        "{shown}"
    );
    assert!(shown.contains("nc=00000001") && !shown.contains("secret"));

    let (result, peer) = tokio::join!(connect(), server.open());
    result.unwrap();
    let shown = peer.header("authorization").unwrap();
    assert!(shown.contains("nc=00000002"), "the nonce is used again: {shown}");
}

#[tokio::test]
async fn what_is_signed_is_what_is_asked_for() {
    for (path, target) in [("?token=1", "/?token=1"), ("/ä?ö", "/%C3%A4?%C3%B6")] {
        let server = Server::new().await;
        let client = client();
        let config = config(|it| it.credentials(Credentials::new("ann", "secret")));
        let digest = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=r, nonce=n, \
                      qop=auth\r\nContent-Length: 0\r\n\r\n";
        let serving = async {
            server.answer(digest).await;
            server.open().await
        };
        let connecting = client.connect_with(&config, on(), server.uri(path));
        let (result, peer) = tokio::join!(soon(connecting), serving);
        result.unwrap();
        assert!(peer.head.starts_with(&format!("GET {target} HTTP/1.1\r\n")), "{}", peer.head);
        let shown = peer.header("authorization").unwrap();
        assert!(shown.contains(&format!("uri=\"{target}\"")), "{shown}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_not_repeated() {
    let server = Server::new().await;
    let client = client();
    let config = config(|it| it.credentials(Credentials::new("ann", "wrong")));
    let basic = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\
                 Content-Length: 3\r\n\r\nno!";
    let serving = async {
        server.answer(basic).await;
        assert!(server.answer(basic).await.contains("authorization: Basic YW5uOndyb25n\r\n"));
    };
    let connecting = client.connect_with(&config, on(), server.uri("/"));
    let (result, ()) = tokio::join!(soon(connecting), serving);
    let error = result.unwrap_err();
    let response = error.response().unwrap();
    assert_eq!((response.status().as_u16(), &response.body()[..]), (401, &b"no!"[..]));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_server_may_ask_to_come_back_later() {
    let server = Server::new().await;
    let client = client();
    let busy = |wait: &str| {
        format!("HTTP/1.1 503 Busy\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n")
    };
    let patient = config(|it| it.retry_after(2, Duration::from_secs(5)));
    let connect = || soon(client.connect_with(&patient, on(), server.uri("/")));
    let serving = async {
        server.answer(&busy("0")).await;
        server.answer(&busy("0")).await;
        server.open().await
    };
    let (result, _peer) = tokio::join!(connect(), serving);
    result.unwrap();
    let never = async {
        for _ in 0..3 {
            server.answer(&busy("0")).await;
        }
    };
    let (result, ()) = tokio::join!(connect(), never);
    assert_eq!(result.unwrap_err().response().unwrap().status(), 503);
    let later = busy("6");
    let (result, _) = tokio::join!(connect(), server.answer(&later));
    let waits = result.unwrap_err().response().unwrap().retry_after();
    assert_eq!(waits, Some(Duration::from_secs(6)), "longer than allowed");
    let soon_again = busy("0");
    let (result, _) =
        tokio::join!(soon(client.connect(on(), server.uri("/"))), server.answer(&soon_again));
    assert!(result.unwrap_err().is_transient(), "off by default");
}

#[tokio::test]
async fn each_step_of_the_handshake_is_told_through_redirects() {
    let server = Server::new().await;
    let client = client();
    let steps = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&steps);
    let config = config(|it| {
        it.max_redirects(1)
            .secret_header("X-Mine", "hush")
            .trace(move |step| sink.lock().unwrap().push(step.clone()))
    });
    let serving = async {
        server.answer(&redirect("/b?hush")).await;
        server.open().await
    };
    let connecting = client.connect_with(&config, on(), server.uri("/a?hush"));
    let (session, _peer) = tokio::join!(soon(connecting), serving);
    assert!(session.is_ok());
    let steps = steps.lock().unwrap();
    let told: Vec<_> = steps
        .iter()
        .map(|step| match step {
            HandshakeStep::Doing(what) => what.clone(),
            HandshakeStep::Sent(lines) | HandshakeStep::Received(lines) => lines[0].clone(),
        })
        .collect();
    let (addr, connected) = (server.addr, format!("connected to {}", server.addr));
    let want = [
        &format!("asking for ws://{addr}/a"),
        &connected,
        "GET /a?(hidden) HTTP/1.1",
        "HTTP/1.1 302 Found",
        &format!("asking for ws://{addr}/b"),
        &connected,
        "GET /b?(hidden) HTTP/1.1",
        "HTTP/1.1 101 Switching Protocols",
    ];
    assert_eq!(told, want);
    assert!(!format!("{steps:?}").contains("hush"), "{steps:?}");
}

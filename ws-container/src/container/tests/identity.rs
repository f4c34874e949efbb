//! Who may connect.

use async_trait::async_trait;
use http::StatusCode;
use ws_core::{Authenticator, HandshakeRequest, Principal, Reject, ServerEndpointConfig};

use super::*;

#[server_endpoint("/who", crate = ws_core)]
#[derive(Debug, Default)]
struct Who;

#[handlers(crate = ws_core)]
impl Who {
    #[on_message]
    fn text(&mut self, session: &Session, _text: &str) -> String {
        session.principal().map_or("anonymous", Principal::name).to_owned()
    }
}

/// Believes what the request says.
struct Trusting;

#[async_trait]
impl Authenticator for Trusting {
    async fn authenticate(&self, request: &HandshakeRequest) -> Result<Option<Principal>, Reject> {
        match request.headers().get("Authorization").map(|it| it.to_str().unwrap()) {
            None => Ok(None),
            Some("banned") => Err(Reject::new(StatusCode::GONE).body("Go away.\n")),
            Some("panic") => panic!("of no interest to peers"),
            Some("ada") => Ok(Some(Principal::new("ada").with_role("admin"))),
            Some(name) => Ok(Some(Principal::new(name))),
        }
    }

    fn challenge(&self) -> Option<http::HeaderValue> {
        Some(http::HeaderValue::from_static("Basic realm=\"test\""))
    }
}

async fn serve() -> Handle {
    let at = |path: &'static str| ServerEndpointConfig::builder::<Who>(path);
    Container::builder()
        .deploy(at("/open").build().unwrap())
        .deploy(at("/known").authenticated().build().unwrap())
        .deploy(at("/staff").roles(["editor", "admin"]).build().unwrap())
        .deploy(at("/tls").require_tls().authenticated().build().unwrap())
        .authenticator(Trusting)
        .bind("127.0.0.1", 0)
        .build()
        .unwrap()
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn who_may_connect_where() {
    let handle = serve().await;
    for (path, name, status, mention) in [
        ("/open", "", 101, ""),
        ("/open", "bob", 101, ""),
        ("/open", "banned", 410, "Go away."),
        ("/open", "panic", 500, "content-length: 0"),
        ("/known", "", 401, "www-authenticate: Basic realm=\"test\"\r\n"),
        ("/known", "bob", 101, ""),
        ("/staff", "", 401, "www-authenticate: "),
        ("/staff", "bob", 403, "You may not connect here."),
        ("/staff", "ada", 101, ""),
        // Nobody is asked for credentials over a plain connection.
        ("/tls", "", 403, "over TLS only"),
        ("/tls", "ada", 403, "over TLS only"),
        // The origin comes first.
        ("/known", "\r\nOrigin: http://evil", 403, "origin"),
    ] {
        let fields =
            if name.is_empty() { String::new() } else { format!("Authorization: {name}\r\n") };
        let fields = fields.replace("Authorization: \r\n", "");
        let mut stream = connect(&handle).await;
        stream.write_all(upgrade(path, &fields).as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {name}: {head}");
        let rest = if status == 101 { String::new() } else { read_all(&mut stream).await };
        assert!((head.clone() + &rest).contains(mention), "{path} {name}: {head}{rest}");
    }
    handle.hub().abort_all();
    handle.shutdown().await;
}

/// Takes its time, and says when it begins.
#[derive(Clone, Default)]
struct Slow(Arc<[tokio::sync::Notify; 2]>);

#[async_trait]
impl ws_core::ServerConfigurator for Slow {
    async fn modify_handshake(&self, _: &mut ws_core::Handshake<'_>) -> Result<(), Reject> {
        self.0[0].notify_one();
        self.0[1].notified().await;
        Ok(())
    }
}

#[tokio::test]
async fn an_identity_that_is_revoked_while_its_session_opens_ends_it() {
    let slow = Slow::default();
    let endpoint = ServerEndpointConfig::builder::<Who>("/slow").configurator(slow.clone());
    let container = Container::builder().deploy(endpoint.build().unwrap());
    let container = container.authenticator(Trusting).bind("127.0.0.1", 0).build().unwrap();
    let handle = container.start().await.unwrap();
    let mut stream = connect(&handle).await;
    stream.write_all(upgrade("/slow", "Authorization: ada\r\n").as_bytes()).await.unwrap();
    slow.0[0].notified().await;
    assert_eq!(handle.revoke("ada"), 0);
    slow.0[1].notify_one();
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 101 "));
    assert_eq!(read_close(&mut stream).await, 1008);
    handle.shutdown().await;
}

#[tokio::test]
async fn an_identity_that_is_revoked_ends_its_sessions_alone() {
    let handle = serve().await;
    let mut sessions = Vec::new();
    for name in ["ada", "bob", "ada"] {
        let mut stream = connect(&handle).await;
        let fields = format!("Authorization: {name}\r\n");
        stream.write_all(upgrade("/known", &fields).as_bytes()).await.unwrap();
        assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 101 "));
        sessions.push(stream);
    }
    while handle.hub().len() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(handle.revoke("eve"), 0);
    assert_eq!(handle.revoke("ada"), 2);
    for index in [0, 2] {
        assert_eq!(read_close(&mut sessions[index]).await, 1008);
    }
    // The other one goes on.
    sessions[1].write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
    let mut reply = [0; 5];
    timeout(LONG, sessions[1].read_exact(&mut reply)).await.unwrap().unwrap();
    assert_eq!(&reply, b"\x81\x03bob");
    handle.hub().abort_all();
    handle.shutdown().await;
}

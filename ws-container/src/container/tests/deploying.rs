//! What is deployed, and when.

use ws_core::{CloseCode, CloseReason, Endpoint, ServerEndpointConfig};

use super::*;

async fn run(builder: Builder) -> Handle {
    builder.bind("127.0.0.1", 0).build().unwrap().start().await.unwrap()
}

/// The status that a handshake at `path` is answered with, and the stream.
async fn ask(handle: &Handle, path: &str) -> (u16, TcpStream) {
    let mut stream = connect(handle).await;
    stream.write_all(upgrade(path, "").as_bytes()).await.unwrap();
    let head = read_head(&mut stream).await;
    (head[9..12].parse().unwrap(), stream)
}

fn echo(path: &'static str) -> ServerEndpointConfig {
    ServerEndpointConfig::builder::<Echo>(path).build().unwrap()
}

#[tokio::test]
async fn endpoints_come_and_go_while_the_container_runs() {
    let handle = run(Container::builder().deploy(echo("/stays"))).await;
    assert_eq!(ask(&handle, "/rooms/1").await.0, 404);
    handle.deploy(echo("/rooms/{room}")).unwrap();
    let (status, mut session) = ask(&handle, "/rooms/1").await;
    assert_eq!(status, 101);
    let (_, mut other) = ask(&handle, "/stays").await;
    while handle.sessions("/rooms/{room}").is_empty() || handle.sessions("/stays").is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let id = handle.sessions("/rooms/{room}")[0].id();
    assert_eq!(handle.session(id).unwrap().path_param("room"), Some("1"));

    let reason = CloseReason::new(CloseCode::SERVICE_RESTART, "moved").unwrap();
    assert_eq!(handle.undeploy("/rooms/{room}", &reason), 1);
    assert_eq!(read_close(&mut session).await, 1012);
    assert_eq!(ask(&handle, "/rooms/1").await.0, 404);
    assert!(handle.sessions("/rooms/{room}").is_empty());
    other.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.unwrap();
    assert_eq!(timeout(LONG, other.read_u16()).await.unwrap().unwrap(), 0x8A00, "a pong");
    handle.hub().abort_all();
    handle.shutdown().await;
}

#[tokio::test]
async fn one_session_too_many_is_told_so() {
    let full = ServerEndpointConfig::builder::<Echo>("/few").max_sessions(1).build().unwrap();
    let handle = run(Container::builder().deploy(full)).await;
    let (status, first) = ask(&handle, "/few").await;
    assert_eq!(status, 101);
    let (status, mut second) = ask(&handle, "/few").await;
    assert_eq!(status, 101, "a browser learns the code of a Close, and no status");
    assert_eq!(read_close(&mut second).await, 1013);
    assert_eq!(handle.sessions("/few").len(), 1);
    drop(first);
    let start = Instant::now();
    loop {
        let (status, mut third) = ask(&handle, "/few").await;
        assert_eq!(status, 101);
        third.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.unwrap();
        if timeout(LONG, third.read_u16()).await.unwrap().unwrap() == 0x8A00 {
            break;
        }
        assert!(start.elapsed() < LONG, "the seat is given back");
    }
    handle.hub().abort_all();
    handle.shutdown().await;
}

#[tokio::test]
async fn what_several_filters_let_pass_is_deployed() {
    let named = |name: &'static str| {
        move |endpoint: &ws_core::EndpointDescriptor| endpoint.type_name.ends_with(name)
    };
    let builder = Container::builder().discover().filter(named("::OnlyA")).filter(named("::Echo"));
    let handle = run(builder.deploy(echo("/added"))).await;
    for (path, want) in [("/echo/x", 101), ("/only", 101), ("/added", 101), ("/who", 404)] {
        assert_eq!(ask(&handle, path).await.0, want, "{path}");
    }
    handle.hub().abort_all();
    handle.shutdown().await;
}

#[tokio::test]
async fn everything_is_below_the_root() {
    let page = Page::html("/", "<title>Home</title>");
    let handle = run(Container::builder().deploy(echo("/e")).page(page).root("/app/")).await;
    for (path, want) in [("/app/e", 101), ("/e", 404), ("/app/x/../e", 101), ("/apps/e", 404)] {
        assert_eq!(ask(&handle, path).await.0, want, "{path}");
    }
    for (path, want) in [("/app/", 200), ("/", 404), ("/app/e", 426), ("/appx/", 404)] {
        let mut stream = connect(&handle).await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: example\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = read_head(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {want} ")), "{path}: {head}");
    }
    handle.hub().abort_all();
    handle.shutdown().await;
    for root in ["app", "/a//b", "/{tenant}", "/a b"] {
        let error = Container::builder().root(root).build().unwrap_err();
        assert!(matches!(error, BuildError::Root(_)), "{root}: {error}");
    }
}

#[tokio::test]
async fn listeners_do_not_keep_room_from_one_another() {
    let settings = Settings { max_connections: Some(1), ..Settings::default() };
    let builder = Container::builder().deploy(echo("/e")).settings(settings);
    let handle = run(builder.bind("127.0.0.1", 0).bind("127.0.0.1", 0)).await;
    let addresses = handle.local_addrs();
    assert_eq!(addresses.len(), 3);
    for address in addresses.iter().cycle().take(6) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(upgrade("/e", "Connection: close\r\n").as_bytes()).await.unwrap();
        assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 101 "), "{address}");
    }
    handle.hub().abort_all();
    handle.shutdown().await;
}

#[test]
fn a_configuration_says_what_is_wrong_with_it() {
    let of =
        |builder: ws_core::ServerEndpointBuilder<Echo>| builder.build().unwrap_err().to_string();
    let at = |path: &'static str| ServerEndpointConfig::builder::<Echo>(path);
    for (error, mention) in [
        (of(at("a")), "`a`: a path begins with `/`"),
        (of(at("/{a}/{a}")), "occurs twice"),
        (of(at("/a").subprotocols(["x y"])), "`x y` is no token"),
        (of(at("/a").subprotocols(["x", "x"])), "`x` is listed twice"),
        (of(at("/a").max_sessions(0)), "`max_sessions` is 0"),
    ] {
        assert!(error.contains(mention), "{error}");
    }
    let config = ServerEndpointConfig::builder_of::<Echo>().path("/other").build().unwrap();
    assert_eq!(config.path(), "/other");
    assert!(config.type_name().ends_with("::Echo"));
    assert_eq!(config.handlers().list.len(), Echo::HANDLERS.list.len());
    assert!(at("/a").build().unwrap().source().0.ends_with("deploying.rs"));
}

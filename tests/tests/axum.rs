//! A container inside an application of axum's.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::get;
use tests::RawClient;
use tests::http;
use ws_container::Handle;
use ws_container::prelude::*;

#[server_endpoint("/rooms/{room}")]
#[derive(Debug, Default)]
struct Room;

#[handlers]
impl Room {
    #[on_message]
    fn text(&mut self, session: &Session, #[path_param] room: &str, text: &str) -> String {
        format!("{room} {text} {}", session.peer_addr().is_some())
    }
}

async fn upgrade(
    State(container): State<Handle>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    request.extensions_mut().insert(peer);
    container.upgrade(request).await.map(Body::from)
}

/// Serves pages of axum's, and rooms on the container, on a thread of its own.
fn serve() -> SocketAddr {
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let room = ServerEndpointConfig::of::<Room>();
            let container =
                Container::builder().deploy(room).build().expect("it is sound").handle();
            let application = Router::new()
                .route("/rooms/{room}", get(upgrade))
                .route("/", get(|| async { "a page of axum's" }))
                .with_state(container)
                .into_make_service_with_connect_info::<SocketAddr>();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            sender.send(listener.local_addr().expect("an address")).expect("the test waits");
            axum::serve(listener, application).await.expect("it serves");
        });
    });
    address.recv_timeout(tests::wait::DEADLINE).expect("the server starts")
}

#[test]
fn axum_gives_its_connections_away() {
    let address = serve();
    assert_eq!(http::get(address, "/", "").text(), "a page of axum's");
    let early = tests::Frame::text("early").masked();
    let mut client = RawClient::open_with(address, "/rooms/tea", "", &early);
    client.assert_next(&tests::Frame::text("tea early true"));
    client.send_text("late");
    client.assert_next(&tests::Frame::text("tea late true"));
    client.close(1000, "bye");
    let refused = http::upgrade(address, "/rooms/tea", "Origin: http://evil.example\r\n");
    assert_eq!(http::exchange(address, refused).status, 403);
    assert_eq!(http::get(address, "/rooms/tea", "").status, 426);
}

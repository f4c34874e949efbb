//! Which endpoint a path leads to.

use tests::http::{self, request};
use tests::{Frame, RawClient, TestServer};
use ws_container::prelude::*;

macro_rules! deployed {
    ($($endpoint:ident, $path:literal;)*) => {$(
        #[server_endpoint($path)]
        #[derive(Default)]
        struct $endpoint;

        #[handlers]
        impl $endpoint {
            #[on_open]
            async fn open(&mut self, session: &Session) -> Result<()> {
                session.send(reached($path, session)).await
            }
        }
    )*};
}

deployed! {
    Exact, "/t/a/b";
    Variable, "/t/a/{x}";
    Middle, "/t/a/{v}/c";
    Longer, "/t/a/b/c";
    Two, "/t/a/{v1}/{v2}";
    First, "/u/{v1}/d";
    Last, "/u/b/{v2}";
    Slash, "/slash/";
}

/// The template and the variables' values.
fn reached(template: &str, session: &Session) -> String {
    let values = session.path_params().map(|(name, value)| format!(" {name}={value}"));
    template.to_owned() + &values.collect::<String>()
}

#[test]
#[rustfmt::skip] // a table
fn paths_matched() {
    let server = TestServer::start();
    for (path, want) in [
        ("/t/a/b",           "/t/a/b"),
        ("/t/a/apple",       "/t/a/{x} x=apple"),
        ("/t/a/b/c",         "/t/a/b/c"),
        ("/t/a/d/c",         "/t/a/{v}/c v=d"),
        ("/t/a/x/y",         "/t/a/{v1}/{v2} v1=x v2=y"),
        ("/t/a/b/x",         "/t/a/{v1}/{v2} v1=b v2=x"),
        ("/u/b/d",           "/u/b/{v2} v2=d"),
        ("/slash/",          "/slash/"),
        ("/t/a/%62",         "/t/a/b"),
        ("/t/a/x%20y",       "/t/a/{x} x=x y"),
        ("/t/a/caf%C3%A9",   "/t/a/{x} x=café"),
        ("/t/a/x%2Fy",       "/t/a/{x} x=x/y"),
        ("/t/a/b;v=1",       "/t/a/{x} x=b;v=1"),
        ("/t/./a/b",         "/t/a/b"),
        ("/t/z/../a/b",      "/t/a/b"),
    ] {
        println!("{path}");
        let mut client = RawClient::open(server.addr(), path);
        client.assert_next(&Frame::text(want));
    }
}

#[test]
#[rustfmt::skip] // a table
fn paths_refused() {
    let server = TestServer::start();
    for (path, status) in [
        ("/t/a",          404),
        ("/t/a/",         404),
        ("/t/a/b/",       404),
        ("/slash",        404),
        ("/t/a/%FF",      400),
        ("/t//a/b",       404),
        ("/../t/a/b",     400),
        ("/T/a/b",        404),
    ] {
        let response = request(server.addr(), &format!("GET {path} HTTP/1.1"), &[]);
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.header("sec-websocket-accept"), None);
    }
    assert_eq!(http::get(server.addr(), "/t/a/b", "").status, 426);
}

/// The HTTP parser cuts a fragment off before anybody sees it.
#[test]
fn paths_with_a_fragment() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/t/a/b#frag");
    client.assert_next(&Frame::text("/t/a/b"));
}

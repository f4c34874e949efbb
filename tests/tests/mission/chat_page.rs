//! S3, the chat page: what can be said of it without a browser. `tests/interop/run` has the rest:
//! it opens the page in two tabs.

use tests::http::{self, Response};
use tests::{Frame, Program, RawClient};

const BROADCAST: &str = "org.ietf.websocket.test-echo-broadcast";

fn server() -> Program {
    Program::start(super::test_server::BINARY, &["test-server", "--port", "0"])
}

fn page(server: &Program) -> Response {
    let page = http::get(server.addr(), "/", "");
    assert_eq!(page.status, 200);
    page
}

#[test]
fn s3_7_a_browser_gets_a_page() {
    let server = server();
    let page = page(&server);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().starts_with("<!doctype html>"), "{}", page.text());
}

#[test]
fn s3_10_the_page_warns_a_browser_without_websocket() {
    let server = server();
    let page = page(&server);
    assert!(page.text().contains(r#""WebSocket" in window"#));
    assert!(page.text().contains("no WebSocket support"));
}

#[test]
fn s3_11_the_page_asks_for_a_name_and_finds_the_server_by_its_own_location() {
    let server = server();
    let page = page(&server);
    assert!(page.text().contains("User name"));
    assert!(page.text().contains("document.location"));
    assert!(page.text().contains(r#""https:" ? "wss:" : "ws:""#));
    assert!(!page.text().contains("://"), "the page names no host of its own");
}

#[test]
fn s3_12_the_page_hears_of_open_message_and_close() {
    let server = server();
    for callback in [".onopen =", ".onmessage =", ".onclose ="] {
        assert!(page(&server).text().contains(callback), "{callback}");
    }
}

#[test]
fn s3_13_the_page_and_its_ancestor_speak_broadcast() {
    let server = server();
    assert!(page(&server).text().contains(&format!("data-subprotocol=\"{BROADCAST}\"")));
    for subprotocol in [BROADCAST, "echo-broadcast", "echo-broadcast-ping"] {
        let client = RawClient::open_as(server.addr(), "/", subprotocol);
        assert_eq!(client.subprotocol(), Some(subprotocol));
    }
}

#[test]
fn s3_14_all_hear_who_has_joined() {
    let server = server();
    assert!(page(&server).text().contains("has joined!"));
    let mut alice = RawClient::open_as(server.addr(), "/", BROADCAST);
    alice.assert_echo("alice:has joined!");
    let mut bob = RawClient::open_as(server.addr(), "/", BROADCAST);
    bob.assert_echo("bob:has joined!");
    alice.assert_next(&Frame::text("bob:has joined!"));
}

/// What the page makes of such names is seen in the browser.
#[test]
fn s3_15_lines_are_passed_on_as_they_are() {
    let server = server();
    let mut client = RawClient::open_as(server.addr(), "/", BROADCAST);
    client.assert_echo("a%3Ab%253A:text: with colons");
}

#[test]
fn s3_16_what_users_type_is_never_markup() {
    let server = server();
    let page = page(&server);
    for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"] {
        assert!(!page.text().contains(way), "{way}");
    }
    let policy = page.header("content-security-policy").expect("a content policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src"));
    assert!(!scripts.expect("a rule for scripts").contains("'unsafe-inline'"), "{policy}");
    let markup = "mallory:<b>x</b><img src=x onerror=alert(1)>";
    RawClient::open_as(server.addr(), "/", BROADCAST).assert_echo(markup);
}

#[test]
#[cfg(unix)]
fn s3_17_a_server_that_stops_says_so() {
    let mut server = server();
    assert!(page(&server).text().contains("Reconnect"));
    let mut client = RawClient::open_as(server.addr(), "/", BROADCAST);
    client.assert_silent();
    server.terminate();
    client.assert_closed_cleanly(1001);
    assert!(server.wait().success());
}

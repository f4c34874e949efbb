//! S2-16, the opening handshake as `--trace-handshake` prints it.

use std::net::TcpStream;
use std::thread;

use tests::{Finished, Program, RawServer, wait};

use crate::test_server::BINARY;

/// Runs a tool with the flag, and has a look at what it says on standard error.
#[track_caller]
fn traced(args: &[&str]) -> Finished {
    let (command, rest) = args.split_first().expect("a command");
    let finished = Finished::run(BINARY, &[&[command, "--trace-handshake"], rest].concat(), b"");
    assert!(!format!("{finished:?}").contains("hush"), "{finished:?}");
    finished
}

/// Checks that `lines` come in this order, with any others between them.
#[track_caller]
fn assert_in_order(finished: &Finished, lines: &[&str]) {
    let mut rest = finished.errors.lines();
    for line in lines {
        assert!(rest.any(|found| found.starts_with(line)), "{line} in {}", finished.errors);
    }
}

fn server() -> Program {
    Program::start(BINARY, &["test-server", "--port", "0"])
}

#[test]
fn s2_16_the_handshake_is_printed_as_it_was_sent_and_came() {
    let server = server();
    let url = format!("ws://{}/echo?token=hush", server.addr());
    let secrets =
        ["-H", "Authorization: Bearer hush", "--cookie", "id=hush", "-H", "X-Token: hush"];
    let asking = format!("* asking for ws://{}/echo", server.addr());
    let connected = format!("* connected to {}", server.addr());
    let host = format!("> Host: {}", server.addr());
    let lines = [
        &asking[..],
        &connected,
        "> GET /echo?(hidden) HTTP/1.1",
        &host,
        "> Upgrade: websocket",
        "> Sec-WebSocket-Key: ",
        "< HTTP/1.1 101 Switching Protocols",
    ];
    let pinging = ["test-client", "--url", &url, "-c", "1"];
    let finished = traced(&[&pinging[..], &secrets].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_in_order(&finished, &lines);
    for field in ["authorization: Bearer (hidden)", "cookie: (hidden)", "x-token: (hidden)"] {
        assert!(finished.errors.contains(field), "{field} in {}", finished.errors);
    }
    assert!(finished.errors.to_lowercase().contains("< sec-websocket-accept: "), "{finished:?}");
    let finished = traced(&["connect", "--wait", "10ms", "--plain", &url]);
    assert_eq!((finished.code, finished.output.as_str()), (Some(0), ""), "{finished:?}");
    assert_in_order(&finished, &lines);
    // Nothing of it without the flag.
    let quiet = Finished::run(BINARY, &["connect", "--wait", "10ms", "--plain", &url], b"");
    assert_eq!((quiet.code, quiet.errors.as_str()), (Some(0), ""), "{quiet:?}");
}

#[test]
fn s2_16_the_server_logs_which_endpoint_matches_and_why_not_the_others() {
    let server =
        Program::start(BINARY, &["test-server", "--port", "0", "--trace-handshake", "--log=info"]);
    for (path, code, lines) in [
        ("/ecko", 1, ["asked", "path=/ecko", "route /echo: segment 1 is `ecko`, not `echo`"]),
        ("/echo", 0, ["asked", "route /broadcast: segment 1 is `echo`", "route /echo: matches"]),
    ] {
        let url = format!("ws://{}{path}?token=hush", server.addr());
        let finished = Finished::run(BINARY, &["connect", "--wait", "10ms", &url], b"");
        assert_eq!(finished.code, Some(code), "{finished:?}");
        for line in lines {
            wait::until(line, || server.errors().contains(line));
        }
    }
    wait::until("the session is named", || server.errors().contains(" upgrade session="));
    assert!(!server.errors().contains("hush"), "{}", server.errors());
}

#[test]
fn s2_16_a_refusal_is_printed_with_what_it_says() {
    let server = server();
    let finished = traced(&["connect", &format!("ws://{}/ecko", server.addr())]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let lines = ["> GET /ecko HTTP/1.1", "< HTTP/1.1 404 Not Found", "< ", "error: "];
    assert_in_order(&finished, &lines);
    assert!(finished.errors.contains("/echo"), "the nearest endpoint: {finished:?}");
    // A redirect, which these tools do not follow.
    let (addr, serving) = RawServer::play(|mut peer| {
        let to = "ws://ann:hush@other.example/b?token=hush";
        peer.say(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"));
    });
    let finished = traced(&["connect", &format!("ws://{addr}/a")]);
    serving.join().unwrap();
    let location = "< Location: ws://(hidden)@other.example/b?(hidden)";
    assert_in_order(&finished, &["< HTTP/1.1 302 Found", location, "error: "]);
}

#[test]
fn s2_16_a_handshake_that_fails_is_printed_as_far_as_it_came() {
    for (answer, shown) in [
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: web\x1b[2J\r\n\r\n", "< HTTP/1.1 101"),
        ("SSH-2.0-x\r\n\r\n", "< SSH-2.0-x"),
        ("HTTP/1.1 101 Switching Pro", "< HTTP/1.1 101 Switching Pro"),
    ] {
        let (addr, serving) = RawServer::play(move |mut peer| peer.say(answer));
        let finished = traced(&["test-client", "--url", &format!("ws://{addr}/")]);
        serving.join().unwrap();
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert_in_order(&finished, &["> GET / HTTP/1.1", shown, "error: "]);
        assert!(!finished.errors.contains('\x1b'), "{finished:?}");
    }
    // An answer that never ends is shown when the wait does.
    let (addr, serving) = RawServer::play(|mut peer| {
        peer.say("HTTP/1.1 101 Later\r\n");
        peer.assert_ended();
    });
    let url = format!("ws://{addr}/");
    let finished = traced(&["connect", "--connect-timeout", "1s", &url]);
    serving.join().unwrap();
    assert_in_order(&finished, &["> GET / HTTP/1.1", "< HTTP/1.1 101 Later", "error: "]);
}

#[test]
fn s2_16_the_way_through_a_proxy_is_printed_too() {
    let server = server();
    let (listener, proxy) = RawServer::listen();
    let to = server.addr();
    let proxying = thread::spawn(move || {
        let mut asking = RawServer::accept(&listener);
        asking.say(
            "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=x\r\nConnection: close\r\n\
             Content-Length: 0\r\n\r\n",
        );
        drop(asking);
        let mut tunnel = RawServer::accept(&listener);
        tunnel.say("HTTP/1.1 200 Connection established\r\n\r\n");
        let near = tunnel.stream().try_clone().unwrap();
        let far = TcpStream::connect(to).unwrap();
        let (mut up, mut down) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        let back = thread::spawn(move || std::io::copy(&mut { far }, &mut { near }));
        let _ = std::io::copy(&mut up, &mut down);
        let _ = down.shutdown(std::net::Shutdown::Write);
        let _ = back.join().unwrap();
    });
    let proxy = format!("http://ann:hush@{proxy}");
    let finished = traced(&[
        "test-client",
        "--proxy",
        &proxy,
        "--url",
        "ws://far.example/echo",
        "-P",
        "echo",
        "-c",
        "1",
    ]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    proxying.join().unwrap();
    let (_, at) = proxy.split_once('@').unwrap();
    let through = format!("* through the proxy http://{at}");
    assert_in_order(
        &finished,
        &[
            "* asking for ws://far.example:80/echo",
            &through,
            "> CONNECT far.example:80 HTTP/1.1",
            "< HTTP/1.1 407 Who?",
            &through,
            "> CONNECT far.example:80 HTTP/1.1",
            "> Proxy-Authorization: Basic (hidden)",
            "< HTTP/1.1 200 Connection established",
            "> GET /echo HTTP/1.1",
            "< HTTP/1.1 101 Switching Protocols",
        ],
    );
}

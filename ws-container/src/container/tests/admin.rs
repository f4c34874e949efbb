//! Health and metrics.

use ws_core::Limits;

use super::*;
use crate::listener::Listen;

/// The status and the body of the answer to a GET of `path`.
async fn get(handle: &Handle, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(handle.admin_addr().unwrap()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: admin\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].to_owned(), body.to_owned())
}

async fn metric(handle: &Handle, line: &str) {
    let until = Instant::now() + LONG;
    loop {
        let (_, text) = get(handle, "/metrics").await;
        if text.lines().any(|found| found == line) {
            return;
        }
        assert!(Instant::now() < until, "no `{line}` in\n{text}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn start_with_admin() -> Handle {
    let builder = Container::builder().discover().bind("127.0.0.1", 0).admin("127.0.0.1", 0);
    let limits = Limits { max_text_len: 10, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    builder.settings(settings).build().unwrap().start().await.unwrap()
}

#[tokio::test]
async fn health_and_readiness_while_it_runs_and_while_it_drains() {
    let handle = start_with_admin().await;
    assert_eq!(get(&handle, "/healthz").await, ("200".to_owned(), "ok\n".to_owned()));
    assert_eq!(get(&handle, "/readyz").await, ("200".to_owned(), "running\n".to_owned()));
    assert_eq!(get(&handle, "/").await.0, "404");
    let mut session = connect(&handle).await;
    session.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
    read_head(&mut session).await;
    let stopping = tokio::spawn({
        let handle = handle.clone();
        async move { handle.shutdown().await }
    });
    assert_eq!(read_close(&mut session).await, 1001);
    assert_eq!(get(&handle, "/readyz").await, ("503".to_owned(), "draining\n".to_owned()));
    assert_eq!(get(&handle, "/healthz").await.0, "200");
    session.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9]).await.unwrap();
    timeout(LONG, stopping).await.unwrap().unwrap();
    let gone = async {
        while TcpStream::connect(handle.admin_addr().unwrap()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, gone).await.unwrap();
}

#[tokio::test]
async fn what_passes_is_counted_while_sessions_are_open_and_when_they_are_gone() {
    let handle = start_with_admin().await;
    let mut session = connect(&handle).await;
    session.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
    read_head(&mut session).await;
    let labels = |direction: &str| {
        format!("{{endpoint=\"/echo/{{name}}\",direction=\"{direction}\",kind=\"text\"}}")
    };
    let lines = [
        format!("ws_messages_total{} 130", labels("received")),
        format!("ws_message_bytes_total{} 260", labels("received")),
        format!("ws_messages_total{} 130", labels("sent")),
    ];
    let hello = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    session.write_all(&hello.repeat(130)).await.unwrap();
    for line in &lines {
        metric(&handle, line).await;
    }
    metric(&handle, "ws_queued_bytes{endpoint=\"/echo/{name}\"} 0").await;
    metric(&handle, "ws_messages_dropped_total{endpoint=\"/echo/{name}\"} 0").await;
    // One in 64 of 130 messages is timed, wherever the session begins to count.
    metric(&handle, "ws_handler_seconds_count{endpoint=\"/echo/{name}\"} 2").await;
    drop(session);
    metric(&handle, "ws_sessions{endpoint=\"/echo/{name}\"} 0").await;
    for line in &lines {
        metric(&handle, line).await;
    }
}

#[tokio::test]
async fn what_is_counted() {
    let handle = start_with_admin().await;
    let mut session = connect(&handle).await;
    session.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
    read_head(&mut session).await;
    metric(&handle, "ws_connections{kind=\"plain\"} 1").await;
    metric(&handle, "ws_sessions{endpoint=\"/echo/{name}\"} 1").await;

    session.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8]).await.unwrap();
    read_all(&mut session).await;
    let closed = "ws_sessions_closed_total{endpoint=\"/echo/{name}\",code=";
    metric(&handle, &format!("{closed}\"1000\",by=\"peer\",cause=\"close\"}} 1")).await;
    metric(&handle, "ws_sessions{endpoint=\"/echo/{name}\"} 0").await;
    metric(&handle, "ws_connections{kind=\"plain\"} 0").await;
    metric(&handle, "ws_connections_opened_total{kind=\"plain\"} 1").await;

    let mut session = connect(&handle).await;
    session.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
    read_head(&mut session).await;
    session.write_all(&[0x81, 0x80 | 11, 0, 0, 0, 0]).await.unwrap();
    assert_eq!(read_close(&mut session).await, 1009);
    drop(session);
    metric(&handle, &format!("{closed}\"1009\",by=\"local\",cause=\"limit\"}} 1")).await;
    metric(&handle, "ws_limits_hit_total{limit=\"message\"} 1").await;

    for (path, fields) in [("/nowhere", ""), ("/echo/x", "Origin: http://evil.example\r\n")] {
        let mut refused = connect(&handle).await;
        refused.write_all(upgrade(path, fields).as_bytes()).await.unwrap();
        read_all(&mut refused).await;
    }
    let refused = "ws_handshakes_refused_total{status=";
    metric(&handle, &format!("{refused}\"404\",reason=\"no_endpoint\"}} 1")).await;
    metric(&handle, &format!("{refused}\"403\",reason=\"origin\"}} 1")).await;
    handle.shutdown().await;
}

#[tokio::test]
async fn connections_that_ask_nothing_do_not_keep_probes_out() {
    let handle = start_with_admin().await;
    let mut idle = Vec::new();
    for number in 0..64 {
        let mut stream = TcpStream::connect(handle.admin_addr().unwrap()).await.unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
        }
        idle.push(stream);
    }
    let probe = timeout(Duration::from_secs(5), get(&handle, "/healthz")).await;
    assert_eq!(probe.unwrap().0, "200");
    for mut stream in idle {
        // A reset is as good an end.
        let _ = timeout(LONG, stream.read_to_end(&mut Vec::new())).await.unwrap();
    }
    handle.shutdown().await;
}

#[tokio::test]
async fn the_address_is_shared_where_a_listener_is() {
    let begin = |port: u16, admin: u16, shared: bool| {
        let listen = Listen::on("127.0.0.1", port).reuse_port(shared);
        Container::builder().listen(listen).admin("127.0.0.1", admin).build().unwrap().start()
    };
    let old = begin(0, 0, true).await.unwrap();
    let (port, admin) = (old.local_addrs()[0].port(), old.admin_addr().unwrap().port());
    let new = begin(port, admin, true).await.unwrap();
    old.shutdown().await;
    timeout(LONG, async {
        // What the old one had not answered is lost with it.
        while TcpStream::connect(new.admin_addr().unwrap()).await.is_err() {}
    })
    .await
    .unwrap();
    let (port, admin) = (old.local_addrs()[0].port(), old.admin_addr().unwrap().port());
    let error = begin(0, admin, false).await.unwrap_err().to_string();
    assert!(error.contains(&format!("cannot listen on 127.0.0.1:{admin}: ")), "{error}");
    assert_eq!((new.local_addrs()[0].port(), new.admin_addr().unwrap().port()), (port, admin));
    new.shutdown().await;
}

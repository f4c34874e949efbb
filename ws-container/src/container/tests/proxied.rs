//! Peers behind proxies.

use ws_core::handshake::OriginPolicy;

use super::*;
use crate::listener::Listen;

#[server_endpoint("/peer", crate = ws_core)]
#[derive(Debug, Default)]
struct Peer;

#[handlers(crate = ws_core)]
impl Peer {
    #[on_open]
    fn open(&mut self, session: &Session) -> String {
        let peer = session.peer_addr().map(|it| it.to_string()).unwrap_or_default();
        format!("{peer} {}", session.uri())
    }
}

fn trusting(networks: &[&str]) -> Settings {
    let trusted_proxies = networks.iter().map(|it| it.parse().unwrap()).collect();
    Settings { trusted_proxies, ..Settings::default() }
}

/// What an endpoint finds of a request with `fields`, sent behind `before`; or the status.
async fn seen(handle: &Handle, before: &[u8], fields: &str) -> String {
    let mut stream = connect(handle).await;
    stream.write_all(&[before, upgrade("/peer", fields).as_bytes()].concat()).await.unwrap();
    let head = read_head(&mut stream).await;
    if !head.starts_with("HTTP/1.1 101 ") {
        return head[9..12].to_owned();
    }
    let mut frame = [0; 2];
    timeout(LONG, stream.read_exact(&mut frame)).await.unwrap().unwrap();
    let mut text = vec![0; usize::from(frame[1])];
    timeout(LONG, stream.read_exact(&mut text)).await.unwrap().unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn trusted_proxies_say_who_the_peer_is_and_strangers_do_not() {
    let fields = "X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\
                  X-Forwarded-Host: outer.example\r\n";
    let trusting = start(trusting(&["127.0.0.0/8"])).await;
    assert_eq!(seen(&trusting, b"", fields).await, "192.0.2.1:0 wss://outer.example/peer");
    let standard = "Forwarded: for=\"192.0.2.7:81\";proto=https\r\n";
    assert_eq!(seen(&trusting, b"", standard).await, "192.0.2.7:81 wss://example/peer");
    // The origin is that of the page as the client sees it.
    let page = format!("{fields}Origin: https://outer.example\r\n");
    assert_eq!(seen(&trusting, b"", &page).await, "192.0.2.1:0 wss://outer.example/peer");
    let inner = format!("{fields}Origin: http://example\r\n");
    assert_eq!(seen(&trusting, b"", &inner).await, "403");
    for malformed in
        ["Forwarded: for\r\n", "X-Forwarded-For: nobody\r\n", "X-Forwarded-Host: a b\r\n"]
    {
        assert_eq!(seen(&trusting, b"", malformed).await, "400", "{malformed}");
    }
    let careful = start(Settings::default()).await;
    let got = seen(&careful, b"", fields).await;
    assert!(got.starts_with("127.0.0.1:") && got.ends_with(" ws://example/peer"), "{got}");
    trusting.shutdown().await;
    careful.shutdown().await;
}

#[tokio::test]
async fn the_proxy_protocol_is_required_where_it_is_switched_on() {
    let head_timeout = Duration::from_millis(300);
    let builder = Container::builder().discover();
    let builder = builder.settings(Settings { head_timeout, ..Settings::default() });
    let container = builder.listen(Listen::on("127.0.0.1", 0).proxy_protocol(true));
    let handle = container.build().unwrap().start().await.unwrap();
    let header = b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 8080\r\n";
    assert_eq!(seen(&handle, header, "").await, "192.0.2.1:4660 ws://example/peer");
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    assert!(seen(&handle, local, "").await.starts_with("127.0.0.1:"));
    let mut unheard = Vec::new();
    for (bytes, late) in [
        (upgrade("/peer", "").into_bytes(), false),
        (b"PROXY NONSENSE and more\r\n".to_vec(), false),
        (b"PROXY TCP4 192.0.2.1".to_vec(), true),
        (Vec::new(), true),
    ] {
        let mut stream = connect(&handle).await;
        stream.write_all(&bytes).await.unwrap();
        let begun = Instant::now();
        // A reset is as good an end.
        let _ = timeout(LONG, stream.read_to_end(&mut unheard)).await.unwrap();
        assert_eq!(begun.elapsed() >= head_timeout / 2, late, "{}", bytes.escape_ascii());
    }
    assert!(unheard.is_empty(), "{}", unheard.escape_ascii());
    handle.shutdown().await;
}

#[tokio::test]
async fn proxy_headers_are_believed_of_trusted_proxies_only_once_some_are_named() {
    for (network, believed) in [("127.0.0.1", true), ("10.0.0.0/8", false)] {
        let builder = Container::builder().discover().settings(trusting(&[network]));
        let builder = builder.listen(Listen::on("127.0.0.1", 0).proxy_protocol(true));
        let handle = builder.build().unwrap().start().await.unwrap();
        let mut stream = connect(&handle).await;
        let header = b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 8080\r\n";
        let request = upgrade("/peer", "X-Forwarded-For: 6.6.6.6\r\n");
        stream.write_all(&[header, request.as_bytes()].concat()).await.unwrap();
        let mut answer = vec![0; 12];
        let read = timeout(LONG, stream.read_exact(&mut answer)).await.unwrap();
        assert_eq!(read.is_ok(), believed, "{network}");
        drop(stream);
        if believed {
            // The client of a proxy is no proxy itself.
            let got = seen(&handle, header, "X-Forwarded-For: 6.6.6.6\r\n").await;
            assert_eq!(got, "192.0.2.1:4660 ws://example/peer");
        }
        handle.shutdown().await;
    }
}

#[tokio::test]
async fn a_client_whose_address_the_proxy_does_not_tell_has_none_and_no_trust() {
    let builder = Container::builder().discover().settings(trusting(&["127.0.0.1"]));
    let builder = builder.listen(Listen::on("127.0.0.1", 0).proxy_protocol(true));
    let handle = builder.build().unwrap().start().await.unwrap();
    let v2 = |command: &[u8], rest: &[u8]| [b"\r\n\r\n\0\r\nQUIT\n", command, rest].concat();
    let invented = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\
                    X-Forwarded-Host: evil.example\r\n";
    let standard = "Forwarded: for=192.0.2.1;proto=https;host=evil.example\r\n";
    for unknown in [
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN 192.0.2.1 10.0.0.1 1 2\r\n".to_vec(),
        v2(b"\x21\0\0\0", b""),
        v2(b"\x21\x31\0\xD8", &[b'a'; 216]),
    ] {
        for fields in ["", invented, standard] {
            let got = seen(&handle, &unknown, fields).await;
            assert_eq!(got, " ws://example/peer", "{} {fields}", unknown.escape_ascii());
        }
    }
    // What the proxy sends on its own account is its own word.
    let own = seen(&handle, &v2(b"\x20\0\0\0", b""), invented).await;
    assert_eq!(own, "192.0.2.1:0 wss://evil.example/peer");
    handle.shutdown().await;
}

#[tokio::test]
async fn the_own_origin_beside_listed_ones_is_that_of_the_scheme_really_used() {
    let listed = "https://listed.example".parse().unwrap();
    let origins = OriginPolicy::SameOrList(vec![listed]);
    let handle = start(Settings { origins, ..trusting(&["127.0.0.1"]) }).await;
    let tls = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
    for (fields, origin, may) in [
        ("", "http://example", true),
        ("", "https://example", false),
        (tls, "https://example", true),
        (tls, "http://example", false),
        ("", "https://listed.example", true),
        (tls, "https://listed.example", true),
        (tls, "http://listed.example", false),
    ] {
        let got = seen(&handle, b"", &format!("{fields}Origin: {origin}\r\n")).await;
        assert_eq!(got != "403", may, "{origin} {fields}");
    }
    handle.shutdown().await;
}

//! S2: servers behind proxies.

use tests::{Frame, RawClient, TestServer};
use ws_container::prelude::*;

/// Says what it knows of its peer.
#[server_endpoint("/mission/whoami")]
#[derive(Default)]
struct WhoAmI;

#[handlers]
impl WhoAmI {
    #[on_open]
    fn open(&mut self, session: &Session) -> String {
        let peer = session.peer_addr().map(|addr| addr.ip().to_string()).unwrap_or_default();
        format!("{peer} {}", session.is_secure())
    }
}

#[test]
fn s2_21_a_trusted_proxy_says_who_the_peer_is_and_whether_it_used_tls() {
    let standard = "Forwarded: for=192.0.2.1;proto=https;host=chat.example\r\n\
                    Origin: https://chat.example\r\n";
    let older = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\
                 X-Forwarded-Host: chat.example\r\nOrigin: https://chat.example\r\n";
    let behind = TestServer::with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    for fields in [standard, older] {
        let mut client = RawClient::open_with(behind.addr(), "/mission/whoami", fields, &[]);
        client.assert_next(&Frame::text("192.0.2.1 true"));
    }
    // Nobody else is believed.
    let elsewhere = TestServer::with(|settings| {
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    let fields = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
    let mut client = RawClient::open_with(elsewhere.addr(), "/mission/whoami", fields, &[]);
    client.assert_next(&Frame::text("127.0.0.1 false"));
}

#[test]
fn s2_21_the_proxy_protocol_says_whose_connection_it_is() {
    use std::io::Write as _;

    use ws_container::{Container, Listen};

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let listen = Listen::on("127.0.0.1", 0).proxy_protocol(true);
    let container = Container::builder().discover().listen(listen).build().unwrap();
    let handle = runtime.block_on(container.start()).unwrap();
    let addr = handle.local_addrs()[0];
    let v1 = b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 443\r\n".to_vec();
    let mut v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    v2.extend([192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 1, 0xBB]);
    for header in [v1, v2] {
        let mut stream = tests::http::connect(addr);
        let request = tests::http::upgrade(addr, "/mission/whoami", "");
        stream.write_all(&[&header, request.as_bytes()].concat()).unwrap();
        assert_eq!(tests::http::read_head(&mut stream).status, 101);
        let mut frame = [0; 17];
        std::io::Read::read_exact(&mut stream, &mut frame).unwrap();
        assert_eq!(&frame[2..], b"192.0.2.1 false");
    }
    handle.hub().abort_all();
    runtime.block_on(handle.shutdown());
}

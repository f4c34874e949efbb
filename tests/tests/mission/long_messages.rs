//! S1-3: messages of any length, and lengths that are none.

use std::io::Write;
use std::net::TcpStream;
use std::thread;

use tests::client::{client, config, run, soon, until};
use tests::wire::BINARY;
use tests::{Frame, RawClient, RawServer, TestServer, alone, http, vitals};
use ws_container::SessionState;
use ws_container::prelude::*;

/// Counts the bytes of a message of any length while it comes.
#[server_endpoint("/mission/endless")]
#[derive(Default)]
struct Endless;

/// The same for a client.
#[client_endpoint]
struct EndlessHere;

async fn counted(mut reader: MessageReader) -> Result<String> {
    let mut bytes = 0;
    while let Some(chunk) = reader.chunk().await? {
        bytes += chunk.len();
    }
    Ok(format!("{bytes} bytes"))
}

#[handlers]
impl Endless {
    #[on_message]
    async fn binary(&mut self, reader: MessageReader) -> Result<String> {
        counted(reader).await
    }
}

#[handlers]
impl EndlessHere {
    #[on_message]
    async fn binary(&mut self, reader: MessageReader) -> Result<String> {
        counted(reader).await
    }
}

/// A message with the top bit of its length set, and the longest that there may be.
#[test]
fn s1_3_a_length_of_64_bits_breaks_the_protocol() {
    let server = TestServer::start();
    for len in [1 << 63, u64::MAX] {
        let mut raw = RawClient::open(server.addr(), "/mission/endless");
        raw.send_bytes(&Frame::binary("").header_claiming(len, 71));
        raw.assert_failed(1002);
    }
    for len in [1_u64 << 63, u64::MAX] {
        let (addr, peer) = RawServer::play(move |mut raw| {
            raw.switch("");
            raw.say([&[0x80 | BINARY, 127], &len.to_be_bytes()[..]].concat());
            raw.read().close_code()
        });
        run(async {
            let session = soon(client().connect(EndlessHere, format!("ws://{addr}/"))).await;
            let session = session.unwrap();
            until("it is over", || session.state() == SessionState::Closed).await;
        });
        assert_eq!(peer.join().unwrap(), 1002);
    }
}

/// Sends a binary frame of `len` bytes, in its own time; masked with zeros where `masked`.
fn send_long(stream: &mut TcpStream, len: u64, masked: bool) {
    let mut header = vec![0x80 | BINARY, 127];
    header.extend_from_slice(&len.to_be_bytes());
    if masked {
        header[1] |= 0x80;
        header.extend_from_slice(&[0; 4]);
    }
    stream.write_all(&header).unwrap();
    let piece = vec![7; 1 << 20];
    let mut left = len;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        stream.write_all(&piece[..now]).unwrap();
        left -= now as u64;
    }
}

/// A frame of `len` bytes goes to a server, and another to a client, through this process.
fn streams_through(len: u64) {
    const MOST: usize = 64 << 20;
    let server = TestServer::start();
    let mut stream = http::connect(server.addr());
    let request = http::upgrade(server.addr(), "/mission/endless", "");
    stream.write_all(request.as_bytes()).unwrap();
    assert_eq!(http::read_head(&mut stream).status, 101);
    send_long(&mut stream, len, true);
    let answer = format!("{len} bytes");
    let mut frame = vec![0; 2 + answer.len()];
    std::io::Read::read_exact(&mut stream, &mut frame).unwrap();
    assert_eq!(&frame[2..], answer.as_bytes());
    assert!(vitals::peak_resident() < MOST, "{} bytes resident", vitals::peak_resident());

    let (addr, peer) = RawServer::play(move |mut raw| {
        raw.switch("");
        send_long(raw.stream(), len, false);
        raw.assert_next(&Frame::text(answer));
        raw.send(&Frame::close(1000, ""));
        raw.assert_ended();
    });
    // Only the peer's patience ends this one.
    thread::spawn(move || {
        run(async {
            let config = config(|it| it.keep_alive(None));
            let session =
                client().connect_with(&config, EndlessHere, format!("ws://{addr}/")).await;
            let session = session.unwrap();
            while session.state() != SessionState::Closed {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        });
    });
    peer.join().unwrap();
    assert!(vitals::peak_resident() < MOST, "{} bytes resident", vitals::peak_resident());
}

#[test]
fn s1_3_a_message_larger_than_memory_streams_through() {
    let name = "long_messages::s1_3_a_message_larger_than_memory_streams_through";
    alone(name, || streams_through(256 << 20));
}

#[test]
#[ignore = "takes a minute: 10 GiB go through"]
fn s1_3_a_frame_of_5_gib_streams_through() {
    let name = "long_messages::s1_3_a_frame_of_5_gib_streams_through";
    alone(name, || {
        streams_through(5 << 30);
        println!("5 GiB each way; {} MiB resident at most", vitals::peak_resident() >> 20);
    });
}

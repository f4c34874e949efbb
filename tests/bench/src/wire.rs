//! The client's side of the wire: one handshake, and frames that are made once.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Most bytes of an answer to the opening handshake.
const MAX_HEAD: usize = 4096;

/// Masks all frames. That it is always the same makes no difference to a server.
const KEY: [u8; 4] = [0x5A, 0xC3, 0x17, 0x8E];

/// Opens a connection.
pub(crate) async fn open(port: u16, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(io::Error::other("the answer has no end"));
        }
        head.push(stream.read_u8().await?);
    }
    if head.starts_with(b"HTTP/1.1 101 ") {
        Ok(stream)
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&head).into_owned()))
    }
}

/// A masked frame.
pub(crate) fn masked(text: bool, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(text, payload.len());
    frame[1] |= 0x80;
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// The frame that comes back.
pub(crate) fn plain(text: bool, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(text, payload.len());
    frame.extend(payload);
    frame
}

fn header(text: bool, len: usize) -> Vec<u8> {
    let first = if text { 0x81 } else { 0x82 };
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ 0..=125), _) => vec![first, len],
        (_, Ok(len)) => [&[first, 126][..], &len.to_be_bytes()].concat(),
        _ => [&[first, 127][..], &(len as u64).to_be_bytes()].concat(),
    }
}

//! The least that a WebSocket echo can do on tokio: one read, the frames of it that are whole are
//! unmasked and framed anew, one write. No fragments, no limits, no control frames, no deadlines.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Poll, ready};

use bench::run;
use sockudo_ws::handshake::{build_response, generate_accept_key, parse_request};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

thread_local! {
    /// All connections read into the same bytes, and keep what is no whole frame.
    static BYTES: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

fn main() -> ExitCode {
    run(async |mut stream| {
        let _ = serve(&mut stream).await;
    })
}

async fn serve(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let request = parse_request(&head).ok().flatten().ok_or(io::ErrorKind::InvalidData)?.0;
    let response = build_response(&generate_accept_key(request.key), None, None);
    stream.write_all(&response).await?;
    drop(head);

    let mut kept = Vec::new();
    loop {
        let out = poll_fn(|cx| {
            BYTES.with_borrow_mut(|bytes| {
                let mut read = ReadBuf::new(bytes);
                ready!(Pin::new(&mut *stream).poll_read(cx, &mut read))?;
                let read = read.filled_mut();
                if read.is_empty() {
                    return Poll::Ready(Err(io::Error::from(io::ErrorKind::UnexpectedEof)));
                }
                Poll::Ready(Ok(echo(&mut kept, read)))
            })
        });
        let out = out.await?;
        stream.write_all(&out).await?;
    }
}

/// Echoes all that is whole, and keeps the rest.
fn echo(kept: &mut Vec<u8>, read: &mut [u8]) -> Vec<u8> {
    if kept.is_empty() {
        let mut out = Vec::with_capacity(read.len());
        let used = take_all(read, &mut out);
        kept.extend_from_slice(&read[used..]);
        return out;
    }
    kept.extend_from_slice(read);
    let mut out = Vec::new();
    let used = take_all(kept, &mut out);
    if used == kept.len() {
        *kept = Vec::new();
    } else {
        kept.drain(..used);
    }
    out
}

fn take_all(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while let Some(len) = take(&bytes[at..], out) {
        at += len;
    }
    at
}

/// Echoes the frame at the front of `bytes`, if it is whole: its length.
fn take(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let (len, at) = match *bytes.get(1)? & 0x7F {
        126 => (usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let key: [u8; 4] = *bytes.get(at..)?.first_chunk()?;
    let end = at + 4 + len;
    bytes.get(at + 4..end)?;
    out.extend_from_slice(&bytes[..at]);
    let masked = out.len() - at + 1;
    out[masked] &= 0x7F;
    let begin = out.len();
    out.extend_from_slice(&bytes[at + 4..end]);
    let (words, rest) = out[begin..].as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
    Some(end)
}

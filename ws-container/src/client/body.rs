//! The body of a refusal: worth showing, not worth much memory or time.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::client::response::MAX_BODY_LEN;

/// Longest wait for a body: the status is known, and what it says matters more.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads a body, whose first bytes are in `received`; whether it is whole is the second of the two.
/// A connection that fails ends it.
pub(super) async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    headers: &HeaderMap,
    mut received: Vec<u8>,
) -> (Bytes, bool) {
    let length = Length::of(headers);
    // Dropped at any point, the buffer holds what came so far.
    let ended = timeout(BODY_TIMEOUT, fill(stream, &mut received, length)).await.unwrap_or(false);
    let (mut body, mut whole) = match length {
        Length::Known(len) => {
            let whole = received.len() as u64 >= len;
            received.truncate(usize::try_from(len).unwrap_or(usize::MAX));
            (received, whole)
        }
        Length::Chunked => dechunked(&received),
        Length::UntilEnd => (received, ended),
    };
    if body.len() > MAX_BODY_LEN {
        body.truncate(MAX_BODY_LEN);
        whole = false;
    }
    (body.into(), whole)
}

#[derive(Clone, Copy, Debug)]
enum Length {
    Known(u64),
    Chunked,
    UntilEnd,
}

impl Length {
    fn of(headers: &HeaderMap) -> Self {
        if headers.contains_key(TRANSFER_ENCODING) {
            return Self::Chunked;
        }
        let length =
            headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        length.map_or(Self::UntilEnd, Self::Known)
    }
}

/// Reads until all is there, or enough; `true` at the stream's end.
async fn fill(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut Vec<u8>,
    length: Length,
) -> bool {
    loop {
        let done = match length {
            Length::Known(len) => received.len() as u64 >= len,
            Length::Chunked => received.ends_with(b"\r\n\r\n") && dechunked(received).1,
            Length::UntilEnd => false,
        };
        // Room for the lengths of some chunks.
        if done || received.len() > MAX_BODY_LEN + 1024 {
            return false;
        }
        match (&mut *stream).take(4096).read_buf(received).await {
            Ok(0) | Err(_) => return true,
            Ok(_) => {}
        }
    }
}

/// The data of chunks, and whether the last is there (RFC 9112 §7.1).
fn dechunked(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Ok(httparse::Status::Complete((at, len))) = httparse::parse_chunk_size(raw) {
        raw = &raw[at..];
        if len == 0 {
            return (body, true);
        }
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let data = &raw[..len.min(raw.len())];
        body.extend_from_slice(data);
        let Some(rest) = raw.get(data.len()..).and_then(|rest| rest.strip_prefix(b"\r\n")) else {
            break;
        };
        raw = rest;
    }
    (body, false)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    async fn body(
        field: Option<(HeaderName, &'static str)>,
        early: &[u8],
        later: &[u8],
        end: bool,
    ) -> (Bytes, bool) {
        let headers = field.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let headers = headers.into_iter().collect();
        let (mut near, mut far) = duplex(1 << 20);
        far.write_all(later).await.unwrap();
        if end {
            far.shutdown().await.unwrap();
        }
        read_body(&mut near, &headers, early.to_vec()).await
    }

    #[tokio::test(start_paused = true)]
    async fn lengths_of_every_kind() {
        let known = |len| Some((CONTENT_LENGTH, len));
        let chunked = || Some((TRANSFER_ENCODING, "chunked"));
        assert_eq!(body(known("5"), b"he", b"llo...", false).await, (b"hello"[..].into(), true));
        assert_eq!(body(known("5"), b"he", b"l", true).await, (b"hel"[..].into(), false));
        assert_eq!(body(None, b"he", b"llo", true).await, (b"hello"[..].into(), true));
        assert_eq!(body(None, b"he", b"llo", false).await, (b"hello"[..].into(), false), "silence");
        let (text, whole) =
            body(chunked(), b"2\r\nhe", b"\r\n3;x=y\r\nllo\r\n0\r\n\r\n", false).await;
        assert_eq!((&text[..], whole), (&b"hello"[..], true));
        let (text, whole) = body(chunked(), b"", b"ffffffff\r\nhello", true).await;
        assert_eq!((&text[..], whole), (&b"hello"[..], false));
        assert_eq!(body(chunked(), b"", b"no length", true).await, (Bytes::new(), false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_a_bound() {
        let (text, whole) = body(None, b"", &vec![b'x'; 1 << 19], true).await;
        assert_eq!((text.len(), whole), (MAX_BODY_LEN, false));
        let (text, whole) =
            body(Some((CONTENT_LENGTH, "999999999")), b"", &vec![b'x'; 1 << 19], true).await;
        assert_eq!((text.len(), whole), (MAX_BODY_LEN, false));
    }
}

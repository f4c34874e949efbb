//! One request and its answer.

use std::io;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ws_core::handshake::{ClientRequest, HandshakeError, MAX_HEAD_LEN, Verified};

use crate::client::body::read_body;
use crate::client::error::ConnectError;
use crate::client::trace::{Heard, Trace};

/// Most answers that only say that another will come (RFC 9110 §15.2).
const MAX_INTERIM: usize = 8;

/// What the server said.
#[derive(Debug)]
pub(super) enum Answer {
    /// 101.
    Open {
        verified: Verified,
        /// Frames that came behind it.
        early: Vec<u8>,
    },
    /// Anything else.
    Refused {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        /// Whether the body is all there.
        whole: bool,
    },
}

/// Sends `request` and reads the answer. Takes in no more than a head of 16 KiB and a body of that
/// length; the deadline is the caller's.
pub(super) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &ClientRequest,
    trace: &Trace,
) -> Result<Answer, ConnectError> {
    let sent = send(stream, request, trace).await;
    let mut heard = Heard::new(trace);
    for _ in 0..=MAX_INTERIM {
        let refused = match read_answer(stream, request.clone(), &mut heard.bytes).await {
            Ok(verified) => {
                let early = heard.take_head(verified.consumed);
                return Ok(Answer::Open { verified, early });
            }
            Err(ConnectError::Handshake(HandshakeError::Status { code, headers })) => {
                (code, headers)
            }
            // A server that does not read may still say why, in which case that is the better error.
            Err(ConnectError::Ended) => return Err(sent.err().unwrap_or(ConnectError::Ended)),
            Err(error) => return Err(error),
        };
        let (status, headers) = refused;
        let len = head_len(&heard.bytes);
        let rest = heard.take_head(len);
        if status.is_informational() {
            heard.bytes = rest;
            continue;
        }
        let (body, whole) = read_body(stream, &headers, rest).await;
        trace.received_body(&body);
        return Ok(Answer::Refused { status, headers: *headers, body, whole });
    }
    Err(ConnectError::Handshake(HandshakeError::HeadTooLong))
}

async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    request: &ClientRequest,
    trace: &Trace,
) -> Result<(), ConnectError> {
    let head = request.to_bytes();
    trace.sent(&head);
    stream.write_all(&head).await.map_err(ConnectError::Io)?;
    // TLS may hold bytes back.
    stream.flush().await.map_err(ConnectError::Io)
}

async fn read_answer(
    stream: &mut (impl AsyncRead + Unpin),
    mut request: ClientRequest,
    received: &mut Vec<u8>,
) -> Result<Verified, ConnectError> {
    loop {
        if let Some(verified) = request.verify(received)? {
            return Ok(verified);
        }
        match (&mut *stream).take(4096).read_buf(received).await {
            Ok(0) => return Err(ConnectError::Ended),
            Ok(_) => {}
            // TLS without its own ending; a plain stream just ends.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(ConnectError::Ended);
            }
            Err(error) => return Err(ConnectError::Io(error)),
        }
    }
}

/// Length of the head that `received` begins with.
fn head_len(received: &[u8]) -> usize {
    let head = &received[..received.len().min(MAX_HEAD_LEN)];
    head.windows(4).position(|it| it == b"\r\n\r\n").map_or(received.len(), |at| at + 4)
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;
    use ws_core::handshake::{HandshakeKey, accept_value};

    use super::*;

    const NONCE: [u8; 16] = *b"the sample nonce";

    fn accepted() -> String {
        let key = HandshakeKey::from_random(NONCE);
        let accept = String::from_utf8(accept_value(key.as_bytes()).to_vec()).unwrap();
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
    }

    async fn asked(answer: &[u8]) -> Result<Answer, ConnectError> {
        let request =
            ClientRequest::new("ws://a.example/", HandshakeKey::from_random(NONCE)).unwrap();
        let (mut near, mut far) = duplex(1 << 20);
        far.write_all(answer).await.unwrap();
        far.shutdown().await.unwrap();
        ask(&mut near, &request, &Trace::default()).await
    }

    #[tokio::test]
    async fn frames_behind_the_answer_are_kept() {
        let answer = [accepted().as_bytes(), b"\x81\x02hi"].concat();
        let Ok(Answer::Open { early, .. }) = asked(&answer).await else { panic!() };
        assert_eq!(early, b"\x81\x02hi");
    }

    #[tokio::test]
    async fn interim_answers_are_passed_over_up_to_a_bound() {
        let hint = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
        let few = format!("{}{}", hint.repeat(8), accepted());
        assert!(matches!(asked(few.as_bytes()).await, Ok(Answer::Open { .. })));
        let many = format!("{}{}", hint.repeat(9), accepted());
        let error = asked(many.as_bytes()).await.unwrap_err();
        assert!(matches!(error, ConnectError::Handshake(HandshakeError::HeadTooLong)), "{error:?}");
    }

    #[tokio::test]
    async fn a_refusal_comes_with_its_body() {
        let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nX-A: 1\r\n\r\ngone";
        let Ok(Answer::Refused { status, headers, body, whole }) = asked(answer).await else {
            panic!()
        };
        assert_eq!((status.as_u16(), &body[..], whole), (404, &b"gone"[..], true));
        assert_eq!(headers["x-a"], "1");
    }

    #[tokio::test]
    async fn an_answer_may_end_at_every_byte() {
        let answer = accepted();
        for cut in 0..answer.len() {
            let result = asked(&answer.as_bytes()[..cut]).await;
            assert!(matches!(result, Err(ConnectError::Ended)), "{cut}: {result:?}");
        }
    }
}

//! HTTP `CONNECT`, RFC 9110 §9.3.6.

use http::header::{HeaderName, HeaderValue, PROXY_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::ProxyError;
use crate::client::auth::Login;
use crate::client::body::read_body;
use crate::client::response::HandshakeResponse;
use crate::client::trace::{Heard, Trace};

/// Longest head of a proxy's answer, in bytes.
const MAX_HEAD_LEN: usize = 16 * 1024;

/// Most header fields of it.
const MAX_HEADERS: usize = 100;

/// Asks the proxy at the other end of `stream` for a tunnel to `authority`. `false` when it wants
/// credentials that the next request, on a new connection, will show.
pub(in crate::client) async fn connect(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    authority: &str,
    login: Option<&mut Login<'_>>,
    trace: &Trace,
) -> Result<bool, ProxyError> {
    let mut login = login;
    let mut head = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nProxy-Connection: keep-alive\r\n"
    )
    .into_bytes();
    let shown = login.as_mut().and_then(|login| login.value("CONNECT", authority));
    if let Some(value) = &shown {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    trace.sent(&head);
    stream.write_all(&head).await.map_err(ProxyError::Io)?;
    let (status, headers, rest) = read_head(stream, trace).await?;
    if status.is_success() {
        // Behind a tunnel's answer comes what the server says, and a server of ours waits for us.
        return if rest.is_empty() { Ok(true) } else { Err(ProxyError::Malformed) };
    }
    let wanted = status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    if wanted && login.is_some_and(|login| login.refused(&headers, &PROXY_AUTHENTICATE)) {
        return Ok(false);
    }
    let (body, whole) = read_body(stream, &headers, rest).await;
    trace.received_body(&body);
    let uri = authority.to_owned();
    let response = Box::new(HandshakeResponse::new(uri, status, headers, body, whole));
    Err(if wanted { ProxyError::Credentials(Some(response)) } else { ProxyError::Status(response) })
}

/// Reads up to the blank line; what came behind it is the last of the three.
async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
    trace: &Trace,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), ProxyError> {
    let mut heard = Heard::new(trace);
    let end = loop {
        let from = heard.bytes.len().saturating_sub(3);
        let read = (&mut *stream).take(4096).read_buf(&mut heard.bytes).await;
        if read.map_err(ProxyError::Io)? == 0 {
            return Err(ProxyError::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
        if let Some(at) = heard.bytes[from..].windows(4).position(|it| it == b"\r\n\r\n") {
            break from + at + 4;
        }
        if heard.bytes.len() >= MAX_HEAD_LEN {
            return Err(ProxyError::Malformed);
        }
    };
    let parsed = parse(&heard.bytes[..end]);
    let rest = heard.take_head(end);
    let (status, headers) = parsed.ok_or(ProxyError::Malformed)?;
    Ok((status, headers, rest))
}

fn parse(head: &[u8]) -> Option<(StatusCode, HeaderMap)> {
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut lines);
    response.parse(head).ok()?.is_complete().then_some(())?;
    let status = StatusCode::from_u16(response.code?).ok()?;
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    for line in response.headers.iter() {
        headers.append(
            HeaderName::from_bytes(line.name.as_bytes()).ok()?,
            HeaderValue::from_bytes(line.value).ok()?,
        );
    }
    Some((status, headers))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;
    use crate::client::auth::{Credentials, Known};

    /// Answers with `answer`; the request's head, and what came of it.
    async fn asked(
        answer: &[u8],
        login: Option<&mut Login<'_>>,
    ) -> (String, Result<bool, ProxyError>) {
        let (mut near, mut far) = duplex(64 * 1024);
        let proxy = async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(far.read_u8().await.unwrap());
            }
            far.write_all(answer).await.unwrap();
            far.shutdown().await.unwrap();
            String::from_utf8(head).unwrap()
        };
        let trace = Trace::default();
        tokio::join!(proxy, connect(&mut near, "a.example:443", login, &trace))
    }

    #[tokio::test]
    async fn a_tunnel() {
        let (head, result) = asked(b"HTTP/1.0 200 Connection established\r\n\r\n", None).await;
        assert!(head.starts_with("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n"));
        assert!(!head.contains("Authorization") && result.unwrap());
    }

    #[tokio::test]
    async fn credentials_are_shown_when_asked_for() {
        let known = Known::default();
        let mut login = Login::new(&known, "p".into(), Credentials::new("ann", "hush"));
        let basic = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n";
        assert!(!asked(basic, Some(&mut login)).await.1.unwrap());
        let (head, result) = asked(b"HTTP/1.1 200 OK\r\n\r\n", Some(&mut login)).await;
        assert!(head.contains("Proxy-Authorization: Basic YW5uOmh1c2g=\r\n") && result.unwrap());
        let (_, refused) = asked(basic, Some(&mut login)).await;
        let Err(ProxyError::Credentials(Some(response))) = refused else { panic!("{refused:?}") };
        assert_eq!(response.status(), 407);
    }

    #[tokio::test]
    async fn refusals_and_nonsense() {
        let no = b"HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nno!";
        let (_, refused) = asked(no, None).await;
        let Err(ProxyError::Status(response)) = refused else { panic!("{refused:?}") };
        assert_eq!((response.status().as_u16(), &response.body()[..]), (403, &b"no!"[..]));
        for nonsense in [&b"SSH-2.0\r\n\r\n"[..], b"HTTP/1.1 200 OK\r\n\r\nearly", &[b'x'; 20_000]]
        {
            let result = asked(nonsense, None).await.1;
            assert!(matches!(result, Err(ProxyError::Malformed)), "{result:?}");
        }
        let result = asked(b"HTTP/1.1 200 OK\r\n", None).await.1;
        assert!(matches!(result, Err(ProxyError::Io(_))), "{result:?}");
    }
}

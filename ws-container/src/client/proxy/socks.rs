//! SOCKS 5: RFC 1928, with the user and password of RFC 1929.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::ProxyError;
use crate::client::auth::Credentials;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const CONNECT: u8 = 1;

/// What the proxy is to connect to.
#[derive(Clone, Copy, Debug)]
pub(in crate::client) enum Destination<'a> {
    Address(IpAddr),
    Name(&'a str),
}

/// Asks the proxy at the other end of `stream` to connect to `destination`.
pub(in crate::client) async fn connect(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    credentials: Option<&Credentials>,
    destination: Destination<'_>,
    port: u16,
) -> Result<(), ProxyError> {
    let methods: &[u8] = match credentials {
        None => &[VERSION, 1, NO_AUTHENTICATION],
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
    };
    stream.write_all(methods).await.map_err(ProxyError::Io)?;
    let [version, method] = read(stream).await?;
    match (version, method, credentials) {
        (VERSION, NO_AUTHENTICATION, _) => {}
        (VERSION, USER_AND_PASSWORD, Some(credentials)) => login(stream, credentials).await?,
        (VERSION, 0xFF, _) => return Err(ProxyError::Credentials(None)),
        _ => return Err(ProxyError::Malformed),
    }
    let mut request = vec![VERSION, CONNECT, 0];
    match destination {
        Destination::Address(IpAddr::V4(ip)) => {
            request.push(1);
            request.extend_from_slice(&ip.octets());
        }
        Destination::Address(IpAddr::V6(ip)) => {
            request.push(4);
            request.extend_from_slice(&ip.octets());
        }
        Destination::Name(name) => {
            request.push(3);
            push(&mut request, name)?;
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    stream.write_all(&request).await.map_err(ProxyError::Io)?;
    answer(stream).await
}

async fn login(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    credentials: &Credentials,
) -> Result<(), ProxyError> {
    let mut request = vec![1];
    push(&mut request, &credentials.user)?;
    push(&mut request, &credentials.password)?;
    stream.write_all(&request).await.map_err(ProxyError::Io)?;
    match read(stream).await? {
        [1, 0] => Ok(()),
        [1, _] => Err(ProxyError::Credentials(None)),
        _ => Err(ProxyError::Malformed),
    }
}

/// Reads no byte beyond the answer: the next is the server's.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Result<(), ProxyError> {
    let [version, code, _, kind] = read(stream).await?;
    if version != VERSION {
        return Err(ProxyError::Malformed);
    }
    if code != 0 {
        return Err(ProxyError::Socks { code });
    }
    // The address that it connects from, and the port.
    let len = match kind {
        1 => 4,
        4 => 16,
        3 => read::<1>(stream).await?[0].into(),
        _ => return Err(ProxyError::Malformed),
    };
    let mut rest = [0; 255 + 2];
    stream.read_exact(&mut rest[..len + 2]).await.map_err(ProxyError::Io)?;
    Ok(())
}

async fn read<const N: usize>(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<[u8; N], ProxyError> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map_err(ProxyError::Io)?;
    Ok(bytes)
}

fn push(request: &mut Vec<u8>, text: &str) -> Result<(), ProxyError> {
    request.push(u8::try_from(text.len()).map_err(|_| ProxyError::TooLong)?);
    request.extend_from_slice(text.as_bytes());
    Ok(())
}

/// What a code says (RFC 1928 §6).
pub(super) const fn reply(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "kind of address not supported",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    /// Plays `script`, turns of what the proxy reads and then writes.
    async fn played(
        credentials: Option<Credentials>,
        destination: Destination<'_>,
        script: &[(&[u8], &[u8])],
    ) -> Result<(), ProxyError> {
        let (mut near, mut far) = duplex(1024);
        let proxy = async {
            for (expected, answer) in script {
                let mut read = vec![0; expected.len()];
                far.read_exact(&mut read).await.unwrap();
                assert_eq!(&read, expected);
                far.write_all(answer).await.unwrap();
            }
            far.shutdown().await.unwrap();
            far
        };
        let client = connect(&mut near, credentials.as_ref(), destination, 443);
        tokio::join!(client, proxy).0
    }

    #[tokio::test]
    async fn names_and_addresses() {
        let name = Destination::Name("a.example");
        let ask = b"\x05\x01\0\x03\x09a.example\x01\xbb";
        let done = b"\x05\0\0\x01\x7f\0\0\x01\x01\x02";
        played(None, name, &[(b"\x05\x01\0", b"\x05\0"), (ask, done)]).await.unwrap();
        let v4 = Destination::Address([1, 2, 3, 4].into());
        let ask = b"\x05\x01\0\x01\x01\x02\x03\x04\x01\xbb";
        let done = b"\x05\0\0\x03\x02ab\x01\x02";
        played(None, v4, &[(b"\x05\x01\0", b"\x05\0"), (ask, done)]).await.unwrap();
    }

    #[tokio::test]
    async fn users_and_passwords() {
        let user = || Some(Credentials::new("ann", "hush"));
        let hello: (&[u8], &[u8]) = (b"\x05\x02\0\x02", b"\x05\x02");
        let login = b"\x01\x03ann\x04hush";
        let ask = b"\x05\x01\0\x03\x01a\x01\xbb";
        let done = b"\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let name = Destination::Name("a");
        played(user(), name, &[hello, (login, b"\x01\0"), (ask, done)]).await.unwrap();
        let refused = played(user(), name, &[hello, (login, b"\x01\x01")]).await;
        assert!(matches!(refused, Err(ProxyError::Credentials(None))), "{refused:?}");
        let refused = played(None, name, &[(b"\x05\x01\0", b"\x05\xff")]).await;
        assert!(matches!(refused, Err(ProxyError::Credentials(None))), "{refused:?}");
        let unasked = played(None, name, &[(b"\x05\x01\0", b"\x05\x02")]).await;
        assert!(matches!(unasked, Err(ProxyError::Malformed)), "{unasked:?}");
        let long = played(user(), Destination::Name(&"x".repeat(256)), &[hello]).await;
        assert!(long.is_err());
    }

    #[tokio::test]
    async fn refusals_and_nonsense() {
        let name = Destination::Name("a");
        let hello: (&[u8], &[u8]) = (b"\x05\x01\0", b"\x05\0");
        let ask = b"\x05\x01\0\x03\x01a\x01\xbb";
        let refused = played(None, name, &[hello, (ask, b"\x05\x05\0\x01")]).await.unwrap_err();
        assert_eq!(refused.to_string(), "the proxy answered 5: connection refused");
        for nonsense in [&b"HTTP/1.1 400"[..], b"\x04\0", b"\x05\x09"] {
            let result = played(None, name, &[(b"\x05\x01\0", nonsense)]).await;
            assert!(matches!(result, Err(ProxyError::Malformed)), "{result:?}");
        }
        for cut in [&b""[..], b"\x05\0\0", b"\x05\0\0\x01\x7f\0\0\x01\x01", b"\x05\0\0\x03"] {
            let result = played(None, name, &[hello, (ask, cut)]).await;
            assert!(matches!(result, Err(ProxyError::Io(_))), "{result:?}");
        }
    }
}

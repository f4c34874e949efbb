//! The PROXY protocol, versions 1 and 2, as `HAProxy`'s specification has it: the first bytes of a
//! connection say whose it is.

use std::io;
use std::net::SocketAddr;

use ppp::{v1, v2};
use thiserror::Error;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Longest header of version 1, in bytes with its line end.
const MAX_V1_LEN: usize = 107;

/// Longest header of version 2, in bytes. The format allows 64 KiB; proxies send addresses and a few
/// short values.
const MAX_V2_LEN: usize = 4 * 1024;

/// Bytes after which the versions are told apart: the signature of version 2, and less than the
/// shortest header of version 1.
const SIGNATURE_LEN: usize = v2::PROTOCOL_PREFIX.len();

/// Bytes of version 2 before the addresses.
const FIXED_LEN: usize = 16;

/// The value `PP2_TYPE_SSL`, and the bit of its first byte that says that the client used TLS.
const TLS: (u8, u8) = (0x20, 0x01);

/// What a header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Proxied {
    pub(crate) origin: Origin,
    /// The proxy says that the client used TLS.
    pub(crate) secure: bool,
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// The proxy's own, such as its health checks.
    Proxy,
    /// That of a client of which the proxy tells the address, and the one that it connected to.
    Client(SocketAddr, SocketAddr),
    /// That of a client of which it tells none. It is not the proxy's word that follows.
    Unknown,
}

/// Why a connection does not begin with a header.
#[derive(Debug, Error)]
pub(crate) enum HeaderError {
    #[error("it does not begin with a PROXY header")]
    Missing,
    #[error("its PROXY header is malformed")]
    Malformed,
    #[error("its PROXY header is longer than {0} bytes")]
    TooLong(usize),
    #[error("it ended inside its PROXY header")]
    Io(#[from] io::Error),
}

/// Reads the header that `stream` must begin with, and not one byte more. The caller keeps the
/// deadline.
///
/// # Errors
///
/// [`HeaderError`]; the stream is of no use then.
pub(crate) async fn read_header(stream: &mut TcpStream) -> Result<Proxied, HeaderError> {
    let mut header = vec![0; SIGNATURE_LEN];
    stream.read_exact(&mut header).await?;
    if header == v2::PROTOCOL_PREFIX {
        read_v2(stream, header).await
    } else if header.starts_with(v1::PROTOCOL_PREFIX.as_bytes()) {
        read_v1(stream, header).await
    } else {
        Err(HeaderError::Missing)
    }
}

async fn read_v2(stream: &mut TcpStream, mut header: Vec<u8>) -> Result<Proxied, HeaderError> {
    let mut rest = [0; FIXED_LEN - SIGNATURE_LEN];
    stream.read_exact(&mut rest).await?;
    header.extend(rest);
    let len = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
    if FIXED_LEN + len > MAX_V2_LEN {
        return Err(HeaderError::TooLong(MAX_V2_LEN));
    }
    header.resize(FIXED_LEN + len, 0);
    stream.read_exact(&mut header[FIXED_LEN..]).await?;
    let header = v2::Header::try_from(&header[..]).map_err(|_| HeaderError::Malformed)?;
    if header.command == v2::Command::Local {
        return Ok(Proxied { origin: Origin::Proxy, secure: false });
    }
    let origin = match header.addresses {
        v2::Addresses::IPv4(it) => Origin::Client(
            (it.source_address, it.source_port).into(),
            (it.destination_address, it.destination_port).into(),
        ),
        v2::Addresses::IPv6(it) => Origin::Client(
            (it.source_address, it.source_port).into(),
            (it.destination_address, it.destination_port).into(),
        ),
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => Origin::Unknown,
    };
    let mut secure = false;
    for value in header.tlvs() {
        let value = value.map_err(|_| HeaderError::Malformed)?;
        secure |= value.kind == TLS.0 && value.value.first().is_some_and(|it| it & TLS.1 != 0);
    }
    Ok(Proxied { origin, secure })
}

async fn read_v1(stream: &mut TcpStream, mut line: Vec<u8>) -> Result<Proxied, HeaderError> {
    let mut peeked = [0; MAX_V1_LEN];
    while line.last() != Some(&b'\n') {
        let room = MAX_V1_LEN - line.len();
        if room == 0 {
            return Err(HeaderError::TooLong(MAX_V1_LEN));
        }
        // All that is there belongs to the line, up to its end; what stands behind is not ours.
        let there = stream.peek(&mut peeked[..room]).await?;
        let end = peeked[..there].iter().position(|byte| *byte == b'\n');
        let len = end.map_or(there, |end| end + 1);
        if len == 0 {
            return Err(HeaderError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        let read = stream.read(&mut peeked[..len]).await?;
        line.extend_from_slice(&peeked[..read]);
    }
    let header = v1::Header::try_from(&line[..]).map_err(|_| HeaderError::Malformed)?;
    let origin = match header.addresses {
        v1::Addresses::Tcp4(it) => Origin::Client(
            (it.source_address, it.source_port).into(),
            (it.destination_address, it.destination_port).into(),
        ),
        v1::Addresses::Tcp6(it) => Origin::Client(
            (it.source_address, it.source_port).into(),
            (it.destination_address, it.destination_port).into(),
        ),
        v1::Addresses::Unknown => Origin::Unknown,
    };
    Ok(Proxied { origin, secure: false })
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    /// What a server reads that is sent `pieces`, and what it finds behind the header.
    async fn read(pieces: &[&[u8]]) -> (Result<Proxied, HeaderError>, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.set_nodelay(true).unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let writing = async {
            for piece in pieces {
                client.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            client.shutdown().await.unwrap();
        };
        let (header, ()) = tokio::join!(read_header(&mut server), writing);
        let mut rest = Vec::new();
        if header.is_ok() {
            server.read_to_end(&mut rest).await.unwrap();
        }
        (header, rest)
    }

    fn v2(command: u8, family: u8, len: u16, payload: &[u8]) -> Vec<u8> {
        let mut header = v2::PROTOCOL_PREFIX.to_vec();
        header.extend([command, family]);
        header.extend(len.to_be_bytes());
        header.extend(payload);
        header
    }

    const IPV4: [u8; 12] = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0x1F, 0x90];

    fn client() -> Origin {
        Origin::Client("192.0.2.1:4660".parse().unwrap(), "10.0.0.1:8080".parse().unwrap())
    }

    #[tokio::test]
    async fn headers_of_both_versions_and_nothing_behind_them() {
        let v1 = b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 8080\r\n".to_vec();
        let tls = [&IPV4[..], &[0x20, 0, 5, 1, 0, 0, 0, 0]].concat();
        let plain = [&IPV4[..], &[0x20, 0, 5, 0, 0, 0, 0, 0]].concat();
        let unix = [&[b'a'; 216], &tls[12..]].concat();
        for (name, header, origin, secure) in [
            ("v1", v1, client(), false),
            (
                "v1 IPv6",
                b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n".to_vec(),
                Origin::Client("[2001:db8::1]:1".parse().unwrap(), "[::1]:2".parse().unwrap()),
                false,
            ),
            ("v1 unknown", b"PROXY UNKNOWN\r\n".to_vec(), Origin::Unknown, false),
            ("v2", v2(0x21, 0x11, 12, &IPV4), client(), false),
            ("v2 local", v2(0x20, 0x00, 0, &[]), Origin::Proxy, false),
            ("v2 local with addresses", v2(0x20, 0x11, 12, &IPV4), Origin::Proxy, false),
            ("v2 unspecified", v2(0x21, 0x00, 0, &[]), Origin::Unknown, false),
            ("v2 Unix", v2(0x21, 0x31, 216, &[b'a'; 216]), Origin::Unknown, false),
            ("v2 Unix over TLS", v2(0x21, 0x31, 224, &unix), Origin::Unknown, true),
            ("v2 over TLS", v2(0x21, 0x11, 20, &tls), client(), true),
            ("v2 with values, no TLS", v2(0x21, 0x11, 20, &plain), client(), false),
        ] {
            let want = Proxied { origin, secure };
            let bytewise: Vec<&[u8]> = header.chunks(1).chain([&b"GET"[..]]).collect();
            let whole = [&header[..], b"GET"].concat();
            for pieces in [&[&whole[..]][..], &bytewise] {
                let (got, rest) = read(pieces).await;
                assert_eq!((got.unwrap(), &rest[..]), (want, &b"GET"[..]), "{name}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
        for (bytes, mention) in [
            (b"GET / HTTP/1.1\r\n".to_vec(), "does not begin"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00".to_vec(), "does not begin"),
            (b"PROXY TCP4 x y 1 2\r\n".to_vec(), "malformed"),
            (b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 99999\r\n".to_vec(), "malformed"),
            (b"PROXY TCP4 192.0.2.1\n".to_vec(), "malformed"),
            (long, "longer than 107"),
            (b"PROXY TCP4 192.0.2.1".to_vec(), "ended"),
            (b"PROX".to_vec(), "ended"),
            (v2(0x21, 0x11, 4, &[0; 4]), "malformed"),
            (v2(0x31, 0x11, 12, &IPV4), "malformed"),
            (v2(0x21, 0x11, 15, &[&IPV4[..], &[1, 0, 9]].concat()), "malformed"),
            (v2(0x21, 0x11, 4_081, &[]), "longer than 4096"),
            (v2(0x21, 0x11, 12, &IPV4[..3]), "ended"),
        ] {
            let error = read(&[&bytes]).await.0.unwrap_err().to_string();
            assert!(error.contains(mention), "{}: {error}", bytes.escape_ascii());
        }
    }
}

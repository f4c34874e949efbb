//! The TLS handshake of one connection.

use std::io;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsStream};
use ws_core::TlsInfo;

use crate::tls::ServerTls;

/// Does the TLS handshake on `stream`; the stream above it, and what the handshake said. The caller
/// keeps the deadline.
///
/// # Errors
///
/// Whatever kept the two sides apart; the peer was told by an alert as far as TLS provides.
pub(crate) async fn handshake(
    tls: &ServerTls,
    stream: TcpStream,
) -> io::Result<(Box<TlsStream<TcpStream>>, TlsInfo)> {
    let stream = TlsAcceptor::from(tls.current().config).accept(stream).await?;
    let (_, connection) = stream.get_ref();
    let mut info = TlsInfo::default();
    info.peer_certificates = connection
        .peer_certificates()
        .unwrap_or_default()
        .iter()
        .map(|certificate| Bytes::copy_from_slice(certificate))
        .collect();
    let alpn = connection.alpn_protocol();
    info.alpn = alpn.map(|name| String::from_utf8_lossy(name).into_owned());
    info.server_name = connection.server_name().map(ToString::to_string);
    Ok((Box::new(TlsStream::Server(stream)), info))
}

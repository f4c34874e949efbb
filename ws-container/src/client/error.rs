//! What can fail while a client connects.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;
use ws_core::BoxError;
use ws_core::extension::StackError;
use ws_core::handshake::{HandshakeError, InvalidRequest};

use crate::client::proxy::ProxyError;
use crate::client::response::HandshakeResponse;

/// Why a client did not connect. No endpoint was started and no socket stays open.
#[derive(Debug, Error)]
#[non_exhaustive]
#[doc(alias = "DeploymentException")]
pub enum ConnectError {
    /// A configurator's `before_request` or `after_response` said no.
    #[error("the configurator refused the connection")]
    Configurator(#[source] BoxError),
    /// No address of the host took the connection; each says why.
    #[error("cannot connect to `{host}`: {}", Failures(.failures))]
    Connect {
        /// The host and port.
        host: String,
        /// What each address said, in the order in which they were tried.
        failures: Vec<(SocketAddr, io::Error)>,
    },
    /// The server ended the connection before its answer was complete.
    #[error("the server ended the connection during the opening handshake")]
    Ended,
    /// The extensions that the server chose cannot be used as it says (RFC 6455 §4.1, RFC 7692 §5.1).
    #[error("the server's choice of extensions cannot be used")]
    Extensions(#[from] StackError),
    /// The answer breaks the rules of the opening handshake (RFC 6455 §4.1).
    #[error("the server's answer opens no WebSocket")]
    Handshake(#[from] HandshakeError),
    /// The connection failed during the opening handshake, such as by a reset.
    #[error("the connection failed during the opening handshake")]
    Io(#[source] io::Error),
    /// The way through the proxy failed.
    #[error("the proxy did not connect us")]
    Proxy(#[from] ProxyError),
    /// A redirect that is not followed.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The URI or the configuration makes no request.
    #[error("the request cannot be sent")]
    Request(#[from] InvalidRequest),
    /// The host name has no address.
    #[error("the name `{host}` does not resolve")]
    Resolve {
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// Any status but 101 that the configuration has no answer to, such as a request for credentials
    /// that there are not.
    #[error("the server answered {}", .0.status())]
    Status(Box<HandshakeResponse>),
    /// Not connected within the connect timeout. The attempt is over and its socket closed.
    #[error("not connected within {0:?}")]
    Timeout(Duration),
    /// TLS failed, such as for a certificate of another host.
    #[error("TLS with `{host}` failed")]
    Tls {
        /// The host.
        host: String,
        /// Why; holds a `rustls::Error`.
        source: io::Error,
    },
    /// The endpoint's handlers take a `State<T>` that the client was not given.
    #[error("the endpoint takes `State<{0}>`; give the client one with `ClientBuilder::state`")]
    StateMissing(&'static str),
    /// `wss` was asked for, and this program has no TLS.
    #[error("`wss` needs the feature `tls-aws-lc` or `tls-ring` of `ws-container`")]
    TlsMissing,
    /// The URI cannot be connected to.
    #[error("{0}")]
    Uri(&'static str),
    /// The Unix socket did not take the connection.
    #[error("cannot connect to the Unix socket")]
    Unix(#[source] io::Error),
}

impl ConnectError {
    /// The answer with a status other than 101, when that is what failed.
    #[must_use]
    pub fn response(&self) -> Option<&HandshakeResponse> {
        match self {
            Self::Status(response) => Some(response),
            Self::Redirect(error) => error.response(),
            _ => None,
        }
    }

    /// Whether trying again later may help: names, networks and overloaded servers get better,
    /// refusals and broken answers do not.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Ended
            | Self::Io(_)
            | Self::Resolve { .. }
            | Self::Timeout(_)
            | Self::Unix(_) => true,
            Self::Proxy(error) => error.is_transient(),
            // A server that restarts ends connections at any point; what is wrong with a certificate
            // stays wrong.
            Self::Tls { source, .. } => is_lost_connection(source.kind()),
            Self::Status(response) => {
                let status = response.status();
                status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
            }
            Self::Configurator(_)
            | Self::Extensions(_)
            | Self::Handshake(_)
            | Self::Redirect(_)
            | Self::Request(_)
            | Self::StateMissing(_)
            | Self::TlsMissing
            | Self::Uri(_) => false,
        }
    }
}

/// Whether an error of this kind says that the connection was lost, and nothing of what it carried.
const fn is_lost_connection(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::TimedOut
            | io::ErrorKind::UnexpectedEof
    )
}

/// A redirect that is not followed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// From `wss` to `ws`: what was to be secret would not be.
    #[error("a redirect from wss to ws is never followed")]
    Downgrade(Box<HandshakeResponse>),
    /// `Location` is missing, or leads to no WebSocket.
    #[error("a redirect without a usable Location")]
    Location(Box<HandshakeResponse>),
    /// A place that was asked already.
    #[error("redirects go in a circle")]
    Loop(Box<HandshakeResponse>),
    /// More redirects than the configuration allows.
    #[error("more than {limit} redirects")]
    TooMany {
        /// The limit.
        limit: u32,
        /// The last answer.
        response: Box<HandshakeResponse>,
    },
}

impl RedirectError {
    fn response(&self) -> Option<&HandshakeResponse> {
        let (Self::Downgrade(response)
        | Self::Location(response)
        | Self::Loop(response)
        | Self::TooMany { response, .. }) = self;
        Some(response)
    }
}

/// What each address said, in one line.
struct Failures<'a>(&'a [(SocketAddr, io::Error)]);

impl std::fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("it has no address of the family that the local address has");
        }
        for (index, (addr, error)) in self.0.iter().enumerate() {
            write!(f, "{}{addr}: {error}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

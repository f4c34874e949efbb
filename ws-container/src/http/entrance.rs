//! What comes before HTTP on a connection: the PROXY header, and the TLS handshake.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;
use tokio::net::TcpStream;
use ws_core::Transport;

use crate::http::answer::Ends;
use crate::proxies::{HeaderError, Origin, read_header};
#[cfg(feature = "tls")]
use crate::tls::{ServerTls, handshake};

/// What the connections of a listener begin with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entrance {
    /// A PROXY header.
    pub(crate) proxied: bool,
    /// What HTTP is spoken over.
    pub(crate) layer: Layer,
}

/// What HTTP is spoken over.
#[derive(Clone, Debug, Default)]
pub(crate) enum Layer {
    /// TCP alone.
    #[default]
    Plain,
    /// TLS.
    #[cfg(feature = "tls")]
    Tls(ServerTls),
}

/// Why a connection did not come to HTTP.
#[derive(Debug, Error)]
pub(super) enum NotEntered {
    #[error("the peer is no trusted proxy")]
    Stranger,
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[cfg(feature = "tls")]
    #[error("TLS failed: {0}")]
    Tls(std::io::Error),
}

impl NotEntered {
    /// Its name among the metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Stranger | Self::Header(_) => "proxy_header",
            #[cfg(feature = "tls")]
            Self::Tls(_) => "tls",
        }
    }
}

impl Entrance {
    /// Whether HTTP begins at once.
    pub(super) const fn is_open(&self) -> bool {
        !self.proxied && !self.is_secure()
    }

    /// Whether peers speak TLS.
    pub(crate) const fn is_secure(&self) -> bool {
        !matches!(self.layer, Layer::Plain)
    }

    /// Lets `stream` in; `ends` learns what was said there. `trusts` says whom PROXY headers are
    /// believed from.
    pub(super) async fn enter(
        &self,
        mut stream: TcpStream,
        ends: &mut Ends,
        trusts: impl FnOnce(IpAddr) -> bool,
    ) -> Result<Transport, NotEntered> {
        if self.proxied {
            if !ends.peer.is_some_and(|peer| trusts(peer.ip())) {
                return Err(NotEntered::Stranger);
            }
            let proxied = read_header(&mut stream).await?;
            match proxied.origin {
                Origin::Proxy => {}
                Origin::Client(client, server) => {
                    ends.peer = Some(SocketAddr::new(client.ip().to_canonical(), client.port()));
                    ends.local = Some(server);
                }
                // Some client's: with the proxy's address it would have the proxy's trust.
                Origin::Unknown => ends.peer = None,
            }
            ends.secure = proxied.secure;
        }
        match &self.layer {
            Layer::Plain => Ok(Transport::Tcp(stream)),
            #[cfg(feature = "tls")]
            Layer::Tls(tls) => {
                let (stream, info) = handshake(tls, stream).await.map_err(NotEntered::Tls)?;
                ends.tls = Some(std::sync::Arc::new(info));
                Ok(Transport::Tls(stream))
            }
        }
    }
}

//! Where to listen, and how connections begin there.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that the system keeps for us until they are accepted.
const BACKLOG: u32 = 4_096;

/// A place to listen at, and how connections begin there.
///
/// # Examples
///
/// Behind a proxy that speaks the PROXY protocol, beside a listener for everybody:
///
/// ```
/// use ws_container::{Container, Listen};
///
/// let container = Container::builder()
///     .listen(Listen::on("127.0.0.1", 0).proxy_protocol(true))
///     .listen(Listen::on("127.0.0.1", 0))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Listen {
    place: Place,
    #[cfg(feature = "tls")]
    pub(crate) tls: bool,
    pub(crate) proxied: bool,
    pub(crate) reuse_port: bool,
}

#[derive(Clone, Debug)]
enum Place {
    Address(String, u16),
    Socket(Arc<StdListener>),
}

impl Listen {
    /// At `host`, a name or an address, and `port`; port 0 picks a free one. An IPv6 address stands
    /// in brackets; `[::]` listens on IPv4 too where the system allows it.
    #[must_use]
    pub fn on(host: impl Into<String>, port: u16) -> Self {
        Self::at(Place::Address(host.into(), port))
    }

    /// On `socket`, which listens already: one that a service manager opened, or another process.
    #[must_use]
    pub fn socket(socket: StdListener) -> Self {
        Self::at(Place::Socket(Arc::new(socket)))
    }

    const fn at(place: Place) -> Self {
        Self {
            place,
            #[cfg(feature = "tls")]
            tls: false,
            proxied: false,
            reuse_port: false,
        }
    }

    /// Whether peers speak TLS there; off. It needs
    /// [`Builder::tls`](crate::Builder::tls).
    #[cfg(feature = "tls")]
    #[must_use]
    pub const fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Whether each connection begins with a header of the PROXY protocol, version 1 or 2; off. A
    /// connection without one is closed then, and so is one from elsewhere than
    /// [`Settings::trusted_proxies`](crate::Settings::trusted_proxies), unless that is empty: then
    /// whoever reaches the listener is believed.
    #[must_use]
    pub const fn proxy_protocol(mut self, proxied: bool) -> Self {
        self.proxied = proxied;
        self
    }

    /// Whether other processes may listen at the same address, as `SO_REUSEPORT` allows: a new
    /// process can so take over from an old one. Off; only where the system knows it.
    #[must_use]
    pub const fn reuse_port(mut self, reuse: bool) -> Self {
        self.reuse_port = reuse;
        self
    }

    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the host is not known, or none of its addresses is free; the place is named.
    pub(crate) async fn open(&self) -> io::Result<TcpListener> {
        match &self.place {
            Place::Socket(socket) => {
                let socket = socket.try_clone()?;
                socket.set_nonblocking(true)?;
                TcpListener::from_std(socket)
            }
            Place::Address(host, port) => {
                bind(host, *port, self.reuse_port).await.map_err(|error| {
                    io::Error::new(error.kind(), format!("cannot listen on {host}:{port}: {error}"))
                })
            }
        }
    }
}

/// Listens on the first address that `host` has and that is free.
async fn bind(host: &str, port: u16, reuse_port: bool) -> io::Result<TcpListener> {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in tokio::net::lookup_host((name, port)).await? {
        match listen(address, reuse_port) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn listen(address: SocketAddr, reuse_port: bool) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restarted server finds connections of its predecessor in TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    #[cfg(all(unix, not(target_os = "solaris"), not(target_os = "illumos")))]
    socket.set_reuseport(reuse_port)?;
    #[cfg(not(all(unix, not(target_os = "solaris"), not(target_os = "illumos"))))]
    if reuse_port {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "the system shares no ports"));
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn binds_names_and_addresses() {
        for host in ["127.0.0.1", "localhost"] {
            let listener = bind(host, 0, false).await.unwrap();
            assert!(listener.local_addr().unwrap().ip().is_loopback(), "{host}");
            let port = listener.local_addr().unwrap().port();
            assert!(bind("127.0.0.1", port, false).await.is_err() || host == "localhost", "{host}");
        }
    }

    #[tokio::test]
    async fn a_port_is_shared_when_both_say_so() {
        let first = bind("127.0.0.1", 0, true).await.unwrap();
        let port = first.local_addr().unwrap().port();
        bind("127.0.0.1", port, true).await.unwrap();
        assert!(bind("127.0.0.1", port, false).await.is_err());
    }

    #[tokio::test]
    async fn a_socket_of_somebody_else_is_used_as_it_is() {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let listen = Listen::socket(socket);
        for _ in 0..2 {
            assert_eq!(listen.open().await.unwrap().local_addr().unwrap(), address);
        }
    }
}

//! A byte stream to a server: directly, through a proxy or a Unix socket, in the clear or by TLS.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use ws_core::Transport;

use crate::client::Shared;
use crate::client::auth::Login;
use crate::client::config::{ClientEndpointConfig, ProxyChoice};
use crate::client::dial::{dial, resolve};
use crate::client::error::ConnectError;
use crate::client::proxy::{
    Destination, Proxy, ProxyError, ProxyKind, http_connect, socks_connect,
};
use crate::client::uri::{Target, authority};

/// A connected byte stream, and its ends.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) transport: Transport,
    /// The server's address; the proxy's, behind one.
    pub(super) peer_addr: Option<SocketAddr>,
    pub(super) local_addr: Option<SocketAddr>,
}

/// Connects to `target`.
pub(super) async fn reach(
    shared: &Shared,
    config: &ClientEndpointConfig,
    target: &Target,
) -> Result<Reached, ConnectError> {
    let origin = &target.origin;
    config.trace.doing(|| asking(target));
    let mut reached = if let Some(path) = &origin.unix {
        config.trace.doing(|| format!("connecting to the Unix socket {}", path.display()));
        unix(path).await?
    } else if let Some(proxy) = choose(shared, config, target)? {
        through(shared, config, proxy, target).await?
    } else {
        tcp(config, dial(&*shared.resolver, &origin.host, origin.port, config.bind).await?)
    };
    if origin.secure {
        reached.transport = secure(shared, config, &origin.host, reached.transport).await?;
    }
    Ok(reached)
}

/// What is asked for, without the query.
fn asking(target: &Target) -> String {
    let scheme = if target.origin.secure { "wss" } else { "ws" };
    format!("asking for {scheme}://{}{}", target.authority(), target.uri.path())
}

fn tcp(config: &ClientEndpointConfig, stream: TcpStream) -> Reached {
    // Only told to the application.
    let (peer_addr, local_addr) = (stream.peer_addr().ok(), stream.local_addr().ok());
    if let Some(addr) = peer_addr {
        config.trace.doing(|| format!("connected to {addr}"));
    }
    Reached { transport: Transport::Tcp(stream), peer_addr, local_addr }
}

#[cfg(unix)]
async fn unix(path: &std::path::Path) -> Result<Reached, ConnectError> {
    let stream = tokio::net::UnixStream::connect(path).await.map_err(ConnectError::Unix)?;
    Ok(Reached { transport: Transport::Unix(stream), peer_addr: None, local_addr: None })
}

#[cfg(not(unix))]
async fn unix(_: &std::path::Path) -> Result<Reached, ConnectError> {
    Err(ConnectError::Uri("this system has no Unix sockets"))
}

fn choose<'a>(
    shared: &'a Shared,
    config: &'a ClientEndpointConfig,
    target: &Target,
) -> Result<Option<&'a Proxy>, ProxyError> {
    match &config.proxy {
        ProxyChoice::None => Ok(None),
        ProxyChoice::Through(proxy) => Ok(Some(proxy)),
        ProxyChoice::Environment => shared.environment.proxy(&target.origin),
    }
}

async fn through(
    shared: &Shared,
    config: &ClientEndpointConfig,
    proxy: &Proxy,
    target: &Target,
) -> Result<Reached, ConnectError> {
    let credentials = proxy.credentials.clone();
    let mut login = credentials.map(|it| Login::new(&shared.known, proxy.to_string(), it));
    loop {
        config.trace.doing(|| format!("through the proxy {proxy}"));
        let dialled = dial(&*shared.resolver, &proxy.host, proxy.port, config.bind).await;
        let unreachable = |error| ProxyError::Unreachable(Box::new(error));
        let mut reached = tcp(config, dialled.map_err(unreachable)?);
        if proxy.kind == ProxyKind::Https {
            let secured = secure(shared, config, &proxy.host, reached.transport).await;
            reached.transport = secured.map_err(unreachable)?;
        }
        if matches!(proxy.kind, ProxyKind::Http | ProxyKind::Https) {
            let name = target.authority();
            if http_connect(&mut reached.transport, &name, login.as_mut(), &config.trace).await? {
                return Ok(reached);
            }
            continue;
        }
        let (host, port) = (&target.origin.host, target.origin.port);
        let destination = destination(shared, proxy.kind, host, port).await?;
        let credentials = proxy.credentials.as_ref();
        socks_connect(&mut reached.transport, credentials, destination, port).await?;
        return Ok(reached);
    }
}

/// A name that the proxy looks up, or an address.
async fn destination<'h>(
    shared: &Shared,
    kind: ProxyKind,
    host: &'h str,
    port: u16,
) -> Result<Destination<'h>, ConnectError> {
    if kind == ProxyKind::Socks5h && host.parse::<std::net::IpAddr>().is_err() {
        return Ok(Destination::Name(host));
    }
    let addresses = resolve(&*shared.resolver, host, port).await?;
    let first = addresses.first().ok_or_else(|| ConnectError::Connect {
        host: authority(host, port),
        failures: Vec::new(),
    })?;
    Ok(Destination::Address(first.ip()))
}

#[cfg(feature = "tls")]
async fn secure(
    shared: &Shared,
    config: &ClientEndpointConfig,
    host: &str,
    transport: Transport,
) -> Result<Transport, ConnectError> {
    let tls = match &config.tls {
        Some(tls) => tls.clone(),
        None => shared.platform_tls().map_err(|error| ConnectError::Tls {
            host: host.to_owned(),
            source: std::io::Error::other(error),
        })?,
    };
    config.trace.doing(|| format!("TLS with {host}"));
    tls.connect(host, transport).await
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unused_async, reason = "as it is with TLS")]
async fn secure(
    _: &Shared,
    _: &ClientEndpointConfig,
    _: &str,
    _: Transport,
) -> Result<Transport, ConnectError> {
    Err(ConnectError::TlsMissing)
}

//! Where the program listens, and as whom.

use std::net::TcpListener;

use listenfd::ListenFd;

use crate::config::{ConfigError, Effective, Listeners};
use crate::container::Builder;
use crate::listener::Listen;

/// Any failure, for the one place that prints it.
type Failure = Box<dyn std::error::Error>;

/// `builder`, listening as `effective` says.
///
/// Sockets that were handed over (`LISTEN_FDS` with this process in `LISTEN_PID`) take the place of
/// all addresses. Where only some listeners speak TLS, those do that are named `tls` in
/// `LISTEN_FDNAMES`.
///
/// # Errors
///
/// What is wrong with addresses, sockets or certificates.
pub(super) fn listen(mut builder: Builder, effective: &Effective) -> Result<Builder, Failure> {
    let options = &effective.options;
    let (plain, tls) = effective.places()?;
    #[cfg(feature = "tls")]
    if effective.has_tls() {
        builder = builder.tls(super::certificate::certificate(options, &tls)?);
    }
    #[cfg(not(feature = "tls"))]
    if effective.has_tls() {
        return Err(ConfigError::WithoutTls("tls_cert").into());
    }
    let proxied = options.proxy_protocol.unwrap_or(Listeners::Off);
    let proxied = |tls: bool| match proxied {
        Listeners::Off => false,
        Listeners::Plain => !tls,
        Listeners::Tls => tls,
        Listeners::All => true,
    };
    let begin = |listen: Listen, tls: bool| {
        let listen = listen.proxy_protocol(proxied(tls));
        let listen = listen.reuse_port(options.reuse_port.unwrap_or_default());
        #[cfg(feature = "tls")]
        let listen = listen.tls(tls);
        listen
    };
    let inherited = inherited()?;
    let all_tls = effective.has_tls() && options.tls_listen.is_empty();
    if !inherited.is_empty() {
        for (socket, name) in inherited {
            let tls = all_tls || effective.has_tls() && name == "tls";
            tracing::info!(address = ?socket.local_addr().ok(), name, tls, "socket handed over");
            builder = builder.listen(begin(Listen::socket(socket), tls));
        }
    } else {
        for (addresses, tls) in [(plain, false), (tls, true)] {
            for (host, port) in addresses {
                builder = builder.listen(begin(Listen::on(host, port), tls));
            }
        }
    }
    if let Some(admin) = &options.admin {
        let port = admin.port.ok_or_else(|| ConfigError::AdminPort(admin.to_string()))?;
        builder = builder.admin(admin.host.clone(), port);
    }
    Ok(builder)
}

/// The sockets that a service manager handed over, with their names.
fn inherited() -> Result<Vec<(TcpListener, String)>, ConfigError> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    let mut handed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..handed.len() {
        let name = names.next().unwrap_or_default().to_owned();
        if let Some(socket) = handed.take_tcp_listener(index).map_err(ConfigError::Inherited)? {
            sockets.push((socket, name));
        }
    }
    Ok(sockets)
}

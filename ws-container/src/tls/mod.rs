//! TLS of the server, by rustls: who it is, whom it asks for a certificate, and how both are
//! replaced while it runs.

mod accept;
mod builder;
mod error;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::CertificateDer;

pub(crate) use crate::tls::accept::handshake;
use crate::tls::builder::Sources;
pub use crate::tls::builder::{ClientCertificates, ServerTlsBuilder};
pub use crate::tls::error::ServerTlsError;

/// The certificate and the key of a server, and whom it asks for a certificate. A cheap handle: all
/// copies speak of the same, also after a [`reload`](Self::reload).
///
/// # Examples
///
/// ```no_run
/// use ws_container::{ClientCertificates, Container, ServerTls};
///
/// let tls = ServerTls::files("server.pem", "server.key")
///     .client_ca_file("company-ca.pem")
///     .client_certificates(ClientCertificates::Optional)
///     .build()?;
/// let container = Container::builder().discover().tls(tls).bind_tls("0.0.0.0", 8443).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "SSLContext")]
#[doc(alias = "SslContextFactory")]
pub struct ServerTls {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` where the program made the configuration itself.
    sources: Option<Arc<Sources>>,
    /// Held while the files are read: what was read first must not replace what was read last.
    reloading: Mutex<()>,
    /// Connections take a copy of the pointer; the lock is never held for longer.
    current: RwLock<Current>,
}

/// What new connections get.
#[derive(Clone)]
struct Current {
    config: Arc<ServerConfig>,
    fingerprint: Option<Fingerprint>,
}

impl ServerTls {
    /// The certificate chain in the PEM file `certificates`, its own first, and the private key in
    /// the PEM file `key`. Both are read when it is built, and again at each
    /// [`reload`](Self::reload).
    pub fn files(
        certificates: impl Into<std::path::PathBuf>,
        key: impl Into<std::path::PathBuf>,
    ) -> ServerTlsBuilder {
        ServerTlsBuilder::files(certificates.into(), key.into())
    }

    /// As [`files`](Self::files), of PEM texts.
    pub fn pem(certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> ServerTlsBuilder {
        ServerTlsBuilder::pem(certificates.into(), key.into())
    }

    /// A certificate of its own making for `names`, which may be addresses, with a new key: for
    /// development. No client trusts it unless it is told to.
    #[cfg(all(feature = "tls-self-signed", any(feature = "tls-aws-lc", feature = "tls-ring")))]
    pub fn self_signed(names: impl IntoIterator<Item = impl Into<String>>) -> ServerTlsBuilder {
        ServerTlsBuilder::self_signed(names.into_iter().map(Into::into).collect())
    }

    /// A configuration of rustls that the program made itself. It is used as it is: ALPN is the
    /// program's to set, to `http/1.1` or nothing, and so is replacing its certificate.
    #[must_use]
    pub fn from_rustls(config: Arc<ServerConfig>) -> Self {
        Self::new(None, Current { config, fingerprint: None })
    }

    fn new(sources: Option<Sources>, current: Current) -> Self {
        let inner = Inner {
            sources: sources.map(Arc::new),
            reloading: Mutex::default(),
            current: RwLock::new(current),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Reads the files again. New connections get what is in them now; those that are there stay as
    /// they are. What did not come from files stays too.
    ///
    /// One reload at a time; others wait for their turn. The files are read on a thread of tokio's
    /// that may block. A reload whose future is dropped changes nothing.
    ///
    /// # Errors
    ///
    /// [`ServerTlsError`] when they cannot be used: what was there before stays in force.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, unless there is nothing to read.
    pub async fn reload(&self) -> Result<(), ServerTlsError> {
        let Some(sources) = &self.inner.sources else { return Ok(()) };
        let sources = Arc::clone(sources);
        let _turn = self.inner.reloading.lock().await;
        let next = spawn_blocking(move || sources.load()).await;
        let next = next.map_err(ServerTlsError::Interrupted)??;
        *self.inner.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// The fingerprint of its certificate; `None` for a configuration of the program's own.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.current().fingerprint
    }

    fn current(&self) -> Current {
        self.inner.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for ServerTls {
    /// Leaves the key out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("sources", &self.inner.sources).finish_non_exhaustive()
    }
}

/// The SHA-256 of a certificate, which names it among all others.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    /// As `openssl x509 -fingerprint -sha256` prints it: `AB:CD:..`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

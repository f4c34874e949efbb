//! TLS of the client, by rustls.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use thiserror::Error;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use ws_core::Transport;

use crate::client::error::ConnectError;
use crate::pem::{self, PemError};
use crate::provider::provider;

/// Whom a client trusts, and who it is itself. A cheap handle; connections that share it also share
/// the TLS sessions that can be resumed.
///
/// Without one, a [`Client`](crate::client::Client) trusts what the machine trusts.
///
/// ```no_run
/// use ws_container::client::{Client, ClientEndpointConfig, ClientTls};
///
/// let tls = ClientTls::builder()
///     .root_file("company-ca.pem")?
///     .identity_files("client.pem", "client.key")?
///     .build()?;
/// let client = Client::builder()
///     .defaults(ClientEndpointConfig::builder().tls(tls).build()?)
///     .build();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "SSLContext")]
pub struct ClientTls(TlsConnector);

impl ClientTls {
    /// What the machine trusts, and more.
    pub fn builder() -> ClientTlsBuilder {
        ClientTlsBuilder {
            roots: Roots::Platform,
            given: Vec::new(),
            identity: None,
            trusting: false,
        }
    }

    /// A configuration of rustls that the program made itself. It is used as it is: ALPN is the
    /// program's to set, to `http/1.1` or nothing.
    #[must_use]
    pub fn from_rustls(config: Arc<ClientConfig>) -> Self {
        Self(config.into())
    }

    /// Does the TLS handshake with `host`.
    pub(super) async fn connect(
        &self,
        host: &str,
        stream: Transport,
    ) -> Result<Transport, ConnectError> {
        let failed = |source| ConnectError::Tls { host: host.to_owned(), source };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let stream = self.0.connect(name, stream).await.map_err(failed)?;
        Ok(Transport::Other(Box::new(stream)))
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls(..)")
    }
}

/// Makes a [`ClientTls`].
#[must_use]
pub struct ClientTlsBuilder {
    roots: Roots,
    given: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    trusting: bool,
}

#[derive(Debug)]
enum Roots {
    Platform,
    #[cfg(feature = "webpki-roots")]
    Mozilla,
    Given,
}

impl fmt::Debug for ClientTlsBuilder {
    /// Leaves the key out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTlsBuilder")
            .field("roots", &self.roots)
            .field("given", &self.given.len())
            .field("identity", &self.identity.is_some())
            .field("trusting", &self.trusting)
            .finish()
    }
}

impl ClientTlsBuilder {
    /// Trusts the certificates in `pem` too.
    ///
    /// # Errors
    ///
    /// [`ClientTlsError::Pem`] when there are none.
    pub fn root_pem(mut self, pem: impl AsRef<[u8]>) -> Result<Self, ClientTlsError> {
        self.given.extend(pem::certificates(pem.as_ref())?);
        Ok(self)
    }

    /// Trusts the certificates in the PEM file `path` too.
    ///
    /// # Errors
    ///
    /// [`ClientTlsError::File`] when it cannot be read, [`ClientTlsError::Pem`] when it holds none.
    pub fn root_file(self, path: impl AsRef<Path>) -> Result<Self, ClientTlsError> {
        self.root_pem(read(path.as_ref())?)
    }

    /// Trusts the roots that Mozilla trusts, as they were when this program was built, instead of the
    /// machine's: for containers that have none.
    #[cfg(feature = "webpki-roots")]
    pub fn mozilla_roots(mut self) -> Self {
        self.roots = Roots::Mozilla;
        self
    }

    /// Trusts nothing but what [`root_pem`](Self::root_pem) and [`root_file`](Self::root_file) give.
    pub fn given_roots_only(mut self) -> Self {
        self.roots = Roots::Given;
        self
    }

    /// Shows servers that ask for it the certificate in `certificates`, its own first, with the
    /// private key in `key`; both PEM.
    ///
    /// # Errors
    ///
    /// [`ClientTlsError::Pem`] when either is missing.
    pub fn identity_pem(
        mut self,
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, ClientTlsError> {
        let chain = pem::certificates(certificates.as_ref())?;
        self.identity = Some((chain, pem::private_key(key.as_ref())?));
        Ok(self)
    }

    /// As [`identity_pem`](Self::identity_pem), of files.
    ///
    /// # Errors
    ///
    /// [`ClientTlsError`] when one cannot be read or holds no such thing.
    pub fn identity_files(
        self,
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, ClientTlsError> {
        self.identity_pem(read(certificates.as_ref())?, read(key.as_ref())?)
    }

    /// Takes any certificate of any server: **whoever is on the way can read and change all**. For
    /// tests against servers with certificates of their own making, and nothing else.
    pub fn dangerous_accept_any_certificate(mut self) -> Self {
        self.trusting = true;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// [`ClientTlsError::Provider`] without cryptography, [`ClientTlsError::Rustls`] when there is
    /// nobody to trust or the key does not fit the certificate.
    pub fn build(self) -> Result<ClientTls, ClientTlsError> {
        let provider = provider().ok_or(ClientTlsError::Provider)?;
        let verifier: Arc<dyn ServerCertVerifier> = if self.trusting {
            Arc::new(TrustsAll(Arc::clone(&provider)))
        } else {
            verifier(&self.roots, self.given, &provider)?
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match self.identity {
            Some((chain, key)) => config.with_client_auth_cert(chain, key)?,
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(ClientTls::from_rustls(Arc::new(config)))
    }
}

fn verifier(
    roots: &Roots,
    given: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, ClientTlsError> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Platform => {
            let verifier = Verifier::new_with_extra_roots(given, Arc::clone(provider))?;
            return Ok(Arc::new(verifier));
        }
        #[cfg(feature = "webpki-roots")]
        Roots::Mozilla => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Roots::Given => {}
    }
    for certificate in given {
        store.add(certificate)?;
    }
    let builder = WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(provider));
    let verifier = builder.build().map_err(|error| rustls::Error::General(error.to_string()))?;
    Ok(verifier)
}

fn read(path: &Path) -> Result<Vec<u8>, ClientTlsError> {
    std::fs::read(path).map_err(|source| ClientTlsError::File { path: path.to_owned(), source })
}

/// A TLS configuration that cannot be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientTlsError {
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not the certificates or the key that it should be.
    #[error("cannot use the PEM: {0}")]
    Pem(#[from] PemError),
    /// The program brings no cryptography.
    #[error("TLS needs the feature `tls-aws-lc` or `tls-ring`, or rustls' `install_default`")]
    Provider,
    /// rustls says no.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
}

/// Takes any certificate; that the server has its key is still checked.
#[derive(Debug)]
struct TrustsAll(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustsAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

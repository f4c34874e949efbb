//! From files and texts to a configuration of rustls.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::pem::{self, PemError};
use crate::provider::provider;
use crate::tls::{Current, Fingerprint, ServerTls, ServerTlsError};

/// What this server speaks above TLS (RFC 7301). A client that offers other protocols only is turned
/// away by rustls, with the alert `no_application_protocol`.
const ALPN: &[u8] = b"http/1.1";

/// Whether clients must have a certificate of an authority that the server names.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "to ask without caring is to ask for nothing")]
pub enum ClientCertificates {
    /// They are asked, and may have none. One that is not the authority's ends the TLS handshake.
    Optional,
    /// Without one, the TLS handshake fails.
    #[default]
    Required,
}

/// Makes a [`ServerTls`].
#[derive(Debug)]
#[must_use = "`build` makes the `ServerTls`"]
pub struct ServerTlsBuilder {
    sources: Result<Sources, ServerTlsError>,
}

/// Where everything comes from, at the start and at each reload.
#[derive(Debug)]
pub(super) struct Sources {
    certificates: Source,
    key: Source,
    client_ca: Vec<Source>,
    client_certificates: ClientCertificates,
}

/// A PEM text, or the file that holds it.
enum Source {
    File(PathBuf),
    Text(Vec<u8>),
}

impl fmt::Debug for Source {
    /// Leaves texts out: some are keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(..)"),
        }
    }
}

impl Source {
    fn read(&self) -> Result<std::borrow::Cow<'_, [u8]>, ServerTlsError> {
        match self {
            Self::Text(text) => Ok(text.into()),
            Self::File(path) => match std::fs::read(path) {
                Ok(text) => Ok(text.into()),
                Err(source) => Err(ServerTlsError::File { path: path.clone(), source }),
            },
        }
    }

    /// What `parse` finds in it, which is to be `what`.
    fn parse<T>(
        &self,
        what: &str,
        parse: impl FnOnce(&[u8]) -> Result<T, PemError>,
    ) -> Result<T, ServerTlsError> {
        parse(&self.read()?).map_err(|source| ServerTlsError::Pem {
            what: match self {
                Self::File(path) => format!("{what} in {}", Path::display(path)),
                Self::Text(_) => what.to_owned(),
            },
            source,
        })
    }
}

impl ServerTlsBuilder {
    pub(super) fn files(certificates: PathBuf, key: PathBuf) -> Self {
        Self::of(Source::File(certificates), Source::File(key))
    }

    pub(super) fn pem(certificates: Vec<u8>, key: Vec<u8>) -> Self {
        Self::of(Source::Text(certificates), Source::Text(key))
    }

    #[cfg(all(feature = "tls-self-signed", any(feature = "tls-aws-lc", feature = "tls-ring")))]
    pub(super) fn self_signed(names: Vec<String>) -> Self {
        match rcgen::generate_simple_self_signed(names) {
            Ok(made) => Self::pem(made.cert.pem().into(), made.signing_key.serialize_pem().into()),
            Err(error) => Self { sources: Err(ServerTlsError::SelfSigned(Box::new(error))) },
        }
    }

    fn of(certificates: Source, key: Source) -> Self {
        let client_certificates = ClientCertificates::default();
        Self {
            sources: Ok(Sources { certificates, key, client_ca: Vec::new(), client_certificates }),
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Sources)) -> Self {
        if let Ok(sources) = &mut self.sources {
            change(sources);
        }
        self
    }

    /// Asks clients for certificates that the authorities in the PEM file `path` signed. May be
    /// called several times.
    pub fn client_ca_file(self, path: impl Into<PathBuf>) -> Self {
        self.change(|sources| sources.client_ca.push(Source::File(path.into())))
    }

    /// As [`client_ca_file`](Self::client_ca_file), of a PEM text.
    pub fn client_ca_pem(self, pem: impl Into<Vec<u8>>) -> Self {
        self.change(|sources| sources.client_ca.push(Source::Text(pem.into())))
    }

    /// Whether clients must have such a certificate; they must, unless this says otherwise.
    pub fn client_certificates(self, wanted: ClientCertificates) -> Self {
        self.change(|sources| sources.client_certificates = wanted)
    }

    /// Reads everything, and makes it.
    ///
    /// # Errors
    ///
    /// [`ServerTlsError`] when a file cannot be read, a certificate or a key is none, the two do not
    /// belong together, or there is no cryptography.
    pub fn build(self) -> Result<ServerTls, ServerTlsError> {
        let sources = self.sources?;
        let current = sources.load()?;
        Ok(ServerTls::new(Some(sources), current))
    }
}

impl Sources {
    /// What new connections get from now on.
    pub(super) fn load(&self) -> Result<Current, ServerTlsError> {
        let provider = provider().ok_or(ServerTlsError::Provider)?;
        let chain = self.certificates.parse("certificate", pem::certificates)?;
        let key: PrivateKeyDer<'static> = self.key.parse("key", pem::private_key)?;
        let fingerprint = chain.first().map(Fingerprint::of);
        let verifier = self.verifier(&provider)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ServerTlsError::Cryptography)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key);
        let mut config = config.map_err(ServerTlsError::Identity)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Current { config: Arc::new(config), fingerprint })
    }

    fn verifier(
        &self,
        provider: &Arc<tokio_rustls::rustls::crypto::CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, ServerTlsError> {
        if self.client_ca.is_empty() {
            return Ok(WebPkiClientVerifier::no_client_auth());
        }
        let mut roots = RootCertStore::empty();
        for source in &self.client_ca {
            let found: Vec<CertificateDer<'static>> =
                source.parse("authority of clients", pem::certificates)?;
            for certificate in found {
                roots.add(certificate).map_err(ServerTlsError::Authority)?;
            }
        }
        let provider = Arc::clone(provider);
        let builder = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
        let builder = match self.client_certificates {
            ClientCertificates::Required => builder,
            ClientCertificates::Optional => builder.allow_unauthenticated(),
        };
        builder.build().map_err(ServerTlsError::Authorities)
    }
}

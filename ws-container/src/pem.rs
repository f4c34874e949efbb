//! Certificates and keys in PEM (RFC 7468), for both sides of TLS.

use thiserror::Error;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A text that does not hold the certificates or the key that it should.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PemError {
    /// No section `CERTIFICATE`.
    #[error("it holds no certificate")]
    NoCertificate,
    /// No section of a private key.
    #[error(
        "it holds no private key; `PRIVATE KEY`, `RSA PRIVATE KEY` and `EC PRIVATE KEY` are known"
    )]
    NoKey,
    /// It is no PEM.
    #[error("it is no PEM: {0}")]
    Syntax(pem::Error),
}

/// All certificates in `text`, at least one.
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(PemError::Syntax)?;
    if found.is_empty() { Err(PemError::NoCertificate) } else { Ok(found) }
}

/// The first private key in `text`.
pub(crate) fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        pem::Error::NoItemsFound => PemError::NoKey,
        error => PemError::Syntax(error),
    })
}

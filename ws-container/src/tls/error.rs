//! Why a server cannot speak TLS.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use tokio_rustls::rustls;
use tokio_rustls::rustls::server::VerifierBuilderError;

use crate::pem::PemError;

/// A TLS configuration that cannot be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerTlsError {
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not the certificates or the key that it should be.
    #[error("cannot use the {what}")]
    Pem {
        /// What it should be, and where it was looked for.
        what: String,
        /// Why it is not.
        source: PemError,
    },
    /// The key does not belong to the certificate, or is of a kind that nobody here knows.
    #[error("cannot use the key with the certificate")]
    Identity(#[source] rustls::Error),
    /// An authority that cannot certify clients.
    #[error("cannot use the authority of clients")]
    Authority(#[source] rustls::Error),
    /// Authorities that cannot be used together.
    #[error("cannot use the authorities of clients")]
    Authorities(#[source] VerifierBuilderError),
    /// The program brings no cryptography.
    #[error("TLS needs the feature `tls-aws-lc` or `tls-ring`, or rustls' `install_default`")]
    Provider,
    /// The cryptography of the program lacks something.
    #[error("cannot use the program's cryptography")]
    Cryptography(#[source] rustls::Error),
    /// The runtime ended, or the reader panicked, before the files were read.
    #[error("the files were not read to the end")]
    Interrupted(#[source] tokio::task::JoinError),
    /// A name for which no certificate can be made.
    #[cfg(all(feature = "tls-self-signed", any(feature = "tls-aws-lc", feature = "tls-ring")))]
    #[error("cannot make a certificate")]
    SelfSigned(#[source] Box<dyn std::error::Error + Send + Sync>),
}

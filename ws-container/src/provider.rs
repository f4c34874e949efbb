//! The cryptography of TLS, for both sides.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::CryptoProvider;

/// The cryptography that the program chose for all, else that of our features; `None` with neither.
pub(crate) fn provider() -> Option<Arc<CryptoProvider>> {
    if let Some(provider) = CryptoProvider::get_default() {
        return Some(Arc::clone(provider));
    }
    #[cfg(feature = "tls-aws-lc")]
    return Some(Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
    return Some(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "tls-aws-lc", feature = "tls-ring")))]
    None
}

//! The certificate that the program shows, and those that it asks for.

use crate::config::{ConfigError, Need, Options};
use crate::tls::{ClientCertificates, ServerTls, ServerTlsBuilder};

/// Any failure, for the one place that prints it.
type Failure = Box<dyn std::error::Error>;

/// What `options` say of it; `places` are where it is shown.
///
/// # Errors
///
/// What is missing, or wrong with the files.
pub(super) fn certificate(
    options: &Options,
    places: &[(String, u16)],
) -> Result<ServerTls, Failure> {
    let own = options.tls_self_signed == Some(true);
    let mut builder = match (&options.tls_cert, &options.tls_key) {
        (Some(_), _) | (_, Some(_)) if own => return Err(ConfigError::TwoCertificates.into()),
        (Some(cert), Some(key)) => ServerTls::files(cert, key),
        (Some(_), None) => return Err(half("tls_cert", "`tls_key`")),
        (None, Some(_)) => return Err(half("tls_key", "`tls_cert`")),
        (None, None) => self_signed(places)?,
    };
    match (&options.tls_client_ca, options.tls_client_auth) {
        (None, Some(_)) => return Err(half("tls_client_auth", "`tls_client_ca`")),
        (None, None) => {}
        (Some(authorities), need) => {
            builder = builder.client_ca_file(authorities).client_certificates(match need {
                Some(Need::Optional) => ClientCertificates::Optional,
                Some(Need::Required) | None => ClientCertificates::Required,
            });
        }
    }
    let tls = builder.build()?;
    if let Some(fingerprint) = tls.fingerprint() {
        tracing::info!(sha256 = %fingerprint, self_signed = own, "certificate");
    }
    Ok(tls)
}

fn half(given: &'static str, missing: &'static str) -> Failure {
    ConfigError::HalfTls { given, missing }.into()
}

/// A certificate for this machine as browsers on it call it, and for the hosts of `places`.
#[cfg(all(feature = "tls-self-signed", any(feature = "tls-aws-lc", feature = "tls-ring")))]
fn self_signed(places: &[(String, u16)]) -> Result<ServerTlsBuilder, Failure> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    for (host, _) in places {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let any = host.parse().is_ok_and(|addr: std::net::IpAddr| addr.is_unspecified());
        if !any && !names.iter().any(|name| name == host) {
            names.push(host.to_owned());
        }
    }
    Ok(ServerTls::self_signed(names))
}

#[cfg(not(all(feature = "tls-self-signed", any(feature = "tls-aws-lc", feature = "tls-ring"))))]
fn self_signed(_: &[(String, u16)]) -> Result<ServerTlsBuilder, Failure> {
    Err(ConfigError::WithoutTls("tls_self_signed").into())
}

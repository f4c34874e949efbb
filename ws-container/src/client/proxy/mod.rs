//! The way through a proxy, and whether to take it.

mod environment;
mod http_connect;
mod socks;

use std::fmt;
use std::io;

use http::Uri;
use thiserror::Error;

pub(super) use self::environment::Environment;
pub(super) use self::http_connect::connect as http_connect;
pub(super) use self::socks::{Destination, connect as socks_connect};
use crate::client::auth::Credentials;
use crate::client::response::HandshakeResponse;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProxyKind {
    /// `http://`: HTTP `CONNECT` (RFC 9110 §9.3.6).
    Http,
    /// `https://`: the same over TLS.
    Https,
    /// `socks5://`: SOCKS 5 (RFC 1928), with addresses that are looked up here.
    Socks5,
    /// `socks5h://`: SOCKS 5, with names that the proxy looks up.
    Socks5h,
}

/// A proxy to connect through.
///
/// ```
/// use ws_container::client::{Credentials, Proxy};
///
/// let proxy = Proxy::parse("http://ann:secret@proxy.example.com:3128")?;
/// let same = Proxy::parse("proxy.example.com:3128")?.credentials(Credentials::new("ann", "secret"));
/// assert_eq!(proxy, same);
/// # Ok::<(), ws_container::client::InvalidProxy>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proxy {
    pub(super) kind: ProxyKind,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) credentials: Option<Credentials>,
}

impl Proxy {
    /// The proxy at `url`: `http://`, `https://`, `socks5://` or `socks5h://`, with `user:password@`
    /// percent-encoded where it needs one. Without a scheme it is `http://`; without a port it is 80,
    /// 443 or 1080.
    ///
    /// # Errors
    ///
    /// [`InvalidProxy`] for anything else.
    pub fn parse(url: &str) -> Result<Self, InvalidProxy> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (kind, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (ProxyKind::Http, 80),
            "https" => (ProxyKind::Https, 443),
            "socks5" => (ProxyKind::Socks5, 1080),
            "socks5h" => (ProxyKind::Socks5h, 1080),
            _ => return Err(InvalidProxy("its scheme is not http, https, socks5 or socks5h")),
        };
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, address) = match rest.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, rest),
        };
        let uri: Uri =
            format!("http://{address}/").parse().map_err(|_| InvalidProxy("it names no host"))?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or(InvalidProxy("it names no host"))?;
        let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
        let has_port = !address.ends_with(host) && !address.ends_with(']');
        let port = match uri.port_u16() {
            Some(port) if port != 0 => port,
            None if !has_port => default_port,
            _ => return Err(InvalidProxy("its port is not between 1 and 65535")),
        };
        let credentials = user.map(|user| {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            Credentials::new(decoded(user), decoded(password))
        });
        if credentials.as_ref().is_some_and(|it| !it.are_legal()) {
            return Err(InvalidProxy("its user has a colon or a control character"));
        }
        Ok(Self { kind, host: host.to_ascii_lowercase(), port, credentials })
    }

    /// With a user's name and password.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// How it is spoken to.
    #[must_use]
    pub const fn kind(&self) -> ProxyKind {
        self.kind
    }
}

impl fmt::Display for Proxy {
    /// Without the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            ProxyKind::Http => "http",
            ProxyKind::Https => "https",
            ProxyKind::Socks5 => "socks5",
            ProxyKind::Socks5h => "socks5h",
        };
        write!(f, "{scheme}://{}", super::uri::authority(&self.host, self.port))
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A text that names no proxy.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not a proxy such as http://proxy.example.com:3128: {0}")]
pub struct InvalidProxy(pub(super) &'static str);

/// Why a proxy did not connect us.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The user or password is wrong, or one is wanted and there is none.
    #[error("the proxy wants other credentials")]
    Credentials(Option<Box<HandshakeResponse>>),
    /// The proxy itself is not to be reached.
    #[error("the proxy cannot be reached")]
    Unreachable(#[source] Box<super::error::ConnectError>),
    /// A variable of the environment names no proxy.
    #[error("the environment variable {0}")]
    Environment(String),
    /// The connection to the proxy failed, or ended.
    #[error("the connection to the proxy failed")]
    Io(#[source] io::Error),
    /// The answer is none that a proxy gives.
    #[error("the proxy's answer cannot be understood")]
    Malformed,
    /// An HTTP proxy refused.
    #[error("the proxy answered {}", .0.status())]
    Status(Box<HandshakeResponse>),
    /// A SOCKS proxy refused (RFC 1928 §6).
    #[error("the proxy answered {code}: {}", socks::reply(*.code))]
    Socks {
        /// The code, 1 to 255.
        code: u8,
    },
    /// A name of more than 255 bytes, or a password of that length (RFC 1928, RFC 1929).
    #[error("a name or password of more than 255 bytes does not go through SOCKS")]
    TooLong,
}

impl ProxyError {
    /// Whether trying again later may help.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.is_transient(),
            Self::Io(_) => true,
            Self::Status(response) => response.status().is_server_error(),
            // General failure, network, host, refused, expired.
            Self::Socks { code } => matches!(code, 1 | 3..=6),
            Self::Credentials(_) | Self::Environment(_) | Self::Malformed | Self::TooLong => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_proxies() {
        let proxy = Proxy::parse("socks5h://a%40b:p%3Aq@[::1]").unwrap();
        assert_eq!(
            (proxy.kind, proxy.host.as_str(), proxy.port),
            (ProxyKind::Socks5h, "::1", 1080)
        );
        assert_eq!(proxy.credentials, Some(Credentials::new("a@b", "p:q")));
        assert_eq!(proxy.to_string(), "socks5h://[::1]:1080");
        #[rustfmt::skip] // a table
        let cases = [
            ("proxy:3128",         Some("http://proxy:3128")),
            ("HTTP://Proxy/",      Some("http://proxy:80")),
            ("https://proxy",      Some("https://proxy:443")),
            ("https://[::1]:8",    Some("https://[::1]:8")),
            ("proxy:0",            None),
            ("proxy:",             None),
            ("proxy:99999",        None),
            ("proxy:x",            None),
            ("socks4://proxy",     None),
            ("http://",            None),
            ("",                   None),
            ("http://a%3Ab@proxy", None),
        ];
        for (url, shown) in cases {
            let proxy = Proxy::parse(url).ok().map(|proxy| proxy.to_string());
            assert_eq!(proxy.as_deref(), shown, "{url}");
        }
    }
}

//! Where to listen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An address that was not understood.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("`{0}` is no address; write `HOST:PORT`, `[IPV6]:PORT`, or a host alone")]
pub struct AddressError(String);

/// A host, and a port when it has one of its own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ListenAddr {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) host: String,
    /// Its port; without one, the setting `port` holds.
    pub(crate) port: Option<u16>,
}

impl ListenAddr {
    /// Whether `host` is a name or an IPv4 address, or an IPv6 address in brackets.
    fn is_host(host: &str) -> bool {
        match host.strip_prefix('[') {
            Some(rest) => {
                rest.strip_suffix(']').is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok())
            }
            None => {
                let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
                !host.is_empty() && host.chars().all(legal)
            }
        }
    }
}

impl FromStr for ListenAddr {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = || AddressError(text.into());
        let (host, port) = match text.rsplit_once(':') {
            // The colons of `[::1]` belong to the host.
            Some((host, port)) if !port.ends_with(']') => {
                let digits = port.bytes().all(|byte| byte.is_ascii_digit());
                let port = port.parse().ok().filter(|_| digits).ok_or_else(error)?;
                (host, Some(port))
            }
            _ => (text, None),
        };
        if !Self::is_host(host) {
            return Err(error());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl TryFrom<String> for ListenAddr {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<ListenAddr> for String {
    fn from(address: ListenAddr) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, host, port) in [
            ("127.0.0.1:8080", "127.0.0.1", Some(8080)),
            ("127.0.0.1", "127.0.0.1", None),
            ("localhost:0", "localhost", Some(0)),
            ("[::]:80", "[::]", Some(80)),
            ("[::1]", "[::1]", None),
            ("ws.example.org", "ws.example.org", None),
        ] {
            let address = ListenAddr { host: host.into(), port };
            assert_eq!(text.parse(), Ok(address.clone()), "{text}");
            assert_eq!(address.to_string(), text);
        }
        for text in [
            "",
            ":80",
            "::1",
            "::1:80",
            "[::1",
            "[::1]80",
            "[x]:80",
            "host:",
            "host:http",
            "host:65536",
            "host:+80",
            "ws://host:80",
            "host:80/path",
            "a b:80",
            "[127.0.0.1]:80",
        ] {
            assert_eq!(text.parse::<ListenAddr>(), Err(AddressError(text.into())), "{text}");
        }
    }
}

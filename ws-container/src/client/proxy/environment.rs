//! `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, as curl and Go read them.

use std::net::IpAddr;

use super::{InvalidProxy, Proxy, ProxyError};
use crate::client::uri::Origin;

/// What the environment says of proxies, read once.
#[derive(Clone, Debug, Default)]
pub(in crate::client) struct Environment {
    secure: Option<Named>,
    plain: Option<Named>,
    except: Vec<Exception>,
}

/// A variable's name, and what it holds.
type Named = (&'static str, Result<Proxy, InvalidProxy>);

impl Environment {
    pub(in crate::client) fn read() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&'static str]| {
            let (name, value) = names.iter().find_map(|&name| {
                variable(name).filter(|value| !value.trim().is_empty()).map(|value| (name, value))
            })?;
            Some((name, Proxy::parse(value.trim())))
        };
        // A web server makes `HTTP_PROXY` of a request's field `Proxy` when it runs a CGI program.
        let plain: &[_] = if variable("REQUEST_METHOD").is_some() {
            &["http_proxy", "all_proxy", "ALL_PROXY"]
        } else {
            &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        };
        let except = variable("no_proxy").or_else(|| variable("NO_PROXY")).unwrap_or_default();
        Self {
            secure: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            plain: first(plain),
            except: except.split([',', ' ']).filter_map(Exception::parse).collect(),
        }
    }

    /// The proxy for connections to `origin`. This machine is never asked for through one.
    pub(in crate::client) fn proxy(&self, origin: &Origin) -> Result<Option<&Proxy>, ProxyError> {
        let Some((name, proxy)) = (if origin.secure { &self.secure } else { &self.plain }) else {
            return Ok(None);
        };
        let ip = origin.host.parse::<IpAddr>().ok();
        let local = ip.map_or(origin.host == "localhost", |ip| ip.is_loopback());
        if local || self.except.iter().any(|except| except.covers(&origin.host, origin.port, ip)) {
            return Ok(None);
        }
        match proxy {
            Ok(proxy) => Ok(Some(proxy)),
            Err(error) => Err(ProxyError::Environment(format!("{name} is {error}"))),
        }
    }
}

/// An entry of `NO_PROXY`.
#[derive(Clone, Debug)]
enum Exception {
    All,
    /// A name and all below it.
    Name(String, Option<u16>),
    /// Addresses with this many leading bits in common.
    Network(IpAddr, u8),
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_ascii_lowercase();
        if entry == "*" {
            return Some(Self::All);
        }
        let bare = entry.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(&entry);
        let (address, bits) = match bare.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (bare, None),
        };
        if let Ok(ip) = address.parse::<IpAddr>() {
            let all = if ip.is_ipv4() { 32 } else { 128 };
            return Some(Self::Network(ip, bits.unwrap_or(all).min(all)));
        }
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (entry.as_str(), None),
        };
        let name = name.trim_start_matches('*').trim_start_matches('.');
        (!name.is_empty()).then(|| Self::Name(name.to_owned(), port))
    }

    fn covers(&self, host: &str, port: u16, ip: Option<IpAddr>) -> bool {
        match self {
            Self::All => true,
            Self::Name(name, of) => {
                of.is_none_or(|of| of == port)
                    && (host == name
                        || host.strip_suffix(name.as_str()).is_some_and(|it| it.ends_with('.')))
            }
            Self::Network(network, bits) => match (network, ip) {
                (IpAddr::V4(network), Some(IpAddr::V4(ip))) => {
                    let mask = u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0);
                    (network.to_bits() ^ ip.to_bits()) & mask == 0
                }
                (IpAddr::V6(network), Some(IpAddr::V6(ip))) => {
                    let mask = u128::MAX.checked_shl(128 - u32::from(*bits)).unwrap_or(0);
                    (network.to_bits() ^ ip.to_bits()) & mask == 0
                }
                _ => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::uri::Target;

    fn through(variables: &[(&str, &str)], uri: &str) -> Option<String> {
        let environment = Environment::of(|name| {
            variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        });
        let origin = Target::parse(uri).unwrap().origin;
        environment.proxy(&origin).unwrap().map(ToString::to_string)
    }

    #[test]
    fn the_scheme_chooses_the_variable() {
        let all = [("HTTPS_PROXY", "s:1"), ("http_proxy", "p:2"), ("ALL_PROXY", "a:3")];
        assert_eq!(through(&all, "wss://x.example").unwrap(), "http://s:1");
        assert_eq!(through(&all, "ws://x.example").unwrap(), "http://p:2");
        assert_eq!(through(&all[2..], "ws://x.example").unwrap(), "http://a:3");
        assert_eq!(through(&[("HTTPS_PROXY", " ")], "wss://x.example"), None);
        let cgi = [("HTTP_PROXY", "evil:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(through(&cgi, "ws://x.example"), None);
    }

    #[test]
    fn exceptions() {
        #[rustfmt::skip] // a table
        let cases = [
            ("",                       "ws://a.example",     true),
            ("*",                      "ws://a.example",     false),
            ("a.example",              "ws://a.example",     false),
            ("A.Example",              "ws://b.a.example",   false),
            (".a.example",             "ws://a.example",     false),
            ("*.a.example",            "ws://b.a.example",   false),
            ("a.example",              "ws://ba.example",    true),
            ("a.example:81",           "ws://a.example:81",  false),
            ("a.example:81",           "ws://a.example",     true),
            ("x, 10.0.0.0/8 ,y",       "ws://10.2.3.4",      false),
            ("10.0.0.0/8",             "ws://11.2.3.4",      true),
            ("10.1.1.1",               "ws://10.1.1.1",      false),
            ("10.1.1.1",               "ws://10.1.1.2",      true),
            ("0.0.0.0/0",              "ws://9.9.9.9",       false),
            ("fe80::/16,[fd00::1]",    "ws://[fe80::2]",     false),
            ("fe80::/16,[fd00::1]",    "ws://[fd00::1]",     false),
            ("fe80::/16,[fd00::1]",    "ws://[fd00::2]",     true),
            ("",                       "ws://127.0.0.1",     false),
            ("",                       "ws://localhost",     false),
            ("",                       "ws://[::1]",         false),
        ];
        for (except, uri, proxied) in cases {
            let found = through(&[("http_proxy", "p:1"), ("NO_PROXY", except)], uri);
            assert_eq!(found.is_some(), proxied, "{except}, {uri}");
        }
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let environment = Environment::of(|name| (name == "HTTPS_PROXY").then(|| "ftp://x".into()));
        let origin = Target::parse("wss://a.example").unwrap().origin;
        let error = environment.proxy(&origin).unwrap_err().to_string();
        assert!(error.contains("HTTPS_PROXY"), "{error}");
    }
}

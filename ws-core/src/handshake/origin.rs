//! Which pages may connect, RFC 6455 §10.2.
//!
//! A browser lets a page of any site open a WebSocket to any other and sends the cookies along; only
//! the `Origin` it adds tells the server whose page it is. Programs that are no browsers need not
//! send one, and a lie there gains nothing: the browser's user is who this check protects.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::handshake::scheme::Scheme;

/// Which origins may connect. Custom checks aside, a request without `Origin` passes.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum OriginPolicy {
    /// Every origin, the opaque `null` included.
    Any,
    /// What the application says.
    Custom(Arc<dyn CheckOrigin>),
    /// These origins and no other, not even the server's own.
    List(Vec<Origin>),
    /// Pages of `http` and `https` whose host and port are those of `Host`; over TLS, of `https`
    /// alone. Ports that are left out are 80 and 443: by the origin's scheme there, by the
    /// connection's [`Scheme`] in `Host`.
    #[default]
    Same,
    /// Those that [`Same`](Self::Same) lets in, and these.
    SameOrList(Vec<Origin>),
}

impl OriginPolicy {
    /// Whether a page of `origin` may connect to `host` over `scheme`.
    pub(super) fn permits(&self, origin: Option<&str>, scheme: Scheme, host: HostPort<'_>) -> bool {
        let Some(origin) = origin else {
            return match self {
                Self::Any | Self::List(_) | Self::Same | Self::SameOrList(_) => true,
                Self::Custom(check) => check.check_origin(None, host.text),
            };
        };
        match self {
            Self::Any => true,
            Self::Custom(check) => check.check_origin(Some(origin), host.text),
            Self::List(list) => {
                OriginRef::parse(origin).is_some_and(|origin| origin.is_among(list))
            }
            Self::Same => OriginRef::parse(origin).is_some_and(|origin| origin.is_of(scheme, host)),
            Self::SameOrList(list) => OriginRef::parse(origin)
                .is_some_and(|origin| origin.is_of(scheme, host) || origin.is_among(list)),
        }
    }
}

impl fmt::Debug for OriginPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("Any"),
            Self::Custom(_) => f.write_str("Custom(..)"),
            Self::List(list) => f.debug_tuple("List").field(list).finish(),
            Self::Same => f.write_str("Same"),
            Self::SameOrList(list) => f.debug_tuple("SameOrList").field(list).finish(),
        }
    }
}

/// An application's own check of origins; closures are such checks.
#[doc(alias = "Configurator")]
pub trait CheckOrigin: Send + Sync {
    /// Whether a page of `origin` may connect; `None` when the request has no `Origin`. `host` is the
    /// request's `Host`, a host with or without a port.
    fn check_origin(&self, origin: Option<&str>, host: &str) -> bool;
}

impl<F: Fn(Option<&str>, &str) -> bool + Send + Sync> CheckOrigin for F {
    fn check_origin(&self, origin: Option<&str>, host: &str) -> bool {
        self(origin, host)
    }
}

/// A text that is no origin such as `https://example.com` or `http://localhost:8080`.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "not an origin: write a scheme, a host and, if need be, a port, as in `https://example.com`"
)]
pub struct InvalidOrigin;

/// The scheme, host and port of the pages that may connect (RFC 6454 §4).
///
/// ```
/// use ws_core::handshake::{Origin, OriginPolicy};
///
/// let app: Origin = "https://App.example:443".parse()?;
/// assert_eq!(app, "https://app.example".parse()?);
/// let policy = OriginPolicy::List(vec![app]);
/// # Ok::<(), ws_core::handshake::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl std::str::FromStr for Origin {
    type Err = InvalidOrigin;

    /// Reads an origin; letters may have any case and a default port may be left out.
    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let origin = OriginRef::parse(text).ok_or(InvalidOrigin)?;
        Ok(Self {
            scheme: origin.scheme.to_ascii_lowercase(),
            host: origin.host.to_ascii_lowercase(),
            port: origin.port,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.port {
            Some(port) if default_port(&self.scheme) != Some(port) => write!(f, ":{port}"),
            Some(_) | None => Ok(()),
        }
    }
}

/// A host and a port as they stand in `Host`.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostPort<'a> {
    text: &'a str,
    name: &'a str,
    port: Option<u16>,
}

impl<'a> HostPort<'a> {
    /// Reads `text`, `None` when it is no host, or the port is none. An address of IPv6 stands in
    /// brackets. An empty port counts as left out (RFC 3986 §3.2.3).
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let name_len = if text.starts_with('[') {
            text.find(']')? + 1
        } else {
            text.find(':').unwrap_or(text.len())
        };
        let (name, port) = text.split_at(name_len);
        let legal = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(address) => is_made_of(address, b":."),
            None => is_made_of(name, b"-._~%!$&'()*+,;="),
        };
        let port = match port.strip_prefix(':') {
            Some("") => None,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            None if port.is_empty() => None,
            Some(_) | None => return None,
        };
        legal.then_some(Self { text, name, port })
    }
}

/// Whether `text` is not empty and has only letters, digits and `others`.
fn is_made_of(text: &str, others: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
}

/// An origin in the text of a header field.
struct OriginRef<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> OriginRef<'a> {
    /// Reads `text`; `null` and lists of several origins are none.
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let HostPort { name: host, port, .. } = HostPort::parse(authority)?;
        is_made_of(scheme, b"+-.").then(|| Self {
            scheme,
            host,
            port: port.or_else(|| default_port(scheme)),
        })
    }

    /// Whether pages of it have the host and the port of `host`, reached over `scheme`.
    fn is_of(&self, scheme: Scheme, host: HostPort<'_>) -> bool {
        // Without TLS here, a proxy may have taken it off: only the port tells.
        let legal = match scheme {
            Scheme::Ws => default_port(self.scheme).is_some(),
            Scheme::Wss => default_port(self.scheme) == Some(443),
        };
        legal
            && self.host.eq_ignore_ascii_case(host.name)
            && self.port == Some(host.port.unwrap_or(scheme.default_port()))
    }

    fn is_among(&self, list: &[Origin]) -> bool {
        list.iter().any(|listed| self.is(listed))
    }

    fn is(&self, listed: &Origin) -> bool {
        self.port == listed.port
            && self.scheme.eq_ignore_ascii_case(&listed.scheme)
            && self.host.eq_ignore_ascii_case(&listed.host)
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(443)
    } else if scheme.eq_ignore_ascii_case("http") {
        Some(80)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Scheme::{Ws, Wss};
    use super::*;

    #[test]
    fn only_pages_of_the_same_host_and_port_pass() {
        #[rustfmt::skip] // a table
        let cases: &[(&str, Scheme, &str, bool)] = &[
            ("http://example.com",              Ws,  "example.com",        true),
            ("http://example.com:80",           Ws,  "example.com",        true),
            ("http://example.com",              Ws,  "example.com:80",     true),
            ("HTTP://EXAMPLE.com",              Ws,  "example.COM",        true),
            ("https://example.com",             Wss, "example.com",        true),
            ("https://example.com:443",         Wss, "example.com",        true),
            ("https://example.com",             Wss, "example.com:443",    true),
            ("http://127.0.0.1:8080",           Ws,  "127.0.0.1:8080",     true),
            ("http://[::1]:8080",               Ws,  "[::1]:8080",         true),
            ("http://[::1]",                    Ws,  "[::1]",              true),
            ("https://example.com:8443",        Ws,  "example.com:8443",   true),
            ("https://example.com:8443",        Wss, "example.com:8443",   true),
            ("http://example.com:8443",         Wss, "example.com:8443",   false),
            ("http://example.com:443",          Wss, "example.com",        false),
            ("https://example.com",             Ws,  "example.com",        false),
            ("http://example.com",              Wss, "example.com",        false),
            ("http://example.com:8080",         Ws,  "example.com",        false),
            ("http://example.com",              Ws,  "example.com:8080",   false),
            ("http://example.com.",             Ws,  "example.com",        false),
            ("http://www.example.com",          Ws,  "example.com",        false),
            ("https://example.com.evil.test",   Wss, "example.com",        false),
            ("https://evil.test/example.com",   Wss, "example.com",        false),
            ("https://example.com@evil.test",   Wss, "example.com",        false),
            ("https://user@example.com",        Wss, "example.com",        false),
            ("https://example.com/",            Wss, "example.com",        false),
            ("http://127.0.0.1",                Ws,  "localhost",          false),
            ("http://[::1]",                    Ws,  "127.0.0.1",          false),
            ("http://::1",                      Ws,  "[::1]",              false),
            ("app://example.com:80",            Ws,  "example.com",        false),
            ("example.com",                     Ws,  "example.com",        false),
            ("http://a http://b",               Ws,  "a",                  false),
            ("null",                            Ws,  "null",               false),
            ("",                                Ws,  "example.com",        false),
        ];
        for (origin, scheme, host, want) in cases {
            let host = HostPort::parse(host).unwrap();
            let got = OriginPolicy::Same.permits(Some(origin), *scheme, host);
            assert_eq!(got, *want, "{origin} -> {scheme:?} {host:?}");
            assert!(OriginPolicy::Any.permits(Some(origin), *scheme, host), "{origin}");
            assert!(OriginPolicy::Same.permits(None, *scheme, host));
            // A list adds to that, and changes nothing of it.
            let wider = OriginPolicy::SameOrList(vec!["https://listed.example".parse().unwrap()]);
            assert_eq!(wider.permits(Some(origin), *scheme, host), *want, "{origin}");
            assert!(wider.permits(Some("https://listed.example:443"), *scheme, host));
            assert!(!wider.permits(Some("http://listed.example"), *scheme, host));
            assert!(wider.permits(None, *scheme, host));
        }
    }

    #[test]
    fn only_listed_pages_pass() {
        let list = ["https://good.example", "http://localhost:3000", "tauri://localhost"];
        let policy = OriginPolicy::List(list.map(|o| o.parse().unwrap()).to_vec());
        let host = HostPort::parse("chat.example").unwrap();
        #[rustfmt::skip] // a table
        let cases = [
            ("https://good.example",          true),
            ("https://GOOD.example:443",      true),
            ("http://localhost:3000",         true),
            ("tauri://localhost",             true),
            ("http://good.example",           false),
            ("https://good.example:8443",     false),
            ("https://good.example.evil.com", false),
            ("https://evilgood.example",      false),
            ("http://localhost",              false),
            ("https://chat.example",          false),
            ("null",                          false),
        ];
        for (origin, want) in cases {
            assert_eq!(policy.permits(Some(origin), Wss, host), want, "{origin}");
        }
        assert!(policy.permits(None, Wss, host));
    }

    #[test]
    fn a_custom_check_sees_all() {
        let check = |origin: Option<&str>, host: &str| {
            host == "h:1" && matches!(origin, None | Some("null"))
        };
        let policy = OriginPolicy::Custom(Arc::new(check));
        let host = HostPort::parse("h:1").unwrap();
        assert!(policy.permits(None, Ws, host));
        assert!(policy.permits(Some("null"), Ws, host));
        assert!(!policy.permits(Some("http://h:1"), Ws, host));
    }

    #[test]
    fn origins_print_as_browsers_send_them() {
        for (text, want) in [
            ("HTTPS://Example.com:443", "https://example.com"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), want);
        }
        for bad in ["null", "https://", "https://a/b", "https://a:99999", "https://a:x", "://a"] {
            assert_eq!(bad.parse::<Origin>(), Err(InvalidOrigin), "{bad}");
        }
    }
}

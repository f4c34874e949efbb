//! Where to connect, taken from a URI.

use std::fmt;
use std::path::PathBuf;

use http::Uri;
use ws_core::handshake::{ClientRequest, HandshakeKey, InvalidRequest, Scheme};

use crate::client::error::ConnectError;

/// Whom credentials and cookies are for: scheme, host and port (RFC 6454), and behind which socket.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Origin {
    pub(super) secure: bool,
    /// In lower case; an IPv6 address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The Unix socket to connect through, instead of to the host. Programs behind several are
    /// several servers, though all may be called `localhost`.
    pub(super) unix: Option<PathBuf>,
}

impl Origin {
    /// Whether scheme, host and port are those of `other`.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}", authority(&self.host, self.port))?;
        self.unix.as_ref().map_or(Ok(()), |path| write!(f, " at {}", path.display()))
    }
}

/// A place to connect to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// With scheme `ws` or `wss`, as it goes into the request.
    pub(super) uri: Uri,
    pub(super) origin: Origin,
}

impl Target {
    /// Reads `ws://..`, `wss://..`, `http://..`, `https://..`, which mean the same, and
    /// `ws+unix:/socket/path:/request/path`.
    pub(super) fn parse(text: &str) -> Result<Self, ConnectError> {
        for (prefix, scheme) in [("ws+unix:", "ws"), ("wss+unix:", "wss")] {
            if let Some(rest) = strip_prefix(text, prefix) {
                return Self::unix(scheme, rest);
            }
        }
        // What `ClientRequest` calls by its name is left to it.
        let text = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => format!("ws://{rest}"),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => format!("wss://{rest}"),
            _ => text.to_owned(),
        };
        Self::web(&to_ascii_host(&text)?, None)
    }

    fn unix(scheme: &str, rest: &str) -> Result<Self, ConnectError> {
        // `//` may stand before the path, as it does before a host.
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (socket, path) = rest.split_once(':').unwrap_or((rest, "/"));
        if socket.is_empty() {
            return Err(ConnectError::Uri("write `ws+unix:/SOCKET` or `ws+unix:/SOCKET:/PATH`"));
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Self::web(&format!("{scheme}://localhost{slash}{path}"), Some(PathBuf::from(socket)))
    }

    fn web(text: &str, unix: Option<PathBuf>) -> Result<Self, ConnectError> {
        // Judged where requests are made; the key is of no matter here.
        let request = ClientRequest::new(text, HandshakeKey::from_random([0; 16]))?;
        let origin = Origin {
            secure: request.scheme() == Scheme::Wss,
            host: request.host().to_ascii_lowercase(),
            port: request.port(),
            unix,
        };
        Ok(Self { uri: request.uri().clone(), origin })
    }

    /// The place that `location` names, seen from here (RFC 3986 §5.2). Which Unix socket it is
    /// behind is for the caller to say where `location` names a host.
    pub(super) fn join(&self, location: &str) -> Option<Self> {
        // A fragment is for those who show the page.
        let location = location.split('#').next().unwrap_or_default().trim();
        let scheme = self.uri.scheme_str()?;
        let authority = self.uri.authority()?.as_str();
        let text = if has_scheme(location) {
            // Only a URI can say that it is on a Unix socket, and only the user's own.
            return Self::parse(location).ok().filter(|target| target.origin.unix.is_none());
        } else if let Some(rest) = location.strip_prefix("//") {
            return Self::parse(&format!("{scheme}://{rest}")).ok();
        } else if location.is_empty() {
            return Some(self.clone());
        } else if location.starts_with('?') {
            format!("{scheme}://{authority}{}{location}", self.uri.path())
        } else {
            let (path, query) = location.split_once('?').unwrap_or((location, ""));
            let base = if path.starts_with('/') { "" } else { self.uri.path() };
            let folder = &base[..base.rfind('/').map_or(0, |at| at + 1)];
            let path = without_dots(&format!("{folder}{path}"));
            let mark = if location.contains('?') { "?" } else { "" };
            format!("{scheme}://{authority}{path}{mark}{query}")
        };
        Self::web(&text, self.origin.unix.clone()).ok()
    }

    /// `host:port`, as proxies and messages name it.
    pub(super) fn authority(&self) -> String {
        authority(&self.origin.host, self.origin.port)
    }
}

/// `host:port`, with the brackets that an IPv6 address needs.
pub(super) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn has_scheme(location: &str) -> bool {
    let end = location.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
    location.starts_with(|c: char| c.is_ascii_alphabetic())
        && end.is_some_and(|end| location[end..].starts_with(':'))
}

/// Takes `.` and `..` out of a path (RFC 3986 §5.2.4).
fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    segments.pop();
                }
                if last {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    format!("/{}", segments.join("/"))
}

/// The URI with its host as DNS knows it (RFC 5891).
fn to_ascii_host(text: &str) -> Result<String, ConnectError> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(text.to_owned()) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.is_ascii() {
        return Ok(text.to_owned());
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    };
    let host = domain_to_ascii(host)?;
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}{port}{path}"))
}

#[cfg(feature = "idn")]
fn domain_to_ascii(host: &str) -> Result<String, ConnectError> {
    // What looks like `/` or `@` in another width becomes that here, behind the place where the URI
    // was taken apart: such names are refused.
    idna::domain_to_ascii_cow(host.as_bytes(), idna::AsciiDenyList::URL)
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| ConnectError::Uri("the host is no legal domain name"))
}

#[cfg(not(feature = "idn"))]
fn domain_to_ascii(_: &str) -> Result<String, ConnectError> {
    Err(ConnectError::Uri(
        "the host is not ASCII: write its `xn--` form, or turn the feature `idn` on",
    ))
}

impl From<&Target> for String {
    fn from(target: &Target) -> Self {
        target.uri.to_string()
    }
}

/// A request to `target`, with a new random key (RFC 6455 §4.1 item 7).
pub(super) fn request(target: &Target) -> Result<ClientRequest, InvalidRequest> {
    ClientRequest::new(&String::from(target), HandshakeKey::from_random(super::random()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, location: &str) -> Option<String> {
        Target::parse(base).unwrap().join(location).map(|target| String::from(&target))
    }

    #[test]
    fn schemes_hosts_and_ports() {
        #[rustfmt::skip] // a table
        let cases = [
            ("ws://example.com",             false, "example.com", 80),
            ("WSS://Example.COM/a",          true,  "example.com", 443),
            ("http://example.com:81/",       false, "example.com", 81),
            ("https://example.com",          true,  "example.com", 443),
            ("ws://[::1]:9/x",               false, "::1",         9),
        ];
        for (uri, secure, host, port) in cases {
            let target = Target::parse(uri).unwrap();
            let expected = Origin { secure, host: host.into(), port, unix: None };
            assert_eq!(target.origin, expected, "{uri}");
        }
        for uri in ["ftp://example.com", "example.com", "ws://", "ws://a#b", "ws://u:p@a/", ""] {
            assert!(Target::parse(uri).is_err(), "{uri}");
        }
        assert_eq!(Target::parse("ws://[::1]").unwrap().authority(), "[::1]:80");
    }

    #[test]
    fn unix_sockets() {
        let target = Target::parse("ws+unix:/run/app.sock:/chat?a=1").unwrap();
        assert_eq!(target.origin.unix, Some(PathBuf::from("/run/app.sock")));
        assert_eq!(target.origin.to_string(), "ws://localhost:80 at /run/app.sock");
        assert_eq!(target.uri, "ws://localhost/chat?a=1");
        let target = Target::parse("ws+unix:///run/app.sock").unwrap();
        assert_eq!(target.origin.unix, Some(PathBuf::from("/run/app.sock")));
        assert_eq!(target.uri, "ws://localhost/");
        assert!(Target::parse("ws+unix:").is_err());
    }

    #[test]
    fn locations_are_seen_from_where_they_came() {
        #[rustfmt::skip] // a table
        let cases = [
            ("wss://b.example/c",   Some("wss://b.example/c")),
            ("https://b.example/c", Some("wss://b.example/c")),
            ("//b.example/c",       Some("ws://b.example/c")),
            ("/c?d",                Some("ws://a.example:8/c?d")),
            ("c",                   Some("ws://a.example:8/x/c")),
            ("../c",                Some("ws://a.example:8/c")),
            ("../../../c",          Some("ws://a.example:8/c")),
            ("./",                  Some("ws://a.example:8/x/")),
            ("?d",                  Some("ws://a.example:8/x/y?d")),
            ("#part",               Some("ws://a.example:8/x/y?q")),
            ("mailto:a@b",          None),
            ("ws+unix:/run/x",      None),
            ("ftp://b.example/",    None),
        ];
        for (location, expected) in cases {
            let found = joined("ws://a.example:8/x/y?q", location);
            assert_eq!(found.as_deref(), expected, "{location}");
        }
    }

    #[test]
    fn hosts_beyond_ascii() {
        let target = Target::parse("ws://bücher.example:8080/ä");
        if cfg!(feature = "idn") {
            assert_eq!(target.unwrap().authority(), "xn--bcher-kva.example:8080");
            // Wide forms of `/`, `@`, `:` and `#`.
            for host in [
                "good.example\u{ff0f}.evil.example",
                "a\u{ff20}b.example",
                "a\u{ff1a}b",
                "a\u{ff03}b",
            ] {
                assert!(
                    matches!(Target::parse(&format!("ws://{host}/")), Err(ConnectError::Uri(_))),
                    "{host}"
                );
            }
        } else {
            assert!(matches!(target, Err(ConnectError::Uri(_))));
        }
    }
}

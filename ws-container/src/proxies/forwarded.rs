//! Which client stands behind the proxies, by the fields of its request (RFC 7239).

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderValue};
use http::request::Parts;
use thiserror::Error;

use crate::proxies::Network;
use crate::proxies::fields::{Hop, Node, forwarded, x_forwarded};

/// Which header fields trusted proxies write. A proxy passes on the fields that it does not know as
/// they came from the client: where only one kind is really written, name it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are two kinds")]
pub enum ProxyHeaders {
    /// Either. A request in which the two name different clients is answered with 400.
    #[default]
    Any,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.
    XForwarded,
}

/// Which proxies are believed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    pub(crate) networks: Vec<Network>,
    pub(crate) headers: ProxyHeaders,
}

/// What trusted proxies say of a request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Forwarded {
    /// Who sent it: `None` where they do not say, `Some(None)` where they hide it.
    pub(crate) client: Option<Option<SocketAddr>>,
    /// Whether the client used TLS; `None` where they do not say.
    pub(crate) secure: Option<bool>,
    /// The client's `Host`; `None` where they do not say.
    host: Option<HeaderValue>,
}

/// Fields of a trusted proxy that say nothing one could believe.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum Malformed {
    #[error("a trusted proxy sent a malformed `Forwarded`")]
    Forwarded,
    #[error("a trusted proxy sent a malformed `X-Forwarded-..`")]
    XForwarded,
    #[error("`Forwarded` and `X-Forwarded-For` name different clients; set `proxy_headers`")]
    Contradiction,
}

impl Trust {
    /// Whether connections from `addr` may begin with a PROXY header: those of trusted proxies, and
    /// where none is named those of anybody who can reach the listener.
    pub(crate) fn may_proxy(&self, addr: IpAddr) -> bool {
        self.networks.is_empty() || self.is_proxy(addr)
    }

    /// Whether `addr` is that of a trusted proxy.
    fn is_proxy(&self, addr: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(addr))
    }

    /// What the proxies say of the request `parts` that came from `peer`. Their `Host` replaces the
    /// request's. Nothing unless `peer` is trusted.
    ///
    /// # Errors
    ///
    /// [`Malformed`].
    pub(crate) fn resolve(
        &self,
        parts: &mut Parts,
        peer: Option<SocketAddr>,
    ) -> Result<Forwarded, Malformed> {
        if !peer.is_some_and(|peer| self.is_proxy(peer.ip())) {
            return Ok(Forwarded::default());
        }
        let (new, old) = match self.headers {
            ProxyHeaders::Any => (true, true),
            ProxyHeaders::Forwarded => (true, false),
            ProxyHeaders::XForwarded => (false, true),
        };
        let headers = &parts.headers;
        let mut said = Forwarded::default();
        if new {
            said = self.judge(&forwarded(headers).ok_or(Malformed::Forwarded)?);
        }
        if old {
            let older = self.judge(&x_forwarded(headers).ok_or(Malformed::XForwarded)?);
            said = said.and(older)?;
        }
        if let Some(host) = said.host.take() {
            parts.headers.insert(HOST, host);
        }
        Ok(said)
    }

    /// The client among `hops`: who is met first, from our side, that is no trusted proxy. What came
    /// before may be anybody's invention.
    fn judge(&self, hops: &[Hop]) -> Forwarded {
        let mut client = None;
        let mut from = hops.len();
        for (index, hop) in hops.iter().enumerate().rev() {
            from = index;
            match hop.node {
                Some(Node::Addr(addr)) => {
                    client = Some(Some(addr));
                    if !self.is_proxy(addr.ip()) {
                        break;
                    }
                }
                Some(Node::Hidden) => {
                    client = Some(None);
                    break;
                }
                None => break,
            }
        }
        // What the first trusted proxy did not say, one behind it may have.
        let trusted = &hops[from..];
        Forwarded {
            client,
            secure: trusted.iter().find_map(|hop| hop.secure),
            host: trusted.iter().find_map(|hop| hop.host.clone()),
        }
    }
}

impl Forwarded {
    /// What both say.
    fn and(self, other: Self) -> Result<Self, Malformed> {
        if let (Some(one), Some(two)) = (self.client, other.client)
            && one.map(|addr| addr.ip()) != two.map(|addr| addr.ip())
        {
            return Err(Malformed::Contradiction);
        }
        Ok(Self {
            client: self.client.or(other.client),
            secure: self.secure.or(other.secure),
            host: self.host.or(other.host),
        })
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const PEER: &str = "127.0.0.1:999";

    fn trust(headers: ProxyHeaders) -> Trust {
        let networks = ["127.0.0.1", "10.0.0.0/8"].map(|it| it.parse().unwrap()).to_vec();
        Trust { networks, headers }
    }

    /// The client, whether it is secure, its host.
    type Said = (Option<Option<String>>, Option<bool>, String);

    /// What a request with `fields` from `peer` says.
    fn said(headers: ProxyHeaders, peer: &str, fields: &[(&str, &str)]) -> Result<Said, Malformed> {
        let mut request = Request::get("/").header("Host", "inner");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let said = trust(headers).resolve(&mut parts, Some(peer.parse().unwrap()))?;
        let host = parts.headers[HOST].to_str().unwrap().to_owned();
        assert_eq!(parts.headers.get_all(HOST).iter().count(), 1);
        Ok((said.client.map(|it| it.map(|it| it.ip().to_string())), said.secure, host))
    }

    #[test]
    fn the_right_most_untrusted_address_wins() {
        let client = |ip: &str| Some(Some(ip.to_owned()));
        let all = "X-Forwarded-For";
        for (name, fields, want) in [
            ("nothing", &[][..], None),
            ("one", &[(all, "192.0.2.1")], client("192.0.2.1")),
            ("invented", &[(all, "6.6.6.6, 192.0.2.1")], client("192.0.2.1")),
            ("two lines", &[(all, "6.6.6.6"), (all, "192.0.2.1")], client("192.0.2.1")),
            ("a chain", &[(all, "192.0.2.1, 10.0.0.1, 10.0.0.2")], client("192.0.2.1")),
            ("behind a chain", &[(all, "6.6.6.6, 192.0.2.1, 10.0.0.2")], client("192.0.2.1")),
            ("proxies alone", &[(all, "10.0.0.1, 10.0.0.2")], client("10.0.0.1")),
            ("hidden", &[("Forwarded", "for=6.6.6.6, for=_x, for=10.0.0.1")], Some(None)),
            ("standard", &[("Forwarded", "for=\"[2001:db8::1]:5\"")], client("2001:db8::1")),
            ("alike", &[("Forwarded", "for=1.1.1.1"), (all, "1.1.1.1")], client("1.1.1.1")),
        ] {
            assert_eq!(said(ProxyHeaders::Any, PEER, fields).unwrap().0, want, "{name}");
        }
        let fields = [(all, "192.0.2.1"), ("Forwarded", "for=6.6.6.6")];
        assert_eq!(said(ProxyHeaders::Any, PEER, &fields), Err(Malformed::Contradiction));
        assert_eq!(said(ProxyHeaders::XForwarded, PEER, &fields).unwrap().0, client("192.0.2.1"));
        assert_eq!(said(ProxyHeaders::Forwarded, PEER, &fields).unwrap().0, client("6.6.6.6"));
    }

    #[test]
    fn the_protocol_and_the_host_are_those_of_the_client() {
        let proxies =
            "for=192.0.2.1;proto=https;host=outer.example, for=10.0.0.1;proto=http;host=mid";
        let got = said(ProxyHeaders::Any, PEER, &[("Forwarded", proxies)]).unwrap();
        assert_eq!((got.1, got.2.as_str()), (Some(true), "outer.example"));
        // The first hop is the client's own word.
        let invented = "for=6.6.6.6;proto=https;host=evil, for=192.0.2.1";
        let got = said(ProxyHeaders::Any, PEER, &[("Forwarded", invented)]).unwrap();
        assert_eq!((got.1, got.2.as_str()), (None, "inner"));
        let older = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "outer.example")];
        let got = said(ProxyHeaders::Any, PEER, &older).unwrap();
        assert_eq!(got, (None, Some(true), "outer.example".to_owned()));
    }

    #[test]
    fn strangers_are_not_believed_and_proxies_must_be_understood() {
        let fields = [("X-Forwarded-For", "1.1.1.1"), ("Forwarded", "nonsense")];
        let got = said(ProxyHeaders::Any, "192.0.2.1:1", &fields).unwrap();
        assert_eq!(got, (None, None, "inner".to_owned()));
        assert_eq!(said(ProxyHeaders::Any, PEER, &fields), Err(Malformed::Forwarded));
        let fields = [("X-Forwarded-For", "1.1.1.1, localhost")];
        assert_eq!(said(ProxyHeaders::Any, PEER, &fields), Err(Malformed::XForwarded));
        assert_eq!(said(ProxyHeaders::Forwarded, PEER, &fields).unwrap().0, None);
    }
}

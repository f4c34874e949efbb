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
    /// Either. A request that has both is answered with 400 unless they say the same of the client,
    /// of its protocol and of its host: what stands in one alone may be the client's invention.
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
    #[error("`Forwarded` and `X-Forwarded-..` do not say the same; set `proxy_headers`")]
    Contradiction,
}

impl Trust {
    /// Whether connections from `addr` may begin with a PROXY header: those of trusted proxies, and
    /// where none is named those of anybody who can reach the listener.
    pub(crate) fn may_proxy(&self, addr: IpAddr) -> bool {
        self.networks.is_empty() || self.is_proxy(addr)
    }

    /// Whether `addr` is that of a trusted proxy.
    pub(crate) fn is_proxy(&self, addr: IpAddr) -> bool {
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
    /// What both say. Where one kind says nothing the other is believed; else they must agree, also
    /// on what is left out: a proxy that writes one kind passes on the other as the client wrote it,
    /// and a client knows its own address well enough to repeat that.
    fn and(self, other: Self) -> Result<Self, Malformed> {
        if self == Self::default() {
            return Ok(other);
        }
        if other == Self::default() {
            return Ok(self);
        }
        let addr = |said: &Self| said.client.map(|client| client.map(|addr| addr.ip()));
        let agreed = addr(&self) == addr(&other)
            && self.secure == other.secure
            && match (&self.host, &other.host) {
                (Some(one), Some(two)) => one.as_bytes().eq_ignore_ascii_case(two.as_bytes()),
                (one, two) => one == two,
            };
        if !agreed {
            return Err(Malformed::Contradiction);
        }
        // A port that one kind alone names may be invented too.
        let client = match (self.client, other.client) {
            (Some(Some(one)), Some(Some(two))) if one != two => {
                Some(Some(SocketAddr::new(one.ip(), 0)))
            }
            (client, _) => client,
        };
        Ok(Self { client, ..self })
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
    fn what_one_kind_alone_says_beside_the_other_is_not_believed() {
        let (all, proto, host) = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host");
        let older = [(all, "192.0.2.1"), (proto, "http"), (host, "outer.example")];
        for standard in [
            "proto=https;host=evil",
            "proto=https",
            "host=outer.example",
            "for=192.0.2.1",
            "for=192.0.2.1;proto=https;host=outer.example",
            "for=192.0.2.1;proto=http;host=evil",
            "for=192.0.2.1;proto=http",
            "for=192.0.2.1;host=outer.example",
            "proto=http;host=outer.example",
            "for=_hidden;proto=http;host=outer.example",
        ] {
            let fields = [older.as_slice(), &[("Forwarded", standard)]].concat();
            let got = said(ProxyHeaders::Any, PEER, &fields);
            assert_eq!(got, Err(Malformed::Contradiction), "{standard}");
            said(ProxyHeaders::XForwarded, PEER, &fields).unwrap();
            said(ProxyHeaders::Forwarded, PEER, &fields).unwrap();
            // Where the proxy writes the standard field, the client may invent the older ones.
            for one in older {
                let fields = [("Forwarded", standard), one];
                let alone = standard == "for=192.0.2.1" && one.0 == all;
                let got = said(ProxyHeaders::Any, PEER, &fields);
                let both = standard == "host=outer.example" && one.0 == host;
                assert_eq!(got.is_ok(), alone || both, "{standard} beside {one:?}");
            }
        }
        let standard = "for=192.0.2.1;proto=http;host=Outer.example;by=10.0.0.1";
        for standard in [standard, "by=10.0.0.1", ""] {
            let fields = [older.as_slice(), &[("Forwarded", standard)]].concat();
            let got = said(ProxyHeaders::Any, PEER, &fields).unwrap();
            assert_eq!(got.0, Some(Some("192.0.2.1".to_owned())));
            assert_eq!((got.1, got.2.to_lowercase().as_str()), (Some(false), "outer.example"));
        }
    }

    #[test]
    fn a_port_that_one_kind_alone_names_is_not_believed() {
        let said = |port: u16| Forwarded {
            client: Some(Some(([192, 0, 2, 1], port).into())),
            ..Forwarded::default()
        };
        assert_eq!(said(81).and(said(81)), Ok(said(81)));
        assert_eq!(said(81).and(said(0)), Ok(said(0)));
        assert_eq!(said(0).and(said(82)), Ok(said(0)));
        assert_eq!(said(81).and(Forwarded::default()), Ok(said(81)));
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

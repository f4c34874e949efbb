//! The grammar of `Forwarded` (RFC 7239 §4) and of the fields that came before it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

/// Most proxies in one chain.
const MAX_HOPS: usize = 32;

pub(super) const FORWARDED: HeaderName = http::header::FORWARDED;
pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(super) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub(super) const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Who connected to a proxy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Node {
    /// An address; port 0 where the proxy did not say one.
    Addr(SocketAddr),
    /// The proxy does not know it or does not tell (RFC 7239 §6.2, §6.3).
    Hidden,
}

/// What one proxy said of the request that it got.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Hop {
    pub(super) node: Option<Node>,
    pub(super) secure: Option<bool>,
    pub(super) host: Option<HeaderValue>,
}

/// The hops in the `Forwarded` of `headers`, the client's first; none without one. `None` when it is
/// malformed.
pub(super) fn forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    for line in headers.get_all(FORWARDED) {
        let mut rest = line.to_str().ok()?;
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            if rest.is_empty() {
                break;
            }
            if let Some(behind) = rest.strip_prefix(',') {
                rest = behind; // an empty element of a list means nothing (RFC 9110 §5.6.1)
                continue;
            }
            let (hop, behind) = hop(rest)?;
            hops.push(hop);
            rest = behind;
            if hops.len() > MAX_HOPS {
                return None;
            }
        }
    }
    Some(hops)
}

/// The hop at the front of `text`, and what stands from its comma on.
fn hop(mut text: &str) -> Option<(Hop, &str)> {
    let mut hop = Hop::default();
    loop {
        text = text.trim_start_matches([' ', '\t']);
        let (name, behind) = text.split_once('=')?;
        let (value, behind) = value(behind)?;
        match name.to_ascii_lowercase().as_str() {
            "for" if hop.node.is_none() => hop.node = Some(node(&value)?),
            "proto" if hop.secure.is_none() => hop.secure = Some(is_secure(&value)?),
            "host" if hop.host.is_none() => hop.host = Some(host(&value)?),
            "for" | "proto" | "host" => return None, // each once (RFC 7239 §4)
            name if !name.is_empty() && name.bytes().all(is_tchar) => {}
            _ => return None,
        }
        text = behind.trim_start_matches([' ', '\t']);
        match text.strip_prefix(';') {
            Some(behind) => text = behind,
            None if text.is_empty() || text.starts_with(',') => return Some((hop, text)),
            None => return None,
        }
    }
}

/// The token or quoted string at the front of `text`, and what stands behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';', ' ', '\t']).unwrap_or(text.len());
        let (token, behind) = text.split_at(end);
        // Wider than the grammar: proxies write `for=[::1]` and `for=1.2.3.4:5` without quotes.
        let legal = |byte| is_tchar(byte) || matches!(byte, b':' | b'[' | b']');
        return (!token.is_empty() && token.bytes().all(legal)).then(|| (token.into(), behind));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            char => value.push(char),
        }
    }
    None
}

const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// The hops in the `X-Forwarded-..` of `headers`, likewise.
///
/// Some proxies append to all three lists, others replace the protocol and the host: lists of one
/// length go together, and else the last value is that of the last hop.
pub(super) fn x_forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let nodes = list(headers, &X_FORWARDED_FOR, node)?;
    let protos = list(headers, &X_FORWARDED_PROTO, is_secure)?;
    let hosts = list(headers, &X_FORWARDED_HOST, host)?;
    let said = !(nodes.is_empty() && protos.is_empty() && hosts.is_empty());
    let mut hops: Vec<Hop> =
        nodes.iter().map(|node| Hop { node: Some(*node), ..Hop::default() }).collect();
    if hops.is_empty() && said {
        hops.push(Hop::default());
    }
    spread(&mut hops, protos, |hop, secure| hop.secure = Some(secure));
    spread(&mut hops, hosts, |hop, host| hop.host = Some(host));
    Some(hops)
}

fn spread<T>(hops: &mut [Hop], values: Vec<T>, put: impl Fn(&mut Hop, T)) {
    if values.len() == hops.len() {
        hops.iter_mut().zip(values).for_each(|(hop, value)| put(hop, value));
    } else if let (Some(hop), Some(value)) = (hops.last_mut(), values.into_iter().next_back()) {
        put(hop, value);
    }
}

/// The values of all lines called `name`, each read by `parse`. `None` when one is malformed.
fn list<T>(
    headers: &HeaderMap,
    name: &HeaderName,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    let mut values = Vec::new();
    for line in headers.get_all(name) {
        for value in line.to_str().ok()?.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            values.push(parse(value)?);
            if values.len() > MAX_HOPS {
                return None;
            }
        }
    }
    Some(values)
}

fn is_secure(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some(true),
        "http" | "ws" => Some(false),
        _ => None,
    }
}

fn host(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(value).ok().filter(|value| !value.is_empty())
}

/// A node (RFC 7239 §6), also an IPv6 address without brackets, as `X-Forwarded-For` has it.
fn node(text: &str) -> Option<Node> {
    if let Ok(addr) = text.parse::<IpAddr>() {
        return Some(Node::Addr(SocketAddr::new(addr.to_canonical(), 0)));
    }
    if text.eq_ignore_ascii_case("unknown") || is_obfuscated(text) {
        return Some(Node::Hidden);
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (IpAddr::from(host.parse::<Ipv6Addr>().ok()?), port)
        }
        None if text.starts_with('_')
            || text.len() > 7 && text[..7].eq_ignore_ascii_case("unknown") =>
        {
            let (name, port) = text.split_once(':')?;
            node(name)?;
            port_of(port)?;
            return Some(Node::Hidden);
        }
        None => {
            let end = text.find(':')?;
            (IpAddr::from(text[..end].parse::<Ipv4Addr>().ok()?), &text[end..])
        }
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port_of(port)?,
        None if port.is_empty() => 0,
        None => return None,
    };
    Some(Node::Addr(SocketAddr::new(host.to_canonical(), port)))
}

/// A port, 0 for one that the proxy does not tell.
fn port_of(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { is_obfuscated(text).then_some(0) }
}

fn is_obfuscated(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    text.strip_prefix('_').is_some_and(|it| !it.is_empty() && it.bytes().all(legal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes() {
        let addr = |text: &str| Some(Node::Addr(text.parse().unwrap()));
        for (text, want) in [
            ("192.0.2.1", addr("192.0.2.1:0")),
            ("192.0.2.1:47", addr("192.0.2.1:47")),
            ("192.0.2.1:_p", addr("192.0.2.1:0")),
            ("[2001:db8::1]", addr("[2001:db8::1]:0")),
            ("[2001:db8::1]:47", addr("[2001:db8::1]:47")),
            ("2001:db8::1", addr("[2001:db8::1]:0")),
            ("::ffff:192.0.2.1", addr("192.0.2.1:0")),
            ("unknown", Some(Node::Hidden)),
            ("Unknown:80", Some(Node::Hidden)),
            ("_hidden", Some(Node::Hidden)),
            ("_hidden:_x", Some(Node::Hidden)),
            ("", None),
            ("_", None),
            ("_a b", None),
            ("example.com", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:65536", None),
            ("192.0.2.1:+1", None),
            ("192.0.2.256", None),
            ("[2001:db8::1", None),
            ("[192.0.2.1]", None),
            ("[2001:db8::1]47", None),
            ("unknownx", None),
            ("unknown:", None),
        ] {
            assert_eq!(node(text), want, "{text}");
        }
    }

    fn parsed(name: &HeaderName, lines: &[&str]) -> Option<Vec<Hop>> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        if name == FORWARDED { forwarded(&headers) } else { x_forwarded(&headers) }
    }

    #[test]
    fn hops_of_forwarded() {
        let hops = parsed(
            &FORWARDED,
            &[
                "for=\"[2001:db8::1]:4711\";proto=https;HOST=\"a.example:8443\" , for=192.0.2.9;by=_x",
                "For=\"\\_a\", , secret=\"a,b;c\";proto=HTTP",
            ],
        );
        let addr = |text: &str| Some(Node::Addr(text.parse().unwrap()));
        let host = Some(HeaderValue::from_static("a.example:8443"));
        let want = [
            Hop { node: addr("[2001:db8::1]:4711"), secure: Some(true), host },
            Hop { node: addr("192.0.2.9:0"), ..Hop::default() },
            Hop { node: Some(Node::Hidden), ..Hop::default() },
            Hop { secure: Some(false), ..Hop::default() },
        ];
        assert_eq!(hops.as_deref(), Some(&want[..]));
        assert_eq!(parsed(&FORWARDED, &[]), Some(Vec::new()));
        let many = ["for=192.0.2.1"; 33].join(",");
        for malformed in [
            "for",
            "for=",
            "for=x",
            "=x",
            "for=192.0.2.1 proto=http",
            "for=\"192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "proto=ftp",
            "for=192.0.2.1;",
            "a b=c",
            "host=\"\"",
            &many,
        ] {
            assert_eq!(parsed(&FORWARDED, &[malformed]), None, "{malformed}");
        }
    }

    #[test]
    fn lists_of_one_length_go_together() {
        let hops = |nodes: &str, protos: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_FORWARDED_FOR, HeaderValue::from_str(nodes).unwrap());
            headers.insert(X_FORWARDED_PROTO, HeaderValue::from_str(protos).unwrap());
            x_forwarded(&headers).map(|it| it.iter().map(|hop| hop.secure).collect::<Vec<_>>())
        };
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(hops("192.0.2.1, 192.0.2.2", "https, http"), Some(vec![yes, no]));
        assert_eq!(hops("192.0.2.1, 192.0.2.2", "https"), Some(vec![None, yes]));
        assert_eq!(hops("192.0.2.1", "http, https"), Some(vec![yes]));
        assert_eq!(hops("", "https"), Some(vec![yes]));
        assert_eq!(hops("192.0.2.1", "gopher"), None);
        assert_eq!(hops("192.0.2.1, evil", "http"), None);
    }
}

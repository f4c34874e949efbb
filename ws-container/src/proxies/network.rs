//! Ranges of addresses, RFC 4632 and RFC 4291 §2.3.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

/// A text that is no range of addresses.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("`{0}` is no network; write an address as in `127.0.0.1`, or a range as in `10.0.0.0/8`")]
pub struct InvalidNetwork(String);

/// One address, or all that share its first bits.
///
/// ```
/// use ws_container::Network;
///
/// let office: Network = "10.0.0.0/8".parse()?;
/// assert!(office.contains("10.1.2.3".parse()?));
/// assert!("10.1.0.0/8".parse::<Network>().is_err(), "bits behind the range");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "cli", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "cli", serde(try_from = "String", into = "String"))]
pub struct Network {
    addr: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether `addr` is in it. An IPv4 address counts as such when it came through an IPv6 socket.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        let (addr, len) = bits(addr);
        let (own, own_len) = bits(self.addr);
        len == own_len && head(addr, len, self.prefix) == own
    }
}

/// The bits of `addr`, and how many they are.
fn bits(addr: IpAddr) -> (u128, u32) {
    match addr.to_canonical() {
        IpAddr::V4(addr) => (u128::from(addr.to_bits()), 32),
        IpAddr::V6(addr) => (addr.to_bits(), 128),
    }
}

/// `bits`, of which there are `len`, with nothing behind the first `prefix`.
const fn head(bits: u128, len: u32, prefix: u32) -> u128 {
    match u128::MAX.checked_shl(len - prefix) {
        Some(mask) => bits & mask,
        None => 0,
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let parse = || {
            let (addr, prefix) = match text.split_once('/') {
                Some((addr, prefix)) => (addr, Some(prefix)),
                None => (text, None),
            };
            let addr: IpAddr = addr.parse().ok()?;
            let (bits, len) = bits(addr);
            // A mapped address would be compared as IPv4, and its prefix counts for IPv6.
            let same = addr.is_ipv4() == (len == 32);
            let prefix = match prefix {
                Some(digits) if !digits.bytes().all(|it| it.is_ascii_digit()) => return None,
                Some(digits) => digits.parse().ok().filter(|prefix| *prefix <= len)?,
                None => len,
            };
            (same && head(bits, len, prefix) == bits).then_some(Self { addr, prefix })
        };
        parse().ok_or_else(|| InvalidNetwork(text.into()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, len) = bits(self.addr);
        fmt::Display::fmt(&self.addr, f)?;
        if self.prefix == len { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl From<IpAddr> for Network {
    fn from(addr: IpAddr) -> Self {
        let addr = addr.to_canonical();
        Self { addr, prefix: bits(addr).1 }
    }
}

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;

    fn try_from(text: String) -> Result<Self, InvalidNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside() {
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("192.0.2.128/25", "192.0.2.200", "192.0.2.127"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "2001:db8::1", "127.0.0.1"),
            ("::1", "::1", "::2"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert_eq!(parsed.to_string(), network);
            assert!(parsed.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.1/8",
            "10.0.0/8",
            "::/129",
            "localhost",
            "::ffff:10.0.0.0/104",
            "10.0.0.0/8/8",
            " 10.0.0.0/8",
        ] {
            assert_eq!(text.parse::<Network>(), Err(InvalidNetwork(text.into())), "{text}");
        }
    }
}

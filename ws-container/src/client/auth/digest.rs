//! Digest authentication, RFC 7616, with MD5 and SHA-256 and the quality of protection `auth`.

use std::fmt::Write as _;

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::challenge::Challenge;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    fn hex(self, text: &str) -> String {
        let mut hex = String::with_capacity(64);
        let mut push = |bytes: &[u8]| {
            for byte in bytes {
                // Writing to a string does not fail.
                let _ = write!(hex, "{byte:02x}");
            }
        };
        match self {
            Self::Md5 => push(&Md5::digest(text)),
            Self::Sha256 => push(&Sha256::digest(text)),
        }
        hex
    }
}

/// A server's challenge, and how often it was answered: one may answer again without being asked.
#[derive(Clone, Debug)]
pub(super) struct DigestChallenge {
    hash: Hash,
    /// As the server wrote it, to be repeated.
    algorithm: Option<String>,
    session: bool,
    pub(super) realm: String,
    nonce: String,
    opaque: Option<String>,
    /// The server knows `qop=auth`; all but those of RFC 2069 do.
    qop: bool,
    pub(super) stale: bool,
    count: u32,
}

impl DigestChallenge {
    /// `None` for a challenge that cannot be answered.
    pub(super) fn new(challenge: &Challenge) -> Option<Self> {
        let algorithm = challenge.param("algorithm");
        let (name, session) = match algorithm {
            None => ("MD5", false),
            Some(name) => {
                match name.len().checked_sub(5).and_then(|at| name.split_at_checked(at)) {
                    Some((name, sess)) if sess.eq_ignore_ascii_case("-sess") => (name, true),
                    _ => (name, false),
                }
            }
        };
        let hash = [("MD5", Hash::Md5), ("SHA-256", Hash::Sha256)]
            .into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))?
            .1;
        let qop = match challenge.param("qop") {
            None => false,
            Some(list) => {
                let auth = list.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth"));
                auth.then_some(true)?
            }
        };
        Some(Self {
            hash,
            algorithm: algorithm.map(str::to_owned),
            session,
            realm: challenge.param("realm")?.to_owned(),
            nonce: challenge.param("nonce")?.to_owned(),
            opaque: challenge.param("opaque").map(str::to_owned),
            qop,
            stale: challenge.param("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            count: 0,
        })
    }

    /// How good it is; higher is better.
    pub(super) fn strength(&self) -> u8 {
        self.hash as u8
    }

    /// The value of `Authorization` for a request of `target` with `method`.
    pub(super) fn answer(
        &mut self,
        (user, password): (&str, &str),
        (method, target): (&str, &str),
        cnonce: &str,
    ) -> String {
        self.count = self.count.saturating_add(1);
        let hash = |text: String| self.hash.hex(&text);
        let (realm, nonce) = (&self.realm, &self.nonce);
        let mut secret = hash(format!("{user}:{realm}:{password}"));
        if self.session {
            secret = hash(format!("{secret}:{nonce}:{cnonce}"));
        }
        let request = hash(format!("{method}:{target}"));
        let count = format!("{:08x}", self.count);
        let response = if self.qop {
            hash(format!("{secret}:{nonce}:{count}:{cnonce}:auth:{request}"))
        } else {
            hash(format!("{secret}:{nonce}:{request}"))
        };
        let mut value = String::from("Digest ");
        if user.is_ascii() {
            push(&mut value, "username", user);
        } else {
            let set = percent_encoding::NON_ALPHANUMERIC;
            let user = percent_encoding::utf8_percent_encode(user, set);
            let _ = write!(value, "username*=UTF-8''{user}, ");
        }
        push(&mut value, "realm", realm);
        push(&mut value, "nonce", nonce);
        push(&mut value, "uri", target);
        if let Some(opaque) = &self.opaque {
            push(&mut value, "opaque", opaque);
        }
        if let Some(algorithm) = &self.algorithm {
            let _ = write!(value, "algorithm={algorithm}, ");
        }
        if self.qop {
            let _ = write!(value, "qop=auth, nc={count}, ");
        }
        if self.qop || self.session {
            push(&mut value, "cnonce", cnonce);
        }
        let _ = write!(value, "response=\"{response}\"");
        value
    }
}

fn push(value: &mut String, name: &str, text: &str) {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let _ = write!(value, "{name}=\"{text}\", ");
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;
    use http::{HeaderMap, HeaderValue};

    use super::super::challenge::challenges;
    use super::*;

    fn challenge(text: &str) -> Option<DigestChallenge> {
        let mut headers = HeaderMap::new();
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_str(text).unwrap());
        DigestChallenge::new(&challenges(&headers, &WWW_AUTHENTICATE)[0])
    }

    /// RFC 7616 §3.9.1.
    #[test]
    fn the_examples_of_the_rfc() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let mut challenge = challenge(&format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            ))
            .unwrap();
            let value = challenge.answer(
                ("Mufasa", "Circle of Life"),
                ("GET", "/dir/index.html"),
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            );
            assert!(value.contains(&format!("response=\"{response}\"")), "{value}");
            assert!(value.contains("qop=auth, nc=00000001, "), "{value}");
            assert!(value.contains(&format!("algorithm={algorithm}, ")), "{value}");
            let again = challenge.answer(("Mufasa", ""), ("GET", "/"), "c");
            assert!(again.contains("nc=00000002"), "{again}");
        }
    }

    /// RFC 2617 §3.5 without `qop`, as RFC 2069 has it.
    #[test]
    fn servers_of_old() {
        let mut challenge = challenge(
            "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
        )
        .unwrap();
        let value = challenge.answer(("Mufasa", "Circle Of Life"), ("GET", "/dir/index.html"), "");
        assert!(value.contains("response=\"670fd8c2df070c60b045671b8b24ff02\""), "{value}");
        assert!(!value.contains("cnonce") && !value.contains("qop"), "{value}");
    }

    #[test]
    fn what_is_not_understood_is_not_answered() {
        assert!(challenge("Digest realm=x, nonce=y, algorithm=SHA-512-256").is_none());
        assert!(challenge("Digest realm=x, nonce=y, qop=\"auth-int\"").is_none());
        assert!(challenge("Digest realm=x").is_none());
        assert!(challenge("Digest realm=x, nonce=y, algorithm=md5-SESS").unwrap().session);
    }

    #[test]
    fn names_with_quotes_and_beyond_ascii() {
        let mut challenge = challenge("Digest realm=\"a \\\"b\\\"\", nonce=y, qop=auth").unwrap();
        let value = challenge.answer(("é", "x"), ("GET", "/"), "c");
        assert!(value.contains("username*=UTF-8''%C3%A9, realm=\"a \\\"b\\\"\""), "{value}");
    }
}

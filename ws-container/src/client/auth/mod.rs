//! Showing a server or a proxy who we are: Basic (RFC 7617) and Digest (RFC 7616).

mod challenge;
mod digest;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

use self::challenge::challenges;
use self::digest::DigestChallenge;

/// A user's name and password. They are sent when the server asks for them, and never to another
/// server that it redirects to.
///
/// A server that offers several ways gets the best that is known here: Digest with SHA-256, Digest
/// with MD5, Basic. Basic sends the password as it is: use it over `wss` only.
///
/// ```
/// use ws_container::client::{ClientEndpointConfig, Credentials};
///
/// let config = ClientEndpointConfig::builder()
///     .credentials(Credentials::new("ann", "secret").realm("chat"))
///     .build()?;
/// # Ok::<(), ws_container::client::InvalidClientConfig>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
    realm: Option<String>,
    preemptive: bool,
}

impl Credentials {
    /// Of `user`.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into(), realm: None, preemptive: false }
    }

    /// For servers that ask on behalf of `realm` only.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Sends them with the first request, as Basic, without being asked.
    #[must_use]
    pub const fn preemptive(mut self) -> Self {
        self.preemptive = true;
        self
    }

    /// Whether they can be sent at all: Basic ends the name with a colon, and headers hold no
    /// control characters.
    pub(super) fn are_legal(&self) -> bool {
        let clean = |text: &str| !text.contains(char::is_control);
        clean(&self.user) && clean(&self.password) && !self.user.contains(':')
    }

    fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }
}

impl fmt::Debug for Credentials {
    /// Leaves the password out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

/// How a server is to be answered.
#[derive(Clone, Debug)]
enum Scheme {
    Basic,
    Digest(DigestChallenge),
}

/// Most servers whose way is remembered.
const MAX_KNOWN: usize = 256;

/// The ways that servers asked for, so that the next connection need not be refused first.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<(String, Credentials), Scheme>>);

impl Known {
    /// Changes what is known in one step, so that two connections never count alike.
    fn with<R>(&self, work: impl FnOnce(&mut HashMap<(String, Credentials), Scheme>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The requests to one server that asks who we are.
pub(super) struct Login<'a> {
    known: &'a Known,
    key: (String, Credentials),
    /// Whether the last request showed something.
    shown: bool,
    /// Challenges that were answered.
    rounds: u8,
}

impl<'a> Login<'a> {
    /// With the server `name`, which no other server has.
    pub(super) fn new(known: &'a Known, name: String, credentials: Credentials) -> Self {
        Self { known, key: (name, credentials), shown: false, rounds: 0 }
    }

    /// What goes into the next request, `method` of `target`.
    pub(super) fn value(&mut self, method: &str, target: &str) -> Option<HeaderValue> {
        let credentials = &self.key.1;
        let text = self.known.with(|known| match known.get_mut(&self.key) {
            Some(Scheme::Digest(challenge)) => {
                let cnonce = STANDARD.encode(super::random::<18>());
                let user = (credentials.user.as_str(), credentials.password.as_str());
                Some(challenge.answer(user, (method, target), &cnonce))
            }
            Some(Scheme::Basic) => Some(credentials.basic()),
            None if credentials.preemptive => Some(credentials.basic()),
            None => None,
        })?;
        self.shown = true;
        let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Takes a refusal; `true` when another request may do better.
    pub(super) fn refused(&mut self, headers: &HeaderMap, name: &HeaderName) -> bool {
        let wanted = self.key.1.realm.clone();
        let in_realm = |realm: Option<&str>| wanted.as_deref().is_none_or(|it| Some(it) == realm);
        let mut best: Option<Scheme> = None;
        for challenge in challenges(headers, name) {
            if !in_realm(challenge.param("realm")) {
                continue;
            }
            let scheme = match challenge.scheme.as_str() {
                "basic" => Scheme::Basic,
                "digest" => match DigestChallenge::new(&challenge) {
                    Some(challenge) => Scheme::Digest(challenge),
                    None => continue,
                },
                _ => continue,
            };
            if best.as_ref().is_none_or(|best| strength(&scheme) > strength(best)) {
                best = Some(scheme);
            }
        }
        let known = self.known.with(|known| known.get(&self.key).cloned());
        let again = match (&best, &known) {
            (None, _) => false,
            (Some(_), _) if !self.shown => true,
            // The password was right, and only the nonce is too old; or that may be, for one that was
            // kept from an earlier connection.
            (Some(Scheme::Digest(challenge)), Some(Scheme::Digest(_))) => {
                challenge.stale || self.rounds == 0
            }
            (Some(Scheme::Digest(_)), _) => self.rounds == 0,
            (Some(Scheme::Basic), Some(Scheme::Digest(_))) => self.rounds == 0,
            (Some(Scheme::Basic), _) => false,
        };
        self.rounds += 1;
        let again = again && self.rounds <= 3;
        self.known.with(|known| match best.filter(|_| again) {
            Some(scheme) => {
                if known.len() >= MAX_KNOWN {
                    known.clear();
                }
                known.insert(self.key.clone(), scheme);
            }
            None => {
                known.remove(&self.key);
            }
        });
        again
    }
}

fn strength(scheme: &Scheme) -> u8 {
    match scheme {
        Scheme::Basic => 0,
        Scheme::Digest(challenge) => 1 + challenge.strength(),
    }
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;

    use super::*;

    fn asks(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (WWW_AUTHENTICATE, HeaderValue::from_static(line))).collect()
    }

    fn login(known: &Known) -> Login<'_> {
        Login::new(known, "a".into(), Credentials::new("ann", "x"))
    }

    #[test]
    fn the_best_way_is_taken_and_kept() {
        let known = Known::default();
        let mut first = login(&known);
        assert_eq!(first.value("GET", "/"), None, "not asked yet");
        let headers = asks(&[
            "Basic realm=\"r\"",
            "Digest realm=r, nonce=n, qop=auth",
            "Digest realm=r, nonce=n, qop=auth, algorithm=SHA-256",
        ]);
        assert!(first.refused(&headers, &WWW_AUTHENTICATE));
        let value = first.value("GET", "/").unwrap();
        assert!(value.to_str().unwrap().contains("algorithm=SHA-256") && value.is_sensitive());
        let next = login(&known).value("GET", "/").unwrap();
        assert!(next.to_str().unwrap().contains("nc=00000002"), "the nonce is used again");
        assert!(
            Login::new(&known, "b".into(), Credentials::new("ann", "x"))
                .value("GET", "/")
                .is_none()
        );
    }

    #[test]
    fn a_wrong_password_is_shown_once() {
        for line in ["Basic realm=r", "Digest realm=r, nonce=n, qop=auth"] {
            let known = Known::default();
            let mut login = login(&known);
            assert!(login.refused(&asks(&[line]), &WWW_AUTHENTICATE), "{line}");
            assert!(login.value("GET", "/").is_some());
            assert!(!login.refused(&asks(&[line]), &WWW_AUTHENTICATE), "{line}");
            assert!(login.value("GET", "/").is_none(), "forgotten");
        }
    }

    #[test]
    fn an_old_nonce_is_renewed() {
        let known = Known::default();
        let digest = asks(&["Digest realm=r, nonce=n, qop=auth"]);
        let stale = asks(&["Digest realm=r, nonce=m, qop=auth, stale=true"]);
        let mut first = login(&known);
        assert!(first.refused(&digest, &WWW_AUTHENTICATE) && first.value("GET", "/").is_some());
        let mut second = login(&known);
        assert!(second.value("GET", "/").is_some(), "kept");
        assert!(second.refused(&stale, &WWW_AUTHENTICATE));
        let value = second.value("GET", "/").unwrap();
        assert!(value.to_str().unwrap().contains("nonce=\"m\""));
        let stale_for_ever = (0..10).filter(|_| {
            second.value("GET", "/");
            second.refused(&stale, &WWW_AUTHENTICATE)
        });
        assert!(stale_for_ever.count() <= 2);
    }

    #[test]
    fn a_realm_restricts() {
        let known = Known::default();
        let credentials = Credentials::new("ann", "x").realm("mine");
        let mut login = Login::new(&known, "a".into(), credentials);
        assert!(!login.refused(&asks(&["Basic realm=theirs"]), &WWW_AUTHENTICATE));
        assert!(login.refused(&asks(&["Basic realm=theirs, Basic realm=mine"]), &WWW_AUTHENTICATE));
        assert!(!format!("{:?}", Credentials::new("a", "hush")).contains("hush"));
    }
}

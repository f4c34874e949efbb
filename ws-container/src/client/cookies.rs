//! A jar of cookies, RFC 6265; who may displace whose is that of its successor, RFC 6265bis.

mod date;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};

use crate::client::error::ConnectError;
use crate::client::uri::{Origin, Target};

/// Most cookies in the jar; the oldest go first (RFC 6265 §6.1 asks for 3,000 at least).
const MAX_COOKIES: usize = 3_000;

/// Most cookies of one host.
const MAX_PER_HOST: usize = 50;

/// Longest cookie with its attributes, in bytes.
const MAX_LEN: usize = 4_096;

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    /// In lower case.
    domain: String,
    /// Only the host that set it gets it, not those below its domain.
    host_only: bool,
    /// The Unix socket of the program that set it; nobody else gets it.
    unix: Option<PathBuf>,
    path: String,
    secure: bool,
    /// `None` ends with the jar.
    expires: Option<SystemTime>,
}

impl Cookie {
    /// Reads a `Set-Cookie` line of `origin`'s answer to a request for `path` (§5.2, §5.3); `None` for
    /// one that is to be ignored.
    fn parse(line: &str, origin: &Origin, path: &str, now: SystemTime) -> Option<Self> {
        if line.len() > MAX_LEN {
            return None;
        }
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return None;
        }
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: origin.host.clone(),
            host_only: true,
            unix: origin.unix.clone(),
            path: default_path(path).to_owned(),
            secure: false,
            expires: None,
        };
        let mut max_age = None;
        for attribute in parts {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "domain" if !value.is_empty() => cookie.set_domain(value, origin)?,
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "secure" => cookie.secure = true,
                "expires" => cookie.expires = date::parse(value),
                "max-age" => max_age = max_age_of(value),
                _ => {}
            }
        }
        if let Some(seconds) = max_age {
            // What lies beyond all clocks never comes.
            cookie.expires = match seconds {
                0 => Some(SystemTime::UNIX_EPOCH),
                seconds => now.checked_add(Duration::from_secs(seconds)),
            };
        }
        // What came in the clear must not pass for what did not (RFC 6265bis §5.7).
        (origin.secure || !cookie.secure).then_some(())?;
        let prefixed = |prefix: &str| {
            let head = cookie.name.get(..prefix.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        };
        let host = cookie.host_only && cookie.path == "/";
        let kept = cookie.secure || !prefixed("__Secure-") && !prefixed("__Host-");
        (kept && (host || !prefixed("__Host-"))).then_some(cookie)
    }

    /// Whether `other`, which came in the clear, would be taken for this one, which did not
    /// (RFC 6265bis §5.7).
    fn is_shadowed_by(&self, other: &Self) -> bool {
        let near = domain_matches(&self.domain, &other.domain)
            || domain_matches(&other.domain, &self.domain);
        self.secure && self.name == other.name && near && path_matches(&other.path, &self.path)
    }

    /// `Domain`: the host itself, or one above it that is no top level.
    fn set_domain(&mut self, value: &str, origin: &Origin) -> Option<()> {
        let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
        if domain == origin.host && origin.host.parse::<IpAddr>().is_ok() {
            return Some(());
        }
        let above = domain.contains('.') || domain == origin.host;
        (above && domain_matches(&origin.host, &domain)).then_some(())?;
        self.domain = domain;
        self.host_only = false;
        Some(())
    }

    /// Whether they count together: of one domain, or one program.
    fn is_beside(&self, other: &Self) -> bool {
        (&self.domain, &self.unix) == (&other.domain, &other.unix)
    }

    fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether a request of `origin` for `path` carries it (§5.4).
    fn is_for(&self, origin: &Origin, path: &str) -> bool {
        let domain = if self.host_only {
            self.domain == origin.host
        } else {
            domain_matches(&origin.host, &self.domain)
        };
        let domain = domain && self.unix == origin.unix;
        domain && path_matches(path, &self.path) && (origin.secure || !self.secure)
    }
}

/// Seconds; all that is not above 0 means now (§5.2.2).
fn max_age_of(value: &str) -> Option<u64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(if value.starts_with('-') { 0 } else { value.parse().unwrap_or(u64::MAX) })
}

/// §5.1.3
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain
        || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
            && host.parse::<IpAddr>().is_err()
}

/// §5.1.4
fn path_matches(path: &str, of_cookie: &str) -> bool {
    path.strip_prefix(of_cookie)
        .is_some_and(|rest| rest.is_empty() || of_cookie.ends_with('/') || rest.starts_with('/'))
}

/// The folder of the path that was asked for (§5.1.4).
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// The cookies that servers set, shared by all connections of a
/// [`Client`](crate::client::Client): RFC 6265, with at most 3,000 cookies, 50 of one host.
///
/// A `Domain` that is a top level, such as `com`, is refused; the list of public suffixes below that
/// is not known here.
///
/// ```
/// use ws_container::client::Client;
///
/// let client = Client::new();
/// client.cookies().set("wss://chat.example.com/room", "id=7; Path=/; Secure")?;
/// assert_eq!(client.cookies().get("wss://chat.example.com/")?, Some("id=7".to_owned()));
/// assert_eq!(client.cookies().get("ws://chat.example.com/")?, None, "not in the clear");
/// # Ok::<(), ws_container::client::ConnectError>(())
/// ```
#[derive(Debug, Default)]
pub struct CookieJar {
    cookies: Mutex<VecDeque<Cookie>>,
}

impl CookieJar {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Cookie>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the cookie of a `Set-Cookie` line as if the server at `uri` had sent it.
    ///
    /// # Errors
    ///
    /// For a URI that is none of a WebSocket.
    pub fn set(&self, uri: &str, line: &str) -> Result<(), ConnectError> {
        let target = Target::parse(uri)?;
        self.keep(&target, line, SystemTime::now());
        Ok(())
    }

    /// The `Cookie` line of a request for `uri`; `None` without cookies.
    ///
    /// # Errors
    ///
    /// For a URI that is none of a WebSocket.
    pub fn get(&self, uri: &str) -> Result<Option<String>, ConnectError> {
        Ok(self.line(&Target::parse(uri)?, SystemTime::now()))
    }

    /// Takes all cookies out.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Keeps the cookies of an answer.
    pub(super) fn store(&self, target: &Target, headers: &HeaderMap) {
        let now = SystemTime::now();
        for line in headers.get_all(SET_COOKIE) {
            if let Ok(line) = std::str::from_utf8(line.as_bytes()) {
                self.keep(target, line, now);
            }
        }
    }

    fn keep(&self, target: &Target, line: &str, now: SystemTime) {
        let Some(cookie) = Cookie::parse(line, &target.origin, target.uri.path(), now) else {
            return;
        };
        let mut jar = self.lock();
        if !target.origin.secure && jar.iter().any(|kept| kept.is_shadowed_by(&cookie)) {
            return;
        }
        let same = |other: &Cookie| {
            (&other.name, &other.path) == (&cookie.name, &cookie.path) && other.is_beside(&cookie)
        };
        if let Some(at) = jar.iter().position(same) {
            jar.remove(at);
        }
        if cookie.is_expired(now) {
            return;
        }
        let beside = |other: &Cookie| other.is_beside(&cookie);
        let full = jar.iter().filter(|other| beside(other)).count() >= MAX_PER_HOST;
        if full && !make_room(&mut jar, &cookie, beside)
            || jar.len() >= MAX_COOKIES && !make_room(&mut jar, &cookie, |_| true)
        {
            return;
        }
        jar.push_back(cookie);
    }

    fn line(&self, target: &Target, now: SystemTime) -> Option<String> {
        let mut jar = self.lock();
        jar.retain(|cookie| !cookie.is_expired(now));
        let path = target.uri.path();
        let mut found: Vec<_> =
            jar.iter().filter(|cookie| cookie.is_for(&target.origin, path)).collect();
        // The most special first, then the oldest (§5.4); the sort keeps the order among equals.
        found.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> =
            found.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The line for a request, marked as a secret.
    pub(super) fn header(&self, target: &Target) -> Option<HeaderValue> {
        let line = self.line(target, SystemTime::now())?;
        let mut value = HeaderValue::from_bytes(line.as_bytes()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Removes the oldest of those that `may_go`, of which what came in the clear goes first; that never
/// makes what did not go (RFC 6265bis §5.7). Says whether there is room now.
fn make_room(
    jar: &mut VecDeque<Cookie>,
    cookie: &Cookie,
    may_go: impl Fn(&Cookie) -> bool,
) -> bool {
    let in_the_clear = jar.iter().position(|other| may_go(other) && !other.secure);
    let oldest = in_the_clear.or_else(|| {
        let secure = cookie.secure.then(|| jar.iter().position(may_go));
        secure.flatten()
    });
    oldest.is_some_and(|at| jar.remove(at).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(sets: &[(&str, &str)]) -> CookieJar {
        let jar = CookieJar::default();
        for (uri, line) in sets {
            jar.set(uri, line).unwrap();
        }
        jar
    }

    #[test]
    fn who_gets_a_cookie() {
        #[rustfmt::skip] // a table
        let cases = [
            ("ws://a.example/x/y",  "k=v",                      "ws://a.example/x/z",     true),
            ("ws://a.example/x/y",  "k=v",                      "ws://a.example/z",       false),
            ("ws://a.example/x/y",  "k=v",                      "ws://b.a.example/x/",    false),
            ("ws://a.example/x/y",  "k=v",                      "ws://a.example:99/x/",   true),
            ("ws://a.example/",     "k=v; path=/p",             "ws://a.example/p/q",     true),
            ("ws://a.example/",     "k=v; path=/p",             "ws://a.example/pq",      false),
            ("ws://b.a.example/",   "k=v; Domain=a.example",    "ws://c.a.example/",      true),
            ("ws://b.a.example/",   "k=v; domain=.a.example",   "ws://a.example/",        true),
            ("ws://b.a.example/",   "k=v; Domain=a.example",    "ws://ba.example/",       false),
            ("ws://b.a.example/",   "k=v; Domain=example",      "ws://b.a.example/",      false),
            ("ws://b.a.example/",   "k=v; Domain=c.example",    "ws://c.example/",        false),
            ("ws://1.2.3.4/",       "k=v; Domain=3.4",          "ws://9.2.3.4/",          false),
            ("wss://a.example/",    "k=v; Secure",              "wss://a.example/",       true),
            ("wss://a.example/",    "k=v; Secure",              "ws://a.example/",        false),
            ("ws://a.example/",     "k=v; Secure",              "wss://a.example/",       false),
            ("wss://a.example/",    "__Host-k=v; Secure",       "wss://a.example/",       true),
            ("wss://a.example/",    "__Host-k=v",               "wss://a.example/",       false),
            ("wss://a.example/",    "__hOST-k=v",               "wss://a.example/",       false),
            ("wss://a.example/",    "__Secure-k=v",             "wss://a.example/",       false),
            ("wss://a.example/",    "__SECURE-k=v",             "wss://a.example/",       false),
            ("wss://a.example/",    "__Secure-k=v; Secure",     "wss://a.example/",       true),
            ("ws://a.example/",     "k=v; Expires=Wed, 09-Jun-99 10:18:14 GMT", "ws://a.example/",   false),
            ("ws://a.example/",     "k=v; Expires=Thu, 01-Jan-1969 00:00:00 GMT", "ws://a.example/", false),
            ("ws://a.example/",     "k=v; Expires=never",       "ws://a.example/",        true),
            ("ws://a.example/",     "k=v; Max-Age=0",           "ws://a.example/",        false),
            ("ws://a.example/",     "k=v; Max-Age=-3",          "ws://a.example/",        false),
            ("ws://a.example/",     "k=v; Max-Age=99999999999999999999", "ws://a.example/", true),
            ("ws://a.example/",     "k=v; Expires=Wed, 09 Jun 1999 10:18:14 GMT", "ws://a.example/", false),
            ("ws://a.example/",     "k=v; Expires=Wed, 09 Jun 2099 10:18:14 GMT", "ws://a.example/", true),
            ("ws://a.example/",     "no cookie",                "ws://a.example/",        false),
            ("ws://a.example/",     "=v",                       "ws://a.example/",        false),
        ];
        for (from, line, to, got) in cases {
            let found = jar(&[(from, line)]).get(to).unwrap();
            assert_eq!(found.is_some(), got, "{from} set {line}, {to} got {found:?}");
        }
    }

    #[test]
    fn a_cookie_replaces_its_like_and_can_be_taken_back() {
        let jar = jar(&[
            ("ws://a.example/", "a=1"),
            ("ws://a.example/", "b=2"),
            ("ws://a.example/x/", "c=3"),
            ("ws://a.example/", "a=4"),
        ]);
        assert_eq!(jar.get("ws://a.example/x/").unwrap().unwrap(), "c=3; b=2; a=4");
        jar.set("ws://a.example/", "b=; max-age=0").unwrap();
        assert_eq!(jar.get("ws://a.example/").unwrap().unwrap(), "a=4");
    }

    #[test]
    fn the_jar_has_a_bound() {
        let jar = CookieJar::default();
        for n in 0..200 {
            jar.set("ws://a.example/", &format!("k{n}=v")).unwrap();
        }
        assert_eq!(jar.lock().len(), MAX_PER_HOST);
        jar.set("ws://a.example/", &format!("long={}", "x".repeat(MAX_LEN))).unwrap();
        assert!(!jar.get("ws://a.example/").unwrap().unwrap().contains("long"));
        for n in 0..4_000 {
            jar.set(&format!("ws://h{n}.example/"), "k=v").unwrap();
        }
        assert_eq!(jar.lock().len(), MAX_COOKIES);
    }

    #[test]
    fn what_came_in_the_clear_does_not_displace_what_did_not() {
        for evil in ["k=evil", "k=evil; Path=/login", "k=evil; Domain=a.example"] {
            let jar = jar(&[
                ("wss://b.a.example/", "k=good; Secure"),
                ("ws://b.a.example/login/x", evil),
            ]);
            assert_eq!(jar.get("wss://b.a.example/login/y").unwrap().unwrap(), "k=good", "{evil}");
        }
        let jar = jar(&[("wss://a.example/", "k=good; Secure")]);
        for n in 0..200 {
            jar.set("ws://a.example/", &format!("k{n}=v")).unwrap();
        }
        assert!(jar.get("wss://a.example/").unwrap().unwrap().starts_with("k=good; "));
        for n in 0..200 {
            jar.set("wss://a.example/", &format!("s{n}=v; Secure")).unwrap();
        }
        jar.set("ws://a.example/", "late=v").unwrap();
        let kept = jar.get("wss://a.example/").unwrap().unwrap();
        assert!(kept.contains("s199=v") && !kept.contains("late"), "{kept}");
    }
}

//! What is said before a WebSocket is open, for people who look for what is wrong with it.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::header::{
    AUTHORIZATION, CONTENT_LOCATION, COOKIE, HeaderName, LOCATION, PROXY_AUTHORIZATION, SET_COOKIE,
};

/// What stands for a secret.
const HIDDEN: &str = "(hidden)";

/// Parts of names of header fields that hold secrets, by what such fields are usually called.
const SECRET_NAMES: [&str; 8] =
    ["api-key", "apikey", "cookie", "credential", "password", "secret", "session", "token"];

/// Most lines, and bytes, of a refusal's body that are told.
const MAX_BODY: (usize, usize) = (40, 4096);

/// A step of an opening handshake, as
/// [`ClientEndpointConfigBuilder::trace`](super::ClientEndpointConfigBuilder::trace) tells it.
///
/// Credentials, cookies, tokens and queries are left out. All else is as it was sent or came: escape
/// it before it reaches a terminal.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HandshakeStep {
    /// What is done: who is connected to, and how; a proxy that is used, TLS.
    Doing(String),
    /// The head of a request went out, to the server or a proxy: its lines.
    Sent(Vec<String>),
    /// An answer came, or as much of it as there was: the lines of its head, and those of the body of
    /// a refusal behind an empty line.
    Received(Vec<String>),
}

type Tell = dyn Fn(&HandshakeStep) + Send + Sync;

/// Whom to tell the steps, if anybody.
#[derive(Clone, Default)]
pub(super) struct Trace {
    tell: Option<Arc<Tell>>,
    /// Header fields that the configuration says are secrets.
    secret: Vec<HeaderName>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("told", &self.tell.is_some()).finish_non_exhaustive()
    }
}

impl Trace {
    pub(super) fn new(tell: impl Fn(&HandshakeStep) + Send + Sync + 'static) -> Self {
        Self { tell: Some(Arc::new(tell)), secret: Vec::new() }
    }

    /// The same, with the fields of `headers` hidden that are marked as sensitive.
    pub(super) fn hiding(&self, headers: &HeaderMap) -> Self {
        let mut trace = self.clone();
        if trace.tell.is_some() {
            let sensitive = headers.iter().filter(|(_, value)| value.is_sensitive());
            trace.secret.extend(sensitive.map(|(name, _)| name.clone()));
        }
        trace
    }

    fn tell(&self, step: impl FnOnce() -> HandshakeStep) {
        if let Some(tell) = &self.tell {
            tell(&step());
        }
    }

    pub(super) fn doing(&self, what: impl FnOnce() -> String) {
        self.tell(|| HandshakeStep::Doing(what()));
    }

    /// The head of a request.
    pub(super) fn sent(&self, head: &[u8]) {
        self.tell(|| HandshakeStep::Sent(self.lines(head)));
    }

    /// The head of an answer, which may end early.
    pub(super) fn received(&self, head: &[u8]) {
        self.tell(|| HandshakeStep::Received(self.lines(head)));
    }

    /// The body of a refusal.
    pub(super) fn received_body(&self, body: &[u8]) {
        let (max_lines, max_len) = MAX_BODY;
        let shown = || String::from_utf8_lossy(&body[..body.len().min(max_len)]).into_owned();
        if !body.is_empty() {
            self.tell(|| {
                let empty = std::iter::once(String::new());
                let lines = shown();
                let lines = lines.lines().take(max_lines).map(str::to_owned);
                HandshakeStep::Received(empty.chain(lines).collect())
            });
        }
    }

    /// The lines of a head, without what ends it.
    fn lines(&self, head: &[u8]) -> Vec<String> {
        let head = String::from_utf8_lossy(head);
        let lines = head.lines().filter(|line| !line.is_empty());
        lines.enumerate().map(|(index, line)| self.line(index == 0, line)).collect()
    }

    fn line(&self, first: bool, line: &str) -> String {
        if first {
            // Of a request this is method, target and version; an answer has no query.
            let target = line.split(' ').nth(1).unwrap_or_default();
            return line.replacen(target, &without_query(target), 1);
        }
        let Some((name, value)) = line.split_once(':') else { return line.to_owned() };
        let Ok(field) = HeaderName::from_bytes(name.as_bytes()) else { return line.to_owned() };
        let value = value.trim();
        if [AUTHORIZATION, PROXY_AUTHORIZATION].contains(&field) {
            // Which scheme it is tells nothing, and helps.
            let scheme = value.split_once(' ').map(|(scheme, _)| format!("{scheme} "));
            return format!("{name}: {}{HIDDEN}", scheme.unwrap_or_default());
        }
        if [LOCATION, CONTENT_LOCATION].contains(&field) {
            return format!("{name}: {}", without_query(&without_user(value)));
        }
        let named = SECRET_NAMES.iter().any(|part| field.as_str().contains(part));
        if named || [COOKIE, SET_COOKIE].contains(&field) || self.secret.contains(&field) {
            return format!("{name}: {HIDDEN}");
        }
        line.to_owned()
    }
}

fn without_query(target: &str) -> String {
    match target.split_once('?') {
        Some((path, _)) => format!("{path}?{HIDDEN}"),
        None => target.to_owned(),
    }
}

/// `uri` without user and password.
fn without_user(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("//") else { return uri.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}//{HIDDEN}@{host}{path}"),
        None => uri.to_owned(),
    }
}

/// Bytes of an answer. Those that are still here when this is dropped are told: nothing became of
/// them, such as because no more came in time.
#[derive(Debug)]
pub(super) struct Heard<'a> {
    trace: &'a Trace,
    pub(super) bytes: Vec<u8>,
}

impl<'a> Heard<'a> {
    pub(super) const fn new(trace: &'a Trace) -> Self {
        Self { trace, bytes: Vec::new() }
    }

    /// Takes what is behind a head of `len` bytes, and tells the head.
    pub(super) fn take_head(&mut self, len: usize) -> Vec<u8> {
        let rest = self.bytes.split_off(len.min(self.bytes.len()));
        self.trace.received(&std::mem::take(&mut self.bytes));
        rest
    }
}

impl Drop for Heard<'_> {
    fn drop(&mut self) {
        if !self.bytes.is_empty() {
            self.trace.received(&self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http::HeaderValue;

    use super::*;

    /// What is told of what `act` does.
    fn told(act: impl FnOnce(&Trace)) -> Vec<HandshakeStep> {
        let steps = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&steps);
        let trace = Trace::new(move |step| sink.lock().unwrap().push(step.clone()));
        act(&trace);
        let steps = steps.lock().unwrap();
        steps.clone()
    }

    fn sent(head: &str) -> String {
        match &told(|trace| trace.sent(head.as_bytes()))[..] {
            [HandshakeStep::Sent(lines)] => lines.join("\n"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn secrets_are_left_out_and_all_else_is_told() {
        let head = "GET /a?t=hush HTTP/1.1\r\nHost: h\r\nAuthorization: Basic hush\r\n\
                    Sec-WebSocket-Key: k==\r\ncookie: hush\r\nx-token:hush\r\nX-Api-Key: hush\r\n\
                    proxy-authorization: hush\r\nX-A: 1\r\n\r\n";
        let want = "GET /a?(hidden) HTTP/1.1\nHost: h\nAuthorization: Basic (hidden)\n\
                    Sec-WebSocket-Key: k==\ncookie: (hidden)\nx-token: (hidden)\n\
                    X-Api-Key: (hidden)\nproxy-authorization: (hidden)\nX-A: 1";
        assert_eq!(sent(head), want);
        let moved = "HTTP/1.1 302 Found\r\nLocation: //ann:hush@h/b?t=hush\r\nSet-Cookie: hush";
        let want = "HTTP/1.1 302 Found\nLocation: //(hidden)@h/b?(hidden)\nSet-Cookie: (hidden)";
        assert_eq!(sent(moved), want);
    }

    #[test]
    fn what_the_configuration_calls_a_secret_is_one() {
        let mut headers = HeaderMap::new();
        let mut value = HeaderValue::from_static("hush");
        value.set_sensitive(true);
        headers.insert("x-mine", value);
        let steps =
            told(|trace| trace.hiding(&headers).sent(b"GET / HTTP/1.1\r\nX-Mine: hush\r\n"));
        let lines = vec!["GET / HTTP/1.1".to_owned(), "X-Mine: (hidden)".to_owned()];
        assert_eq!(steps, [HandshakeStep::Sent(lines)]);
    }

    #[test]
    fn an_answer_that_was_not_finished_is_told_too() {
        let steps = told(|trace| {
            let mut heard = Heard::new(trace);
            heard.bytes.extend_from_slice(b"HTTP/1.1 101 X\r\n\r\nrest");
            assert_eq!(heard.take_head(18), b"rest");
            heard.bytes.extend_from_slice(b"HTTP/1.1 2");
        });
        let received = |line: &str| HandshakeStep::Received(vec![line.to_owned()]);
        assert_eq!(steps, [received("HTTP/1.1 101 X"), received("HTTP/1.1 2")]);
    }

    #[test]
    fn a_body_is_told_up_to_a_bound() {
        let steps = told(|trace| trace.received_body("x\n".repeat(10_000).as_bytes()));
        let [HandshakeStep::Received(lines)] = &steps[..] else { panic!("{steps:?}") };
        assert_eq!(lines.len(), 1 + MAX_BODY.0);
    }
}

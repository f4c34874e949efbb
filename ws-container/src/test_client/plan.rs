//! What is to be done, made of the command line.

use std::time::Duration;

use bytes::Bytes;
use ws_container::{Message, OpCode, Utf8Bytes};

use crate::flags::{self, Failure};
use crate::test_client::Flags;

/// Most bytes of a Ping (RFC 6455 §5.5).
const MAX_PING: u64 = 125;

/// Longest message: 1 GiB. Each client has it in memory twice.
const MAX_SIZE: u64 = 1 << 30;

/// Longest message of which it is as good as certain that its frame comes in one read.
const MAX_WHOLE: usize = 4096;

/// What all clients do.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) uri: String,
    /// The host as lines name it.
    pub(super) host: String,
    pub(super) protocol: Option<String>,
    pub(super) kind: Kind,
    pub(super) size: usize,
    /// Most bytes of a frame.
    pub(super) fragment: usize,
    pub(super) clients: u32,
    pub(super) pace: Pace,
    /// Messages that each client sends; `None` until it is stopped.
    pub(super) count: Option<u64>,
    /// Silence after which what is missing is lost.
    pub(super) wait: Duration,
    /// Of the messages that come only those are replies that say what this client sent: others hear
    /// each other.
    pub(super) by_content: bool,
    pub(super) show: Show,
}

/// What is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Ping,
    Text,
    Binary,
}

/// When a client sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pace {
    /// So long after the last one.
    Every(Duration),
    /// When a reply came, with so many on their way at a time.
    Replies(u32),
}

/// What is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Show {
    /// Each reply and each frame.
    Frames,
    /// Each reply.
    Replies,
    /// Only the summary.
    Summary,
    /// Only the summary, as JSON.
    Json,
}

impl Plan {
    /// What `flags` say.
    ///
    /// # Errors
    ///
    /// Flags that do not go together.
    pub(super) fn new(flags: &Flags) -> Result<Self, Failure> {
        let kind = match (&flags.protocol, flags.binary) {
            (None, _) => Kind::Ping,
            (Some(_), false) => Kind::Text,
            (Some(_), true) => Kind::Binary,
        };
        if kind == Kind::Ping && flags.size > MAX_PING {
            return Err(format!(
                "a Ping carries at most {MAX_PING} bytes, not {}; --protocol sends messages",
                flags.size
            )
            .into());
        }
        if flags.size > MAX_SIZE {
            return Err(
                format!("a message has at most {MAX_SIZE} bytes, not {}", flags.size).into()
            );
        }
        if flags.fragment == 0 && flags.size > 0 {
            return Err("frames of 0 bytes never send a message of more".into());
        }
        let uri = flags.url.clone().unwrap_or_else(|| uri(&flags.host, flags.port));
        let broadcast = |text: &str| text.contains("broadcast");
        let path = uri.split('?').next().unwrap_or_default();
        Ok(Self {
            host: host(&flags::without_secrets(&uri)).to_owned(),
            by_content: broadcast(path) || flags.protocol.as_deref().is_some_and(broadcast),
            uri,
            protocol: flags.protocol.clone(),
            kind,
            size: usize::try_from(flags.size)?,
            fragment: usize::try_from(flags.fragment)?,
            clients: flags.clients,
            pace: match flags.delay {
                0 => Pace::Replies(flags.in_flight),
                millis => Pace::Every(Duration::from_millis(millis)),
            },
            count: (flags.count > 0).then_some(flags.count),
            wait: flags.wait,
            show: match flags {
                Flags { json: true, .. } => Show::Json,
                Flags { verbose: true, .. } => Show::Frames,
                Flags { quiet: true, .. } => Show::Summary,
                _ => Show::Replies,
            },
        })
    }

    /// Frames that a message is sent in.
    pub(super) fn frames(&self) -> u64 {
        match self.kind {
            Kind::Ping => 1,
            Kind::Text | Kind::Binary if self.size <= self.fragment => 1,
            Kind::Text | Kind::Binary => self.size.div_ceil(self.fragment) as u64,
        }
    }

    /// Whether each frame is to be looked at. Where no line tells of frames, a message that is sent in
    /// one frame comes back in one, as a rule, and shows by itself if it did not.
    pub(super) fn looks_at_frames(&self) -> bool {
        let quiet = matches!(self.show, Show::Summary | Show::Json);
        let fragments = self.protocol.as_deref().is_some_and(|name| name.contains("fragment"));
        !quiet || fragments || self.frames() > 1 || self.size > MAX_WHOLE
    }

    /// Messages that the first step of a client sends, before replies make it send more.
    pub(super) fn first(&self) -> u64 {
        let count = self.count.unwrap_or(u64::MAX);
        match self.pace {
            Pace::Every(_) => count,
            Pace::Replies(in_flight) => count.min(in_flight.into()),
        }
    }
}

/// `ws://HOST:PORT/`, with the brackets of an IPv6 address.
fn uri(host: &str, port: u16) -> String {
    let bare = host.contains(':') && !host.starts_with('[');
    if bare { format!("ws://[{host}]:{port}/") } else { format!("ws://{host}:{port}/") }
}

/// The host in `uri`.
fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// What one client sends, again and again.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Text(Utf8Bytes),
    Bytes(Bytes),
}

/// What text is made of: 64 characters, so that every value of six bits has its own.
const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";

impl Body {
    /// Random letters or bytes.
    pub(super) fn random(kind: Kind, size: usize) -> Result<Self, Failure> {
        let mut bytes = vec![0; size];
        getrandom::fill(&mut bytes)?;
        Ok(match kind {
            Kind::Text => {
                bytes.iter_mut().for_each(|byte| *byte = LETTERS[usize::from(*byte % 64)]);
                Self::Text(String::from_utf8(bytes)?.into())
            }
            Kind::Binary | Kind::Ping => Self::Bytes(bytes.into()),
        })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The opcode of its first frame, as a message.
    pub(super) const fn opcode(&self) -> OpCode {
        match self {
            Self::Text(_) => OpCode::Text,
            Self::Bytes(_) => OpCode::Binary,
        }
    }

    /// The message, borrowed.
    pub(super) fn message(&self) -> Message<'_> {
        match self {
            Self::Text(text) => Message::text(text.as_str()),
            Self::Bytes(bytes) => Message::binary(&bytes[..]),
        }
    }

    /// A message that shares its bytes.
    pub(super) fn shared(&self) -> Message<'static> {
        match self {
            Self::Text(text) => Message::SharedText(text.clone()),
            Self::Bytes(bytes) => Message::SharedBinary(bytes.clone()),
        }
    }

    /// The bytes, shared.
    pub(super) fn bytes(&self) -> Bytes {
        match self {
            Self::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_client::tests::flags;

    fn plan(arguments: &str) -> Result<Plan, Failure> {
        Plan::new(&flags(&arguments.split_whitespace().collect::<Vec<_>>())?)
    }

    #[test]
    fn without_a_subprotocol_it_pings() {
        assert_eq!(plan("").unwrap().kind, Kind::Ping);
        assert_eq!(plan("-P echo").unwrap().kind, Kind::Text);
        assert_eq!(plan("-P echo -b").unwrap().kind, Kind::Binary);
        assert!(plan("-s 125").is_ok());
        assert!(plan("-s 126").unwrap_err().to_string().contains("125"));
        assert!(plan("-s 126 -P echo").is_ok());
        assert!(plan("-f 0 -P echo").is_err());
        assert!(plan("-s 0 -f 0 -P echo").is_ok());
    }

    #[test]
    fn messages_are_split_into_frames() {
        let frames = |arguments| plan(arguments).unwrap().frames();
        assert_eq!(frames("-P echo -s 10000 -f 4000"), 3);
        assert_eq!(frames("-P echo -s 8000 -f 4000"), 2);
        assert_eq!(frames("-P echo -s 4000"), 1);
        assert_eq!(frames("-P echo -s 0"), 1);
        assert_eq!(frames("-s 100 -f 10"), 1, "a Ping is never split");
    }

    #[test]
    fn frames_are_looked_at_where_they_tell_something() {
        let looks = |arguments| plan(arguments).unwrap().looks_at_frames();
        assert!(looks("-P echo"), "each line says how many");
        assert!(looks("-P echo-fragment -q") && looks("-P echo -q -f 10") && looks("-P echo -v"));
        assert!(!looks("-P echo -q") && !looks("-P echo --json"));
    }

    #[test]
    fn where_to() {
        let at = |arguments| {
            let plan = plan(arguments).unwrap();
            (plan.uri, plan.host)
        };
        assert_eq!(at(""), ("ws://localhost:8080/".into(), "localhost".into()));
        assert_eq!(at("-h ::1 -p 9"), ("ws://[::1]:9/".into(), "[::1]".into()));
        assert_eq!(at("--url wss://u@a.b:1/c?d").1, "a.b");
        assert!(!at("--url ann:hush@h").1.contains("hush"));
        assert!(plan("--url ws://a/broadcast").unwrap().by_content);
        assert!(plan("-P echo-broadcast").unwrap().by_content);
        assert!(!plan("--url ws://a/?broadcast -P echo").unwrap().by_content);
    }

    #[test]
    fn text_is_text_and_random() {
        let body = |kind| Body::random(kind, 1000).unwrap();
        let (text, other) = (body(Kind::Text), body(Kind::Text));
        assert!(text.as_bytes().iter().all(|byte| LETTERS.contains(byte)));
        assert_ne!(text.as_bytes(), other.as_bytes());
        assert!(text.as_bytes().iter().any(u8::is_ascii_uppercase), "not digits alone");
        assert_eq!(body(Kind::Binary).opcode(), OpCode::Binary);
        assert!(Body::random(Kind::Text, 0).unwrap().as_bytes().is_empty());
    }
}

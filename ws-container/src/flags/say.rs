//! What the commands say on standard error, in lines that are safe to print.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use ws_container::client::{ConnectError, HandshakeStep};
use ws_container::{CloseReason, Initiator};

/// The exit status of a command line that makes no sense.
const USAGE: u8 = 2;

/// Prints a line on standard error: standard output is for results. Where nobody reads it, or a disk
/// is full, there is nobody left to tell.
pub(crate) fn to_stderr(line: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Says on standard error what to beware of.
pub(crate) fn warn(what: &str) {
    to_stderr(format_args!("warning: {}", printable(what)));
}

/// Says on standard error what an opening handshake has come to.
pub(super) fn say_step(step: &HandshakeStep) {
    let (mark, lines) = match step {
        HandshakeStep::Doing(what) => ('*', std::slice::from_ref(what)),
        HandshakeStep::Sent(lines) => ('>', &lines[..]),
        HandshakeStep::Received(lines) => ('<', &lines[..]),
        _ => return,
    };
    for line in lines {
        to_stderr(format_args!("{mark} {}", printable(line)));
    }
}

/// Says on standard error what failed, and why: one line.
pub(crate) fn report(error: &(dyn Error + 'static)) {
    to_stderr(format_args!("error: {}", chain(error)));
}

/// An error and its causes in one line that is safe to print: some of it may be a peer's words.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors show their cause themselves.
        if !line.ends_with(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    printable(&line).into_owned()
}

/// Why there is no connection, and what may help.
pub(crate) fn explain(error: &ConnectError) -> String {
    let hint = match error.response().map(|response| response.status().as_u16()) {
        Some(401) => "; --user NAME:PASSWORD answers it",
        Some(404) => "; is the path right?",
        _ => "",
    };
    format!("{}{hint}", chain(error))
}

/// How a session ended, with the reason and its cause: one line that is safe to print.
pub(crate) fn ended(reason: &CloseReason) -> String {
    let by = match reason.initiator() {
        Initiator::Local => "closed",
        Initiator::Peer => "the server closed the connection",
        _ => "the connection was lost",
    };
    let cause = reason.cause().map(|cause| {
        let cause: &(dyn Error + 'static) = cause;
        format!(": {}", chain(cause))
    });
    printable(&format!("{by}: {reason}{}", cause.unwrap_or_default())).into_owned()
}

/// Reports a command line that makes no sense.
pub(crate) fn usage(error: &(dyn Error + 'static)) -> ExitCode {
    report(error);
    ExitCode::from(USAGE)
}

/// Text that cannot steer a terminal: control characters, line breaks, and characters that show
/// nothing or turn the direction of writing are escaped, all others stay.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for part in text.split_inclusive(['"', '\'', '\\']) {
        // `escape_debug` knows which characters can be shown; it would escape these three too.
        let body = part.trim_end_matches(['"', '\'', '\\']);
        out.extend(body.escape_debug());
        out.push_str(&part[body.len()..]);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use ws_container::CloseCode;

    use super::*;

    #[test]
    fn text_of_a_peer_cannot_steer_the_terminal() {
        assert_eq!(printable("plain \"text\" \\ 'so'"), "plain \"text\" \\ 'so'");
        assert_eq!(printable("grüße 世界 🦀 \"é\""), "grüße 世界 🦀 \"é\"");
        assert_eq!(printable("\u{1b}[2J\u{7}\r\n\t"), r"\u{1b}[2J\u{7}\r\n\t");
        assert_eq!(printable("a\u{202e}b\u{9b}31m\u{200b}"), r"a\u{202e}b\u{9b}31m\u{200b}");
        let all: String = ('\0'..='\u{ffff}').collect();
        assert!(!printable(&all).contains(char::is_control));
    }

    #[test]
    fn errors_are_one_line_with_their_causes() {
        let cause = std::io::Error::other("line\none");
        let error = ConnectError::Unix(cause);
        assert_eq!(chain(&error), r"cannot connect to the Unix socket: line\none");
    }

    #[test]
    fn who_ended_a_session_is_said_with_the_reason() {
        let reason = CloseReason::new(CloseCode::GOING_AWAY, "bye\u{1b}").unwrap();
        assert_eq!(ended(&reason), r"closed: 1001 GOING_AWAY (bye\u{1b})");
    }
}

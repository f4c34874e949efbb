//! Close reasons as labels: as many as one can list, whatever peers say.

use std::borrow::Cow;

use ws_core::{CloseCode, CloseReason, Error, Initiator, ProtocolError, Timeout};

/// How a session is closed that does not take what is published to it.
const TOO_SLOW: &str = "too slow";

/// The code; those that applications and libraries choose freely are counted together.
pub(super) fn code(reason: &CloseReason) -> Cow<'static, str> {
    match reason.code().as_u16() {
        3000..=3999 => "3xxx".into(),
        4000..=4999 => "4xxx".into(),
        code => code.to_string().into(),
    }
}

/// Who began it.
pub(super) fn by(reason: &CloseReason) -> &'static str {
    match reason.initiator() {
        Initiator::Local => "local",
        Initiator::Peer => "peer",
        _ => "transport",
    }
}

/// What caused it: `close` where nothing failed.
pub(super) fn cause(reason: &CloseReason) -> &'static str {
    let Some(cause) = reason.cause() else { return "close" };
    match cause.downcast_ref::<Error>() {
        Some(Error::Protocol(error)) if is_limit(error) => "limit",
        Some(Error::Protocol(_)) => "protocol",
        Some(Error::Decode(_)) => "decode",
        Some(Error::Forbidden { .. }) => "forbidden",
        Some(Error::Timeout(Timeout::Idle)) => "idle_timeout",
        Some(Error::Overloaded) => "message_budget",
        Some(Error::Timeout(Timeout::Message)) => "message_timeout",
        Some(Error::Timeout(Timeout::Pong)) => "pong_timeout",
        Some(Error::Timeout(Timeout::Send)) => "send_timeout",
        Some(Error::Timeout(_)) => "timeout",
        Some(Error::Transport(_)) => "transport",
        Some(Error::Panic(_)) => "panic",
        _ => "handler",
    }
}

/// The limit that ended the session, if one did.
pub(super) fn limit(reason: &CloseReason) -> Option<&'static str> {
    if reason.initiator() == Initiator::Local
        && reason.code() == CloseCode::TRY_AGAIN_LATER
        && reason.phrase() == TOO_SLOW
    {
        return Some("overflow");
    }
    match reason.cause()?.downcast_ref::<Error>()? {
        Error::Protocol(error) if is_limit(error) => Some("message"),
        Error::Timeout(Timeout::Idle) => Some("idle_timeout"),
        Error::Overloaded => Some("message_budget"),
        Error::Timeout(Timeout::Message) => Some("message_timeout"),
        Error::Timeout(Timeout::Pong) => Some("pong_timeout"),
        Error::Timeout(Timeout::Send) => Some("send_timeout"),
        _ => None,
    }
}

fn is_limit(error: &ProtocolError) -> bool {
    matches!(error.close_code(), CloseCode::MESSAGE_TOO_BIG | CloseCode::POLICY_VIOLATION)
}

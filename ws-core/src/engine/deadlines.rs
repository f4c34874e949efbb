//! When a connection has waited long enough. Without a clock: `now` is an argument.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::EndpointConfig;

/// A deadline that is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Due {
    /// The peer was silent: ping it.
    Ping,
    /// It did not answer that.
    Pong,
    /// No data frame passed for the idle timeout.
    Idle,
    /// The peer did not answer our Close.
    Close,
    /// The socket takes nothing.
    Send,
}

/// The waits of one connection.
#[derive(Debug)]
pub(super) struct Deadlines {
    keep_alive: Option<Duration>,
    pong_timeout: Duration,
    idle_timeout: Option<Duration>,
    close_timeout: Duration,
    send_timeout: Duration,
    /// Something arrived.
    heard: Instant,
    /// A data frame passed, either way.
    active: Instant,
    /// A keep-alive Ping was sent since something arrived.
    pinged: Option<Instant>,
    /// Our Close was sent, or the peer's was seen behind a message that a handler is busy with.
    closing: Option<Instant>,
    /// Since when there is something to write that the socket does not take.
    stalled: Option<Instant>,
}

impl Deadlines {
    pub(super) fn new(config: &EndpointConfig, now: Instant) -> Self {
        Self {
            keep_alive: config.keep_alive,
            pong_timeout: config.pong_timeout,
            idle_timeout: config.idle_timeout,
            close_timeout: config.close_timeout,
            send_timeout: config.send_timeout,
            heard: now,
            active: now,
            pinged: None,
            closing: None,
            stalled: None,
        }
    }

    /// Bytes arrived.
    #[inline]
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = None;
    }

    /// Whether somebody asks when a data frame passed.
    #[inline]
    pub(super) fn counts_data(&self) -> bool {
        self.idle_timeout.is_some()
    }

    /// A data frame passed.
    #[inline]
    pub(super) fn data(&mut self, now: Instant) {
        self.active = now;
    }

    /// A keep-alive Ping goes out.
    pub(super) fn pinged(&mut self, now: Instant) {
        self.pinged = Some(now);
    }

    /// The closing handshake began; only the first call counts.
    pub(super) fn closing(&mut self, now: Instant) {
        self.closing.get_or_insert(now);
    }

    /// The closing handshake is over as far as waiting for it goes.
    pub(super) fn rest(&mut self) {
        self.closing = None;
        self.keep_alive = None;
        self.idle_timeout = None;
        self.pinged = None;
    }

    /// Something waits to be written, and whether the socket took some of it.
    pub(super) fn writing(&mut self, waiting: bool, progress: bool, now: Instant) {
        if !waiting {
            self.stalled = None;
        } else if progress || self.stalled.is_none() {
            self.stalled = Some(now);
        }
    }

    /// Whether a write is stalled.
    #[inline]
    pub(super) const fn is_stalled(&self) -> bool {
        self.stalled.is_some()
    }

    /// The next deadline, `None` when nothing is waited for.
    pub(super) fn next(&self) -> Option<(Instant, Due)> {
        let keep_alive = match (self.closing, self.pinged) {
            // The close timeout is the shorter wait, and a Ping may not follow a Close.
            (Some(_), _) => None,
            (None, Some(pinged)) => Some((pinged + self.pong_timeout, Due::Pong)),
            (None, None) => self.keep_alive.map(|silence| (self.heard + silence, Due::Ping)),
        };
        let idle = self.idle_timeout.filter(|_| self.closing.is_none());
        [
            keep_alive,
            idle.map(|idle| (self.active + idle, Due::Idle)),
            self.closing.map(|since| (since + self.close_timeout, Due::Close)),
            self.stalled.map(|since| (since + self.send_timeout, Due::Send)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn deadlines(idle: Option<Duration>) -> (Deadlines, Instant) {
        let now = Instant::from_std(std::time::Instant::now());
        let mut config = EndpointConfig::new("/");
        config.idle_timeout = idle;
        (Deadlines::new(&config, now), now)
    }

    #[test]
    fn silence_is_pinged_and_then_ends() {
        let (mut deadlines, t) = deadlines(None);
        assert_eq!(deadlines.next(), Some((t + 20 * S, Due::Ping)));
        deadlines.heard(t + 5 * S);
        assert_eq!(deadlines.next(), Some((t + 25 * S, Due::Ping)));
        deadlines.pinged(t + 25 * S);
        assert_eq!(deadlines.next(), Some((t + 45 * S, Due::Pong)));
        deadlines.heard(t + 26 * S);
        assert_eq!(deadlines.next(), Some((t + 46 * S, Due::Ping)));
    }

    #[test]
    fn idle_counts_data_only() {
        let (mut deadlines, t) = deadlines(Some(3 * S));
        deadlines.heard(t + S);
        assert_eq!(deadlines.next(), Some((t + 3 * S, Due::Idle)));
        deadlines.data(t + S);
        assert_eq!(deadlines.next(), Some((t + 4 * S, Due::Idle)));
    }

    #[test]
    fn closing_stops_pings_and_has_a_deadline_of_its_own() {
        let (mut deadlines, t) = deadlines(Some(S));
        deadlines.closing(t);
        deadlines.closing(t + S);
        assert_eq!(deadlines.next(), Some((t + 5 * S, Due::Close)));
    }

    #[test]
    fn a_stall_ends_with_progress() {
        let (mut deadlines, t) = deadlines(None);
        deadlines.writing(true, false, t);
        deadlines.heard(t + 10 * S);
        deadlines.writing(true, false, t + 10 * S);
        assert_eq!(deadlines.next(), Some((t + 20 * S, Due::Send)));
        deadlines.writing(true, true, t + 12 * S);
        assert_eq!(deadlines.next(), Some((t + 30 * S, Due::Ping)));
        deadlines.writing(false, true, t + 13 * S);
        assert!(!deadlines.is_stalled());
    }
}

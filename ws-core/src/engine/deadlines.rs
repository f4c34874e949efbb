//! When a connection has waited long enough. Without a clock: `now` is an argument.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::EndpointConfig;
use crate::session::IdleTimeouts;

/// The shortest wait for the peer's Close: a connection has to have a moment to write its own.
pub(super) const MIN_CLOSE: Duration = Duration::from_millis(1);

/// How long what was sent before our Close may take to be written when there is no send timeout.
const PATIENCE: Duration = Duration::from_secs(20);

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
    /// Nothing more came of a message that had begun.
    Message,
}

/// The waits of one connection.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// Something arrived.
    heard: Instant,
    /// A data frame passed, either way.
    active: Instant,
    /// A keep-alive Ping was sent since something arrived.
    pinged: Option<Instant>,
    /// When the last bytes came of a message that had begun.
    unfinished: Option<Instant>,
    rare: Option<Box<Rare>>,
}

/// What a connection waits for at times.
#[derive(Debug, Default)]
struct Rare {
    /// Our Close was sent, or the peer's was seen behind a message that a handler is busy with.
    closing: Option<Instant>,
    /// How often the close timeout began anew.
    delays: u32,
    /// Only a stalled write is waited for.
    resting: bool,
    /// Since when there is something to write that the socket does not take.
    stalled: Option<Instant>,
    /// Idle timeouts that are not the configuration's.
    own: Option<Own>,
}

/// The idle timeouts of one session.
#[derive(Debug)]
struct Own {
    timeouts: IdleTimeouts,
    /// A data frame was received.
    received: Instant,
    /// A data frame was sent.
    sent: Instant,
}

impl Deadlines {
    pub(super) const fn new(now: Instant) -> Self {
        Self { heard: now, active: now, pinged: None, unfinished: None, rare: None }
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    fn own(&mut self) -> Option<&mut Own> {
        self.rare.as_mut()?.own.as_mut()
    }

    /// Bytes arrived; whether they answer a Ping, after which the next deadline may be nearer.
    #[inline]
    pub(super) fn heard(&mut self, now: Instant) -> bool {
        self.heard = now;
        self.pinged.take().is_some()
    }

    /// When bytes arrived last.
    #[inline]
    pub(super) const fn last_heard(&self) -> Instant {
        self.heard
    }

    /// A data frame was received.
    #[inline]
    pub(super) fn received(&mut self, now: Instant) {
        self.active = now;
        if let Some(own) = self.own() {
            own.received = now;
        }
    }

    /// A data frame was sent.
    #[inline]
    pub(super) fn sent(&mut self, now: Instant) {
        self.active = now;
        if let Some(own) = self.own() {
            own.sent = now;
        }
    }

    /// Bytes came of a message, and it goes on. Whether nothing was waited for before.
    pub(super) fn unfinished(&mut self, now: Instant) -> bool {
        self.unfinished.replace(now).is_none()
    }

    /// Whether the rest of a message is waited for.
    #[inline]
    pub(super) fn is_unfinished(&self) -> bool {
        self.unfinished.is_some()
    }

    /// The message is there.
    pub(super) fn finished(&mut self) {
        self.unfinished = None;
    }

    /// What is idle now is not to blame for it.
    pub(super) fn excuse_idle(&mut self, now: Instant) {
        self.received(now);
        self.sent(now);
    }

    /// Replaces the configuration's idle timeout; counting begins anew.
    pub(super) fn idle_timeouts(&mut self, timeouts: IdleTimeouts, now: Instant) {
        if self.own().is_some_and(|own| own.timeouts == timeouts) {
            return;
        }
        self.active = now;
        self.rare().own = Some(Own { timeouts, received: now, sent: now });
    }

    /// The next end of an idle timeout (Jakarta `setMaxIdleTimeout`).
    fn idle(&self, config: &EndpointConfig) -> Option<(Instant, Due)> {
        let wait = |since, timeout: Option<Duration>| after(since, timeout?, Due::Idle);
        let Some(own) = self.rare.as_ref().and_then(|rare| rare.own.as_ref()) else {
            return wait(self.active, config.idle_timeout);
        };
        let IdleTimeouts { idle, read, write } = own.timeouts;
        [wait(self.active, idle), wait(own.received, read), wait(own.sent, write)]
            .into_iter()
            .flatten()
            .reduce(earlier)
    }

    /// A keep-alive Ping goes out.
    pub(super) fn pinged(&mut self, now: Instant) {
        self.pinged = Some(now);
    }

    /// The closing handshake began; only the first call counts.
    pub(super) fn closing(&mut self, now: Instant) {
        self.rare().closing.get_or_insert(now);
    }

    /// The closing handshake waits for something else.
    pub(super) fn close_later(&mut self, now: Instant) {
        self.rare().closing = Some(now);
    }

    /// What was sent before our Close is still on its way: the close timeout begins anew, until the
    /// send timeout is over as well. Whether it did.
    pub(super) fn put_close_off(
        &mut self,
        config: &EndpointConfig,
        send_timeout: Duration,
    ) -> bool {
        let rare = self.rare();
        let delays = rare.delays.saturating_add(1);
        let is_patient = close_timeout(config).saturating_mul(delays) <= patience(send_timeout);
        if is_patient {
            rare.delays = delays;
        }
        is_patient
    }

    /// The closing handshake is over as far as waiting for it goes.
    pub(super) fn rest(&mut self) {
        self.rare().resting = true;
    }

    /// Something waits to be written, and whether the socket took some of it.
    pub(super) fn writing(&mut self, waiting: bool, progress: bool, now: Instant) {
        if !waiting {
            if let Some(rare) = &mut self.rare {
                rare.stalled = None;
                if rare.closing.is_none() && rare.own.is_none() {
                    self.rare = None;
                }
            }
        } else if progress || !self.is_stalled() {
            self.rare().stalled = Some(now);
        }
    }

    /// Whether a write is stalled.
    #[inline]
    pub(super) fn is_stalled(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.stalled.is_some())
    }

    /// The next deadline, `None` when nothing is waited for.
    pub(super) fn next(
        &self,
        config: &EndpointConfig,
        send_timeout: Duration,
    ) -> Option<(Instant, Due)> {
        let stalled = match &self.rare {
            None => None,
            Some(rare) => {
                let stalled = rare.stalled.and_then(|since| after(since, send_timeout, Due::Send));
                if rare.resting {
                    return stalled;
                }
                if let Some(since) = rare.closing {
                    // The close timeout is the shorter wait, and a Ping may not follow a Close.
                    let wait = close_timeout(config).saturating_mul(rare.delays.saturating_add(1));
                    let close = after(since, wait, Due::Close);
                    return [stalled, close].into_iter().flatten().reduce(earlier);
                }
                stalled
            }
        };
        let keep_alive = match (self.pinged, config.keep_alive) {
            (Some(pinged), _) => after(pinged, config.pong_timeout, Due::Pong),
            (None, Some(silence)) => after(self.heard, silence, Due::Ping),
            (None, None) => None,
        };
        let message =
            self.unfinished.and_then(|since| after(since, config.message_timeout, Due::Message));
        [keep_alive, self.idle(config), message, stalled].into_iter().flatten().reduce(earlier)
    }
}

pub(super) fn close_timeout(config: &EndpointConfig) -> Duration {
    config.close_timeout.max(MIN_CLOSE)
}

/// How long a peer that takes some of what goes before a Close has for all of it.
pub(super) const fn patience(send_timeout: Duration) -> Duration {
    if send_timeout.is_zero() { PATIENCE } else { send_timeout }
}

/// A wait since `since`. One of zero is none, and one that is too long to be counted has no end.
fn after(since: Instant, wait: Duration, due: Due) -> Option<(Instant, Due)> {
    let at = since.checked_add(wait)?;
    (!wait.is_zero()).then_some((at, due))
}

fn earlier(a: (Instant, Due), b: (Instant, Due)) -> (Instant, Due) {
    if b.0 < a.0 { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn next(deadlines: &Deadlines, config: &EndpointConfig) -> Option<(Instant, Due)> {
        deadlines.next(config, config.send_timeout)
    }

    fn deadlines(idle: Option<Duration>) -> (Deadlines, Instant, EndpointConfig) {
        let now = crate::engine::clock::now();
        let mut config = EndpointConfig::new("/");
        config.idle_timeout = idle;
        (Deadlines::new(now), now, config)
    }

    #[test]
    fn silence_is_pinged_and_then_ends() {
        let (mut deadlines, t, config) = deadlines(None);
        assert_eq!(next(&deadlines, &config), Some((t + 20 * S, Due::Ping)));
        deadlines.heard(t + 5 * S);
        assert_eq!(next(&deadlines, &config), Some((t + 25 * S, Due::Ping)));
        deadlines.pinged(t + 25 * S);
        assert_eq!(next(&deadlines, &config), Some((t + 45 * S, Due::Pong)));
        deadlines.heard(t + 26 * S);
        assert_eq!(next(&deadlines, &config), Some((t + 46 * S, Due::Ping)));
    }

    #[test]
    fn idle_counts_data_only() {
        let (mut deadlines, t, config) = deadlines(Some(3 * S));
        deadlines.heard(t + S);
        assert_eq!(next(&deadlines, &config), Some((t + 3 * S, Due::Idle)));
        deadlines.sent(t + S);
        assert_eq!(next(&deadlines, &config), Some((t + 4 * S, Due::Idle)));
    }

    #[test]
    fn closing_stops_pings_and_has_a_deadline_of_its_own() {
        let (mut deadlines, t, config) = deadlines(Some(S));
        deadlines.closing(t);
        deadlines.closing(t + S);
        assert_eq!(next(&deadlines, &config), Some((t + 5 * S, Due::Close)));
    }

    #[test]
    fn a_close_is_put_off_for_as_long_as_the_send_timeout() {
        let (mut deadlines, t, config) = deadlines(None);
        deadlines.closing(t);
        for delay in 1..=4 {
            assert!(deadlines.put_close_off(&config, 20 * S));
            assert_eq!(next(&deadlines, &config), Some((t + (delay + 1) * 5 * S, Due::Close)));
        }
        assert!(!deadlines.put_close_off(&config, 20 * S));
        assert!(!deadlines.put_close_off(&config, Duration::ZERO));
        assert!(deadlines.put_close_off(&config, 60 * S));
    }

    #[test]
    fn an_answered_ping_brings_the_next_one_nearer() {
        let (mut deadlines, t, mut config) = deadlines(None);
        config.pong_timeout = 60 * S;
        deadlines.pinged(t + 20 * S);
        assert_eq!(next(&deadlines, &config), Some((t + 80 * S, Due::Pong)));
        assert!(deadlines.heard(t + 21 * S));
        assert_eq!(next(&deadlines, &config), Some((t + 41 * S, Due::Ping)));
        assert!(!deadlines.heard(t + 22 * S));
    }

    #[test]
    fn a_message_that_does_not_go_on() {
        let (mut deadlines, t, mut config) = deadlines(None);
        config.keep_alive = None;
        assert!(deadlines.unfinished(t));
        assert!(!deadlines.unfinished(t + S));
        assert_eq!(next(&deadlines, &config), Some((t + 61 * S, Due::Message)));
        deadlines.finished();
        assert_eq!(next(&deadlines, &config), None);
        config.message_timeout = Duration::ZERO;
        deadlines.unfinished(t);
        assert_eq!(next(&deadlines, &config), None);
    }

    #[test]
    fn a_stall_ends_with_progress() {
        let (mut deadlines, t, config) = deadlines(None);
        deadlines.writing(true, false, t);
        deadlines.heard(t + 10 * S);
        deadlines.writing(true, false, t + 10 * S);
        assert_eq!(next(&deadlines, &config), Some((t + 20 * S, Due::Send)));
        deadlines.writing(true, true, t + 12 * S);
        assert_eq!(next(&deadlines, &config), Some((t + 30 * S, Due::Ping)));
        deadlines.writing(false, true, t + 13 * S);
        assert!(!deadlines.is_stalled());
    }

    #[test]
    fn timeouts_of_zero_are_none() {
        let zero = Duration::ZERO;
        let (mut deadlines, t, mut config) = deadlines(Some(zero));
        (config.keep_alive, config.close_timeout) = (Some(zero), zero);
        config.pong_timeout = zero;
        deadlines.writing(true, false, t);
        assert_eq!(deadlines.next(&config, zero), None);
        deadlines.pinged(t);
        assert_eq!(deadlines.next(&config, zero), None);
        let off = IdleTimeouts { idle: Some(zero), read: Some(zero), write: Some(zero) };
        deadlines.idle_timeouts(off, t);
        assert_eq!(deadlines.next(&config, zero), None);
        deadlines.idle_timeouts(IdleTimeouts { write: Some(S), ..off }, t);
        assert_eq!(deadlines.next(&config, zero), Some((t + S, Due::Idle)));
        deadlines.closing(t);
        assert_eq!(deadlines.next(&config, zero), Some((t + MIN_CLOSE, Due::Close)));
        deadlines.rest();
        assert_eq!(deadlines.next(&config, zero), None);
    }
}

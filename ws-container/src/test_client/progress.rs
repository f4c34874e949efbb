//! How far a client has come, seen from both ends: the endpoint that takes replies, and the task that
//! watches it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How far a client has come. Each end writes numbers of its own, so that a reply costs no more than
/// a few plain stores; what is read may be a moment old.
#[derive(Debug)]
pub(super) struct Progress {
    begun: Instant,
    /// Nanoseconds since then to the last reply; 0 without any.
    last: AtomicU64,
    /// Replies.
    replies: AtomicU64,
    /// Replies that no other message was sent for: so many less are on their way.
    settled: AtomicU64,
    /// Messages that the watching task sent.
    sent: AtomicU64,
    /// Nanoseconds to the last message that it sent while no reply was missing.
    first_missing: AtomicU64,
    /// Told once no reply came for too long.
    silent: Notify,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            last: AtomicU64::new(0),
            replies: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            first_missing: AtomicU64::new(0),
            silent: Notify::new(),
        }
    }

    /// Nanoseconds from the beginning until `at`. With them the endpoint reckons: a difference of two
    /// instants costs more.
    #[inline]
    pub(super) fn nanos(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.begun);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    fn instant(&self, nanos: &AtomicU64) -> Instant {
        self.begun + Duration::from_nanos(nanos.load(Ordering::Relaxed))
    }

    /// A reply came. There are so many by now, and for so many of them no other message was sent.
    #[inline]
    pub(super) fn reply(&self, at: u64, replies: u64, settled: u64) {
        self.last.store(at, Ordering::Relaxed);
        self.replies.store(replies, Ordering::Relaxed);
        self.settled.store(settled, Ordering::Relaxed);
    }

    /// The watching task sends a message now.
    pub(super) fn sending(&self, at: Instant) {
        if !self.is_missing() {
            self.first_missing.store(self.nanos(at), Ordering::Relaxed);
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    fn is_missing(&self) -> bool {
        self.sent.load(Ordering::Relaxed) > self.settled.load(Ordering::Relaxed)
    }

    /// Since when a reply is missing and none has come; `None` when none is missing.
    pub(super) fn silent_since(&self) -> Option<Instant> {
        let since = self.instant(&self.first_missing).max(self.last());
        self.is_missing().then_some(since)
    }

    /// Tells whoever waits for [`silence`](Self::silence).
    pub(super) fn tell_silence(&self) {
        self.silent.notify_one();
    }

    /// Done when it was found that no reply came for too long.
    pub(super) async fn silence(&self) {
        self.silent.notified().await;
    }

    /// When the last reply came; when it all began, before the first.
    pub(super) fn last(&self) -> Instant {
        self.instant(&self.last)
    }

    pub(super) fn replies(&self) -> u64 {
        self.replies.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn silence_begins_with_the_first_message_that_is_not_answered() {
        let progress = Progress::new();
        let at = |seconds: u32| progress.begun + seconds * SECOND;
        assert_eq!(progress.silent_since(), None, "nothing was sent");
        progress.sending(at(1));
        progress.sending(at(2));
        assert_eq!(progress.silent_since(), Some(at(1)), "sending more is no reply");
        progress.reply(progress.nanos(at(3)), 1, 1);
        assert_eq!(progress.silent_since(), Some(at(3)));
        progress.reply(progress.nanos(at(4)), 2, 2);
        assert_eq!(progress.silent_since(), None, "all came back");
        progress.sending(at(100));
        assert_eq!(progress.silent_since(), Some(at(100)), "a pause is no silence");
    }

    #[test]
    fn a_message_that_was_sent_for_a_reply_is_missing_in_its_place() {
        let progress = Progress::new();
        let at = |seconds: u32| progress.begun + seconds * SECOND;
        progress.sending(at(1));
        progress.reply(progress.nanos(at(2)), 1, 0);
        assert_eq!(progress.silent_since(), Some(at(2)));
        progress.reply(progress.nanos(at(3)), 2, 1);
        assert_eq!(progress.silent_since(), None);
    }
}

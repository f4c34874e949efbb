//! How often something may happen.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket, kept as the moment at which it will be full again (the generic cell rate
/// algorithm): one field, and nothing to do while nothing happens.
#[derive(Debug, Default)]
pub(super) struct Rate(Option<Instant>);

impl Rate {
    /// Whether something may happen `now` that may happen `per_second` times a second, and `burst`
    /// times at once. `u32::MAX` times a second is as often as it likes.
    pub(super) fn admit(&mut self, now: Instant, per_second: u32, burst: u32) -> bool {
        if per_second == u32::MAX {
            return true;
        }
        let each = Duration::from_secs(1) / per_second.max(1);
        let full = self.0.map_or(now, |full| full.max(now)) + each;
        let admitted = full.duration_since(now) <= each.saturating_mul(burst);
        if admitted {
            self.0 = Some(full);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::clock::now;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_burst_and_then_the_rate() {
        let (mut rate, start) = (Rate::default(), now());
        assert!((0..1000).all(|_| rate.admit(start, 100, 1000)));
        assert!(!rate.admit(start, 100, 1000));
        assert!(!rate.admit(start + 9 * MS, 100, 1000));
        assert!(rate.admit(start + 10 * MS, 100, 1000));
        assert!(!rate.admit(start + 10 * MS, 100, 1000));
        // A second later a hundred more have room, and after a long time a burst.
        let later = start + 1010 * MS;
        assert_eq!((0..200).filter(|_| rate.admit(later, 100, 1000)).count(), 100);
        let later = start + 100_000 * MS;
        assert_eq!((0..2000).filter(|_| rate.admit(later, 100, 1000)).count(), 1000);
    }

    #[test]
    fn no_bound() {
        let (mut rate, at) = (Rate::default(), now());
        assert!((0..10_000).all(|_| rate.admit(at, u32::MAX, 0)));
    }
}

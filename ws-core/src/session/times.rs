//! How long handlers take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the classes but the last, which has none: 1 µs, and always four times as much.
const CLASSES: usize = 13;

/// How long the message handlers of an endpoint took, of one message in 64.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HandlerTimes {
    /// Upper bounds, ascending, and how many took no longer than that and longer than the bound
    /// before; [`Duration::MAX`] is the last.
    pub classes: Vec<(Duration, u64)>,
    /// The sum of all.
    pub sum: Duration,
}

impl HandlerTimes {
    /// Adds those of another endpoint.
    pub fn add(&mut self, other: &Self) {
        if self.classes.is_empty() {
            self.classes.clone_from(&other.classes);
        } else {
            let pairs = self.classes.iter_mut().zip(&other.classes);
            pairs.for_each(|((_, count), (_, more))| *count += more);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }
}

/// The counts behind them.
#[derive(Debug, Default)]
pub(crate) struct Times {
    classes: [AtomicU64; CLASSES],
    nanos: AtomicU64,
}

impl Times {
    /// A handler took so long.
    pub(crate) fn add(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bits = 64 - (nanos.saturating_sub(1) / 1000).leading_zeros();
        let class = (bits.div_ceil(2) as usize).min(CLASSES - 1);
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// What they are now.
    pub(crate) fn snapshot(&self) -> HandlerTimes {
        let bound = |class: usize| match class {
            12.. => Duration::MAX,
            class => Duration::from_micros(1 << (2 * class)),
        };
        let count = |class: usize| self.classes[class].load(Ordering::Relaxed);
        let classes = (0..CLASSES).map(|class| (bound(class), count(class))).collect();
        HandlerTimes { classes, sum: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_falls_in_its_class() {
        #[rustfmt::skip] // a table
        let cases: &[(u64, usize)] = &[
            (0, 0), (1, 0), (1_000, 0), (1_001, 1), (4_000, 1), (4_001, 2), (16_000, 2), (16_001, 3),
            (1_024_000, 5), (1_024_001, 6), (4_194_304_000, 11), (4_194_304_001, 12), (u64::MAX, 12),
        ];
        for (nanos, class) in cases {
            let times = Times::default();
            times.add(Duration::from_nanos(*nanos));
            let snapshot = times.snapshot();
            let found = snapshot.classes.iter().position(|(_, count)| *count == 1);
            assert_eq!(found, Some(*class), "{nanos} ns");
            assert!(Duration::from_nanos(*nanos) <= snapshot.classes[*class].0);
            assert_eq!(snapshot.sum, Duration::from_nanos(*nanos));
        }
    }
}

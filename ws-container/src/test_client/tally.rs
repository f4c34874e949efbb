//! What was counted: of one client, and of all together.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Significant digits of the round trips that percentiles are made of. Each client has a histogram
/// of its own, and with two digits it stays within some KiB.
const DIGITS: u8 = 2;

/// What happened to messages, or Pings.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) messages_sent: u64,
    pub(super) frames_sent: u64,
    /// Replies.
    pub(super) messages_received: u64,
    /// Frames of replies.
    pub(super) frames_received: u64,
    /// There may have been more of them: replies came in several reads, and nobody looked.
    pub(super) frames_at_least: bool,
    /// Payload of replies.
    pub(super) bytes_received: u64,
    /// Replies that say something else than what was sent.
    pub(super) changed: u64,
    /// Messages that are no replies.
    pub(super) others: u64,
    /// Nanoseconds, as all here.
    shortest: u64,
    longest: u64,
    total: u128,
    round_trips: Histogram<u64>,
}

/// How long replies took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RoundTrips {
    pub(super) min: Duration,
    pub(super) avg: Duration,
    pub(super) max: Duration,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl Default for Tally {
    fn default() -> Self {
        // From 1 ns to 2 ns; it grows by itself.
        let mut round_trips =
            Histogram::new_with_bounds(1, 2, DIGITS).expect("the bounds are legal");
        round_trips.auto(true);
        Self {
            messages_sent: 0,
            frames_sent: 0,
            messages_received: 0,
            frames_received: 0,
            frames_at_least: false,
            bytes_received: 0,
            changed: 0,
            others: 0,
            shortest: u64::MAX,
            longest: 0,
            total: 0,
            round_trips,
        }
    }
}

impl Tally {
    /// Counts a reply that took so many nanoseconds.
    pub(super) fn reply(&mut self, round_trip: u64, frames: u64, bytes: usize) {
        self.messages_received += 1;
        self.frames_received += frames;
        self.bytes_received += bytes as u64;
        self.shortest = self.shortest.min(round_trip);
        self.longest = self.longest.max(round_trip);
        self.total += u128::from(round_trip);
        // It grows; what is beyond all that it can count is counted as longest.
        let _ = self.round_trips.record(round_trip);
    }

    /// Adds what another client counted.
    pub(super) fn add(&mut self, other: &Self) {
        self.messages_sent += other.messages_sent;
        self.frames_sent += other.frames_sent;
        self.messages_received += other.messages_received;
        self.frames_received += other.frames_received;
        self.frames_at_least |= other.frames_at_least;
        self.bytes_received += other.bytes_received;
        self.changed += other.changed;
        self.others += other.others;
        self.shortest = self.shortest.min(other.shortest);
        self.longest = self.longest.max(other.longest);
        self.total += other.total;
        self.round_trips.add(&other.round_trips).expect("it grows by itself");
    }

    /// Messages without a reply.
    pub(super) const fn lost(&self) -> u64 {
        self.messages_sent.saturating_sub(self.messages_received)
    }

    /// How long replies took, if there were any.
    pub(super) fn round_trips(&self) -> Option<RoundTrips> {
        if self.messages_received == 0 {
            return None;
        }
        let avg = self.total / u128::from(self.messages_received);
        let quantile = |quantile| {
            let nanos = self.round_trips.value_at_quantile(quantile);
            // Its buckets are wider than what was measured.
            Duration::from_nanos(nanos.clamp(self.shortest, self.longest))
        };
        Some(RoundTrips {
            min: Duration::from_nanos(self.shortest),
            avg: Duration::from_nanos(u64::try_from(avg).unwrap_or(u64::MAX)),
            max: Duration::from_nanos(self.longest),
            p50: quantile(0.5),
            p99: quantile(0.99),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Nanoseconds of a millisecond.
    const NANOS: u64 = 1_000_000;

    #[test]
    fn round_trips_of_several_clients() {
        let (mut all, mut other) = (Tally::default(), Tally::default());
        assert_eq!(all.round_trips(), None, "nothing came back");
        for n in 1..=60 {
            all.reply(n * NANOS, 1, 10);
        }
        for n in 61..=100 {
            other.reply(n * NANOS, 2, 10);
        }
        (all.messages_sent, other.messages_sent) = (61, 40);
        all.add(&other);
        assert_eq!(
            (all.messages_received, all.frames_received, all.bytes_received),
            (100, 140, 1000)
        );
        assert_eq!(all.lost(), 1);
        let RoundTrips { min, avg, max, p50, p99 } = all.round_trips().unwrap();
        assert_eq!((min, avg, max), (MS, Duration::from_micros(50_500), 100 * MS));
        assert!(p50.abs_diff(50 * MS) < MS && p99.abs_diff(99 * MS) < MS, "{p50:?} {p99:?}");
    }

    #[test]
    fn percentiles_count_more_than_fits_32_bits() {
        let mut long = Tally::default();
        long.reply(NANOS, 1, 0);
        long.reply(100 * NANOS, 1, 0);
        let many = u32::MAX.into();
        long.round_trips.record_n(NANOS, many).unwrap();
        for _ in 0..2 {
            long.round_trips.record_n(100 * NANOS, many).unwrap();
        }
        let times = long.round_trips().unwrap();
        assert!(times.p50 > 99 * MS, "two of three took so long: {times:?}");
    }

    #[test]
    fn percentiles_stay_between_the_shortest_and_the_longest() {
        let mut one = Tally::default();
        one.reply(123_457, 1, 0);
        let times = one.round_trips().unwrap();
        assert_eq!((times.p50, times.p99), (times.min, times.max));
        one.reply(3_600_000 * NANOS, 1, 0);
        one.reply(0, 1, 0);
        assert_eq!(one.round_trips().unwrap().max, Duration::from_hours(1));
    }
}

//! Keeps peers from flooding the log.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets some lines in a span of time pass and counts the others.
#[derive(Debug)]
pub(crate) struct Quiet {
    lines: u32,
    span: Duration,
    /// The span that is counted, and the events in it.
    state: Mutex<Option<(Instant, u32)>>,
}

impl Quiet {
    /// Lets so many lines pass in a `span`.
    pub(crate) const fn new(lines: u32, span: Duration) -> Self {
        Self { lines, span, state: Mutex::new(None) }
    }

    /// Whether to log an event at `now`; if so, how many were kept quiet before it.
    pub(crate) fn pass(&self, now: Instant) -> Option<u32> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            Some((since, events)) if now.duration_since(*since) < self.span => {
                *events = events.saturating_add(1);
                (*events <= self.lines).then_some(0)
            }
            other => {
                let quiet = other.map_or(0, |(_, events)| events.saturating_sub(self.lines));
                *other = Some((now, 1));
                Some(quiet)
            }
        }
    }
}

impl Default for Quiet {
    /// Ten lines a second.
    fn default() -> Self {
        Self::new(10, Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_a_second_and_a_count_of_the_others() {
        let (quiet, start) = (Quiet::default(), Instant::now());
        let passed = (0..1_000).filter(|_| quiet.pass(start) == Some(0)).count();
        assert_eq!(passed, 10);
        assert_eq!(quiet.pass(start + Duration::from_secs(1)), Some(990));
        assert_eq!(quiet.pass(start + Duration::from_secs(1)), Some(0));
    }
}

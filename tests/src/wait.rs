//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// Longest wait for anything that is to happen soon; generous, because machines are busy.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// How often a condition is asked.
const INTERVAL: Duration = Duration::from_millis(2);

/// Waits until `condition` holds; panics after [`DEADLINE`] and says `what` did not happen.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    some(what, || condition().then_some(()));
}

/// Waits until `poll` has a value; panics after [`DEADLINE`] and says `what` did not happen.
#[track_caller]
pub fn some<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(Instant::now() < deadline, "within {DEADLINE:?} this did not happen: {what}");
        std::thread::park_timeout(INTERVAL);
    }
}

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
pub fn some<T>(what: &str, poll: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, poll)
        .unwrap_or_else(|| panic!("within {DEADLINE:?} this did not happen: {what}"))
}

/// Waits until `poll` has a value, at most for `limit`.
pub fn within<T>(limit: Duration, mut poll: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = poll() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::park_timeout(INTERVAL);
    }
}

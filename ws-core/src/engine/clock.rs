//! The one place that reads the clock.

use tokio::time::Instant;

/// The time now; tokio's, so that tests may stop it.
#[inline]
#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub(super) fn now() -> Instant {
    Instant::now()
}

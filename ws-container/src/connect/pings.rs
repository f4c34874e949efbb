//! The server's Pings. The engine answers them by itself and tells no endpoint of them; it tells its
//! log, and that is where they are found.

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::connect::format;
use crate::connect::screen::Screen;

/// Where the engine tells of control frames.
const TARGET: &str = "ws_core::engine::control";

/// Shows Pings on `screen` from now on.
pub(super) fn show(screen: &Arc<Screen>) {
    let targets = Targets::new().with_target(TARGET, LevelFilter::TRACE);
    let pings = Pings(Arc::clone(screen)).with_filter(targets);
    // Refused only where logging is set up already, which this program does nowhere else.
    let _ = tracing_subscriber::registry().with(pings).try_init();
}

struct Pings(Arc<Screen>);

impl<S: Subscriber> Layer<S> for Pings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut found = Found(None);
        event.record(&mut found);
        if let Some(payload) = found.0 {
            self.0.control(&format!("ping{}", format::control(&payload)));
        }
    }
}

/// The payload of the Ping in a log event.
struct Found(Option<Vec<u8>>);

impl Visit for Found {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "event" {
            self.0 = payload(&format!("{value:?}"));
        }
    }
}

/// The payload in `Ping([1, 2])`; `None` for all else.
fn payload(event: &str) -> Option<Vec<u8>> {
    let bytes = event.strip_prefix("Ping([")?.strip_suffix("])")?;
    let bytes = bytes.split(", ").filter(|byte| !byte.is_empty());
    bytes.map(|byte| byte.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use ws_container::protocol::Other;

    use super::*;

    #[test]
    fn pings_are_found_as_the_engine_writes_them() {
        for bytes in [&[][..], &[7], &[0, 255, 10]] {
            assert_eq!(payload(&format!("{:?}", Other::Ping(bytes))).as_deref(), Some(bytes));
        }
        assert_eq!(payload(&format!("{:?}", Other::Pong(b"x"))), None);
    }
}

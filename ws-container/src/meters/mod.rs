//! What is counted: connections, sessions, how they end, what is refused, and which limits are hit.
//!
//! Everything here happens once in the life of a connection or more rarely. Messages are counted by
//! the engine, in fields of the session's own; what is asked for the metrics sums them up.

#[cfg(feature = "admin")]
mod closes;
#[cfg(feature = "admin")]
mod flows;
#[cfg(feature = "admin")]
mod registry;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use ws_core::Session;

#[cfg(feature = "admin")]
use crate::meters::registry::Registry;
use crate::quiet::Quiet;

/// The counters of a container. Without the feature `admin` nobody can ask for them, and nothing is
/// counted.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    /// What is said of limits, each by its name.
    said: Mutex<HashMap<&'static str, Quiet>>,
    #[cfg(feature = "admin")]
    registry: Registry,
}

impl Meters {
    /// Counts a connection until what this returns is dropped; `kind` is the kind of its listener.
    pub(crate) fn connection(self: &Arc<Self>, kind: &'static str) -> ConnectionMeter {
        #[cfg(feature = "admin")]
        self.registry.connected(kind);
        ConnectionMeter { meters: Arc::clone(self), kind }
    }

    /// Counts `session` until what this returns is dropped.
    pub(crate) fn session(self: &Arc<Self>, session: Session) -> SessionMeter {
        #[cfg(feature = "admin")]
        self.registry.opened(&session);
        SessionMeter { meters: Arc::clone(self), session }
    }

    /// Counts a handshake that opened nothing.
    #[cfg_attr(not(feature = "admin"), expect(clippy::unused_self, reason = "nothing is counted"))]
    pub(crate) fn refused(&self, status: StatusCode, reason: &'static str) {
        #[cfg(feature = "admin")]
        self.registry.refused(status, reason);
        #[cfg(not(feature = "admin"))]
        let _ = (status, reason);
    }

    /// Counts a connection that did not come to HTTP.
    #[cfg_attr(not(feature = "admin"), expect(clippy::unused_self, reason = "nothing is counted"))]
    pub(crate) fn turned_away(&self, reason: &'static str) {
        #[cfg(feature = "admin")]
        self.registry.turned_away(reason);
        #[cfg(not(feature = "admin"))]
        let _ = reason;
    }

    /// Counts that a limit was reached, and says so in the log, once in a while.
    pub(crate) fn limit(&self, limit: &'static str) {
        self.say(limit);
        #[cfg(feature = "admin")]
        self.registry.limit(limit);
    }

    /// Logs that a limit was reached: one line in ten seconds for each, with the number of times of
    /// which there was none.
    fn say(&self, limit: &'static str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = said.entry(limit).or_insert_with(|| Quiet::new(1, Duration::from_secs(10)));
        let passed = quiet.pass(Instant::now());
        drop(said);
        if let Some(quiet) = passed {
            tracing::warn!(limit, quiet, "limit reached");
        }
    }

    /// All of it in the text format of `OpenMetrics`, which Prometheus reads.
    #[cfg(feature = "admin")]
    pub(crate) fn render(&self) -> String {
        self.registry.render()
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(crate) struct ConnectionMeter {
    #[cfg_attr(not(feature = "admin"), expect(dead_code, reason = "nothing is counted"))]
    meters: Arc<Meters>,
    #[cfg_attr(not(feature = "admin"), expect(dead_code, reason = "nothing is counted"))]
    kind: &'static str,
}

#[cfg(feature = "admin")]
impl Drop for ConnectionMeter {
    fn drop(&mut self) {
        self.meters.registry.disconnected(self.kind);
    }
}

/// A session that is counted.
#[derive(Debug)]
pub(crate) struct SessionMeter {
    #[cfg_attr(not(feature = "admin"), expect(dead_code, reason = "nothing is counted"))]
    meters: Arc<Meters>,
    #[cfg_attr(not(feature = "admin"), expect(dead_code, reason = "nothing is counted"))]
    session: Session,
}

#[cfg(feature = "admin")]
impl Drop for SessionMeter {
    /// Counts why it ended, too.
    fn drop(&mut self) {
        let reason = self.session.close_reason();
        if let Some(limit) = reason.as_ref().and_then(closes::limit) {
            self.meters.limit(limit);
        }
        self.meters.registry.closed(&self.session, reason.as_ref());
    }
}

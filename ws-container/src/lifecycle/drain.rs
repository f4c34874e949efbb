//! How a container ends: drained, within a time.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use ws_core::{CloseCode, CloseReason, Hub};

use crate::config::Settings;
use crate::http::{LONGEST, Server};

/// While draining, sessions that were only just opened are told to close after this long.
const ROUND: Duration = Duration::from_millis(250);

/// Longest time between the Close of one session and the next: few sessions end sooner.
const LONGEST_GAP: Duration = Duration::from_millis(50);

/// Shortest grace: enough for a Close to be written.
const SHORTEST: Duration = Duration::from_millis(10);

/// After everything was cut, wait this long for the tasks to notice.
const AFTERMATH: Duration = Duration::from_secs(1);

/// How a container is to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Farewell {
    /// Go on accepting for this long.
    delay: Duration,
    /// Tell the sessions over this time.
    spread: Duration,
    /// After this long, cut what is left.
    grace: Duration,
    /// What sessions are told.
    code: CloseCode,
}

impl Farewell {
    pub(super) fn new(settings: &Settings) -> Self {
        let grace = settings.grace.clamp(SHORTEST, LONGEST);
        Self {
            delay: settings.drain_delay.min(LONGEST),
            // The last ones need some of the grace too.
            spread: settings.drain_spread.min(grace / 2),
            grace,
            code: settings.drain_code,
        }
    }

    fn reason(self) -> CloseReason {
        let phrase = "server is shutting down";
        let reason = CloseReason::new(self.code, phrase);
        // A code that cannot be sent says nothing; this one says what happens.
        reason.or_else(|_| CloseReason::new(CloseCode::GOING_AWAY, phrase)).unwrap_or_default()
    }

    /// Ends everything of `server`; returns how many sessions did not end in time and were cut.
    ///
    /// All times count from `begun`: where an earlier call was dropped, this one goes on with what
    /// is left of them.
    pub(super) async fn say(self, server: &Server, begun: Instant) -> usize {
        let hub = server.deployment.hub();
        let begun = begun + self.delay;
        if begun > Instant::now() {
            tracing::info!(delay = ?self.delay, "not ready any more; still accepting");
            sleep_until(begun).await;
        }
        let deadline = begun + self.grace;
        server.stop.cancel();
        server.http.close();
        server.sessions.close();
        let mut ended = pin!(async {
            // Each HTTP connection may still become a session.
            server.http.wait().await;
            server.sessions.wait().await;
        });
        let (Self { grace, spread, .. }, reason) = (self, self.reason());
        tracing::info!(sessions = hub.len(), ?grace, ?spread, "shutting down");
        tokio::select! {
            () = &mut ended => {
                // What asks from now on whether it may begin is told so here as well.
                server.cut.cancel();
                tracing::info!(cut = 0, "shut down");
                return 0;
            }
            () = tell(hub, &reason, begun + spread) => {}
            () = sleep_until(deadline) => {}
        }
        let cut = hub.len();
        server.cut.cancel();
        let aborting = async {
            loop {
                // Also those that open only now.
                hub.abort_all();
                sleep(ROUND).await;
            }
        };
        let gone = timeout(AFTERMATH, async {
            tokio::select! {
                () = ended => {}
                () = aborting => {}
            }
        });
        if gone.await.is_err() {
            tracing::warn!("connections are left that do not end");
        }
        tracing::warn!(cut, "shut down; the grace period was over");
        cut
    }
}

/// Closes all sessions of `hub` with `reason`, evenly until `end`, so that they do not all come back
/// elsewhere at the same moment; then those that opened meanwhile, without end.
async fn tell(hub: &Arc<Hub>, reason: &CloseReason, end: Instant) {
    let sessions = hub.sessions();
    let mut at = Instant::now();
    let count = u32::try_from(sessions.len()).unwrap_or(u32::MAX).max(1);
    let gap = (end.saturating_duration_since(at) / count).min(LONGEST_GAP);
    for session in sessions {
        if at > Instant::now() {
            sleep_until(at).await;
        }
        session.close(reason.clone());
        at += gap;
    }
    loop {
        hub.close_all(reason);
        sleep(ROUND).await;
    }
}

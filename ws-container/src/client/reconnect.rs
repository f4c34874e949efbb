//! A connection that comes back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use ws_core::{CloseCode, CloseReason, Endpoint, Initiator, Session};

use crate::client::Shared;
use crate::client::config::ClientEndpointConfig;
use crate::client::connect::{asked_to_wait, connect, without_query};
use crate::client::error::ConnectError;

/// Why there is no connection at the moment.
#[derive(Debug)]
#[non_exhaustive]
pub enum Interruption<'a> {
    /// An attempt failed.
    Failed(&'a ConnectError),
    /// The session ended.
    Ended(&'a CloseReason),
}

impl Interruption<'_> {
    /// Whether another attempt makes sense: not after a refusal or an orderly end, not where the next
    /// would end alike, and not when this program closed the session.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Failed(error) => error.is_transient(),
            Self::Ended(reason) => {
                let by_us = reason.initiator() == Initiator::Local && reason.cause().is_none();
                let lasting = [
                    CloseCode::NORMAL_CLOSURE,
                    CloseCode::PROTOCOL_ERROR,
                    CloseCode::UNSUPPORTED_DATA,
                    CloseCode::INVALID_PAYLOAD_DATA,
                    CloseCode::POLICY_VIOLATION,
                    CloseCode::MESSAGE_TOO_BIG,
                    CloseCode::MANDATORY_EXTENSION,
                ];
                !by_us && !lasting.contains(&reason.code())
            }
        }
    }
}

type Decide = Arc<dyn Fn(&Interruption<'_>) -> bool + Send + Sync>;

/// When to connect again, and when to give up (Tyrus `ReconnectHandler`).
///
/// The first wait is between 250 and 500 ms and each is twice the one before, up to 30 s; the half of
/// each is random, so that the clients of a server that restarts do not come back all at once. A
/// session that lasted for 10 s begins anew. `Retry-After` of a 503 is waited for at least.
///
/// ```
/// use std::time::Duration;
///
/// use ws_container::client::{Interruption, ReconnectPolicy};
///
/// let policy = ReconnectPolicy::default()
///     .first_wait(Duration::from_secs(1))
///     .max_attempts(Some(10))
///     .retry_if(|why| why.is_transient() || matches!(why, Interruption::Ended(_)));
/// ```
#[derive(Clone)]
#[must_use]
#[doc(alias = "ReconnectHandler")]
pub struct ReconnectPolicy {
    first_wait: Duration,
    longest_wait: Duration,
    max_attempts: Option<u32>,
    stable_after: Duration,
    decide: Decide,
}

impl Default for ReconnectPolicy {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            max_attempts: None,
            stable_after: Duration::from_secs(10),
            decide: Arc::new(|why| why.is_transient()),
        }
    }
}

impl fmt::Debug for ReconnectPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReconnectPolicy")
            .field("first_wait", &self.first_wait)
            .field("longest_wait", &self.longest_wait)
            .field("max_attempts", &self.max_attempts)
            .field("stable_after", &self.stable_after)
            .finish_non_exhaustive()
    }
}

impl ReconnectPolicy {
    /// Longest first wait; 500 ms.
    pub const fn first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// Longest wait of all; 30 s.
    pub const fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Gives up after this many attempts in a row; `None`, the default, never.
    pub const fn max_attempts(mut self, count: Option<u32>) -> Self {
        self.max_attempts = count;
        self
    }

    /// A session that lasted for this long counts as success, and begins the count anew; 10 s.
    pub const fn stable_after(mut self, time: Duration) -> Self {
        self.stable_after = time;
        self
    }

    /// Connects again only when `decide` says so; [`Interruption::is_transient`] by default.
    pub fn retry_if(
        mut self,
        decide: impl Fn(&Interruption<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.decide = Arc::new(decide);
        self
    }

    /// The wait before attempt number `attempt`, counted from 0, where `random` is any number.
    fn wait(&self, attempt: u32, random: u32) -> Duration {
        let whole = self.first_wait.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
        let half = whole.min(self.longest_wait) / 2;
        half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// The wait before the next attempt; `None` to give up.
    fn next(&self, why: &Interruption<'_>, attempt: u32) -> Option<Duration> {
        if !(self.decide)(why) || self.max_attempts.is_some_and(|max| attempt >= max) {
            return None;
        }
        let wait = self.wait(attempt, u32::from_ne_bytes(super::random()));
        let asked = match why {
            Interruption::Failed(error) => asked_to_wait(error),
            Interruption::Ended(_) => None,
        };
        // A server may ask for much, not for ever.
        Some(wait.max(asked.unwrap_or_default().min(Duration::from_secs(300))))
    }
}

/// Where a [`Reconnecting`] stands.
#[derive(Clone, Debug, Default)]
enum Stage {
    #[default]
    Between,
    Open(Session),
    /// For good.
    Over,
}

/// Where it stands, for the task that connects and for whom it belongs to. Each changes it in one
/// step, so that a session that opens while it is stopped is closed by one of the two.
#[derive(Clone)]
struct Told(watch::Sender<Stage>);

impl Told {
    /// Goes on to `stage`, unless it is over; says whether it did.
    fn go_on(&self, stage: Stage) -> bool {
        self.0.send_if_modified(|now| {
            let goes_on = !matches!(now, Stage::Over);
            if goes_on {
                *now = stage;
            }
            goes_on
        })
    }

    /// Ends it; the session that was open until now.
    fn end(&self) -> Option<Session> {
        if let Stage::Open(session) = self.0.send_replace(Stage::Over) {
            Some(session)
        } else {
            None
        }
    }
}

/// A connection that comes back; [`Client::stay_connected`](crate::client::Client::stay_connected)
/// makes it. Dropping it stops it: the session is closed with 1000.
///
/// Messages that were on their way when a session ended are not sent again.
pub struct Reconnecting {
    told: Told,
    /// `None` once it has said why it gave up.
    task: Option<JoinHandle<Option<ConnectError>>>,
}

impl Reconnecting {
    pub(super) fn new<E: Endpoint>(
        shared: Arc<Shared>,
        config: ClientEndpointConfig,
        policy: ReconnectPolicy,
        uri: String,
        mut make: impl FnMut() -> E + Send + 'static,
    ) -> Self {
        let told = Told(watch::Sender::new(Stage::Between));
        let over = OverOnDrop(told.clone());
        let task = tokio::spawn(async move {
            let told = &over.0;
            let mut attempt = 0;
            loop {
                let mut stable = false;
                let why = match connect(&shared, &config, make(), &uri).await {
                    Err(error) => Err(error),
                    Ok(running) => {
                        let opened = Instant::now();
                        if !told.go_on(Stage::Open(running.session.clone())) {
                            // It was stopped at this very moment.
                            running.session.close(CloseReason::default());
                            return None;
                        }
                        // An endpoint's panic was told to itself.
                        let _ = running.task.await;
                        if !told.go_on(Stage::Between) {
                            return None;
                        }
                        stable = opened.elapsed() >= policy.stable_after;
                        Ok(running.session.close_reason().unwrap_or_default())
                    }
                };
                if stable {
                    attempt = 0;
                }
                let interruption = match &why {
                    Ok(reason) => Interruption::Ended(reason),
                    Err(error) => Interruption::Failed(error),
                };
                let Some(wait) = policy.next(&interruption, attempt) else { return why.err() };
                tracing::debug!(uri = without_query(&uri), ?wait, attempt, "connecting again");
                attempt += 1;
                sleep(wait).await;
            }
        });
        Self { told, task: Some(task) }
    }

    /// The session, while there is one.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        if let Stage::Open(session) = &*self.told.0.borrow() { Some(session.clone()) } else { None }
    }

    /// Waits for a session; `None` when it has given up.
    pub async fn open_session(&self) -> Option<Session> {
        let mut stage = self.told.0.subscribe();
        let found = stage.wait_for(|stage| !matches!(stage, Stage::Between)).await.ok()?;
        if let Stage::Open(session) = &*found { Some(session.clone()) } else { None }
    }

    /// Waits until it gives up: the error of the last attempt, or `None` after a session. The error
    /// is told once: a later call says `None` at once. May be dropped before it is done.
    pub async fn given_up(&mut self) -> Option<ConnectError> {
        let given_up = self.task.as_mut()?.await;
        self.task = None;
        given_up.ok().flatten()
    }

    /// Connects no more, and closes the session with `reason`; done when it has closed.
    pub async fn stop(self, reason: CloseReason) {
        let session = self.told.end();
        self.abort();
        if let Some(session) = session {
            session.close(reason).await;
        }
    }

    fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl fmt::Debug for Reconnecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnecting").field("session", &self.session()).finish_non_exhaustive()
    }
}

impl Drop for Reconnecting {
    fn drop(&mut self) {
        let session = self.told.end();
        self.abort();
        if let Some(session) = session {
            session.close(CloseReason::default());
        }
    }
}

/// Tells those who wait for a session that there will be none; also when the endpoint's maker
/// panicked, or the runtime ends.
struct OverOnDrop(Told);

impl Drop for OverOnDrop {
    fn drop(&mut self) {
        if let Some(session) = self.0.end() {
            session.close(CloseReason::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_differ() {
        let policy = ReconnectPolicy::default();
        let range = |attempt| {
            (policy.wait(attempt, 0).as_millis(), policy.wait(attempt, u32::MAX).as_millis())
        };
        assert_eq!(range(0), (250, 500));
        assert_eq!(range(1), (500, 1_000));
        assert_eq!(range(6), (15_000, 30_000));
        assert_eq!(range(u32::MAX), (15_000, 30_000));
    }

    #[test]
    fn what_is_over_stays_over() {
        let told = Told(watch::Sender::new(Stage::Between));
        assert!(told.go_on(Stage::Between));
        assert!(told.end().is_none());
        assert!(!told.go_on(Stage::Between), "who opens a session now is told to close it");
        assert!(matches!(*told.0.borrow(), Stage::Over));
    }

    #[test]
    fn attempts_are_counted_and_asked_for() {
        let error = ConnectError::Ended;
        let why = Interruption::Failed(&error);
        let policy = ReconnectPolicy::default().max_attempts(Some(2));
        assert!(policy.next(&why, 1).is_some());
        assert!(policy.next(&why, 2).is_none());
        assert!(policy.next(&Interruption::Failed(&ConnectError::Uri("x")), 0).is_none());
        let closed = CloseReason::default();
        assert!(policy.next(&Interruption::Ended(&closed), 0).is_none(), "closed by this side");
        let always = policy.retry_if(|_| true);
        assert!(always.next(&Interruption::Ended(&closed), 0).is_some());
    }
}

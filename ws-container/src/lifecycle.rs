//! How a container ends: drained, within a time.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until, timeout};
use ws_core::{CloseCode, CloseReason, Hub};

use crate::http::Server;

/// While draining, sessions that were only just opened are told to close after this long.
const ROUND: Duration = Duration::from_millis(250);

/// After everything was cut, wait this long for the tasks to notice.
const AFTERMATH: Duration = Duration::from_secs(1);

/// A running container, from outside. Clones speak of the same container.
#[derive(Clone, Debug)]
pub struct Handle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    server: Arc<Server>,
    grace: Duration,
    addresses: Mutex<Vec<SocketAddr>>,
    /// How many sessions were cut, once the container has ended.
    cut: OnceCell<usize>,
}

impl Handle {
    pub(crate) fn new(server: Arc<Server>, grace: Duration) -> Self {
        let inner = Inner { server, grace, addresses: Mutex::default(), cut: OnceCell::new() };
        Self { inner: Arc::new(inner) }
    }

    /// The addresses it listens on, in the order in which they were given; none before it started.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.inner.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its sessions and topics.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        self.inner.server.deployment.hub()
    }

    /// Shuts the container down, and returns how many sessions did not end in time and were cut.
    ///
    /// Listening sockets and idle HTTP connections are closed at once, and every session with 1001.
    /// Sessions that have not ended by themselves after the grace period
    /// ([`Settings::grace`](crate::Settings::grace)) are cut. A second call waits for the same end.
    pub async fn shutdown(&self) -> usize {
        *self.inner.cut.get_or_init(|| self.drain()).await
    }

    /// Waits for the end of a [`shutdown`](Self::shutdown); returns what that returns.
    pub async fn stopped(&self) -> usize {
        self.inner.server.stop.cancelled().await;
        self.shutdown().await
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.inner.server
    }

    pub(crate) fn listening(&self, address: SocketAddr) {
        self.inner.addresses.lock().unwrap_or_else(PoisonError::into_inner).push(address);
    }

    async fn drain(&self) -> usize {
        let Inner { server, grace, .. } = &*self.inner;
        let deadline = Instant::now() + *grace;
        server.stop.cancel();
        server.http.close();
        server.sessions.close();
        let reason = CloseReason::new(CloseCode::GOING_AWAY, "server is shutting down")
            .expect("the code may be sent and the phrase is short");
        let mut ended = pin!(async {
            // Each HTTP connection may still become a session.
            server.http.wait().await;
            server.sessions.wait().await;
        });
        tracing::info!(sessions = self.hub().len(), ?grace, "shutting down");
        while Instant::now() < deadline {
            self.hub().close_all(&reason);
            tokio::select! {
                () = &mut ended => {
                    tracing::info!("shut down");
                    return 0;
                }
                () = sleep_until(deadline.min(Instant::now() + ROUND)) => {}
            }
        }
        let cut = self.hub().len();
        server.cut.cancel();
        self.hub().abort_all();
        if timeout(AFTERMATH, ended).await.is_err() {
            tracing::warn!("connections are left that do not end");
        }
        tracing::warn!(cut, "shut down; the grace period was over");
        cut
    }
}

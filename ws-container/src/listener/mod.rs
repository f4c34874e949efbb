//! Listening sockets, and the connections that come in.

mod listen;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Settings;
use crate::http::{Ends, Entrance, Newcomers, Permits, Server, serve};
pub use crate::listener::listen::Listen;

/// First and longest wait after a failure to accept.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// While accepting keeps failing, say so this often.
const REMIND: Duration = Duration::from_secs(60);

/// How many connections there may be, over all listeners.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    http: Arc<Semaphore>,
    newcomers: Arc<Newcomers>,
    connections: Option<Arc<Semaphore>>,
}

impl Admission {
    /// Lets as many connections speak HTTP at the same time, and wait for their first request, and be
    /// there in all, as `settings` say.
    pub(crate) fn new(settings: &Settings) -> Self {
        let semaphore =
            |permits: usize| Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            http: semaphore(settings.max_http_connections),
            newcomers: Newcomers::new(settings.max_newcomers_per_address),
            connections: settings.max_connections.map(semaphore),
        }
    }

    /// Waits until one more connection may be there.
    async fn admit(&self, server: &Server, entrance: &Entrance, peer: IpAddr) -> Option<Permits> {
        let connection = match &self.connections {
            Some(connections) => {
                Some(permit(connections, || server.meters.limit("max_connections")).await?)
            }
            None => None,
        };
        let http = self.speak(server).await?;
        let is_proxy = entrance.proxied || server.trust.is_proxy(peer);
        let (newcomer, crowded) = self.newcomers.enter(peer, is_proxy);
        if crowded {
            server.meters.limit("max_newcomers_per_address");
        }
        let kind = if entrance.is_secure() { "tls" } else { "plain" };
        Some(Permits { http, connection, newcomer, meter: server.meters.connection(kind) })
    }

    /// Waits until one more connection may speak HTTP, for which one that says nothing gives way.
    async fn speak(&self, server: &Server) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.http).try_acquire_owned() {
            return Some(permit);
        }
        server.meters.limit("max_http_connections");
        let mut permit = pin!(Arc::clone(&self.http).acquire_owned());
        loop {
            // One that is told to go may have sent its request at this very moment, and stay.
            let again = self.newcomers.make_room();
            tokio::select! {
                permit = permit.as_mut() => return permit.ok(),
                () = tokio::time::sleep_until(again) => {}
            }
        }
    }
}

/// Waits for a permit of `semaphore`; `full` is told when there is none.
async fn permit(semaphore: &Arc<Semaphore>, full: impl FnOnce()) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = Arc::clone(semaphore).try_acquire_owned() {
        return Some(permit);
    }
    full();
    Arc::clone(semaphore).acquire_owned().await.ok()
}

/// Accepts connections of `listener` until the server is to stop.
///
/// One connection at most waits here for room; the next ones wait in the system's queue. Room is not
/// taken before there is a connection: several listeners would keep it from one another.
pub(crate) async fn accept(
    listener: TcpListener,
    server: Arc<Server>,
    admission: Admission,
    entrance: Entrance,
) {
    let entrance = Arc::new(entrance);
    let address = listener.local_addr().ok().filter(|address| !address.ip().is_unspecified());
    let mut failures = Failures::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = server.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                failures = Failures::default();
                let permits = tokio::select! {
                    biased;
                    () = server.stop.cancelled() => return,
                    permits = admission.admit(&server, &entrance, peer.ip()) => permits,
                };
                let Some(permits) = permits else { return };
                begin(&server, stream, (peer, address), &entrance, permits);
            }
            // The peer is gone already; that says nothing of the next one.
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                server.meters.limit("accept");
                let wait = failures.next(&error, Instant::now());
                tokio::select! {
                    () = server.stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
}

/// Serves `stream`, of these addresses: the peer's, and this side's where all connections of the
/// listener have the same.
fn begin(
    server: &Arc<Server>,
    stream: TcpStream,
    (peer, local): (SocketAddr, Option<SocketAddr>),
    entrance: &Arc<Entrance>,
    permits: Permits,
) {
    // Small messages must not wait for the peer's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "connection ended before it began");
        return;
    }
    tracing::debug!(%peer, "connection");
    let local = local.or_else(|| stream.local_addr().ok());
    let ends = Ends { peer: Some(peer), local, ..Ends::default() };
    server.http.spawn(serve(Arc::clone(server), stream, ends, Arc::clone(entrance), permits));
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Failures to accept in a row, such as for want of file descriptors.
#[derive(Debug, Default)]
struct Failures {
    wait: Option<Duration>,
    reported: Option<Instant>,
}

impl Failures {
    /// How long to wait after one more failure, at `now`.
    fn next(&mut self, error: &io::Error, now: Instant) -> Duration {
        if self.reported.is_none_or(|last| now.duration_since(last) >= REMIND) {
            self.reported = Some(now);
            tracing::error!(%error, "cannot accept connections; trying again");
        }
        let (first, longest) = BACK_OFF;
        let wait = self.wait.map_or(first, |last| (last * 2).min(longest));
        self.wait = Some(wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_after_each_failure_up_to_a_second() {
        let mut failures = Failures::default();
        let error = io::Error::other("no more descriptors");
        let waits: Vec<_> =
            (0..7).map(|_| failures.next(&error, Instant::now()).as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_000, 1_000]);
    }
}

//! Listening sockets, and the connections that come in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::{Ends, Permits, Server, serve};

/// Connections that the system keeps for us until they are accepted.
const BACKLOG: u32 = 4_096;

/// First and longest wait after a failure to accept.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// While accepting keeps failing, say so this often.
const REMIND: Duration = Duration::from_secs(60);

/// How many connections there may be, over all listeners.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    http: Arc<Semaphore>,
    connections: Option<Arc<Semaphore>>,
}

impl Admission {
    /// Lets `http` connections speak HTTP at the same time, and `connections` be there in all.
    pub(crate) fn new(http: usize, connections: Option<usize>) -> Self {
        let semaphore =
            |permits: usize| Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)));
        Self { http: semaphore(http), connections: connections.map(semaphore) }
    }

    /// Waits until one more connection may be there.
    async fn admit(&self) -> Option<Permits> {
        let connection = match &self.connections {
            Some(connections) => Some(permit(connections).await?),
            None => None,
        };
        Some(Permits { http: permit(&self.http).await?, connection })
    }
}

async fn permit(semaphore: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(semaphore).acquire_owned().await.ok()
}

/// Listens on the first address that `host` has and that is free. An IPv6 address stands in
/// brackets; `[::]` listens on IPv4 too where the system allows it.
///
/// # Errors
///
/// When `host` is not known, or none of its addresses is free.
pub(crate) async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in tokio::net::lookup_host((name, port)).await? {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restarted server finds connections of its predecessor in TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections of `listener` until the server is to stop.
///
/// One connection at most waits here for room; the next ones wait in the system's queue. Room is not
/// taken before there is a connection: several listeners would keep it from one another.
pub(crate) async fn accept(listener: TcpListener, server: Arc<Server>, admission: Admission) {
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
                    permits = admission.admit() => permits,
                };
                let Some(permits) = permits else { return };
                begin(&server, stream, (peer, address), permits);
            }
            // The peer is gone already; that says nothing of the next one.
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
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
    permits: Permits,
) {
    // Small messages must not wait for the peer's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "connection ended before it began");
        return;
    }
    tracing::debug!(%peer, "connection");
    let local = local.or_else(|| stream.local_addr().ok());
    let ends = Ends { peer: Some(peer), local };
    server.http.spawn(serve(Arc::clone(server), stream, ends, permits));
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

    #[tokio::test]
    async fn binds_names_and_addresses() {
        for host in ["127.0.0.1", "localhost"] {
            let listener = bind(host, 0).await.unwrap();
            assert!(listener.local_addr().unwrap().ip().is_loopback(), "{host}");
            let port = listener.local_addr().unwrap().port();
            assert!(bind("127.0.0.1", port).await.is_err() || host == "localhost", "{host}");
        }
    }
}

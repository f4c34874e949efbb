//! From a host to a connected socket: names, and the race of addresses (RFC 8305).

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until};
use ws_core::async_trait;

use crate::client::error::ConnectError;
use crate::client::uri::authority;

/// Head start of an address before the next one is tried beside it (RFC 8305 §5).
pub(super) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Most addresses of one host that are tried.
const MAX_ADDRESSES: usize = 16;

/// Finds the addresses of host names; put in another than the system's with
/// [`ClientBuilder::resolver`](crate::client::ClientBuilder::resolver).
///
/// ```
/// use std::io;
/// use std::net::SocketAddr;
///
/// use ws_container::async_trait;
/// use ws_container::client::{Client, Resolve};
///
/// /// Finds every name at home.
/// struct Home;
///
/// #[async_trait]
/// impl Resolve for Home {
///     async fn resolve(&self, _host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
///         Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
///     }
/// }
///
/// let client = Client::builder().resolver(Home).build();
/// ```
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `host`, best first.
    ///
    /// # Errors
    ///
    /// Whatever kept them from being found.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// The addresses of `host`, which may be an address itself.
pub(super) async fn resolve(
    resolver: &dyn Resolve,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, ConnectError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let failed = |source| ConnectError::Resolve { host: host.to_owned(), source };
    let mut found = resolver.resolve(host, port).await.map_err(failed)?;
    if found.is_empty() {
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    }
    found = interleaved(&found);
    found.truncate(MAX_ADDRESSES);
    Ok(found)
}

/// The two families in turn, beginning with that of the best address (RFC 8305 §4).
fn interleaved(found: &[SocketAddr]) -> Vec<SocketAddr> {
    let first = found.first().is_some_and(SocketAddr::is_ipv6);
    let (mut these, mut others): (VecDeque<_>, VecDeque<_>) =
        found.iter().copied().partition(|addr| addr.is_ipv6() == first);
    let mut order: Vec<SocketAddr> = Vec::with_capacity(found.len());
    while let Some(addr) = these.pop_front() {
        if !order.contains(&addr) {
            order.push(addr);
        }
        std::mem::swap(&mut these, &mut others);
        if these.is_empty() {
            std::mem::swap(&mut these, &mut others);
        }
    }
    order
}

/// Connects to the first of the addresses that answers, from `bind` when it is given.
pub(super) async fn dial(
    resolver: &dyn Resolve,
    host: &str,
    port: u16,
    bind: Option<SocketAddr>,
) -> Result<TcpStream, ConnectError> {
    let mut addresses = resolve(resolver, host, port).await?;
    if let Some(bind) = bind {
        addresses.retain(|addr| addr.is_ipv4() == bind.is_ipv4());
    }
    let connected = race(addresses, ATTEMPT_DELAY, |addr| connect(addr, bind)).await;
    connected.map_err(|failures| ConnectError::Connect { host: authority(host, port), failures })
}

async fn connect(addr: SocketAddr, bind: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(bind) = bind {
        // A port of one's own is to do for several addresses that are tried, and again right after a
        // connection. Other systems mean more by it: that anybody may take the port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(bind)?;
    }
    let stream = socket.connect(addr).await?;
    // Before TLS: its small flights would wait for one another.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Starts `connect` for one address after the other, each `delay` after the one before or as soon as
/// that failed, and takes the first that succeeds. All others are dropped with this future.
async fn race<F, T>(
    addresses: Vec<SocketAddr>,
    delay: Duration,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, Vec<(SocketAddr, io::Error)>>
where
    F: Future<Output = io::Result<T>> + Send,
{
    let mut waiting = VecDeque::from(addresses);
    let mut running: Vec<(SocketAddr, Pin<Box<F>>)> = Vec::new();
    let mut failures = Vec::new();
    let mut next = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        loop {
            if !waiting.is_empty()
                && next.as_mut().poll(cx).is_ready()
                && let Some(addr) = waiting.pop_front()
            {
                running.push((addr, Box::pin(connect(addr))));
                next.as_mut().reset(Instant::now() + delay);
                continue; // polled below, and the timer set again
            }
            let before = failures.len();
            let mut index = 0;
            while index < running.len() {
                let (addr, attempt) = &mut running[index];
                match attempt.as_mut().poll(cx) {
                    Poll::Ready(Ok(connected)) => return Poll::Ready(Ok(connected)),
                    Poll::Ready(Err(error)) => {
                        failures.push((*addr, error));
                        drop(running.remove(index));
                    }
                    Poll::Pending => index += 1,
                }
            }
            if running.is_empty() && waiting.is_empty() {
                return Poll::Ready(Err(std::mem::take(&mut failures)));
            }
            if failures.len() == before {
                return Poll::Pending;
            }
            // One failed: the next need not wait.
            next.as_mut().reset(Instant::now());
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn addresses(count: u8) -> Vec<SocketAddr> {
        (1..=count).map(|last| SocketAddr::from(([10, 0, 0, last], 80))).collect()
    }

    /// Races `count` addresses, of which the one ending in `n` behaves as `play(n)` says: after so
    /// many milliseconds, success or failure. Says which began when, and who won when.
    async fn raced(
        count: u8,
        play: impl Fn(u8) -> (u64, bool),
    ) -> (Vec<(u8, u128)>, Result<u8, usize>, u128) {
        let begin = Instant::now();
        let begun = Mutex::new(Vec::new());
        let result = race(addresses(count), ATTEMPT_DELAY, |addr| {
            let IpAddr::V4(ip) = addr.ip() else { unreachable!() };
            let last = ip.octets()[3];
            begun.lock().unwrap().push((last, begin.elapsed().as_millis()));
            let (millis, good) = play(last);
            async move {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                if good { Ok(last) } else { Err(io::ErrorKind::ConnectionRefused.into()) }
            }
        });
        let result = result.await.map_err(|failures| failures.len());
        (begun.into_inner().unwrap(), result, begin.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_does_not_hold_up_the_next() {
        let (begun, won, after) =
            raced(3, |n| if n == 1 { (60_000, true) } else { (10, true) }).await;
        assert_eq!(begun, [(1, 0), (2, 250)]);
        assert_eq!((won, after), (Ok(2), 260));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_makes_the_next_begin_at_once() {
        let (begun, won, after) = raced(3, |n| (10, n == 3)).await;
        assert_eq!(begun, [(1, 0), (2, 10), (3, 20)]);
        assert_eq!((won, after), (Ok(3), 30));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_may_still_win() {
        let (begun, won, after) =
            raced(2, |n| if n == 1 { (300, true) } else { (600, true) }).await;
        assert_eq!(begun, [(1, 0), (2, 250)]);
        assert_eq!((won, after), (Ok(1), 300));
    }

    #[tokio::test(start_paused = true)]
    async fn all_may_lose() {
        let (_, won, after) = raced(3, |_| (10, false)).await;
        assert_eq!((won, after), (Err(3), 30));
        assert_eq!(raced(0, |_| (0, true)).await.1, Err(0));
    }

    #[test]
    fn families_take_turns() {
        let v4 = |n| SocketAddr::from(([10, 0, 0, n], 80));
        let v6 = |n| SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, n], 80));
        let order = interleaved(&[v6(1), v6(2), v6(3), v4(1), v4(1)]);
        assert_eq!(order, [v6(1), v4(1), v6(2), v6(3)]);
        assert_eq!(interleaved(&[v4(1), v6(1)]), [v4(1), v6(1)]);
        assert!(interleaved(&[]).is_empty());
    }
}

//! Connections whose first request is not there yet: when there are too many, those that take their
//! time give way to others.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A connection this young gives way to none: its request may be on its way.
const PATIENCE: Duration = Duration::from_secs(1);

/// All of them.
#[derive(Debug)]
pub(crate) struct Newcomers {
    /// How many there may be of one address; `None` where nobody counts.
    per_address: Option<usize>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    /// By the order in which they came.
    waiting: BTreeMap<u64, Waiting>,
    by_address: HashMap<IpAddr, BTreeSet<u64>>,
}

#[derive(Debug)]
struct Waiting {
    address: IpAddr,
    since: Instant,
    leave: CancellationToken,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Newcomer {
    all: Arc<Newcomers>,
    number: u64,
    leave: CancellationToken,
}

impl Newcomers {
    pub(crate) fn new(per_address: Option<usize>) -> Arc<Self> {
        Arc::new(Self { per_address, state: Mutex::default() })
    }

    /// A panic leaves no half of a change behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a connection of `address`. Whether another one of that address gives way to it.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, is_proxy: bool) -> (Newcomer, bool) {
        let (address, since) = (network(address), Instant::now());
        let mut state = self.lock();
        let crowded = self.per_address.filter(|_| !is_proxy).is_some_and(|most| {
            let known = state.by_address.get(&address);
            let oldest = known.filter(|known| known.len() >= most).and_then(BTreeSet::first);
            oldest.is_some_and(|oldest| state.dismiss(*oldest, since))
        });
        let (number, leave) = (state.next, CancellationToken::new());
        state.next += 1;
        state.waiting.insert(number, Waiting { address, since, leave: leave.clone() });
        state.by_address.entry(address).or_default().insert(number);
        drop(state);
        (Newcomer { all: Arc::clone(self), number, leave }, crowded)
    }

    /// Makes the oldest give way, unless it is too young. When to ask again, should that be necessary.
    pub(crate) fn make_room(&self) -> Instant {
        let now = Instant::now();
        let state = self.lock();
        // Those that were told already are about to go.
        let oldest = state.waiting.iter().find(|(_, waiting)| !waiting.leave.is_cancelled());
        match oldest {
            Some((number, waiting)) if !state.dismiss(*number, now) => waiting.since + PATIENCE,
            Some(_) | None => now + PATIENCE,
        }
    }
}

impl State {
    /// Tells a connection to go, unless it is too young.
    fn dismiss(&self, number: u64, now: Instant) -> bool {
        let waiting = self.waiting.get(&number);
        let old = waiting.filter(|waiting| now.duration_since(waiting.since) >= PATIENCE);
        old.inspect(|waiting| waiting.leave.cancel()).is_some()
    }
}

impl Newcomer {
    /// Done when it has to give way.
    pub(super) async fn dismissed(&self) {
        self.leave.cancelled().await;
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        let mut state = self.all.lock();
        let Some(Waiting { address, .. }) = state.waiting.remove(&self.number) else { return };
        if let Some(known) = state.by_address.get_mut(&address) {
            known.remove(&self.number);
            if known.is_empty() {
                state.by_address.remove(&address);
            }
        }
    }
}

/// What counts as one address: of version 6 the network of 64 bits that one customer has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !(u128::from(u64::MAX))).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_of_a_crowded_address_gives_way_when_it_had_its_time() {
        let all = Newcomers::new(Some(2));
        let (first, _) = all.enter(addr("10.0.0.1"), false);
        let (second, crowded) = all.enter(addr("::ffff:10.0.0.1"), false);
        assert!(!crowded);
        // Nobody had a second yet.
        let (third, crowded) = all.enter(addr("::ffff:10.0.0.1"), false);
        assert!(!crowded);
        tokio::time::advance(PATIENCE).await;
        assert!(!all.enter(addr("10.0.0.2"), false).1, "another address");
        assert!(!all.enter(addr("10.0.0.1"), true).1, "a proxy that is trusted");
        let (_fourth, crowded) = all.enter(addr("10.0.0.1"), false);
        assert!(crowded);
        first.dismissed().await;
        assert!(!second.leave.is_cancelled() && !third.leave.is_cancelled());
        drop((first, second, third));
        assert_eq!(all.lock().waiting.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn room_is_made_by_the_oldest_of_all_one_at_a_time() {
        let all = Newcomers::new(None);
        assert_eq!(all.make_room(), Instant::now() + PATIENCE, "nobody is there");
        let (first, _) = all.enter(addr("10.0.0.1"), false);
        let came = Instant::now();
        tokio::time::advance(PATIENCE / 2).await;
        assert_eq!(all.make_room(), came + PATIENCE);
        assert!(!first.leave.is_cancelled());
        tokio::time::advance(PATIENCE / 2).await;
        let (second, _) = all.enter(addr("10.0.0.2"), false);
        assert_eq!(all.make_room(), Instant::now() + PATIENCE);
        first.dismissed().await;
        assert_eq!(all.make_room(), Instant::now() + PATIENCE);
        assert!(!second.leave.is_cancelled(), "the second has its time");
        drop((first, second));
        assert!(all.lock().by_address.is_empty());
    }

    #[test]
    fn addresses_of_one_customer_are_one() {
        assert_eq!(network(addr("2001:db8::1:2:3:4")), network(addr("2001:db8::9")));
        assert_ne!(network(addr("2001:db8:0:1::1")), network(addr("2001:db8::1")));
        assert_eq!(network(addr("::ffff:1.2.3.4")), addr("1.2.3.4"));
    }
}

//! The Pings of an application whose answer has not come.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::session::Error;

/// Pings of a session that may be waited for at once.
pub const MAX_PINGS: usize = 64;

/// Tells the Pings of a session apart.
pub(crate) type PingId = u64;

#[derive(Debug)]
struct Outstanding {
    id: PingId,
    payload: Bytes,
    /// When it was written, once it was.
    sent: Option<Instant>,
    asker: Asker,
}

/// Who wants to know when the answer comes.
#[derive(Debug)]
enum Asker {
    /// Nobody but the Pong handler.
    Gone,
    Waiting(Option<Waker>),
    /// The answer came, and was not picked up yet.
    Told(Duration),
}

#[derive(Debug, Default)]
struct Table {
    /// Those that were sent, in the order in which they were, among those that were not.
    outstanding: VecDeque<Outstanding>,
    next: PingId,
}

impl Table {
    fn remove(&mut self, id: PingId) {
        self.outstanding.retain(|ping| ping.id != id);
        self.shrink();
    }

    /// Keeps no memory for nothing.
    fn shrink(&mut self) {
        if self.outstanding.is_empty() {
            self.outstanding = VecDeque::new();
        }
    }

    /// Makes room for one more, at the cost of the oldest that nobody waits for.
    fn make_room(&mut self) -> bool {
        if self.outstanding.len() < MAX_PINGS {
            return true;
        }
        let gone = self.outstanding.iter().position(|ping| matches!(ping.asker, Asker::Gone));
        gone.is_some_and(|at| self.outstanding.remove(at).is_some())
    }

    fn add(&mut self, payload: Bytes, asker: Asker) -> PingId {
        self.next += 1;
        let id = self.next;
        self.outstanding.push_back(Outstanding { id, payload, sent: None, asker });
        id
    }
}

/// The table of a session's Pings, made with the first of them.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    table: Mutex<Option<Box<Table>>>,
    /// No answer comes any more.
    ended: AtomicBool,
}

impl Pings {
    /// A panic while the lock is held leaves the table whole: each change is one insertion or removal.
    fn lock(&self) -> MutexGuard<'_, Option<Box<Table>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a Ping that somebody waits for.
    pub(super) fn ask(&self, payload: Bytes) -> Result<Asking<'_>, Error> {
        let mut guard = self.lock();
        let table = guard.get_or_insert_default();
        if !table.make_room() {
            return Err(Error::Full);
        }
        let id = table.add(payload, Asker::Waiting(None));
        Ok(Asking { pings: self, id })
    }

    /// Notes a Ping that nobody waits for, when there is room.
    pub(super) fn note(&self, payload: Bytes) -> Option<PingId> {
        let mut guard = self.lock();
        let table = guard.get_or_insert_default();
        table.make_room().then(|| table.add(payload, Asker::Gone))
    }

    /// A Ping is written.
    pub(crate) fn sent(&self, id: PingId, now: Instant) {
        let mut guard = self.lock();
        let Some(table) = guard.as_mut() else { return };
        let at = table.outstanding.iter().position(|ping| ping.id == id);
        if let Some(mut ping) = at.and_then(|at| table.outstanding.remove(at)) {
            ping.sent = Some(now);
            table.outstanding.push_back(ping);
        }
    }

    /// A Pong came: the round trip of the Ping that it answers. That answers all earlier ones too: a
    /// peer may leave out all but the last (RFC 6455 §5.5.3).
    pub(crate) fn answered(&self, payload: &[u8], now: Instant) -> Option<Duration> {
        let mut guard = self.lock();
        let table = guard.as_mut()?;
        let at = (table.outstanding.iter())
            .position(|ping| ping.sent.is_some() && ping.payload == payload && !ping.is_told())?;
        let round_trip = now - table.outstanding[at].sent?;
        for ping in table.outstanding.range_mut(..=at) {
            let Some(sent) = ping.sent else { continue };
            if let Asker::Waiting(waker) = &mut ping.asker {
                let waker = waker.take();
                ping.asker = Asker::Told(now - sent);
                waker.into_iter().for_each(Waker::wake);
            }
        }
        let mut nth = 0;
        table.outstanding.retain(|ping| {
            nth += 1;
            nth > at + 1 || !matches!(ping.asker, Asker::Gone) || ping.sent.is_none()
        });
        table.shrink();
        Some(round_trip)
    }

    /// No answer comes any more.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        let mut guard = self.lock();
        let Some(table) = guard.as_mut() else { return };
        for ping in &mut table.outstanding {
            if let Asker::Waiting(waker) = &mut ping.asker {
                waker.take().into_iter().for_each(Waker::wake);
            }
        }
    }
}

impl Outstanding {
    const fn is_told(&self) -> bool {
        matches!(self.asker, Asker::Told(_))
    }
}

/// Somebody who waits for an answer; dropped, the Ping is forgotten.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pings: &'a Pings,
    id: PingId,
}

impl Asking<'_> {
    pub(super) const fn id(&self) -> PingId {
        self.id
    }

    /// The round trip, once the answer is there.
    pub(super) fn poll_answer(&self, cx: &Context<'_>) -> Poll<Result<Duration, Error>> {
        let mut table = self.pings.lock();
        let ended = self.pings.ended.load(Ordering::Acquire);
        let outstanding = table.as_mut().map(|table| table.outstanding.iter_mut());
        let Some(ping) = outstanding.into_iter().flatten().find(|ping| ping.id == self.id) else {
            return Poll::Ready(Err(Error::Closed)); // not while this lives
        };
        match &mut ping.asker {
            Asker::Told(round_trip) => Poll::Ready(Ok(*round_trip)),
            Asker::Gone | Asker::Waiting(_) if ended => Poll::Ready(Err(Error::Closed)),
            Asker::Gone => Poll::Pending,
            Asker::Waiting(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Asking<'_> {
    /// A Ping that is on its way is kept for its Pong's handler.
    fn drop(&mut self) {
        let mut guard = self.pings.lock();
        let Some(table) = guard.as_mut() else { return };
        let id = self.id;
        match table.outstanding.iter_mut().find(|ping| ping.id == id) {
            Some(ping) if ping.sent.is_some() && !ping.is_told() => ping.asker = Asker::Gone,
            _ => table.remove(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn now() -> Instant {
        Instant::now()
    }

    const MS: Duration = Duration::from_millis(1);

    fn poll(asking: &Asking<'_>) -> Poll<Result<Duration, Error>> {
        asking.poll_answer(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn an_answer_answers_the_earlier_ones_too() {
        let (pings, t) = (Pings::default(), now());
        let asked: Vec<_> = (["a", "b", "c"]).map(|text| pings.ask(text.into()).unwrap()).into();
        for (asking, ms) in asked.iter().zip(0..) {
            pings.sent(asking.id(), t + ms * MS);
        }
        assert_eq!(pings.answered(b"x", t), None, "nobody asked");
        assert_eq!(pings.answered(b"b", t + 10 * MS), Some(9 * MS));
        assert!(matches!(poll(&asked[0]), Poll::Ready(Ok(rtt)) if rtt == 10 * MS));
        assert!(matches!(poll(&asked[1]), Poll::Ready(Ok(rtt)) if rtt == 9 * MS));
        assert!(poll(&asked[2]).is_pending());
        assert_eq!(pings.answered(b"b", t + 10 * MS), None, "answered already");
        pings.end();
        assert!(matches!(poll(&asked[2]), Poll::Ready(Err(Error::Closed))));
        drop(asked);
        assert!(
            pings
                .lock()
                .iter()
                .flat_map(|table| &table.outstanding)
                .all(|ping| ping.payload == "c")
        );
    }

    /// Two tasks may queue their Pings the other way round than they entered them here.
    #[test]
    fn the_order_is_that_of_the_wire() {
        let (pings, t) = (Pings::default(), now());
        let [first, second] = ["a", "b"].map(|text| pings.ask(text.into()).unwrap());
        pings.sent(second.id(), t);
        pings.sent(first.id(), t + MS);
        assert_eq!(pings.answered(b"b", t + 2 * MS), Some(2 * MS));
        assert!(poll(&second).is_ready());
        assert!(poll(&first).is_pending(), "it was sent behind the one that is answered");
    }

    #[test]
    fn a_table_without_pings_has_no_memory() {
        let (pings, t) = (Pings::default(), now());
        let id = pings.note("a".into()).unwrap();
        pings.sent(id, t);
        assert_eq!(pings.answered(b"a", t + MS), Some(MS));
        assert!(pings.lock().as_ref().is_none_or(|table| table.outstanding.capacity() == 0));
    }

    #[test]
    fn the_table_has_a_bound_and_forgets_who_does_not_wait() {
        let (pings, t) = (Pings::default(), now());
        for n in 0..100_u8 {
            let id = pings.note(vec![n].into()).unwrap();
            pings.sent(id, t);
        }
        assert_eq!(pings.answered(&[0], t), None, "forgotten");
        let asked: Vec<_> = (0..MAX_PINGS).map(|_| pings.ask("wait".into()).unwrap()).collect();
        assert!(matches!(pings.ask("more".into()), Err(Error::Full)));
        assert_eq!(pings.note("more".into()), None);
        assert_eq!(pings.answered(&[99], t), None, "forgotten");
        drop(asked);
        assert!(pings.lock().iter().all(|table| table.outstanding.is_empty()), "none was sent");
    }
}

//! The state of the queue, behind its lock.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use crate::session::Error;
use crate::session::outbox::item::{Item, Part, Published};

/// An item that waits, and the permits its sender took.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) item: Item,
    pub(super) paid: u32,
    /// Counts the entries of a session from 1 on, in the order in which they are written.
    pub(super) number: u64,
}

/// Who waits until an entry is handed to the transport.
#[derive(Debug)]
struct Waiter {
    id: u64,
    number: u64,
    waker: Waker,
}

/// Whose message was begun and not finished.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum By {
    /// Of single frames.
    Frames,
    /// Of a writer.
    Writer,
}

/// What most sessions never need.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Whole messages without a sender to wait, behind the message that is being sent in frames.
    deferred: VecDeque<Entry>,
    /// Batches that are open.
    pub(super) batches: u32,
    /// The last entry that may be written although a batch is open.
    released: u64,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) entries: VecDeque<Entry>,
    /// Sum of all weights.
    pub(super) weight: usize,
    /// A message was begun and not finished.
    pub(super) unfinished: Option<By>,
    /// Nothing more is taken in.
    pub(super) closed: bool,
    /// Entries behind this one are never written.
    lost_behind: Option<u64>,
    /// Nothing more is handed to the transport.
    pub(super) ended: bool,
    /// Number of the last entry that was taken in.
    pub(super) queued: u64,
    /// Number of the last entry that the owner took.
    pub(super) popped: u64,
    /// Number of the last entry that the transport has.
    pub(super) handed: u64,
    waiters: Vec<Waiter>,
    next_waiter: u64,
    pub(super) rare: Option<Box<Rare>>,
    /// Wakes the task that owns the socket.
    pub(super) owner: Option<Waker>,
}

impl Queue {
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Takes `item` in, which fits the order of frames: its number, unless it has to wait for the
    /// end of another message to get one.
    pub(super) fn take_in(&mut self, item: Item, paid: u32) -> u64 {
        self.weight += item.weight();
        let part = item.part();
        let by = if matches!(item, Item::Fragment(_)) { By::Writer } else { By::Frames };
        let mut entry = Entry { item, paid, number: 0 };
        if self.unfinished.is_some() && part == Part::Whole {
            self.rare().deferred.push_back(entry);
            return 0;
        }
        self.queued += 1;
        let number = self.queued;
        entry.number = number;
        self.entries.push_back(entry);
        match part {
            Part::First => self.unfinished = Some(by),
            Part::Last => self.finished(), // others follow it
            Part::Whole | Part::Middle | Part::Control => {}
        }
        number
    }

    /// The message that was being sent in frames is finished: what waited for that follows.
    fn finished(&mut self) {
        self.unfinished = None;
        let deferred = self.rare.as_mut().map(|rare| std::mem::take(&mut rare.deferred));
        for mut entry in deferred.unwrap_or_default() {
            self.queued += 1;
            entry.number = self.queued;
            self.entries.push_back(entry);
        }
    }

    /// Whether messages wait for the end of another.
    pub(super) fn has_deferred(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.deferred.is_empty())
    }

    /// Whether a batch holds entries back.
    pub(super) fn is_batching(&self) -> bool {
        !self.closed && self.rare.as_ref().is_some_and(|rare| rare.batches > 0)
    }

    /// Lets everything be written that was queued so far.
    pub(super) fn release(&mut self) {
        let queued = self.queued;
        if let Some(rare) = &mut self.rare {
            rare.released = queued;
        }
    }

    /// Whether a batch holds the entry `number`.
    fn is_held(&self, number: u64) -> bool {
        self.is_batching() && self.rare.as_ref().is_some_and(|rare| number > rare.released)
    }

    /// Whether there is an entry that may be written.
    pub(super) fn is_ready(&self) -> bool {
        self.entries.front().is_some_and(|entry| !self.is_held(entry.number))
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.entries.front().is_some_and(|entry| matches!(entry.item, Item::Abort))
    }

    /// Drops what waits and takes nothing more.
    pub(super) fn clear(&mut self) {
        self.closed = true;
        self.lost_behind.get_or_insert(self.popped);
        self.entries = VecDeque::new();
        if let Some(rare) = &mut self.rare {
            rare.deferred = VecDeque::new();
        }
        self.weight = 0;
        self.wake_due();
    }

    /// Drops the published messages that wait.
    pub(super) fn drop_published(&mut self) {
        let published = |entry: &Entry| matches!(entry.item, Item::Published(_));
        let deferred = self.rare.as_mut().map(|rare| &mut rare.deferred);
        for list in [Some(&mut self.entries), deferred].into_iter().flatten() {
            let dropped = list.iter().filter(|entry| published(entry));
            self.weight -= dropped.map(|entry| entry.item.weight()).sum::<usize>();
            list.retain(|entry| !published(entry));
        }
    }

    /// Drops the oldest published messages that nobody paid for, until `weight` more fits below
    /// `bound`. How many it were.
    pub(super) fn make_room(&mut self, weight: usize, bound: usize) -> u64 {
        let mut dropped = 0;
        let Self { entries, rare, weight: waiting, .. } = self;
        let deferred = rare.as_mut().map(|rare| &mut rare.deferred);
        for list in [Some(entries), deferred].into_iter().flatten() {
            list.retain(|entry| {
                let gives_way = matches!(entry.item, Item::Published(_)) && entry.paid == 0;
                if !gives_way || *waiting + weight <= bound {
                    return true;
                }
                *waiting -= entry.item.weight();
                dropped += 1;
                false
            });
        }
        dropped
    }

    /// Puts `message` in the place of the one that waits with the same key, if one does.
    pub(super) fn replace(&mut self, message: &Published) -> bool {
        let deferred = self.rare.iter_mut().flat_map(|rare| &mut rare.deferred);
        for entry in self.entries.iter_mut().chain(deferred) {
            if let Item::Published(waiting) = &entry.item
                && entry.paid == 0
                && waiting.is_same(message)
            {
                self.weight -= entry.item.weight();
                entry.item = Item::Published(message.clone());
                self.weight += entry.item.weight();
                return true;
            }
        }
        false
    }

    /// What became of the entry `number`, `None` while it is on its way.
    fn fate(&self, number: u64) -> Option<Result<(), Error>> {
        if number <= self.handed || self.is_held(number) {
            return Some(Ok(()));
        }
        let lost = self.ended || self.lost_behind.is_some_and(|last| number > last);
        lost.then_some(Err(Error::Closed))
    }

    /// Waits for the transport to have the entry `number`. `id` tells the waiters apart.
    pub(super) fn poll_handed(
        &mut self,
        cx: &Context<'_>,
        number: u64,
        id: &mut Option<u64>,
    ) -> Poll<Result<(), Error>> {
        if let Some(fate) = self.fate(number) {
            self.forget(id);
            return Poll::Ready(fate);
        }
        match id.and_then(|id| self.waiters.iter_mut().find(|waiter| waiter.id == id)) {
            Some(waiter) => waiter.waker.clone_from(cx.waker()),
            None => {
                self.next_waiter += 1;
                *id = Some(self.next_waiter);
                let waker = cx.waker().clone();
                self.waiters.push(Waiter { id: self.next_waiter, number, waker });
            }
        }
        Poll::Pending
    }

    /// Nobody waits as `id` any more.
    pub(super) fn forget(&mut self, id: &mut Option<u64>) {
        if let Some(id) = id.take()
            && let Some(at) = self.waiters.iter().position(|waiter| waiter.id == id)
        {
            self.waiters.remove(at);
            self.shrink();
        }
    }

    /// Whether somebody's wait is over.
    pub(super) fn is_due(&self) -> bool {
        self.waiters.iter().any(|waiter| self.fate(waiter.number).is_some())
    }

    /// Keeps no memory for nothing: most sessions are idle most of the time, and an allocation costs
    /// little beside the write that follows it.
    pub(super) fn shrink(&mut self) {
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
        if self.waiters.is_empty() {
            self.waiters = Vec::new();
        }
        if self.rare.as_ref().is_some_and(|rare| rare.batches == 0 && rare.deferred.is_empty()) {
            self.rare = None;
        }
    }

    /// Wakes all whose wait is over, in the order in which they began to wait.
    pub(super) fn wake_due(&mut self) {
        if self.waiters.is_empty() {
            return;
        }
        let mut waiters = std::mem::take(&mut self.waiters);
        waiters.retain(|waiter| {
            let over = self.fate(waiter.number).is_some();
            if over {
                waiter.waker.wake_by_ref();
            }
            !over
        });
        self.waiters = waiters;
        self.shrink();
    }
}

//! The bounded queue between session handles and the task that owns the socket.

mod attended;
mod handing;
mod item;
mod next;
mod publish;
mod queue;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};
use tokio::time::timeout;

pub(crate) use attended::Attended;
pub(crate) use item::{Fragment, Item, Published};

use crate::session::error::Error;
use crate::session::outbox::item::Part;
use crate::session::outbox::next::Next;
use crate::session::outbox::queue::{By, Queue};

/// Bytes that senders may queue before `send` waits: 256 KiB.
pub const SEND_HIGH_WATER: usize = 256 * 1024;

/// Bytes that published messages may pile up for a slow subscriber: 4 MiB. Beyond, its session is
/// closed with 1013.
pub const PUBLISH_CAP: usize = 4 * 1024 * 1024;

/// Nothing waits.
const IDLE: u8 = 0;
/// There are entries that may be written.
const PENDING: u8 = 1;
/// A message is being sent in frames.
const UNFINISHED: u8 = 2;
/// A batch is open.
const BATCHING: u8 = 4;

/// The queue. Senders wait in order on a semaphore of bytes; a message above the bound waits for an
/// empty queue. While one task sends a message in frames, other tasks' messages wait for its end.
///
/// Who has to wait takes the turn first and room behind it, never the other way round: the frames of
/// the message whose turn it is need room too.
#[derive(Debug)]
#[repr(C)] // what the owner looks at between two messages comes last; see the session
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    room: Semaphore,
    /// One permit: of who sends a message in frames, or waits for room with a message.
    turn: Semaphore,
    /// Moves on with each piece of a message that is sent in frames.
    progress: AtomicU32,
    /// Who has the turn waits for room, and has begun no message.
    waits: AtomicBool,
    /// What the owner looks at between two messages.
    state: AtomicU8,
    /// The session's settings changed. It lies here because the owner asks before every message, and
    /// has just been near.
    changed: AtomicBool,
}

/// What became of an item.
pub(crate) enum Admitted {
    /// It is in the queue, as the entry with this number.
    Yes(u64),
    /// It has to wait for its turn, or for room.
    NotYet(Item),
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::default(),
            state: AtomicU8::new(IDLE),
            changed: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            progress: AtomicU32::new(0),
            room: Semaphore::new(SEND_HIGH_WATER),
            turn: Semaphore::new(1),
        }
    }

    /// A panic while the lock is held leaves the queue whole: each change is one push or pop.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues `item`, waiting for its turn and for room in the order of the calls: its number.
    ///
    /// A message that another task sends in frames is waited for as long as it goes on: when nothing
    /// of it comes for `limit`, waiting is an error. A limit of zero is none.
    pub(crate) async fn enqueue(&self, item: Item, limit: Duration) -> Result<u64, Error> {
        match self.try_enqueue(item)? {
            Admitted::Yes(number) => Ok(number),
            // Rare, and large: not worth room in every handler that sends.
            Admitted::NotYet(item) => Box::pin(self.wait_and_enqueue(item, limit)).await,
        }
    }

    /// Queues `item` if there is room now, and it is its turn.
    pub(crate) fn try_enqueue(&self, item: Item) -> Result<Admitted, Error> {
        let paid = item.permits();
        match self.room.try_acquire_many(paid) {
            Ok(permit) => {
                let admitted = self.admit(item, paid, false)?;
                if let Admitted::Yes(_) = admitted {
                    permit.forget();
                }
                Ok(admitted)
            }
            Err(TryAcquireError::Closed) => Err(Error::Closed),
            Err(TryAcquireError::NoPermits) => {
                self.release(); // a batch holds what fits in the queue, not more
                Ok(Admitted::NotYet(item))
            }
        }
    }

    pub(crate) async fn wait_and_enqueue(&self, item: Item, limit: Duration) -> Result<u64, Error> {
        let turn = if item.takes_turn() { Some(self.turn(limit).await?) } else { None };
        let mut turn = turn.map(|turn| Next::new(self, turn));
        let (paid, part) = (item.permits(), item.part());
        let room = self.room(paid).await?;
        match self.admit(item, paid, true)? {
            Admitted::Yes(number) => {
                room.forget();
                if part == Part::First {
                    turn.iter_mut().for_each(Next::keep); // the last frame gives it back
                }
                Ok(number)
            }
            Admitted::NotYet(_) => Err(Error::MessageInProgress),
        }
    }

    /// Waits for room, in the order of the calls; what a batch holds is let go for it.
    async fn room(&self, paid: u32) -> Result<SemaphorePermit<'_>, Error> {
        let mut room = pin!(self.room.acquire_many(paid));
        let first = poll_fn(|cx| Poll::Ready(room.as_mut().poll(cx))).await;
        let room = match first {
            Poll::Ready(room) => room,
            Poll::Pending => {
                // Now that this waits, whoever takes the last of the room lets a batch go.
                self.release();
                room.await
            }
        };
        room.map_err(|_| Error::Closed)
    }

    /// Waits until no message is being sent in frames, in the order of the calls: for ever when
    /// `limit` is zero.
    pub(crate) async fn turn(&self, limit: Duration) -> Result<SemaphorePermit<'_>, Error> {
        if limit.is_zero() {
            return self.turn.acquire().await.map_err(|_| Error::Closed);
        }
        let mut turn = pin!(self.turn.acquire());
        loop {
            let before = self.progress.load(Ordering::Relaxed);
            match timeout(limit, turn.as_mut()).await {
                Ok(permit) => return permit.map_err(|_| Error::Closed),
                Err(_) if self.is_stuck(before) => return Err(Error::MessageInProgress),
                Err(_) => {}
            }
        }
    }

    /// Gives a turn back whose permit was forgotten.
    pub(crate) fn end_turn(&self) {
        self.turn.add_permits(1);
    }

    /// Notes that the message that is sent in frames goes on.
    pub(crate) fn goes_on(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nothing came of the unfinished message since `before`, and not for want of a peer that
    /// reads: the send timeout watches over that. A message that waits for room is none yet.
    fn is_stuck(&self, before: u32) -> bool {
        let queue = self.lock();
        let writing = queue.is_ready() || queue.handed < queue.popped;
        let begun = !self.waits.load(Ordering::Relaxed);
        self.progress.load(Ordering::Relaxed) == before && begun && !writing
    }

    /// Queues `item`, unless another message's end has to come first. Its turn may be held already.
    fn admit(&self, item: Item, paid: u32, turn_held: bool) -> Result<Admitted, Error> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Error::Closed);
        }
        if item.takes_turn() && !turn_held {
            if item.part() == Part::First {
                match self.turn.try_acquire() {
                    Ok(turn) => turn.forget(),
                    Err(_) => return Ok(Admitted::NotYet(item)),
                }
            } else if self.turn.available_permits() == 0 {
                return Ok(Admitted::NotYet(item));
            }
        }
        self.take_in(&mut queue, item, paid).map(Admitted::Yes)
    }

    /// Takes `item` in if it fits the order of frames.
    fn take_in(&self, queue: &mut Queue, item: Item, paid: u32) -> Result<u64, Error> {
        let part = item.part();
        let frame = matches!(item, Item::Frame(_));
        if frame
            && matches!(part, Part::Middle | Part::Last)
            && queue.unfinished != Some(By::Frames)
        {
            return Err(Error::NothingToContinue);
        }
        let number = queue.take_in(item, paid);
        if matches!(part, Part::First | Part::Middle | Part::Last) {
            self.goes_on();
        }
        if frame && part == Part::Last {
            self.end_turn();
        }
        // A batch holds what fits in the queue, and nothing while somebody waits for room.
        if queue.weight >= SEND_HIGH_WATER || self.room.available_permits() == 0 {
            queue.release();
        }
        self.changed(queue);
        Ok(number)
    }

    /// Queues `item` if there is room now, and it is its turn.
    pub(crate) fn try_send(&self, item: Item) -> Result<(), Error> {
        match self.try_enqueue(item)? {
            Admitted::Yes(_) => Ok(()),
            Admitted::NotYet(_) => Err(Error::Full),
        }
    }

    /// Queues `item` without waiting; a message goes behind one that is being sent in frames. A
    /// message that would pile up beyond the cap is [`Error::Full`]; one alone may be longer.
    pub(crate) fn push(&self, item: Item) -> Result<(), Error> {
        let mut queue = self.lock();
        if queue.closed && !matches!(item, Item::Abort) {
            return Err(Error::Closed);
        }
        match item.part() {
            Part::Whole if queue.weight > 0 && queue.weight + item.weight() > PUBLISH_CAP => {
                return Err(Error::Full);
            }
            Part::First => match self.turn.try_acquire() {
                Ok(turn) => turn.forget(),
                Err(_) => return Err(Error::Full),
            },
            _ => {}
        }
        if matches!(item, Item::Close(_) | Item::Abort) {
            queue.closed = true;
            self.room.close();
            self.turn.close();
        }
        if matches!(item, Item::Abort) {
            // It waits for nothing, and its owner may be waiting for something else.
            queue.clear();
            queue.owner.iter().for_each(Waker::wake_by_ref);
        }
        self.take_in(&mut queue, item, 0).map(drop)
    }

    /// Takes the wish to end the connection at once, if there is one.
    #[inline]
    pub(crate) fn take_abort(&self) -> bool {
        self.is_pending() && self.lock().is_aborted() && self.pop().is_some()
    }

    /// Makes the state say what `queue` is, and wakes the owner for its first entry.
    fn changed(&self, queue: &Queue) {
        let pending = if queue.is_ready() { PENDING } else { IDLE };
        let unfinished = if queue.unfinished.is_some() { UNFINISHED } else { IDLE };
        let batching = if queue.is_batching() { BATCHING } else { IDLE };
        let before = self.state.swap(pending | unfinished | batching, Ordering::AcqRel);
        if before & PENDING < pending
            && !Attended::is(self)
            && let Some(owner) = &queue.owner
        {
            owner.wake_by_ref();
        }
    }

    /// Whether there is something to write.
    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        self.state.load(Ordering::Acquire) & PENDING != 0
    }

    /// Whether a message written now would come behind all that was sent, and into no other.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.state.load(Ordering::Acquire) == IDLE
    }

    /// Takes the first item that may be written, and its number.
    pub(crate) fn pop(&self) -> Option<(Item, u64)> {
        let mut queue = self.lock();
        let entry = if queue.is_ready() { queue.entries.pop_front() } else { None };
        queue.shrink();
        if !queue.is_ready() {
            self.changed(&queue);
        }
        let entry = entry?;
        queue.weight -= entry.item.weight();
        queue.popped = entry.number;
        self.room.add_permits(entry.paid as usize);
        Some((entry.item, entry.number))
    }

    /// Done when the transport has everything that was queued so far.
    pub(crate) async fn flush(&self, limit: Duration) -> Result<(), Error> {
        let (queued, deferred) = self.release_all();
        if !deferred {
            return self.handed_over(queued).await;
        }
        drop(Box::pin(self.turn(limit)).await?);
        let (queued, _) = self.release_all();
        self.handed_over(queued).await
    }

    /// Lets everything be written that was queued so far: the last entry's number, and whether there
    /// are messages that wait for the end of another.
    fn release_all(&self) -> (u64, bool) {
        let mut queue = self.lock();
        queue.release();
        self.changed(&queue);
        (queue.queued, queue.has_deferred())
    }

    /// Holds what is queued from now on, until a batch is [released](Self::release) or ends.
    pub(crate) fn begin_batch(&self) {
        let mut queue = self.lock();
        if !queue.is_batching() {
            queue.rare();
            queue.release();
        }
        queue.rare().batches += 1;
        self.changed(&queue);
    }

    /// Ends a batch; the last one lets everything go.
    pub(crate) fn end_batch(&self) {
        let mut queue = self.lock();
        queue.rare().batches -= 1;
        queue.shrink();
        self.changed(&queue);
    }

    /// Whether a batch holds what is queued.
    pub(crate) fn is_batching(&self) -> bool {
        self.state.load(Ordering::Acquire) & BATCHING != 0
    }

    /// Lets everything be written that was queued so far, though a batch be open.
    pub(crate) fn release(&self) {
        if self.is_batching() {
            self.release_all();
        }
    }

    /// Refuses what comes from now on, and drops what waits but for an [`Item::Abort`].
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        if !queue.is_aborted() {
            queue.clear();
            self.changed(&queue);
        }
        self.room.close();
        self.turn.close();
    }

    /// The transport takes nothing more: who waits for it is told.
    pub(crate) fn end(&self) {
        let mut queue = self.lock();
        queue.ended = true;
        queue.wake_due();
    }

    /// Drops the published messages that wait: their receiver is too slow for them.
    pub(crate) fn drop_published(&self) {
        self.lock().drop_published();
    }

    /// Makes `owner` the task to wake when something is queued.
    pub(crate) fn set_owner(&self, owner: &Waker) {
        self.lock().owner = Some(owner.clone());
    }
}

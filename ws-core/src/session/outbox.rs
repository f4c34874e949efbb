//! The bounded queue between session handles and the task that owns the socket.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore, TryAcquireError};
use tokio::time::timeout;

use crate::close::CloseReason;
use crate::frame::Frame;
use crate::message::{Message, MessageKind};
use crate::opcode::OpCode;
use crate::session::error::Error;

/// Bytes that senders may queue before `send` waits: 256 KiB.
pub const SEND_HIGH_WATER: usize = 256 * 1024;

/// Bytes that published messages may pile up for a slow subscriber: 4 MiB. Beyond, its session is
/// closed with 1013.
pub const PUBLISH_CAP: usize = 4 * 1024 * 1024;

/// A message encoded once for all its receivers.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) kind: MessageKind,
    /// The frame as a server sends it.
    pub(crate) wire: Bytes,
    /// Where in `wire` the payload begins.
    pub(crate) payload_at: usize,
}

/// What waits to be written.
#[derive(Debug)]
pub(crate) enum Item {
    Message(Message<'static>),
    Published(Published),
    Frame(Frame<'static>),
    Ping(Bytes),
    Pong(Bytes),
    Close(CloseReason),
    /// End the connection without a closing handshake.
    Abort,
}

impl Item {
    /// What it counts against the queue's bound; a control frame counts too, as it takes room.
    pub(crate) fn weight(&self) -> usize {
        let payload = match self {
            Self::Message(message) => message.payload().len(),
            Self::Published(published) => published.wire.len(),
            Self::Frame(frame) => frame.payload.len(),
            Self::Ping(payload) | Self::Pong(payload) => payload.len(),
            Self::Close(_) | Self::Abort => 0,
        };
        payload + size_of::<Self>()
    }

    /// The permits that its sender takes.
    fn permits(&self) -> u32 {
        u32::try_from(self.weight().min(SEND_HIGH_WATER)).unwrap_or(u32::MAX)
    }

    /// Its part in a message.
    fn part(&self) -> Part {
        match self {
            Self::Message(_) | Self::Published(_) => Part::Whole,
            Self::Frame(frame) => match (frame.opcode, frame.fin) {
                (OpCode::Continuation, false) => Part::Middle,
                (OpCode::Continuation, true) => Part::Last,
                (_, false) => Part::First,
                (_, true) => Part::Whole,
            },
            Self::Ping(_) | Self::Pong(_) | Self::Close(_) | Self::Abort => Part::Control,
        }
    }
}

/// What an item is to the message it belongs to (RFC 6455 §5.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Whole,
    First,
    Middle,
    Last,
    /// None: it may come between all of these.
    Control,
}

/// An item that waits, and the permits its sender took.
#[derive(Debug)]
struct Entry {
    item: Item,
    paid: u32,
}

#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    /// Whole messages without a sender to wait, behind the message that is being sent in frames.
    deferred: VecDeque<Entry>,
    /// Sum of all weights.
    weight: usize,
    /// A message was begun with single frames and not finished.
    unfinished: bool,
    /// Nothing more is taken in.
    closed: bool,
    /// Wakes the task that owns the socket.
    owner: Option<Waker>,
}

impl Queue {
    /// Takes `entry` in, which fits the order of frames.
    fn take_in(&mut self, entry: Entry) {
        self.weight += entry.item.weight();
        let part = entry.item.part();
        if self.unfinished && part == Part::Whole {
            self.deferred.push_back(entry);
            return;
        }
        self.entries.push_back(entry);
        match part {
            Part::First => self.unfinished = true,
            Part::Last => {
                self.unfinished = false;
                self.entries.append(&mut self.deferred);
                self.deferred = VecDeque::new();
            }
            Part::Whole | Part::Middle | Part::Control => {}
        }
    }

    fn is_aborted(&self) -> bool {
        self.entries.front().is_some_and(|entry| matches!(entry.item, Item::Abort))
    }

    fn clear(&mut self) {
        self.closed = true;
        self.entries = VecDeque::new();
        self.deferred = VecDeque::new();
        self.weight = 0;
    }
}

/// Nothing waits.
const IDLE: u8 = 0;
/// There are entries.
const PENDING: u8 = 1;
/// A message is being sent in frames.
const UNFINISHED: u8 = 2;

/// The queue. Senders wait in order on a semaphore of bytes; a message above the bound waits for an
/// empty queue. While one task sends a message in frames, other tasks' messages wait for its end.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// What the owner looks at between two messages.
    state: AtomicU8,
    room: Semaphore,
    /// Told when a message that was sent in frames is finished, or never will be.
    turn: Notify,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::default(),
            state: AtomicU8::new(IDLE),
            room: Semaphore::new(SEND_HIGH_WATER),
            turn: Notify::new(),
        }
    }

    /// A panic while the lock is held leaves the queue whole: each change is one push or pop.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues `item`, waiting for room in the order of the calls, and for its turn.
    ///
    /// A message that another task began with single frames is waited for until `limit`: only that
    /// task can make it end.
    pub(crate) async fn send(&self, item: Item, limit: Duration) -> Result<(), Error> {
        let mut entry = Entry { paid: item.permits(), item };
        loop {
            let mut turn = pin!(self.turn.notified());
            turn.as_mut().enable();
            // Given back before the turn is waited for: the frame that makes it come needs room too.
            let permit = self.room.acquire_many(entry.paid).await.map_err(|_| Error::Closed)?;
            match self.take_turn(entry)? {
                None => {
                    permit.forget();
                    return Ok(());
                }
                Some(waiting) => entry = waiting,
            }
            drop(permit);
            timeout(limit, turn).await.map_err(|_| Error::MessageInProgress)?;
        }
    }

    /// Queues `item` if there is room now, and it is its turn.
    pub(crate) fn try_send(&self, item: Item) -> Result<(), Error> {
        let permit = self.room.try_acquire_many(item.permits()).map_err(|error| match error {
            TryAcquireError::Closed => Error::Closed,
            TryAcquireError::NoPermits => Error::Full,
        })?;
        match self.take_turn(Entry { paid: item.permits(), item })? {
            None => permit.forget(),
            Some(_) => return Err(Error::Full),
        }
        Ok(())
    }

    /// Queues `entry`, or gives it back while another message is being sent in frames.
    fn take_turn(&self, entry: Entry) -> Result<Option<Entry>, Error> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Error::Closed);
        }
        match (entry.item.part(), queue.unfinished) {
            (Part::Whole | Part::First, true) => return Ok(Some(entry)),
            (Part::Middle | Part::Last, false) => return Err(Error::NothingToContinue),
            _ => {}
        }
        queue.take_in(entry);
        self.changed(&queue);
        Ok(None)
    }

    /// Queues `item` without waiting; a message goes behind one that is being sent in frames. A
    /// message that would pile up beyond the cap is [`Error::Full`]; one alone may be longer.
    pub(crate) fn push(&self, item: Item) -> Result<(), Error> {
        let mut queue = self.lock();
        if queue.closed && !matches!(item, Item::Abort) {
            return Err(Error::Closed);
        }
        if item.part() == Part::Whole
            && queue.weight > 0
            && queue.weight + item.weight() > PUBLISH_CAP
        {
            return Err(Error::Full);
        }
        match (item.part(), queue.unfinished) {
            (Part::First, true) => return Err(Error::Full),
            (Part::Middle | Part::Last, false) => return Err(Error::NothingToContinue),
            _ => {}
        }
        if matches!(item, Item::Close(_) | Item::Abort) {
            queue.closed = true;
            self.room.close();
            self.turn.notify_waiters();
        }
        if matches!(item, Item::Abort) {
            // It waits for nothing, and its owner may be waiting for something else.
            queue.clear();
            queue.owner.iter().for_each(Waker::wake_by_ref);
        }
        queue.take_in(Entry { item, paid: 0 });
        self.changed(&queue);
        Ok(())
    }

    /// Takes the wish to end the connection at once, if there is one.
    #[inline]
    pub(crate) fn take_abort(&self) -> bool {
        self.is_pending() && self.lock().is_aborted() && self.pop().is_some()
    }

    /// Makes the state say what `queue` is, and wakes the owner for its first entry.
    fn changed(&self, queue: &Queue) {
        let pending = if queue.entries.is_empty() { IDLE } else { PENDING };
        let unfinished = if queue.unfinished { UNFINISHED } else { IDLE };
        let before = self.state.swap(pending | unfinished, Ordering::AcqRel);
        if before & UNFINISHED > unfinished {
            self.turn.notify_waiters();
        }
        if before & PENDING < pending
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

    /// Takes the first item.
    pub(crate) fn pop(&self) -> Option<Item> {
        let mut queue = self.lock();
        let entry = queue.entries.pop_front();
        if queue.entries.is_empty() {
            queue.entries = VecDeque::new(); // an idle session keeps no queue
            self.changed(&queue);
        }
        let Entry { item, paid } = entry?;
        queue.weight -= item.weight();
        self.room.add_permits(paid as usize);
        Some(item)
    }

    /// Refuses what comes from now on, and drops what waits but for an [`Item::Abort`].
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        if !queue.is_aborted() {
            queue.clear();
            self.changed(&queue);
        }
        self.room.close();
        self.turn.notify_waiters();
    }

    /// Drops the published messages that wait: their receiver is too slow for them.
    pub(crate) fn drop_published(&self) {
        let mut guard = self.lock();
        let queue = &mut *guard;
        let published = |entry: &Entry| matches!(entry.item, Item::Published(_));
        for list in [&mut queue.entries, &mut queue.deferred] {
            let dropped = list.iter().filter(|entry| published(entry));
            queue.weight -= dropped.map(|entry| entry.item.weight()).sum::<usize>();
            list.retain(|entry| !published(entry));
        }
    }

    /// Wakes the task that owns the socket: there is something to see that is not in the queue.
    pub(crate) fn wake(&self) {
        self.lock().owner.iter().for_each(Waker::wake_by_ref);
    }

    /// Makes `owner` the task to wake when something is queued.
    pub(crate) fn set_owner(&self, owner: &Waker) {
        self.lock().owner = Some(owner.clone());
    }
}

//! The bounded queue between session handles and the task that owns the socket.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bytes::Bytes;
use tokio::sync::{Semaphore, TryAcquireError};

use crate::close::CloseReason;
use crate::frame::Frame;
use crate::message::{Message, MessageKind};
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

    /// The permits that its sender took.
    fn permits(&self) -> u32 {
        match self {
            Self::Published(_) | Self::Close(_) | Self::Abort => 0,
            _ => u32::try_from(self.weight().min(SEND_HIGH_WATER)).unwrap_or(u32::MAX),
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    /// Sum of the weights.
    weight: usize,
    /// Nothing more is taken in.
    closed: bool,
    /// Wakes the task that owns the socket.
    owner: Option<Waker>,
}

/// The queue. Senders wait in order on a semaphore of bytes; a message above the bound waits for an
/// empty queue.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// Whether the queue has items: what the owner looks at between two messages.
    pending: AtomicBool,
    room: Semaphore,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::default(),
            pending: AtomicBool::new(false),
            room: Semaphore::new(SEND_HIGH_WATER),
        }
    }

    /// A panic while the lock is held leaves the queue whole: each change is one push or pop.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues `item`, waiting for room in the order of the calls.
    pub(crate) async fn send(&self, item: Item) -> Result<(), Error> {
        let permit = self.room.acquire_many(item.permits()).await.map_err(|_| Error::Closed)?;
        self.push(item)?;
        permit.forget();
        Ok(())
    }

    /// Queues `item` if there is room now.
    pub(crate) fn try_send(&self, item: Item) -> Result<(), Error> {
        let permit = self.room.try_acquire_many(item.permits()).map_err(|error| match error {
            TryAcquireError::Closed => Error::Closed,
            TryAcquireError::NoPermits => Error::Full,
        })?;
        self.push(item)?;
        permit.forget();
        Ok(())
    }

    /// Queues `item` without waiting. A published message that finds the queue over its cap is
    /// [`Error::Full`].
    pub(crate) fn push(&self, item: Item) -> Result<(), Error> {
        let mut queue = self.lock();
        if queue.closed && !matches!(item, Item::Abort) {
            return Err(Error::Closed);
        }
        let weight = item.weight();
        if matches!(item, Item::Published(_)) && queue.weight + weight > PUBLISH_CAP {
            return Err(Error::Full);
        }
        let last = matches!(item, Item::Close(_) | Item::Abort);
        queue.weight += weight;
        queue.items.push_back(item);
        if last {
            queue.closed = true;
            self.room.close();
        }
        if !self.pending.swap(true, Ordering::AcqRel)
            && let Some(owner) = &queue.owner
        {
            owner.wake_by_ref();
        }
        Ok(())
    }

    /// Whether there is something to write.
    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    /// Takes the first item.
    pub(crate) fn pop(&self) -> Option<Item> {
        let mut queue = self.lock();
        let item = queue.items.pop_front();
        if queue.items.is_empty() {
            queue.items = VecDeque::new(); // an idle session keeps no queue
            self.pending.store(false, Ordering::Release);
        }
        if let Some(item) = &item {
            queue.weight -= item.weight();
            self.room.add_permits(item.permits() as usize);
        }
        item
    }

    /// Refuses what comes from now on, and drops what waits.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.items = VecDeque::new();
        queue.weight = 0;
        self.pending.store(false, Ordering::Release);
        self.room.close();
    }

    /// Makes `owner` the task to wake when something is queued.
    pub(crate) fn set_owner(&self, owner: &Waker) {
        self.lock().owner = Some(owner.clone());
    }
}

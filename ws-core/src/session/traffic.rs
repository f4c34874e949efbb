//! What passed through a session.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::message::MessageKind;
use crate::session::Session;

/// Messages of one kind and direction, and their bytes of payload: those of the application, before
/// they are compressed and after they are decompressed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "two sums")]
pub struct Flow {
    /// Messages. One that is sent or delivered in parts counts at its end.
    pub messages: u64,
    /// Bytes of payload.
    pub bytes: u64,
}

/// What passed through a session so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Traffic {
    /// Text that was received and delivered.
    pub text_received: Flow,
    /// Binary messages that were received and delivered.
    pub binary_received: Flow,
    /// Text that was written.
    pub text_sent: Flow,
    /// Binary messages that were written.
    pub binary_sent: Flow,
    /// Published messages that gave way to later ones.
    pub dropped: u64,
}

impl Traffic {
    /// Adds what passed through another session.
    pub const fn add(&mut self, other: &Self) {
        self.text_received.add(other.text_received);
        self.binary_received.add(other.binary_received);
        self.text_sent.add(other.text_sent);
        self.binary_sent.add(other.binary_sent);
        self.dropped += other.dropped;
    }
}

impl Flow {
    const fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
    }
}

/// The two sums of a [`Flow`], of which only the connection's task writes.
#[derive(Debug, Default)]
struct Count {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Count {
    #[inline]
    fn add(&self, messages: u64, bytes: usize) {
        // With one writer, no addition gets lost between the load and the store.
        let sum = |count: &AtomicU64, more: u64| {
            count.store(count.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
        };
        sum(&self.messages, messages);
        sum(&self.bytes, bytes as u64);
    }

    fn flow(&self) -> Flow {
        Flow {
            messages: self.messages.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// The sums of a session's messages of one kind.
#[derive(Debug, Default)]
struct Counted {
    received: Count,
    sent: Count,
}

/// The sums of a session.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// By kind, as most sessions have messages of one.
    kinds: [Counted; 2],
    dropped: AtomicU64,
}

impl Counts {
    /// Part of a message was received, perhaps its end.
    #[inline]
    pub(crate) fn received(&self, kind: MessageKind, bytes: usize, last: bool) {
        self.kinds[kind as usize].received.add(u64::from(last), bytes);
    }

    /// Part of a message was written, perhaps its end.
    #[inline]
    pub(crate) fn sent(&self, kind: MessageKind, bytes: usize, last: bool) {
        self.kinds[kind as usize].sent.add(u64::from(last), bytes);
    }

    /// So many published messages gave way.
    pub(crate) fn dropped(&self, messages: u64) {
        self.dropped.fetch_add(messages, Ordering::Relaxed);
    }
}

impl Session {
    pub(crate) fn counts(&self) -> &Counts {
        &self.inner.counts
    }

    /// Bytes that wait in its queue, for the socket or for the task that writes to it.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbox().weight()
    }

    /// What passed through the session so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let Counts { kinds, dropped } = self.counts();
        let (text, binary) =
            (&kinds[MessageKind::Text as usize], &kinds[MessageKind::Binary as usize]);
        Traffic {
            text_received: text.received.flow(),
            binary_received: binary.received.flow(),
            text_sent: text.sent.flow(),
            binary_sent: binary.sent.flow(),
            dropped: dropped.load(Ordering::Relaxed),
        }
    }
}

//! Waiting for room with a message whose turn it is.

use std::sync::atomic::Ordering;

use tokio::sync::SemaphorePermit;

use crate::session::outbox::Outbox;

/// The turn of who waits for room, with a message of which nothing is queued yet.
#[derive(Debug)]
pub(super) struct Next<'a> {
    outbox: &'a Outbox,
    /// Given back behind the mark, which is another's from then on.
    turn: Option<SemaphorePermit<'a>>,
}

impl<'a> Next<'a> {
    pub(super) fn new(outbox: &'a Outbox, turn: SemaphorePermit<'a>) -> Self {
        outbox.waits.store(true, Ordering::Relaxed);
        Self { outbox, turn: Some(turn) }
    }

    /// The message has begun: its turn lasts until it ends.
    pub(super) fn keep(&mut self) {
        self.turn.take().into_iter().for_each(SemaphorePermit::forget);
    }
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        self.outbox.waits.store(false, Ordering::Relaxed);
    }
}

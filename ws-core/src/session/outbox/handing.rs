//! Telling senders that the transport has what they sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::session::Error;
use crate::session::outbox::{Attended, Outbox};

impl Outbox {
    /// The transport has all entries up to `number`: whether somebody waited for that. Who sends from
    /// a handler of this session is not woken: the handler is polled next.
    pub(crate) fn hand_over(&self, number: u64) -> bool {
        let mut queue = self.lock();
        queue.handed = queue.handed.max(number);
        if Attended::is(self) {
            return queue.is_due();
        }
        queue.wake_due();
        false
    }

    /// Wakes all whose wait for the transport is over.
    pub(crate) fn wake_due(&self) {
        self.lock().wake_due();
    }

    /// Done when the transport has the entry `number`, or a batch holds it.
    pub(crate) const fn handed_over(&self, number: u64) -> HandedOver<'_> {
        HandedOver { outbox: self, number, waiter: None }
    }
}

/// Waits until the transport has an entry.
#[derive(Debug)]
pub(crate) struct HandedOver<'a> {
    outbox: &'a Outbox,
    number: u64,
    waiter: Option<u64>,
}

impl Future for HandedOver<'_> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { outbox, number, waiter } = self.get_mut();
        outbox.lock().poll_handed(cx, *number, waiter)
    }
}

impl Drop for HandedOver<'_> {
    fn drop(&mut self) {
        if self.waiter.is_some() {
            self.outbox.lock().forget(&mut self.waiter);
        }
    }
}

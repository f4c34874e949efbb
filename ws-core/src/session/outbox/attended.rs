//! Whether the code that runs is a handler of the very session that it sends to.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::task::Waker;

use crate::session::outbox::Outbox;

thread_local! {
    /// Address of the outbox whose owner runs a handler on this thread.
    static ATTENDED: Cell<usize> = const { Cell::new(0) };
}

/// While this lives, the owner of an outbox runs a handler on this thread, and looks after the outbox
/// when the handler returns: nobody has to wake it.
#[derive(Debug)]
pub(crate) struct Attended(usize);

impl Attended {
    #[inline]
    pub(crate) fn new(outbox: &Outbox) -> Self {
        Self(ATTENDED.replace(address(outbox)))
    }

    pub(super) fn is(outbox: &Outbox) -> bool {
        ATTENDED.get() == address(outbox)
    }
}

impl Outbox {
    /// Whether the session's settings changed since [`take_change`](Self::take_change).
    #[inline]
    pub(crate) fn is_changed(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    /// The owner is about to look at the settings.
    pub(crate) fn take_change(&self) {
        self.changed.store(false, Ordering::Release);
    }

    /// Tells the owner that the session's settings changed.
    pub(crate) fn change(&self) {
        self.changed.store(true, Ordering::Release);
        self.wake();
    }

    /// Wakes the owner: there is something to see that is not in the queue.
    pub(crate) fn wake(&self) {
        self.lock().owner.iter().for_each(Waker::wake_by_ref);
    }
}

impl Drop for Attended {
    #[inline]
    fn drop(&mut self) {
        ATTENDED.set(self.0);
    }
}

#[inline]
fn address(outbox: &Outbox) -> usize {
    std::ptr::from_ref(outbox).addr()
}

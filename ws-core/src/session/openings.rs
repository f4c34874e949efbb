//! Whose sessions are about to open: a revocation must not miss them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::session::{Hub, Session};

/// Principals whose opening handshakes are under way, by name. All that began since the last
/// revocation of a name share one mark.
#[derive(Debug, Default)]
pub(super) struct Openings {
    names: Mutex<HashMap<Box<str>, Weak<AtomicBool>>>,
}

impl Openings {
    /// Each change is one insertion or removal: a panic leaves no half of it.
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Weak<AtomicBool>>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, name: &str) -> Arc<AtomicBool> {
        let mut names = self.lock();
        if let Some(mark) = names.get(name).and_then(Weak::upgrade) {
            return mark;
        }
        let mark = Arc::new(AtomicBool::new(false));
        names.insert(name.into(), Arc::downgrade(&mark));
        mark
    }

    /// Marks those of `name` that are under way now: who comes later has been looked at later.
    pub(super) fn revoke(&self, name: &str) {
        if let Some(mark) = self.lock().remove(name).and_then(|mark| mark.upgrade()) {
            mark.store(true, Ordering::SeqCst);
        }
    }
}

/// An opening handshake whose peer is known, until its session is open.
#[derive(Debug)]
pub struct Identified {
    hub: Arc<Hub>,
    name: Box<str>,
    mark: Arc<AtomicBool>,
}

impl Identified {
    /// The peer of an opening handshake is the principal called `name`: [`Hub::revoke`] is to reach
    /// the session that it may open.
    #[must_use]
    pub fn new(hub: &Arc<Hub>, name: &str) -> Self {
        Self { hub: Arc::clone(hub), name: name.into(), mark: hub.openings().begin(name) }
    }

    /// `session` is among the hub's now. Revokes it when its principal was revoked meanwhile.
    pub fn opened(self, session: &Session) {
        if self.mark.load(Ordering::SeqCst) {
            drop(session.revoke());
        }
    }
}

impl Drop for Identified {
    fn drop(&mut self) {
        let mut names = self.hub.openings().lock();
        let own = Arc::as_ptr(&self.mark);
        // The last one takes its name along.
        if Arc::strong_count(&self.mark) == 1
            && names.get(&self.name).map(Weak::as_ptr) == Some(own)
        {
            names.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_marked(opening: &Identified) -> bool {
        opening.mark.load(Ordering::SeqCst)
    }

    #[test]
    fn a_revocation_marks_those_under_way_and_no_later_ones() {
        let hub = Hub::new();
        let (first, second) = (Identified::new(&hub, "ada"), Identified::new(&hub, "ada"));
        let other = Identified::new(&hub, "bob");
        hub.revoke("ada");
        let later = Identified::new(&hub, "ada");
        assert!(is_marked(&first) && is_marked(&second));
        assert!(!is_marked(&other) && !is_marked(&later));
        drop((first, second));
        hub.revoke("ada");
        assert!(is_marked(&later));
    }

    #[test]
    fn nothing_is_left_behind() {
        let hub = Hub::new();
        let (first, second) = (Identified::new(&hub, "ada"), Identified::new(&hub, "ada"));
        drop(first);
        assert_eq!(hub.openings().lock().len(), 1);
        drop(second);
        hub.revoke("nobody");
        assert!(hub.openings().lock().is_empty());
    }
}

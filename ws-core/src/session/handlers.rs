//! The handlers that a session has for messages, and adding to them.
//!
//! Whoever takes a handler out of the settings drops it once these are not locked any more: what a
//! closure captures is dropped by the application's code, and may be the session itself.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;

use crate::message::Delivery;
use crate::session::live::Settings;
use crate::session::message_handler::{Answer, Call, MessageHandler, NativeType, Received};
use crate::session::{Session, SessionState};

/// A session has a handler for this type of messages already (Jakarta §2.1.3), or a handler was to
/// be replaced by one for another type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("the session has another handler for {0} messages")]
pub struct HandlerConflict(NativeType);

impl HandlerConflict {
    /// The type of messages that both handlers take, or that the new one takes.
    #[must_use]
    pub const fn native_type(&self) -> NativeType {
        self.0
    }
}

/// A handler that a session has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HandlerEntry {
    /// What it takes.
    pub native_type: NativeType,
    /// In which form it takes them; [`Delivery::Whole`] for Pongs.
    pub delivery: Delivery,
    /// Whether the endpoint has it: such a handler stays. The others were added to the session.
    pub declared: bool,
}

/// A handler that was added.
#[derive(Clone)]
pub(crate) struct Added {
    id: u64,
    delivery: Delivery,
    call: Arc<Mutex<Call>>,
}

impl fmt::Debug for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Added").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The handlers of a session: those of its endpoint, and those that were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handlers {
    /// By [`NativeType`].
    declared: [Delivery; 3],
    added: [Option<Added>; 3],
    /// The next handler's id.
    next: u64,
}

impl Handlers {
    /// Those of an endpoint.
    pub(super) fn declared(declared: [Delivery; 3]) -> Self {
        Self { declared, ..Self::default() }
    }

    /// The endpoint's are these.
    pub(super) const fn declare(&mut self, declared: [Delivery; 3]) {
        self.declared = declared;
    }

    /// How messages of `native_type` are delivered.
    pub(crate) fn delivery(&self, native_type: NativeType) -> Delivery {
        let at = native_type as usize;
        self.added[at].as_ref().map_or(self.declared[at], |added| added.delivery)
    }

    /// Calls the handler that was added for what was received.
    pub(crate) fn call(&self, received: Received) -> Option<Answer> {
        let native_type = match received {
            Received::Text(..) => NativeType::Text,
            Received::Binary(..) => NativeType::Binary,
            Received::Pong(_) => NativeType::Pong,
        };
        let added = self.added[native_type as usize].as_ref()?;
        // A handler that panicked has ended its session.
        let mut call = added.call.lock().unwrap_or_else(PoisonError::into_inner);
        call(received)
    }

    fn entries(&self) -> Vec<HandlerEntry> {
        let entry = |native_type| {
            let declared = self.declared[native_type as usize].is_some();
            let delivery = self.delivery(native_type);
            delivery.is_some().then_some(HandlerEntry { native_type, delivery, declared })
        };
        NativeType::ALL.into_iter().filter_map(entry).collect()
    }

    /// Puts a handler in its place: its id, and the handler that was there.
    fn put(&mut self, handler: MessageHandler) -> (u64, Option<Added>) {
        let MessageHandler { native_type, delivery, call } = handler;
        let id = self.next;
        self.next += 1;
        let call = Arc::new(Mutex::new(call));
        let old = self.added[native_type as usize].replace(Added { id, delivery, call });
        (id, old)
    }

    /// Takes out the handlers that were added.
    pub(super) fn take_added(&mut self) -> [Option<Added>; 3] {
        std::mem::take(&mut self.added)
    }
}

impl Session {
    /// Adds a handler for messages of a type that has none, neither of the endpoint nor added
    /// (Jakarta §2.1.3). It gets the next message that begins; a message that has begun stays with
    /// what was there when it did. It is dropped when the session ends, at once where that has ended
    /// already: what it captures may hold the session itself.
    ///
    /// # Errors
    ///
    /// [`HandlerConflict`] when there is a handler for that type.
    #[doc(alias = "addMessageHandler")]
    pub fn add_message_handler(
        &self,
        handler: MessageHandler,
    ) -> Result<HandlerGuard, HandlerConflict> {
        let native_type = handler.native_type;
        let mut handler = Some(handler);
        let id = self.change(|settings| {
            if settings.handlers.delivery(native_type).is_some() {
                return Err(HandlerConflict(native_type));
            }
            Ok(self.put_handler(settings, &mut handler).0)
        })?;
        Ok(HandlerGuard { session: self.clone(), native_type, id })
    }

    /// Puts `handler` in its place, unless the session has ended: nobody would take it out again.
    fn put_handler(
        &self,
        settings: &mut Settings,
        handler: &mut Option<MessageHandler>,
    ) -> (u64, Option<Added>) {
        if self.state() == SessionState::Closed {
            return (u64::MAX, None);
        }
        handler.take().map_or((u64::MAX, None), |handler| settings.handlers.put(handler))
    }

    /// The handlers that there are for messages, the endpoint's and those that were added, at most
    /// one for each type.
    #[must_use]
    #[doc(alias = "getMessageHandlers")]
    pub fn message_handlers(&self) -> Vec<HandlerEntry> {
        self.settings().handlers.entries()
    }
}

/// A handler that was [added](Session::add_message_handler) to a session. It stays when this is
/// dropped, until the session ends.
#[derive(Debug)]
pub struct HandlerGuard {
    session: Session,
    native_type: NativeType,
    id: u64,
}

impl HandlerGuard {
    /// What the handler takes.
    #[must_use]
    pub const fn native_type(&self) -> NativeType {
        self.native_type
    }

    /// Removes the handler (Jakarta `removeMessageHandler`). Messages of its type that begin from now
    /// on are dropped, or go to another handler that is added; a call that runs runs on.
    #[doc(alias = "removeMessageHandler")]
    pub fn remove(self) {
        let old = self.session.change(|settings| {
            let added = &mut settings.handlers.added[self.native_type as usize];
            added.take_if(|added| added.id == self.id)
        });
        drop(old);
    }

    /// Puts another handler in its place, so that no message is dropped in between.
    ///
    /// # Errors
    ///
    /// [`HandlerConflict`] when `handler` takes messages of another type.
    pub fn replace(&mut self, handler: MessageHandler) -> Result<(), HandlerConflict> {
        if handler.native_type != self.native_type {
            return Err(HandlerConflict(handler.native_type));
        }
        let mut handler = Some(handler);
        let (id, old) =
            self.session.change(|settings| self.session.put_handler(settings, &mut handler));
        self.id = id;
        drop(old);
        Ok(())
    }
}

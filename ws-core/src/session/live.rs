//! What may change while a session is open: limits, idle timeouts, message handlers.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::handshake::HandshakeRequest;
use crate::limits::Limits;
use crate::message::Delivery;
use crate::session::Session;
use crate::session::handlers::Handlers;

/// How long a session may be idle in each way; `None` is for ever.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct IdleTimeouts {
    /// No data frame either way.
    pub(crate) idle: Option<Duration>,
    /// No data frame received.
    pub(crate) read: Option<Duration>,
    /// No data frame sent.
    pub(crate) write: Option<Duration>,
}

/// What a session has that may differ from its endpoint's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) timeouts: IdleTimeouts,
    pub(crate) handlers: Handlers,
}

/// The settings. That they changed, the outbox tells the engine.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// How the endpoint itself takes text, bytes and Pongs.
    declared: OnceLock<[Delivery; 3]>,
    /// Made when something is set.
    settings: Mutex<Option<Box<Settings>>>,
    /// The request of the opening handshake, until `#[on_open]` has seen it.
    handshake: Mutex<Option<Box<HandshakeRequest>>>,
}

impl Live {
    /// Nothing is set yet.
    pub(super) fn new(handshake: Option<Box<HandshakeRequest>>) -> Self {
        Self { handshake: Mutex::new(handshake), ..Self::default() }
    }

    /// The request of the opening handshake, once.
    pub(crate) fn take_handshake(&self) -> Option<Box<HandshakeRequest>> {
        self.handshake.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Says how the endpoint itself takes its messages; only the first call counts.
    pub(crate) fn declare(&self, text: Delivery, binary: Delivery, pong: bool) {
        let pong = if pong { Delivery::Whole } else { Delivery::None };
        let declared = *self.declared.get_or_init(|| [text, binary, pong]);
        // Something may have been set before the session opened.
        let mut set = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(settings) = &mut *set {
            settings.handlers.declare(declared);
        }
    }

    /// The handlers of the endpoint alone.
    fn declared(&self) -> Handlers {
        Handlers::declared(self.declared.get().copied().unwrap_or_default())
    }
}

impl Session {
    pub(crate) fn live(&self) -> &Live {
        &self.inner.live
    }

    /// What is set now.
    pub(crate) fn settings(&self) -> Settings {
        // Each change is one assignment: a panic leaves no half of it.
        let set = self.live().settings.lock().unwrap_or_else(PoisonError::into_inner);
        set.as_deref().cloned().unwrap_or_else(|| self.configured())
    }

    /// What is set now, which the engine is about to follow.
    pub(crate) fn take_changes(&self) -> Settings {
        // Cleared first: what is set meanwhile is a change again.
        self.outbox().take_change();
        self.settings()
    }

    /// What the endpoint's configuration says.
    fn configured(&self) -> Settings {
        let config = self.config();
        let timeouts = IdleTimeouts { idle: config.idle_timeout, ..IdleTimeouts::default() };
        Settings { limits: config.limits, timeouts, handlers: self.live().declared() }
    }

    /// Drops the handlers that were added: a session that one of them captured would never be
    /// dropped. To be called when the state is `Closed`, which keeps others from being added.
    pub(super) fn drop_handlers(&self) {
        let mut set = self.live().settings.lock().unwrap_or_else(PoisonError::into_inner);
        let added = set.as_mut().map(|settings| settings.handlers.take_added());
        drop(set);
        drop(added); // the application's code, without the lock
    }

    /// Changes the settings, and tells the engine. They are locked meanwhile: `change` returns what
    /// it takes out.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        let live = self.live();
        let changed = {
            let mut set = live.settings.lock().unwrap_or_else(PoisonError::into_inner);
            change(set.get_or_insert_with(|| Box::new(self.configured())))
        };
        self.outbox().change();
        changed
    }

    /// The bounds on its messages.
    #[must_use]
    #[doc(alias = "getMaxTextMessageBufferSize")]
    #[doc(alias = "getMaxBinaryMessageBufferSize")]
    pub fn limits(&self) -> Limits {
        self.settings().limits
    }

    /// Changes the bounds on its messages: at first those of its endpoint's configuration. They hold
    /// for messages that begin from now on; a message that has begun stays within the bounds that
    /// held then.
    ///
    /// # Examples
    ///
    /// ```
    /// use ws_core::{Limits, Session};
    ///
    /// /// A peer that is trusted may send more.
    /// fn trust(session: &Session) {
    ///     let mut limits = session.limits();
    ///     limits.max_binary_len = 64 << 20;
    ///     session.set_limits(limits);
    /// }
    /// ```
    #[doc(alias = "setMaxTextMessageBufferSize")]
    #[doc(alias = "setMaxBinaryMessageBufferSize")]
    pub fn set_limits(&self, limits: Limits) {
        self.change(|settings| settings.limits = limits);
    }

    /// How long it may pass without a data frame, either way; `None` and zero for ever.
    #[must_use]
    #[doc(alias = "getMaxIdleTimeout")]
    pub fn idle_timeout(&self) -> Option<Duration> {
        self.settings().timeouts.idle
    }

    /// Changes [`idle_timeout`](Self::idle_timeout), and begins to count anew. A session that is idle
    /// for longer is closed: 1001 on the wire, 1006 for `#[on_close]` (Jakarta §2.1.5). While a
    /// handler runs, no session is idle. `None` and zero turn it off.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use ws_core::Session;
    ///
    /// fn hurry(session: &Session) {
    ///     session.set_idle_timeout(Some(Duration::from_secs(30)));
    /// }
    /// ```
    #[doc(alias = "setMaxIdleTimeout")]
    pub fn set_idle_timeout(&self, timeout: Option<Duration>) {
        self.change(|settings| settings.timeouts.idle = timeout);
    }

    /// How long it may pass without a data frame received; `None`, the default, and zero for ever.
    #[must_use]
    pub fn read_idle_timeout(&self) -> Option<Duration> {
        self.settings().timeouts.read
    }

    /// Changes [`read_idle_timeout`](Self::read_idle_timeout). It ends the session as
    /// [`set_idle_timeout`](Self::set_idle_timeout) does; `None` and zero turn it off.
    pub fn set_read_idle_timeout(&self, timeout: Option<Duration>) {
        self.change(|settings| settings.timeouts.read = timeout);
    }

    /// How long it may pass without a data frame sent; `None`, the default, and zero for ever.
    #[must_use]
    pub fn write_idle_timeout(&self) -> Option<Duration> {
        self.settings().timeouts.write
    }

    /// Changes [`write_idle_timeout`](Self::write_idle_timeout). It ends the session as
    /// [`set_idle_timeout`](Self::set_idle_timeout) does; `None` and zero turn it off.
    pub fn set_write_idle_timeout(&self, timeout: Option<Duration>) {
        self.change(|settings| settings.timeouts.write = timeout);
    }
}

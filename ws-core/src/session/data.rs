//! What an application keeps with a session.

use std::sync::{MutexGuard, PoisonError};

use crate::session::Session;

/// User data (Jakarta `getUserProperties`): one value of each type, seen by every handle of the
/// session, until the last of them is gone.
///
/// It begins as a copy of what the opening handshake put there. A newtype tells two values of one
/// type apart; a value that is to be changed in place holds a lock or an atomic.
///
/// # Examples
///
/// ```
/// # use ws_core::{Deployed, EndpointConfig, Hub, Request, Session};
/// # let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
/// # let session = Session::new(deployed, Request::new("ws://localhost/"), None);
/// #[derive(Clone, Debug, PartialEq)]
/// struct Nickname(String);
///
/// session.set_data(Nickname("bob".into()));
/// assert_eq!(session.data(), Some(Nickname("bob".into())));
///
/// let before = session.set_data(Nickname("robert".into()));
/// assert_eq!(before, Some(Nickname("bob".into())));
/// assert_eq!(session.remove_data::<Nickname>(), Some(Nickname("robert".into())));
/// assert_eq!(session.data::<Nickname>(), None);
/// ```
impl Session {
    /// The value of type `T`, cloned.
    #[must_use]
    #[doc(alias = "getUserProperties")]
    pub fn data<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.user().get().cloned()
    }

    /// Keeps `value`; what was there of its type before.
    pub fn set_data<T: Clone + Send + Sync + 'static>(&self, value: T) -> Option<T> {
        self.user().insert(value)
    }

    /// Takes the value of type `T` away.
    pub fn remove_data<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.user().remove()
    }

    /// A map behind a poisoned lock is whole: each change is one insertion or removal.
    fn user(&self) -> MutexGuard<'_, http::Extensions> {
        self.inner.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

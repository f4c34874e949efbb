//! State of the application, as handlers take it.

use std::any::{Any, TypeId};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A value that the whole application shares: a pool of database connections, a counter, settings.
///
/// It is given to the container once, and each handler that wants it has a parameter `State<T>` or
/// `&State<T>`. One value of each type; a newtype tells two of one type apart. An endpoint whose
/// state was not given is reported when the container starts, not when a peer connects.
///
/// All handlers of all sessions see the same value, so that what changes in it needs a lock or an
/// atomic. What belongs to one connection is a field of the endpoint; what belongs to one session and
/// is to be seen from outside of it is user data of the [`Session`](crate::Session).
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use ws_core::State;
///
/// #[derive(Default)]
/// struct Visitors {
///     count: AtomicU64,
/// }
///
/// fn greet(visitors: &State<Visitors>) -> String {
///     let before = visitors.count.fetch_add(1, Ordering::Relaxed);
///     format!("you are visitor {}", before + 1)
/// }
///
/// let visitors = State(Arc::new(Visitors::default()));
/// assert_eq!(greet(&visitors), "you are visitor 1");
/// ```
#[derive(Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper that patterns take apart")]
pub struct State<T: ?Sized>(pub Arc<T>);

impl<T: ?Sized> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A type of state that an endpoint's handlers take, so that a container can look for it before the
/// first connection.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct StateInfo {
    /// The type `T` of the `State<T>`.
    pub type_id: fn() -> TypeId,
    /// The same as written in the handler, for messages.
    pub name: &'static str,
}

impl StateInfo {
    /// The state `T`, written as `name`.
    #[must_use]
    pub const fn of<T: Any>(name: &'static str) -> Self {
        Self { type_id: TypeId::of::<T>, name }
    }
}

impl fmt::Debug for StateInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StateInfo").field(&self.name).finish()
    }
}

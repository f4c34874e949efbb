//! JSON text messages.

use std::ops::{Deref, DerefMut};

use serde::Serialize;

use crate::message::{Encode, EncodeError, Message};

/// A text message that is a JSON value of type `T` (RFC 8259).
///
/// As a parameter of `#[on_message]` it decodes; returned or sent it encodes. A message that is no
/// such value reaches `#[on_error]` as [`DecodeError`](crate::DecodeError), whose source is the
/// `serde_json` error with its line and column. `T` may borrow from the message.
///
/// # Examples
///
/// ```
/// use ws_core::{Encode, Json};
///
/// let message = Json(vec![1, 2, 3]);
/// assert_eq!(message.encode()?.payload(), b"[1,2,3]");
/// # Ok::<(), ws_core::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper that patterns take apart")]
pub struct Json<T: ?Sized>(pub T);

impl<T: ?Sized> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize + ?Sized> Encode for Json<T> {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        serde_json::to_string(&self.0).map(Message::text).map_err(EncodeError::new::<T>)
    }
}

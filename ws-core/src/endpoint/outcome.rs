//! What a handler that has no reply returns.

use crate::message::BoxError;
use crate::session::Error;

/// A type that `#[on_close]` and `#[on_error]` may return: `()`, or `Result<(), X>` of an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that `#[on_close]` or `#[on_error]` returns",
    label = "there is no reply to a session's end or failure",
    note = "return `()` or `Result<()>`"
)]
pub trait Outcome {
    /// Success, or the handler's error.
    ///
    /// # Errors
    ///
    /// The error that the handler returned.
    fn into_result(self) -> Result<(), Error>;
}

#[diagnostic::do_not_recommend]
impl Outcome for () {
    #[inline]
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<X: Into<BoxError>> Outcome for Result<(), X> {
    #[inline]
    fn into_result(self) -> Result<(), Error> {
        self.map_err(|error| Error::from_handler(error.into()))
    }
}

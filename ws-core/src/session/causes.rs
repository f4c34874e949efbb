//! Looking for a concrete error in an [`Error`].

use std::error::Error as StdError;
use std::io;
use std::iter;

use crate::message::BoxError;
use crate::session::Error;

impl Error {
    /// The first `T` in this error: what its variant holds, then the causes of that, outermost
    /// first.
    ///
    /// What a handler or a codec returned as a boxed error is looked into as well, and so is what an
    /// [`io::Error`] wraps. This is how an `#[on_error]` method that asks for a `&T` gets it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::ParseIntError;
    ///
    /// use ws_core::{DecodeError, Error};
    ///
    /// let source = "many".parse::<u8>().unwrap_err();
    /// let error = Error::from(DecodeError::new::<u8>(b"many", source));
    ///
    /// assert_eq!(error.find::<DecodeError>().unwrap().text(), "many");
    /// assert!(error.find::<ParseIntError>().is_some());
    /// assert!(error.find::<std::fmt::Error>().is_none());
    /// ```
    #[must_use]
    pub fn find<T: StdError + 'static>(&self) -> Option<&T> {
        self.causes().find_map(|error| error.downcast_ref())
    }

    /// How deep [`find`](Self::find) finds a `T`: 0 for what the variant holds, 1 for the cause of
    /// that, and so on; [`usize::MAX`] where there is none.
    #[must_use]
    pub fn depth_of<T: StdError + 'static>(&self) -> usize {
        self.causes().position(|error| error.is::<T>()).unwrap_or(usize::MAX)
    }

    /// The error of a session that application code got from a reader or a writer, and hands back as
    /// its own; as it is, if it is none.
    pub(crate) fn handed_back(error: BoxError) -> Result<Self, BoxError> {
        match error.downcast::<Self>() {
            Ok(error) => Ok(*error),
            Err(error) => match error.downcast::<io::Error>() {
                Ok(error) => error.downcast().map_err(Into::into),
                Err(error) => Err(error),
            },
        }
    }

    /// What the variant holds, and all causes of that.
    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        iter::successors(self.payload(), |error| cause(*error))
    }

    /// What the variant holds, when that is an error.
    fn payload(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::CloseReason(error) => Some(error),
            Self::Decode(error) => Some(error),
            Self::Encode(error) => Some(error),
            Self::Handler(error) => Some(&**error),
            Self::PathParam(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Timeout(error) => Some(error),
            Self::Transport(error) => Some(error),
            Self::Closed
            | Self::ControlTooLong(_)
            | Self::Forbidden { .. }
            | Self::Full
            | Self::Incomplete
            | Self::MessageInProgress
            | Self::MessageTooLong(_)
            | Self::NothingToContinue
            | Self::Overloaded
            | Self::Panic(_) => None,
        }
    }
}

/// The cause of `error`. An [`Error`] and an [`io::Error`] pass over the very error that they hold:
/// they show it as their own.
fn cause<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    if let Some(error) = error.downcast_ref::<Error>() {
        return error.payload();
    }
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use std::num::ParseIntError;
    use std::str::Utf8Error;

    use thiserror::Error as ThisError;

    use super::*;
    use crate::message::{DecodeError, EncodeError};
    use crate::protocol_error::ProtocolError;
    use crate::session::{PathParamError, Timeout};

    #[derive(Debug, ThisError)]
    #[error("of the application")]
    struct Own(#[source] ParseIntError);

    fn own() -> Own {
        Own("x".parse::<u8>().unwrap_err())
    }

    fn depths(error: &Error) -> [usize; 3] {
        [
            error.depth_of::<Own>(),
            error.depth_of::<ParseIntError>(),
            error.depth_of::<DecodeError>(),
        ]
    }

    #[test]
    fn every_way_an_error_can_be_held_is_looked_into() {
        const NONE: usize = usize::MAX;
        let decode = || DecodeError::new::<u8>(b"x", own());
        let cases: [(&str, Error, [usize; 3]); 9] = [
            ("decoder's", decode().into(), [1, 2, 0]),
            ("encoder's", EncodeError::new::<u8>(own()).into(), [1, 2, NONE]),
            ("handler's", Error::from_handler(own().into()), [0, 1, NONE]),
            (
                "handler's, boxed twice",
                Error::from_handler(Box::new(io::Error::other(own()))),
                [1, 2, NONE],
            ),
            ("path parameter's", PathParamError::new("id", "x", own()).into(), [1, 2, NONE]),
            ("transport's", Error::Transport(io::Error::other(own())), [1, 2, NONE]),
            (
                "of another session",
                Error::Handler(Box::new(io::Error::other(Error::from(decode())))),
                [3, 4, 2],
            ),
            ("without a payload", Error::Closed, [NONE, NONE, NONE]),
            ("another", Timeout::Idle.into(), [NONE, NONE, NONE]),
        ];
        for (name, error, want) in cases {
            assert_eq!(depths(&error), want, "{name}");
            assert_eq!(error.find::<Own>().is_some(), want[0] != NONE, "{name}");
        }
    }

    #[test]
    fn what_the_variant_holds_is_found_although_it_speaks_for_the_whole() {
        assert_eq!(Error::from(Timeout::Send).find::<Timeout>(), Some(&Timeout::Send));
        let error = Error::from(ProtocolError::InvalidUtf8);
        assert_eq!(error.find::<ProtocolError>(), Some(&ProtocolError::InvalidUtf8));
        assert!(error.find::<Utf8Error>().is_none());
    }

    #[test]
    fn what_the_session_reported_comes_back_as_it_was() {
        let of_session: [BoxError; 2] =
            [Box::new(Error::Closed), Box::new(io::Error::other(Error::Closed))];
        for error in of_session {
            assert!(matches!(Error::handed_back(error), Ok(Error::Closed)));
        }
        let of_others: [BoxError; 3] =
            [Box::new(own()), Box::new(io::Error::other(own())), Box::new(Timeout::Idle)];
        for error in of_others {
            let shown = error.to_string();
            assert_eq!(Error::handed_back(error).unwrap_err().to_string(), shown);
        }
    }
}

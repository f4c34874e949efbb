//! What handlers take beside their messages.

use std::any::Any;
use std::error::Error as StdError;

use crate::endpoint::{Declared, FromPathParam, State, path_param};
use crate::handshake::HandshakeRequest;
use crate::principal::Principal;
use crate::session::{Error, Session};

/// The application's state `T`.
///
/// # Errors
///
/// The container was given none; it does not start then, but other servers may.
pub fn state<T: Send + Sync + 'static>(session: &Session) -> Result<State<T>, Error> {
    session.hub().state().map(State).ok_or_else(|| {
        let name = std::any::type_name::<T>();
        Error::Handler(format!("the container was given no state `{name}`").into())
    })
}

/// Who the peer is.
///
/// # Errors
///
/// [`Error::Forbidden`] where nobody knows.
pub fn principal(session: &Session) -> Result<&Principal, Error> {
    session.principal().ok_or(Error::Forbidden { role: "authenticated" })
}

/// Lets those go on who have one of `roles`; without any, all who are authenticated. `wanted` says
/// the same in words.
///
/// # Errors
///
/// [`Error::Forbidden`] for all others.
pub fn require(session: &Session, roles: &[&str], wanted: &'static str) -> Result<(), Error> {
    let may = |principal: &Principal| {
        roles.is_empty() || roles.iter().any(|role| principal.has_role(role))
    };
    if session.principal().is_some_and(may) {
        Ok(())
    } else {
        Err(Error::Forbidden { role: wanted })
    }
}

/// The request of the opening handshake.
///
/// # Errors
///
/// The engine was started without it, by a server that is not ours.
pub fn handshake(request: Option<&HandshakeRequest>) -> Result<&HandshakeRequest, Error> {
    request.ok_or_else(|| Error::Handler("the server did not keep the handshake request".into()))
}

/// The path parameter `name` as a `T`, or `None` when the path has no such variable.
///
/// # Errors
///
/// [`Error::PathParam`] when it does not parse.
pub fn optional_path_param<'a, T, Via>(
    session: &'a Session,
    name: &'static str,
) -> Result<Option<T>, Error>
where
    T: FromPathParam<'a, Via>,
{
    session.path_param(name).map(|_| path_param(session, name)).transpose()
}

/// A type of error that an `#[on_error]` method takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of error",
    label = "is no `std::error::Error`",
    note = "`#[on_error]` takes `&Error`, or a reference to a type that is a `std::error::Error`"
)]
pub trait Cause: StdError + 'static {}

#[diagnostic::do_not_recommend]
impl<T: StdError + 'static> Cause for T {}

/// The depth of a handler that takes every error: any that takes one type is nearer.
pub const ANY_DEPTH: usize = usize::MAX - 1;

/// How deep in `error` a `T` is; `usize::MAX` where there is none.
#[must_use]
pub fn depth_of<T: Cause>(error: &Error) -> usize {
    // Ours under another name.
    if (error as &dyn Any).is::<T>() { ANY_DEPTH } else { error.depth_of::<T>() }
}

/// The `T` in `error`.
#[must_use]
pub fn cause<T: Cause>(error: &Error) -> Option<&T> {
    (error as &dyn Any).downcast_ref().or_else(|| error.find())
}

/// Which depth is the least; the first of those that are the same, `None` when all are
/// `usize::MAX`.
#[must_use]
pub fn nearest<const N: usize>(depths: [usize; N]) -> Option<usize> {
    let (at, depth) = depths.into_iter().enumerate().min_by_key(|(_, depth)| *depth)?;
    (depth != usize::MAX).then_some(at)
}

/// Implemented once by an endpoint for each type of error that an `#[on_error]` method of it takes:
/// a second one, under whatever name, conflicts.
pub trait OneErrorHandlerFor<T> {}

/// An endpoint that several connections can use at a time. The lifetime keeps a bound from being
/// judged where it is written: an endpoint that is not `Sync` just is no shared one.
pub trait Shareable<'any>: Declared + Send + Sync {}

impl<T: Declared + Send + Sync> Shareable<'_> for T {}

#[cfg(test)]
mod tests {
    use std::num::ParseIntError;

    use super::*;
    use crate::message::DecodeError;

    #[test]
    fn the_least_depth_wins_and_the_first_of_equals() {
        const NONE: usize = usize::MAX;
        #[rustfmt::skip] // a table
        let cases = [
            ([3, 1, ANY_DEPTH],       Some(1)),
            ([NONE, NONE, ANY_DEPTH], Some(2)),
            ([2, 2, NONE],            Some(0)),
            ([NONE, NONE, NONE],      None),
        ];
        for (depths, want) in cases {
            assert_eq!(nearest(depths), want, "{depths:?}");
        }
        assert_eq!(nearest([]), None);
    }

    #[test]
    fn our_own_error_is_every_error() {
        let source = "x".parse::<u8>().unwrap_err();
        let error = Error::from(DecodeError::new::<u8>(b"x", source));
        assert_eq!(depth_of::<Error>(&error), ANY_DEPTH);
        assert_eq!(depth_of::<DecodeError>(&error), 0);
        assert_eq!(depth_of::<ParseIntError>(&error), 1);
        assert!(cause::<Error>(&error).is_some() && cause::<ParseIntError>(&error).is_some());
        assert!(cause::<std::fmt::Error>(&error).is_none());
    }
}

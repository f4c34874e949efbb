//! Path variables as handler parameters.

use crate::message::BoxError;
use crate::session::{Error, PathParamError, Session};

/// A type that `#[path_param]` may have: `&str`, or any `FromStr` type whose error is an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a path parameter",
    label = "is neither `&str` nor `FromStr`",
    note = "implement `std::str::FromStr` for `{Self}`, with an `Err` that is a `std::error::Error`"
)]
pub trait FromPathParam<'a, Via>: Sized {
    /// Makes it of the percent-decoded segment.
    ///
    /// # Errors
    ///
    /// The type's own parse error.
    fn from_path_param(value: &'a str) -> Result<Self, BoxError>;
}

#[diagnostic::do_not_recommend]
impl<'a> FromPathParam<'a, ()> for &'a str {
    fn from_path_param(value: &'a str) -> Result<Self, BoxError> {
        Ok(value)
    }
}

/// Marks types that are parsed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ThroughFromStr;

#[diagnostic::do_not_recommend]
impl<T: std::str::FromStr<Err: Into<BoxError>>> FromPathParam<'_, ThroughFromStr> for T {
    fn from_path_param(value: &str) -> Result<Self, BoxError> {
        value.parse().map_err(Into::into)
    }
}

/// The path parameter `name` of `session` as a `T`.
///
/// # Errors
///
/// [`Error::PathParam`] when it does not parse, or when the endpoint is deployed at a path without it.
pub fn path_param<'a, T, Via>(session: &'a Session, name: &'static str) -> Result<T, Error>
where
    T: FromPathParam<'a, Via>,
{
    let value = session.required_path_param(name)?;
    T::from_path_param(value).map_err(|source| PathParamError::new(name, value, source).into())
}

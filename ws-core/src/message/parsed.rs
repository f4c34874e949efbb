//! Text messages that a type parses by itself.

use std::fmt::Display;
use std::ops::{Deref, DerefMut};
use std::str::FromStr;

use crate::message::{BoxError, DecodeError, Encode, EncodeError, Message};

/// A text message that is a `T` as its [`FromStr`] reads it and its [`Display`] writes it: an IP
/// address, a version, a date, an `enum` of commands.
///
/// As a parameter of `#[on_message]` it decodes; returned or sent it encodes. Numbers, `bool` and
/// `char` need no wrapper (Jakarta §4.7, where a class with a constructor of one `String` is such a
/// type).
///
/// # Examples
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use ws_core::{Encode, Parsed};
///
/// let message = Parsed(Ipv4Addr::LOCALHOST);
/// assert_eq!(message.encode()?.payload(), b"127.0.0.1");
/// assert!(message.is_loopback());
/// # Ok::<(), ws_core::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper that patterns take apart")]
pub struct Parsed<T: ?Sized>(pub T);

impl<T: ?Sized> Deref for Parsed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for Parsed<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Parsed<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Display + ?Sized> Encode for Parsed<T> {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        Ok(Message::text(self.0.to_string()))
    }
}

impl<T: FromStr<Err: Into<BoxError>>> Parsed<T> {
    /// The value that `text` is.
    pub(crate) fn decode(text: &str) -> Result<Self, DecodeError> {
        text.parse().map(Self).map_err(|e| DecodeError::new::<T>(text.as_bytes(), e))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{AddrParseError, IpAddr, Ipv6Addr};

    use super::*;

    #[test]
    fn a_value_comes_back_as_it_was_sent() {
        let message = Parsed(IpAddr::V6(Ipv6Addr::LOCALHOST)).into_message().unwrap();
        assert_eq!(message, Message::text("::1"));
        assert_eq!(*Parsed::<IpAddr>::decode("::1").unwrap(), Ipv6Addr::LOCALHOST);
    }

    #[test]
    fn what_does_not_parse_keeps_the_text_and_the_cause() {
        let error = Parsed::<IpAddr>::decode("here").unwrap_err();
        assert_eq!(
            (error.text(), error.type_name()),
            ("here".into(), "core::net::ip_addr::IpAddr")
        );
        assert!(std::error::Error::source(&error).unwrap().is::<AddrParseError>());
    }
}

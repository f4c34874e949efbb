//! MessagePack binary messages.

use std::io;
use std::ops::{Deref, DerefMut};

use rmp_serde::Deserializer;
use rmp_serde::decode::Error as Malformed;
use serde::{Deserialize, Serialize};

use crate::message::{BoxError, DecodeError, Encode, EncodeError, Message};

/// Levels of arrays and maps in one another that are decoded; as many as [`Json`](crate::Json)
/// takes.
const MAX_DEPTH: usize = 128;

/// A binary message that is a MessagePack value of type `T`; with the feature `msgpack`.
///
/// As a parameter of `#[on_message]` it decodes; returned or sent it encodes. Structs are written as
/// maps with the names of their fields, which peers in other languages expect, and read from maps and
/// from arrays. A message with bytes behind the value, or with more than 128 levels, does not decode.
///
/// # Examples
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use ws_core::{Encode, MsgPack};
///
/// #[derive(Serialize, Deserialize)]
/// struct Point {
///     x: u8,
///     y: u8,
/// }
///
/// let message = MsgPack(Point { x: 1, y: 2 });
/// assert_eq!(message.encode()?.payload(), b"\x82\xa1x\x01\xa1y\x02");
/// # Ok::<(), ws_core::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper that patterns take apart")]
pub struct MsgPack<T: ?Sized>(pub T);

impl<T: ?Sized> Deref for MsgPack<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for MsgPack<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for MsgPack<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize + ?Sized> Encode for MsgPack<T> {
    fn encode(&self) -> Result<Message<'_>, EncodeError> {
        rmp_serde::to_vec_named(&self.0).map(Message::binary).map_err(EncodeError::new::<T>)
    }
}

impl<'a, T: Deserialize<'a>> MsgPack<T> {
    /// The value that `payload` is.
    pub(crate) fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        decode(payload).map(Self).map_err(|e| DecodeError::new::<T>(payload, e))
    }
}

fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, BoxError> {
    let mut reader = Deserializer::from_read_ref(payload);
    reader.set_max_depth(MAX_DEPTH + 1); // it refuses what reaches its number
    let value = T::deserialize(&mut reader)?;
    // The reader does not tell where it stands: only at the end it has no marker to read.
    match <()>::deserialize(&mut reader) {
        Err(Malformed::InvalidMarkerRead(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
            Ok(value)
        }
        Ok(()) | Err(_) => Err("bytes behind the value".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Line<'a> {
        from: &'a str,
        at: Option<u32>,
    }

    const LINE: Line<'_> = Line { from: "Ann", at: Some(7) };

    fn cause(payload: &[u8]) -> String {
        let error = MsgPack::<Line<'_>>::decode(payload).unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    }

    #[test]
    fn a_value_comes_back_as_it_was_sent_and_borrows_from_the_message() {
        let message = MsgPack(LINE).encode().unwrap();
        assert_eq!(message.payload(), b"\x82\xa4from\xa3Ann\xa2at\x07");
        assert_eq!(MsgPack::<Line<'_>>::decode(message.payload()).unwrap().0, LINE);
    }

    #[test]
    fn a_struct_is_read_from_an_array_too() {
        let array = rmp_serde::to_vec(&LINE).unwrap();
        assert_eq!(MsgPack::<Line<'_>>::decode(&array).unwrap().0, LINE);
    }

    #[test]
    fn what_is_cut_short_or_goes_on_does_not_decode() {
        let whole = rmp_serde::to_vec(&LINE).unwrap();
        for cut in 0..whole.len() {
            assert!(MsgPack::<Line<'_>>::decode(&whole[..cut]).is_err(), "cut at {cut}");
        }
        // Nothing, a number, an array without its element, and no marker at all.
        for behind in [0xc0, 0x01, 0x91, 0xc1] {
            let longer = [&whole[..], &[behind]].concat();
            assert_eq!(cause(&longer), "bytes behind the value", "{behind:#x}");
        }
    }

    #[test]
    fn a_length_that_is_only_announced_takes_no_memory() {
        // An array of 4,294,967,295 elements, and a string of as many bytes.
        assert!(MsgPack::<Vec<u64>>::decode(b"\xdd\xff\xff\xff\xff").is_err());
        assert!(MsgPack::<String>::decode(b"\xdb\xff\xff\xff\xff").is_err());
    }

    #[test]
    fn depth_is_bounded() {
        #[derive(Debug, Deserialize)]
        struct Nested(#[expect(dead_code, reason = "only counted")] Vec<Self>);

        let nested = |levels: usize| [vec![0x91; levels - 1], vec![0x90]].concat();
        assert!(MsgPack::<Nested>::decode(&nested(MAX_DEPTH)).is_ok());
        assert!(MsgPack::<Nested>::decode(&nested(MAX_DEPTH + 1)).is_err());
    }
}

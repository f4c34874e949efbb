//! Several decoders in the place of one.

use crate::codec::decoder::{BinaryDecoder, TextDecoder};
use crate::config::EndpointConfig;
use crate::message::BoxError;

/// A decoder that asks each of its decoders, in order, whether it will decode, and lets the first
/// that says yes do it (Jakarta §4.1.3). It takes one to four [`TextDecoder`]s, or as many
/// [`BinaryDecoder`]s, that all make the same type.
///
/// # Examples
///
/// ```
/// use std::num::ParseIntError;
///
/// use ws_core::{FirstOf, TextDecoder};
///
/// #[derive(Default)]
/// struct Hexadecimal;
///
/// impl TextDecoder for Hexadecimal {
///     type Message = Colour;
///     type Error = ParseIntError;
///
///     fn will_decode(&self, text: &str) -> bool {
///         text.starts_with('#')
///     }
///
///     fn decode(&mut self, text: &str) -> Result<Colour, ParseIntError> {
///         u32::from_str_radix(&text[1..], 16).map(Colour)
///     }
/// }
///
/// #[derive(Default)]
/// struct Named;
///
/// impl TextDecoder for Named {
///     type Message = Colour;
///     type Error = &'static str;
///
///     fn decode(&mut self, text: &str) -> Result<Colour, &'static str> {
///         match text {
///             "red" => Ok(Colour(0xff0000)),
///             _ => Err("no colour of that name"),
///         }
///     }
/// }
///
/// #[derive(Debug, PartialEq)]
/// struct Colour(u32);
///
/// // In an endpoint: `decoders = [FirstOf<(Hexadecimal, Named)>]`
/// let mut decoder = FirstOf::<(Hexadecimal, Named)>::default();
/// assert_eq!(decoder.decode("#00ff00")?, Colour(0x00ff00));
/// assert_eq!(decoder.decode("red")?, Colour(0xff0000));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstOf<D>(D);

/// The only decoder of a message, or each of a [`FirstOf`], said that it will not decode it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no decoder will decode this message")]
pub struct NoDecoder;

macro_rules! first_of {
    ($trait:ident, $data:ty, $first:ident $(, $rest:ident)*) => {
        #[expect(non_snake_case, reason = "values named after their types")]
        impl<$first: $trait $(, $rest: $trait<Message = $first::Message>)*> $trait
            for FirstOf<($first, $($rest,)*)>
        {
            type Message = $first::Message;
            type Error = BoxError;

            fn init(&mut self, config: &EndpointConfig) {
                let ($first, $($rest,)*) = &mut self.0;
                $first.init(config);
                $($rest.init(config);)*
            }

            fn will_decode(&self, data: $data) -> bool {
                let ($first, $($rest,)*) = &self.0;
                $first.will_decode(data) $(|| $rest.will_decode(data))*
            }

            fn decode(&mut self, data: $data) -> Result<Self::Message, BoxError> {
                let ($first, $($rest,)*) = &mut self.0;
                if $first.will_decode(data) {
                    return $first.decode(data).map_err(Into::into);
                }
                $(if $rest.will_decode(data) {
                    return $rest.decode(data).map_err(Into::into);
                })*
                Err(Box::new(NoDecoder))
            }

            fn destroy(&mut self) {
                let ($first, $($rest,)*) = &mut self.0;
                $first.destroy();
                $($rest.destroy();)*
            }
        }
    };
}

first_of!(TextDecoder, &str, A);
first_of!(TextDecoder, &str, A, B);
first_of!(TextDecoder, &str, A, B, C);
first_of!(TextDecoder, &str, A, B, C, D);
first_of!(BinaryDecoder, &[u8], A);
first_of!(BinaryDecoder, &[u8], A, B);
first_of!(BinaryDecoder, &[u8], A, B, C);
first_of!(BinaryDecoder, &[u8], A, B, C, D);

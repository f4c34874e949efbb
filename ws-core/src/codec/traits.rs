//! Decoders and encoders that applications write.

use crate::config::EndpointConfig;
use crate::message::{BoxError, MessageKind};

/// Makes objects of text messages (Jakarta `Decoder.Text`). Named in `decoders = [..]`; each
/// connection has an instance of its own.
///
/// # Examples
///
/// ```
/// use ws_core::TextDecoder;
///
/// /// `x,y`
/// #[derive(Default)]
/// struct PointDecoder;
///
/// struct Point(i32, i32);
///
/// impl TextDecoder for PointDecoder {
///     type Message = Point;
///     type Error = Box<dyn std::error::Error + Send + Sync>;
///
///     fn decode(&mut self, text: &str) -> Result<Point, Self::Error> {
///         let (x, y) = text.split_once(',').ok_or("no comma")?;
///         Ok(Point(x.parse()?, y.parse()?))
///     }
/// }
/// ```
pub trait TextDecoder: Default + Send + 'static {
    /// What it makes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it (Jakarta `init`): called once, before `#[on_open]`, with the endpoint's
    /// configuration.
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Whether this decoder takes `text`; asked before [`decode`](Self::decode), and by
    /// [`FirstOf`] to choose.
    fn will_decode(&self, text: &str) -> bool {
        let _ = text;
        true
    }

    /// Decodes one whole message.
    ///
    /// # Errors
    ///
    /// When `text` is no such object: the error reaches `#[on_error]`, the session stays open.
    fn decode(&mut self, text: &str) -> Result<Self::Message, Self::Error>;

    /// Releases what it holds (Jakarta `destroy`): called once, after `#[on_close]`.
    fn destroy(&mut self) {}
}

/// Makes objects of binary messages (Jakarta `Decoder.Binary`). As [`TextDecoder`] otherwise.
pub trait BinaryDecoder: Default + Send + 'static {
    /// What it makes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it (Jakarta `init`): called once, before `#[on_open]`, with the endpoint's
    /// configuration.
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Whether this decoder takes `payload`.
    fn will_decode(&self, payload: &[u8]) -> bool {
        let _ = payload;
        true
    }

    /// Decodes one whole message.
    ///
    /// # Errors
    ///
    /// When `payload` is no such object: the error reaches `#[on_error]`, the session stays open.
    fn decode(&mut self, payload: &[u8]) -> Result<Self::Message, Self::Error>;

    /// Releases what it holds (Jakarta `destroy`): called once, after `#[on_close]`.
    fn destroy(&mut self) {}
}

/// Makes text messages of objects (Jakarta `Encoder.Text`). Named in `encoders = [..]` for
/// replies, or given to [`Session::send_with`](crate::Session::send_with).
pub trait TextEncoder: Send + Sync + 'static {
    /// What it takes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it (Jakarta `init`): called once, before `#[on_open]`, with the endpoint's
    /// configuration.
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// The text that says `message`.
    ///
    /// # Errors
    ///
    /// When `message` cannot be said: the error reaches `#[on_error]`, nothing is sent.
    fn encode(&self, message: &Self::Message) -> Result<String, Self::Error>;

    /// Releases what it holds (Jakarta `destroy`): called once, after `#[on_close]`.
    fn destroy(&mut self) {}
}

/// Makes binary messages of objects (Jakarta `Encoder.Binary`). As [`TextEncoder`] otherwise.
pub trait BinaryEncoder: Send + Sync + 'static {
    /// What it takes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it (Jakarta `init`): called once, before `#[on_open]`, with the endpoint's
    /// configuration.
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// The bytes that say `message`.
    ///
    /// # Errors
    ///
    /// When `message` cannot be said: the error reaches `#[on_error]`, nothing is sent.
    fn encode(&self, message: &Self::Message) -> Result<Vec<u8>, Self::Error>;

    /// Releases what it holds (Jakarta `destroy`): called once, after `#[on_close]`.
    fn destroy(&mut self) {}
}

/// A decoder that asks each of its decoders, in order, whether it will decode, and lets the first
/// that says yes do it (Jakarta §4.1.3). All make the same type, of the same kind of message.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstOf<D>(D);

/// No decoder of a [`FirstOf`], or the only one, said that it will decode.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no decoder will decode this message")]
pub struct NoDecoder;

macro_rules! first_of {
    ($trait:ident, $data:ty, $first:ident $(, $rest:ident)*) => {
        impl<$first: $trait $(, $rest: $trait<Message = $first::Message>)*> $trait
            for FirstOf<($first, $($rest,)*)>
        {
            type Message = $first::Message;
            type Error = BoxError;

            #[expect(non_snake_case, reason = "values named after their types")]
            fn init(&mut self, config: &EndpointConfig) {
                let ($first, $($rest,)*) = &mut self.0;
                $first.init(config);
                $($rest.init(config);)*
            }

            #[expect(non_snake_case, reason = "values named after their types")]
            fn will_decode(&self, data: $data) -> bool {
                let ($first, $($rest,)*) = &self.0;
                $first.will_decode(data) $(|| $rest.will_decode(data))*
            }

            #[expect(non_snake_case, reason = "values named after their types")]
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

            #[expect(non_snake_case, reason = "values named after their types")]
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

/// Marks what concerns text.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TextKind;

/// Marks what concerns bytes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BinaryKind;

/// The kind of message a marker stands for.
pub trait Kind {
    /// The kind.
    const KIND: MessageKind;
}

impl Kind for TextKind {
    const KIND: MessageKind = MessageKind::Text;
}

impl Kind for BinaryKind {
    const KIND: MessageKind = MessageKind::Binary;
}

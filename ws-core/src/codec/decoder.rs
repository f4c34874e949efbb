//! Decoders that applications write.

use std::future::Future;

use crate::config::EndpointConfig;
use crate::message::BoxError;
use crate::session::MessageReader;

/// Makes objects of text messages (Jakarta §4.1.3). Named in `decoders = [..]`; each
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
///
/// let Point(x, y) = PointDecoder.decode("3,-4")?;
/// assert_eq!((x, y), (3, -4));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[doc(alias = "Decoder")]
#[doc(alias = "Decoder.Text")]
pub trait TextDecoder: Default + Send + 'static {
    /// What it makes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it: called once, before `#[on_open]`, with the endpoint's configuration.
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Whether this decoder takes `text`; asked before [`decode`](Self::decode), and by
    /// [`FirstOf`](crate::FirstOf) to choose. A quick look will do: [`decode`](Self::decode) may
    /// still fail.
    #[doc(alias = "willDecode")]
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

    /// Releases what it holds: called once, after `#[on_close]`.
    fn destroy(&mut self) {}
}

/// Makes objects of binary messages. As [`TextDecoder`] otherwise.
///
/// # Examples
///
/// ```
/// use ws_core::BinaryDecoder;
///
/// /// A length of four bytes, most significant first.
/// #[derive(Default)]
/// struct LengthDecoder;
///
/// impl BinaryDecoder for LengthDecoder {
///     type Message = std::time::Duration;
///     type Error = std::array::TryFromSliceError;
///
///     fn will_decode(&self, payload: &[u8]) -> bool {
///         payload.len() == 4
///     }
///
///     fn decode(&mut self, payload: &[u8]) -> Result<Self::Message, Self::Error> {
///         Ok(std::time::Duration::from_secs(u32::from_be_bytes(payload.try_into()?).into()))
///     }
/// }
///
/// assert!(!LengthDecoder.will_decode(b"long"[..3].as_ref()));
/// assert_eq!(LengthDecoder.decode(&[0, 0, 0, 60])?.as_secs(), 60);
/// # Ok::<(), std::array::TryFromSliceError>(())
/// ```
#[doc(alias = "Decoder.Binary")]
pub trait BinaryDecoder: Default + Send + 'static {
    /// What it makes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it, as [`TextDecoder::init`].
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Whether this decoder takes `payload`, as [`TextDecoder::will_decode`].
    #[doc(alias = "willDecode")]
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

    /// Releases what it holds, as [`TextDecoder::destroy`].
    fn destroy(&mut self) {}
}

/// Makes objects of text messages that it reads while they come: for messages that are larger than
/// memory, or larger than what is made of them. As [`TextDecoder`] otherwise.
///
/// [`decode`](Self::decode) starts with the message's first bytes, and the handler is called with
/// what it makes. The limits on whole messages do not apply: it bounds what it keeps by itself. Who
/// may decode is settled before the first byte, so there is no `will_decode`, and
/// [`FirstOf`](crate::FirstOf) takes none of these.
///
/// # Examples
///
/// ```
/// use ws_core::{Error, MessageReader, TextStreamDecoder, handlers, server_endpoint};
///
/// struct Lines(usize);
///
/// /// Counts the lines of a message of any length.
/// #[derive(Default)]
/// struct LineCounter;
///
/// impl TextStreamDecoder for LineCounter {
///     type Message = Lines;
///     type Error = Error;
///
///     async fn decode(&mut self, mut reader: MessageReader) -> Result<Lines, Error> {
///         let mut lines = 0;
///         while let Some(text) = reader.next_text().await? {
///             lines += text.matches('\n').count();
///         }
///         Ok(Lines(lines))
///     }
/// }
/// ```
#[doc(alias = "Decoder.TextStream")]
pub trait TextStreamDecoder: Default + Send + 'static {
    /// What it makes.
    type Message;
    /// Why it could not. An [`Error`](crate::Error) reaches `#[on_error]` as it is.
    type Error: Into<BoxError>;

    /// Prepares it, as [`TextDecoder::init`].
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Decodes one message. Where it returns before the message's end, the rest is checked and
    /// thrown away.
    ///
    /// # Errors
    ///
    /// When the message is no such object, or does not come to its end: the error reaches
    /// `#[on_error]`, the session stays open.
    fn decode(
        &mut self,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Self::Message, Self::Error>> + Send;

    /// Releases what it holds, as [`TextDecoder::destroy`].
    fn destroy(&mut self) {}
}

/// Makes objects of binary messages that it reads while they come. As [`TextStreamDecoder`]
/// otherwise.
///
/// # Examples
///
/// ```
/// use ws_core::{BinaryStreamDecoder, Error, MessageReader};
///
/// /// The sum of all bytes.
/// #[derive(Default)]
/// struct Checksum;
///
/// impl BinaryStreamDecoder for Checksum {
///     type Message = u64;
///     type Error = Error;
///
///     async fn decode(&mut self, mut reader: MessageReader) -> Result<u64, Error> {
///         let mut sum = 0;
///         while let Some(chunk) = reader.chunk().await? {
///             sum += chunk.iter().map(|byte| u64::from(*byte)).sum::<u64>();
///         }
///         Ok(sum)
///     }
/// }
/// ```
#[doc(alias = "Decoder.BinaryStream")]
pub trait BinaryStreamDecoder: Default + Send + 'static {
    /// What it makes.
    type Message;
    /// Why it could not. An [`Error`](crate::Error) reaches `#[on_error]` as it is.
    type Error: Into<BoxError>;

    /// Prepares it, as [`TextDecoder::init`].
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Decodes one message, as [`TextStreamDecoder::decode`].
    ///
    /// # Errors
    ///
    /// When the message is no such object, or does not come to its end: the error reaches
    /// `#[on_error]`, the session stays open.
    fn decode(
        &mut self,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Self::Message, Self::Error>> + Send;

    /// Releases what it holds, as [`TextDecoder::destroy`].
    fn destroy(&mut self) {}
}

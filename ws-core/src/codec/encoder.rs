//! Encoders that applications write.

use std::future::Future;

use crate::config::EndpointConfig;
use crate::message::BoxError;
use crate::session::MessageWriter;

/// Makes text messages of objects (Jakarta §4.1.2). Named in `encoders = [..]` for what
/// handlers return, or given to [`Session::send_with`](crate::Session::send_with).
///
/// A type that always makes the same message of itself needs none: it implements
/// [`Encode`](crate::Encode).
///
/// # Examples
///
/// ```
/// use ws_core::TextEncoder;
///
/// #[derive(Default)]
/// struct Celsius;
///
/// impl TextEncoder for Celsius {
///     type Message = f32;
///     type Error = &'static str;
///
///     fn encode(&self, degrees: &f32) -> Result<String, Self::Error> {
///         if degrees.is_nan() {
///             return Err("the sensor is broken");
///         }
///         Ok(format!("{degrees:.1} °C"))
///     }
/// }
///
/// assert_eq!(Celsius.encode(&21.04), Ok("21.0 °C".to_owned()));
/// ```
#[doc(alias = "Encoder")]
#[doc(alias = "Encoder.Text")]
pub trait TextEncoder: Send + Sync + 'static {
    /// What it takes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it: called once for each connection of an endpoint that names it, before
    /// `#[on_open]`, with the endpoint's configuration.
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// The text that says `message`.
    ///
    /// # Errors
    ///
    /// When `message` cannot be said: the error reaches `#[on_error]`, nothing is sent.
    fn encode(&self, message: &Self::Message) -> Result<String, Self::Error>;

    /// Releases what it holds: called once, after `#[on_close]`.
    fn destroy(&mut self) {}
}

/// Makes binary messages of objects. As [`TextEncoder`] otherwise.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use ws_core::BinaryEncoder;
///
/// /// Milliseconds in eight bytes, most significant first.
/// #[derive(Default)]
/// struct Millis;
///
/// impl BinaryEncoder for Millis {
///     type Message = Duration;
///     type Error = std::num::TryFromIntError;
///
///     fn encode(&self, duration: &Duration) -> Result<Vec<u8>, Self::Error> {
///         Ok(u64::try_from(duration.as_millis())?.to_be_bytes().to_vec())
///     }
/// }
///
/// assert_eq!(Millis.encode(&Duration::from_millis(258)), Ok(vec![0, 0, 0, 0, 0, 0, 1, 2]));
/// ```
#[doc(alias = "Encoder.Binary")]
pub trait BinaryEncoder: Send + Sync + 'static {
    /// What it takes.
    type Message;
    /// Why it could not.
    type Error: Into<BoxError>;

    /// Prepares it, as [`TextEncoder::init`].
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// The bytes that say `message`.
    ///
    /// # Errors
    ///
    /// When `message` cannot be said: the error reaches `#[on_error]`, nothing is sent.
    fn encode(&self, message: &Self::Message) -> Result<Vec<u8>, Self::Error>;

    /// Releases what it holds, as [`TextEncoder::destroy`].
    fn destroy(&mut self) {}
}

/// Makes text messages of objects, writing them piece by piece: for messages that are larger than
/// memory, or made from what comes from elsewhere. As [`TextEncoder`] otherwise.
///
/// The message begins with the first piece and ends when [`encode`](Self::encode) returns `Ok`;
/// there is no need to finish the writer. An encoder that writes nothing sends no message, and one
/// that writes an empty piece alone sends an empty message. Other messages of the session wait until
/// this one is whole.
///
/// # Examples
///
/// ```
/// use ws_core::{Error, MessageWriter, TextStreamEncoder};
///
/// struct Table {
///     rows: Vec<(String, u32)>,
/// }
///
/// /// Comma-separated values, a line at a time.
/// #[derive(Default)]
/// struct Csv;
///
/// impl TextStreamEncoder for Csv {
///     type Message = Table;
///     type Error = Error;
///
///     async fn encode(&self, table: &Table, writer: &mut MessageWriter) -> Result<(), Error> {
///         for (name, value) in &table.rows {
///             writer.write_str(&format!("{name},{value}\r\n")).await?;
///         }
///         Ok(())
///     }
/// }
/// ```
#[doc(alias = "Encoder.TextStream")]
pub trait TextStreamEncoder: Send + Sync + 'static {
    /// What it takes. It is kept, and looked at, while the message is written.
    type Message: Send + Sync;
    /// Why it could not. An [`Error`](crate::Error) reaches `#[on_error]` as it is.
    type Error: Into<BoxError>;

    /// Prepares it, as [`TextEncoder::init`].
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Writes the text that says `message`.
    ///
    /// # Errors
    ///
    /// When `message` cannot be said. Before the first piece nothing is sent, and the error reaches
    /// `#[on_error]`; a message that was begun cannot be taken back, and the session is closed with
    /// 1011 as well.
    fn encode(
        &self,
        message: &Self::Message,
        writer: &mut MessageWriter,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Releases what it holds, as [`TextEncoder::destroy`].
    fn destroy(&mut self) {}
}

/// Makes binary messages of objects, writing them piece by piece. As [`TextStreamEncoder`]
/// otherwise.
///
/// # Examples
///
/// ```
/// use std::io;
///
/// use tokio::io::AsyncWriteExt as _;
/// use ws_core::{BinaryStreamEncoder, MessageWriter};
///
/// /// A byte, many times.
/// struct Run {
///     byte: u8,
///     times: u64,
/// }
///
/// #[derive(Default)]
/// struct RunEncoder;
///
/// impl BinaryStreamEncoder for RunEncoder {
///     type Message = Run;
///     type Error = io::Error;
///
///     async fn encode(&self, run: &Run, writer: &mut MessageWriter) -> io::Result<()> {
///         let block = [run.byte; 4096];
///         let mut rest = run.times;
///         while rest > 0 {
///             let len = block.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
///             writer.write_all(&block[..len]).await?;
///             rest -= len as u64;
///         }
///         Ok(())
///     }
/// }
/// ```
#[doc(alias = "Encoder.BinaryStream")]
pub trait BinaryStreamEncoder: Send + Sync + 'static {
    /// What it takes. It is kept, and looked at, while the message is written.
    type Message: Send + Sync;
    /// Why it could not. An [`Error`](crate::Error) reaches `#[on_error]` as it is.
    type Error: Into<BoxError>;

    /// Prepares it, as [`TextEncoder::init`].
    fn init(&mut self, config: &EndpointConfig) {
        let _ = config;
    }

    /// Writes the bytes that say `message`.
    ///
    /// # Errors
    ///
    /// As [`TextStreamEncoder::encode`].
    fn encode(
        &self,
        message: &Self::Message,
        writer: &mut MessageWriter,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Releases what it holds, as [`TextEncoder::destroy`].
    fn destroy(&mut self) {}
}

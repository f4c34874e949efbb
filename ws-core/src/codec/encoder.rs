//! Encoders that applications write.

use crate::config::EndpointConfig;
use crate::message::BoxError;

/// Makes text messages of objects. Named in `encoders = [..]` for what handlers return, or given to
/// [`Session::send_with`](crate::Session::send_with).
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

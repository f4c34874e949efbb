//! What generated code names. Not for applications: it changes without notice.

pub use inventory;

pub use crate::close::CloseReason;
use crate::codec::{AnyDecoder, AnyEncoder, Kind};
pub use crate::config::{EndpointConfig, EndpointLimits};
pub use crate::endpoint::{
    BuiltIn, Context, Declared, Endpoint, HandlerInfo, HandlerKind, HandlerSet, Reply, Shared,
    SharedEndpoint, path, path_param,
};
use crate::endpoint::{FromMessage, IntoReply, Outcome, ReplyContext};
use crate::engine::Start;
pub use crate::frame::Frame;
use crate::message::DecodeError;
pub use crate::message::{
    Binary, BinaryPart, Delivery, Incoming, MessageKind, Pong, Text, TextPart,
};
use crate::registration::ConnectionFuture;
pub use crate::registration::{EndpointDescriptor, Registration};
pub use crate::session::{Error, MessageReader, Session};

/// How a message becomes a `T`. All bounds are [`message`]'s, so that one missing decoder is one
/// error, however often the expansion asks.
pub struct MessageParam<'a, T, Decoders> {
    kind: MessageKind,
    decode: fn(Incoming<'a>, &mut Decoders) -> Result<T, DecodeError>,
}

impl<T, Decoders> std::fmt::Debug for MessageParam<'_, T, Decoders> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageParam").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Says how a message becomes a `T`.
#[inline]
#[must_use]
pub const fn message<'a, T, E, Via>() -> MessageParam<'a, T, E::Decoders>
where
    T: FromMessage<'a, E, Via>,
    E: Declared + ?Sized,
{
    MessageParam { kind: T::KIND, decode: T::from_message }
}

impl<'a, T, Decoders> MessageParam<'a, T, Decoders> {
    /// The kind of message.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the message is no such value.
    #[inline]
    pub fn decode(&self, message: Incoming<'a>, decoders: &mut Decoders) -> Result<T, DecodeError> {
        (self.decode)(message, decoders)
    }
}

/// What is sent for a handler's return value.
///
/// # Errors
///
/// The handler's own, or that the value does not encode.
#[inline]
pub fn reply<'a, R, E, Via>(
    value: R,
    session: &'a Session,
    encoders: &'a E::Encoders,
) -> Result<Reply<'a>, Error>
where
    R: IntoReply<'a, E, Via>,
    E: Declared + ?Sized,
{
    value.into_reply(ReplyContext::new(session, encoders))
}

/// How a handler that has no reply went.
///
/// # Errors
///
/// The handler's own.
#[inline]
pub fn outcome<R: Outcome>(value: R) -> Result<(), Error> {
    value.into_result()
}

/// What a list's entry of type `C` does besides its work. All bounds are [`decoder`]'s or
/// [`encoder`]'s, so that a type that is none is one error, however often the expansion asks.
pub struct Codec<C> {
    init: fn(&mut C, &EndpointConfig),
    destroy: fn(&mut C),
}

impl<C> std::fmt::Debug for Codec<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

/// An entry of `decoders = [..]`.
#[must_use]
pub const fn decoder<D: AnyDecoder<K>, K: Kind>() -> Codec<D> {
    Codec { init: D::init_any, destroy: D::destroy_any }
}

/// An entry of `encoders = [..]`.
#[must_use]
pub const fn encoder<E: AnyEncoder<K>, K: Kind>() -> Codec<E> {
    Codec { init: E::init_any, destroy: E::destroy_any }
}

impl<C> Codec<C> {
    /// Prepares a connection's instance.
    pub fn init(&self, codec: &mut C, config: &EndpointConfig) {
        (self.init)(codec, config);
    }

    /// Releases a connection's instance.
    pub fn destroy(&self, codec: &mut C) {
        (self.destroy)(codec);
    }
}

/// Compiles for decoders only.
pub const fn assert_decoder<D: AnyDecoder<K>, K: Kind>() {}

/// Compiles for encoders only.
pub const fn assert_encoder<E: AnyEncoder<K>, K: Kind>() {}

/// Whether an endpoint's path has the variable `name`. A template that is malformed is reported at
/// its own place, and nothing is said of its variables.
#[must_use]
pub const fn has_variable(template: Option<&str>, name: &str) -> bool {
    match template {
        Some(template) => path::check(template).is_err() || path::has_variable(template, name),
        None => false,
    }
}

/// The handlers of an endpoint.
#[must_use]
pub const fn handlers_of<E: Endpoint>() -> HandlerSet {
    E::HANDLERS
}

/// A type whose instances the container can make.
#[diagnostic::on_unimplemented(
    message = "the container cannot make a `{Self}` for each connection",
    label = "has no `Default`",
    note = "derive `Default` for `{Self}`, or implement it"
)]
pub trait NewInstance: Default {}

#[diagnostic::do_not_recommend]
impl<T: Default> NewInstance for T {}

/// Runs a connection with a new `E`.
#[must_use]
pub fn start<E: Endpoint + NewInstance>(start: Start) -> ConnectionFuture {
    crate::engine::start::<E>(start)
}

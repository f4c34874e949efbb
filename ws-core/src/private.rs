//! What generated code names. Not for applications: it changes without notice.

mod params;

use std::marker::PhantomData;
use std::sync::Arc;

pub use inventory;
pub use params::{
    ANY_DEPTH, Cause, OneErrorHandlerFor, Shareable, cause, depth_of, handshake, nearest,
    optional_path_param, principal, require, state,
};

pub use crate::close::CloseReason;
use crate::codec::{AnyDecoder, Decoding, Kind, ListedEncoder};
pub use crate::config::EndpointConfig;
pub use crate::configurator::ServerConfigurator;
pub use crate::endpoint::{
    BuiltIn, Context, Declared, Endpoint, HandlerInfo, HandlerKind, HandlerSet, Reply, Shared,
    SharedEndpoint, StateInfo, path, path_param,
};
use crate::endpoint::{FromMessage, IntoReply, Outcome, ReplyContext};
pub use crate::frame::Frame;
use crate::handshake::HandshakeRequest;
use crate::message::DecodeError;
pub use crate::message::{
    Binary, BinaryPart, Delivery, Incoming, MessageKind, Pong, Text, TextPart,
};
use crate::registration::MadeBy;
pub use crate::registration::{EndpointDescriptor, Launcher, Registration, ServerEndpoint};
pub use crate::session::{Error, MessageReader, Session};

/// How a message becomes a `T`. All bounds are [`message`]'s, so that one missing decoder is one
/// error, however often the expansion asks.
pub struct MessageParam<'a, T, Decoders> {
    kind: MessageKind,
    delivery: Delivery,
    decode: fn(Incoming<'a>, &mut Decoders) -> Result<T, DecodeError>,
    decode_stream: fn(MessageReader, &'a mut Decoders) -> Decoding<'a, T>,
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
    MessageParam {
        kind: T::KIND,
        delivery: T::DELIVERY,
        decode: T::from_message,
        decode_stream: T::from_stream,
    }
}

impl<'a, T, Decoders> MessageParam<'a, T, Decoders> {
    /// The kind of message.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Whether it is made from a whole message, or read while the message comes.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        self.delivery
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

    /// The value, read while its message comes.
    #[must_use]
    pub fn decode_stream(
        &self,
        reader: MessageReader,
        decoders: &'a mut Decoders,
    ) -> Decoding<'a, T> {
        (self.decode_stream)(reader, decoders)
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

/// What a handler returns, asked whether it may become work that goes on behind it.
///
/// A type that is no reply is an error where it is returned. Here it is none: the answer comes from
/// [`NoReply`] then.
#[derive(Debug)]
pub struct ReplyType<'a, R, E: ?Sized, Via>(PhantomData<&'a E>, PhantomData<(R, Via)>);

impl<'a, R, E, Via> ReplyType<'a, R, E, Via>
where
    R: IntoReply<'a, E, Via>,
    E: Declared + ?Sized,
{
    /// [`IntoReply::MAY_BE_WORK`].
    pub const MAY_BE_WORK: bool = R::MAY_BE_WORK;
}

/// The answer for a type that is no reply.
pub trait NoReply {
    /// Likewise.
    const MAY_BE_WORK: bool = true;
}

impl<R, E: ?Sized> NoReply for ReplyType<'_, R, E, ()> {} // `Via` has to be something

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
    make: fn() -> C,
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
    Codec { make: D::default, init: D::init_any, destroy: D::destroy_any }
}

/// An entry of `encoders = [..]`.
#[must_use]
pub const fn encoder<E: ListedEncoder<K>, K: Kind>() -> Codec<E> {
    Codec { make: E::default, init: E::init_any, destroy: E::destroy_any }
}

impl<C> Codec<C> {
    /// A connection's instance.
    #[must_use]
    pub fn make(&self) -> C {
        (self.make)()
    }

    /// Prepares a connection's instance.
    pub fn init(&self, codec: &mut C, config: &EndpointConfig) {
        (self.init)(codec, config);
    }

    /// Releases a connection's instance.
    pub fn destroy(&self, codec: &mut C) {
        (self.destroy)(codec);
    }
}

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
    note = "derive `Default` for `{Self}`, or name a function that makes one: `factory = {Self}::new`"
)]
pub trait NewInstance: Default {}

#[diagnostic::do_not_recommend]
impl<T: Default> NewInstance for T {}

/// A new `E` for each connection.
#[must_use]
pub fn launch_default<E: Endpoint + NewInstance>() -> Arc<dyn Launcher> {
    crate::registration::launch_default::<E>()
}

/// One `E` for all connections of a deployment.
#[must_use]
pub fn launch_shared<E: SharedEndpoint + NewInstance>() -> Arc<dyn Launcher> {
    crate::registration::launch_shared(Arc::new(E::default()))
}

/// What `factory` makes of each request: an `E`, or a `Result` with one.
pub fn launch_factory<E, F, R>(factory: F) -> Arc<dyn Launcher>
where
    E: Endpoint,
    F: Fn(&HandshakeRequest) -> R + Send + Sync + 'static,
    R: MadeBy<E> + 'static,
{
    crate::registration::launch_factory::<E, F, R>(factory)
}

/// A configurator of the type `C`, made by its `Default`.
#[must_use]
pub fn configurator<C: ServerConfigurator + Default>() -> Arc<dyn ServerConfigurator> {
    Arc::new(C::default())
}

//! The callbacks of an endpoint, which `#[handlers]` implements.

use std::future::{self, Future};

use crate::close::CloseReason;
use crate::config::EndpointConfig;
use crate::endpoint::reply::Reply;
use crate::endpoint::state::StateInfo;
use crate::frame::Frame;
use crate::handshake::HandshakeRequest;
use crate::message::{Binary, BinaryPart, Delivery, Pong, Text, TextPart};
use crate::session::{Error, MessageReader, Session};

/// What an endpoint type declares, written by `#[server_endpoint]` and `#[client_endpoint]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has handlers but is no endpoint",
    label = "declared as no endpoint",
    note = "put `#[server_endpoint(\"/path\")]` or `#[client_endpoint]` on `struct {Self}`"
)]
pub trait Declared {
    /// Its decoders, as a nested pair list: `(A, (B, ()))`. One instance a connection.
    type Decoders: Send + 'static;
    /// Its encoders, likewise.
    type Encoders: Send + Sync + 'static;
    /// The URI template, `None` for a client endpoint.
    const PATH: Option<&'static str>;
    /// `subprotocols = [..]`, in the order written.
    const SUBPROTOCOLS: &'static [&'static str] = &[];
    /// `instance = "shared"`: one instance serves all connections, so that handlers take `&self`.
    const SHARED: bool = false;

    /// The decoders and encoders of a new connection.
    fn codecs() -> (Self::Decoders, Self::Encoders);

    /// Prepares a connection's decoders and encoders; the engine calls it once, before
    /// [`Endpoint::on_open`].
    fn init_codecs(
        decoders: &mut Self::Decoders,
        encoders: &mut Self::Encoders,
        config: &EndpointConfig,
    ) {
        let _ = (decoders, encoders, config);
    }

    /// Releases a connection's decoders and encoders; the engine calls it once, after
    /// [`Endpoint::on_close`].
    fn destroy_codecs(decoders: &mut Self::Decoders, encoders: &mut Self::Encoders) {
        let _ = (decoders, encoders);
    }
}

/// What every callback may look at.
#[derive(Debug)]
#[non_exhaustive]
pub struct Context<'a, E: Declared + ?Sized> {
    /// The session.
    pub session: &'a Session,
    /// This connection's decoders.
    pub decoders: &'a mut E::Decoders,
    /// This connection's encoders.
    pub encoders: &'a E::Encoders,
    /// The request of the opening handshake, for an `#[on_open]` that takes it; see
    /// [`HandlerSet::handshake`].
    pub request: Option<&'a HandshakeRequest>,
}

impl<'a, E: Declared + ?Sized> Context<'a, E> {
    /// What a callback gets.
    #[must_use]
    pub const fn new(
        session: &'a Session,
        decoders: &'a mut E::Decoders,
        encoders: &'a E::Encoders,
    ) -> Self {
        Self { session, decoders, encoders, request: None }
    }

    /// The same with the request of the opening handshake.
    #[must_use]
    pub const fn with_request(mut self, request: Option<&'a HandshakeRequest>) -> Self {
        self.request = request;
        self
    }

    /// The same for an endpoint that declares the same.
    #[inline]
    pub(super) const fn of<T>(self) -> Context<'a, T>
    where
        T: Declared<Decoders = E::Decoders, Encoders = E::Encoders>,
    {
        Context {
            session: self.session,
            decoders: self.decoders,
            encoders: self.encoders,
            request: self.request,
        }
    }
}

/// The callbacks of an endpoint, one instance for each connection (Jakarta §2.1.1).
///
/// Written by `#[handlers]`; an application rarely implements it by hand.
///
/// Per session, callbacks come one at a time and in this order: [`on_open`](Self::on_open) once and
/// first; then messages, in the order in which they arrived; [`on_close`](Self::on_close) once and
/// last, whatever ended the session. [`on_error`](Self::on_error) comes between them, before
/// `on_close` (Jakarta §2.1, §5.1).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handlers",
    label = "no `#[handlers]` on an `impl {Self}`",
    note = "write `#[handlers] impl {Self} {{ .. }}`; the block may be empty"
)]
pub trait Endpoint: Declared + Sized + Send + 'static {
    /// Which callbacks are there, and what they say of themselves.
    const HANDLERS: HandlerSet;

    /// The session is open. An error here closes it with 1011, and no message is delivered.
    fn on_open<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = cx;
        future::ready(Ok(Reply::None))
    }

    /// A text message came.
    fn on_text<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, message);
        future::ready(Ok(Reply::None))
    }

    /// A binary message came.
    fn on_binary<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Binary<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, message);
        future::ready(Ok(Reply::None))
    }

    /// A part of a text message came; for [`Delivery::Parts`].
    fn on_text_part<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        part: TextPart<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, part);
        future::ready(Ok(Reply::None))
    }

    /// A part of a binary message came; for [`Delivery::Parts`].
    fn on_binary_part<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        part: BinaryPart<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, part);
        future::ready(Ok(Reply::None))
    }

    /// A text message begins; for [`Delivery::Stream`].
    fn on_text_stream<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, reader);
        future::ready(Ok(Reply::None))
    }

    /// A binary message begins; for [`Delivery::Stream`].
    fn on_binary_stream<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, reader);
        future::ready(Ok(Reply::None))
    }

    /// A Pong came, asked for or not.
    fn on_pong<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        pong: Pong,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, pong);
        future::ready(Ok(Reply::None))
    }

    /// A data frame came. Called before the message callback of the frame that ends a message.
    fn on_frame<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        frame: Frame<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, frame);
        future::ready(Ok(Reply::None))
    }

    /// The peer's Close came, and ours was not sent yet: messages can still go to the peer, until
    /// this returns, at most for the close timeout. Not called when this side closed first.
    fn on_closing<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, reason);
        future::ready(Ok(Reply::None))
    }

    /// The session has ended; sends return [`Error::Closed`].
    fn on_close<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a {
        let _ = (cx, reason);
        future::ready(Ok(()))
    }

    /// Something failed: a handler, a decoder, the peer, or the transport.
    fn on_error<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        error: &'a Error,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a {
        let _ = (cx, error);
        future::ready(Ok(()))
    }

    /// Whether [`on_error`](Self::on_error) does something about `error`. An error that nobody
    /// handles is logged, and ends the session if it came of a handler.
    #[must_use]
    fn handles_error(error: &Error) -> bool {
        let _ = error;
        Self::HANDLERS.error
    }
}

/// Which callbacks an endpoint has.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "`#[handlers]` writes it out")]
pub struct HandlerSet {
    /// How `#[on_message]` takes text.
    pub text: Delivery,
    /// How `#[on_message]` takes bytes.
    pub binary: Delivery,
    /// The handler of whole text messages waits for nothing: what [`Endpoint::on_text`] returns is
    /// ready when it is first polled, and is never [`Reply::Work`]. One that is not may end its session.
    pub text_at_once: bool,
    /// Likewise [`Endpoint::on_binary`].
    pub binary_at_once: bool,
    /// `#[on_message]` for [`Pong`].
    pub pong: bool,
    /// `#[on_frame]`.
    pub frame: bool,
    /// `#[on_closing]`.
    pub closing: bool,
    /// `#[on_error]`.
    pub error: bool,
    /// `#[on_open]` takes the request of the opening handshake.
    pub handshake: bool,
    /// `max_size` of the text handler, in bytes.
    pub max_text_len: Option<u64>,
    /// `max_size` of the binary handler, in bytes.
    pub max_binary_len: Option<u64>,
    /// `max_size` of the frame handler, in bytes.
    pub max_frame_len: Option<u64>,
    /// Every handler, in source order.
    pub list: &'static [HandlerInfo],
    /// The application's state that handlers take.
    pub states: &'static [StateInfo],
}

impl HandlerSet {
    /// No handlers.
    pub const NONE: Self = Self {
        text: Delivery::None,
        binary: Delivery::None,
        text_at_once: false,
        binary_at_once: false,
        pong: false,
        frame: false,
        closing: false,
        error: false,
        handshake: false,
        max_text_len: None,
        max_binary_len: None,
        max_frame_len: None,
        list: &[],
        states: &[],
    };
}

/// One handler, as `endpoints` lists it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "`#[handlers]` writes it out")]
pub struct HandlerInfo {
    /// Which event it handles.
    pub kind: HandlerKind,
    /// Name of the method.
    pub method: &'static str,
    /// The message parameter's type as written, empty where there is none.
    pub message: &'static str,
}

/// The events that have handlers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HandlerKind {
    /// `#[on_open]`
    Open,
    /// `#[on_message]`
    Message,
    /// `#[on_frame]`
    Frame,
    /// `#[on_closing]`
    Closing,
    /// `#[on_close]`
    Close,
    /// `#[on_error]`
    Error,
}

impl HandlerKind {
    /// The attribute's name, such as `on_open`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "on_open",
            Self::Message => "on_message",
            Self::Frame => "on_frame",
            Self::Closing => "on_closing",
            Self::Close => "on_close",
            Self::Error => "on_error",
        }
    }
}

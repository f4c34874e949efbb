//! One instance of an endpoint for all its connections.

use std::future::{self, Future};
use std::sync::Arc;

use crate::close::CloseReason;
use crate::config::EndpointConfig;
use crate::endpoint::callbacks::{Context, Declared, Endpoint, HandlerSet};
use crate::endpoint::reply::Reply;
use crate::frame::Frame;
use crate::message::{Binary, BinaryPart, Pong, Text, TextPart};
use crate::session::{Error, MessageReader};

/// The callbacks of an endpoint with one instance for all its connections
/// (`instance = "shared"`): those of [`Endpoint`], with `&self`.
///
/// Callbacks of one session come one at a time, as ever; those of several sessions run at the same
/// time. What differs from session to session belongs into the session's user data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handlers that its connections could share",
    label = "no `#[handlers]` with `&self` alone on an `impl {Self}`",
    note = "an endpoint that says `instance = \"shared\"` has handlers with `&self` alone"
)]
pub trait SharedEndpoint: Declared + Sized + Send + Sync + 'static {
    /// Which callbacks are there, and what they say of themselves.
    const HANDLERS: HandlerSet;

    /// The session is open, as [`Endpoint::on_open`].
    fn on_open<'a>(
        &'a self,
        cx: Context<'a, Self>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = cx;
        future::ready(Ok(Reply::None))
    }

    /// A text message came.
    fn on_text<'a>(
        &'a self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, message);
        future::ready(Ok(Reply::None))
    }

    /// A binary message came.
    fn on_binary<'a>(
        &'a self,
        cx: Context<'a, Self>,
        message: Binary<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, message);
        future::ready(Ok(Reply::None))
    }

    /// A part of a text message came.
    fn on_text_part<'a>(
        &'a self,
        cx: Context<'a, Self>,
        part: TextPart<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, part);
        future::ready(Ok(Reply::None))
    }

    /// A part of a binary message came.
    fn on_binary_part<'a>(
        &'a self,
        cx: Context<'a, Self>,
        part: BinaryPart<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, part);
        future::ready(Ok(Reply::None))
    }

    /// A text message begins.
    fn on_text_stream<'a>(
        &'a self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, reader);
        future::ready(Ok(Reply::None))
    }

    /// A binary message begins.
    fn on_binary_stream<'a>(
        &'a self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, reader);
        future::ready(Ok(Reply::None))
    }

    /// A Pong came, asked for or not.
    fn on_pong<'a>(
        &'a self,
        cx: Context<'a, Self>,
        pong: Pong,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, pong);
        future::ready(Ok(Reply::None))
    }

    /// A data frame came.
    fn on_frame<'a>(
        &'a self,
        cx: Context<'a, Self>,
        frame: Frame<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, frame);
        future::ready(Ok(Reply::None))
    }

    /// The peer's Close came, as [`Endpoint::on_closing`].
    fn on_closing<'a>(
        &'a self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        let _ = (cx, reason);
        future::ready(Ok(Reply::None))
    }

    /// The session has ended.
    fn on_close<'a>(
        &'a self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a {
        let _ = (cx, reason);
        future::ready(Ok(()))
    }

    /// Something failed, as [`Endpoint::on_error`].
    fn on_error<'a>(
        &'a self,
        cx: Context<'a, Self>,
        error: &'a Error,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a {
        let _ = (cx, error);
        future::ready(Ok(()))
    }

    /// Whether [`on_error`](Self::on_error) does something about `error`.
    #[must_use]
    fn handles_error(error: &Error) -> bool {
        let _ = error;
        Self::HANDLERS.error
    }
}

/// A connection's handle of an endpoint that all its connections share: an [`Endpoint`] that passes
/// each callback on.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use ws_core::endpoint::Shared;
///
/// struct Counter;
///
/// let counter = Arc::new(Counter);
/// let one = Shared(Arc::clone(&counter));
/// let other = one.clone();
/// assert!(Arc::ptr_eq(&one.0, &other.0));
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper that patterns take apart")]
pub struct Shared<E>(pub Arc<E>);

impl<E> Clone for Shared<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E: SharedEndpoint> Declared for Shared<E> {
    type Decoders = E::Decoders;
    type Encoders = E::Encoders;
    const PATH: Option<&'static str> = E::PATH;
    const SUBPROTOCOLS: &'static [&'static str] = E::SUBPROTOCOLS;
    const SHARED: bool = true;

    fn codecs() -> (Self::Decoders, Self::Encoders) {
        E::codecs()
    }

    fn init_codecs(
        decoders: &mut Self::Decoders,
        encoders: &mut Self::Encoders,
        config: &EndpointConfig,
    ) {
        E::init_codecs(decoders, encoders, config);
    }

    fn destroy_codecs(decoders: &mut Self::Decoders, encoders: &mut Self::Encoders) {
        E::destroy_codecs(decoders, encoders);
    }
}

impl<E: SharedEndpoint> Endpoint for Shared<E> {
    const HANDLERS: HandlerSet = E::HANDLERS;

    #[inline]
    fn on_open<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_open(cx.of())
    }

    #[inline]
    fn on_text<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_text(cx.of(), message)
    }

    #[inline]
    fn on_binary<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Binary<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_binary(cx.of(), message)
    }

    #[inline]
    fn on_text_part<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        part: TextPart<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_text_part(cx.of(), part)
    }

    #[inline]
    fn on_binary_part<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        part: BinaryPart<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_binary_part(cx.of(), part)
    }

    #[inline]
    fn on_text_stream<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_text_stream(cx.of(), reader)
    }

    #[inline]
    fn on_binary_stream<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_binary_stream(cx.of(), reader)
    }

    #[inline]
    fn on_pong<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        pong: Pong,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_pong(cx.of(), pong)
    }

    #[inline]
    fn on_frame<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        frame: Frame<'a>,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_frame(cx.of(), frame)
    }

    #[inline]
    fn on_closing<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> impl Future<Output = Result<Reply<'a>, Error>> + Send + 'a {
        self.0.on_closing(cx.of(), reason)
    }

    #[inline]
    fn on_close<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a {
        self.0.on_close(cx.of(), reason)
    }

    #[inline]
    fn on_error<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        error: &'a Error,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a {
        self.0.on_error(cx.of(), error)
    }

    fn handles_error(error: &Error) -> bool {
        E::handles_error(error)
    }
}

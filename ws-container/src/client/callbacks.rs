//! An endpoint made of closures, for programs that want no type of their own.

use std::pin::Pin;

use bytes::Bytes;
use ws_core::endpoint::{Context, Declared, HandlerSet, Outcome};
use ws_core::{
    Binary, CloseReason, Delivery, Endpoint, Error, Pong, Reply, Session, Text, Utf8Bytes,
};

type Handled = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
type Handler<A> = Option<Box<dyn FnMut(Session, A) -> Handled + Send>>;
type ErrorHandler = Box<dyn FnMut(Session, &Error) -> Handled + Send>;

/// An endpoint without handlers yet; see [`Callbacks`].
pub fn on() -> Callbacks {
    Callbacks::default()
}

/// An endpoint made of closures (Jakarta's programmatic `Endpoint` with its message handlers); begin
/// with [`on`].
///
/// A closure gets a handle of the session and what happened, and returns a future, of `()` or of a
/// `Result` whose errors go to [`error`](Self::error). They are called one at a time, in order.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use ws_container::client::{Client, on};
///
/// let endpoint = on()
///     .open(|session| async move { session.send("hello").await })
///     .text(|session, text| async move {
///         println!("{} says {}", session.uri(), text.as_str());
///     })
///     .close(|_, reason| async move { println!("over: {reason}") });
/// let session = Client::new().connect(endpoint, "wss://chat.example.com/room").await?;
/// session.send("and again").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use]
#[doc(alias = "addMessageHandler")]
pub struct Callbacks {
    open: Handler<()>,
    text: Handler<Utf8Bytes>,
    binary: Handler<Bytes>,
    pong: Handler<Pong>,
    close: Handler<CloseReason>,
    error: Option<ErrorHandler>,
}

impl std::fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callbacks").finish_non_exhaustive()
    }
}

fn boxed<A, F>(mut handler: impl FnMut(Session, A) -> F + Send + 'static) -> Handler<A>
where
    F: Future<Output: Outcome> + Send + 'static,
{
    Some(Box::new(move |session, event| {
        let handled = handler(session, event);
        Box::pin(async move { handled.await.into_result() })
    }))
}

impl Callbacks {
    /// The session is open. First, and once.
    pub fn open<F>(mut self, mut handler: impl FnMut(Session) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Outcome> + Send + 'static,
    {
        self.open = boxed(move |session, ()| handler(session));
        self
    }

    /// A text message came.
    pub fn text<F>(mut self, handler: impl FnMut(Session, Utf8Bytes) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Outcome> + Send + 'static,
    {
        self.text = boxed(handler);
        self
    }

    /// A binary message came.
    pub fn binary<F>(mut self, handler: impl FnMut(Session, Bytes) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Outcome> + Send + 'static,
    {
        self.binary = boxed(handler);
        self
    }

    /// A Pong came.
    pub fn pong<F>(mut self, handler: impl FnMut(Session, Pong) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Outcome> + Send + 'static,
    {
        self.pong = boxed(handler);
        self
    }

    /// The session has ended. Last, and once.
    pub fn close<F>(
        mut self,
        handler: impl FnMut(Session, CloseReason) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output: Outcome> + Send + 'static,
    {
        self.close = boxed(handler);
        self
    }

    /// Something failed: a closure, the server, or the transport. Without it, a failed closure is
    /// logged and ends the session.
    pub fn error<F>(
        mut self,
        mut handler: impl FnMut(Session, &Error) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output: Outcome> + Send + 'static,
    {
        self.error = Some(Box::new(move |session, error| {
            let handled = handler(session, error);
            Box::pin(async move { handled.await.into_result() })
        }));
        self
    }
}

impl Declared for Callbacks {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = None;

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

/// Calls a handler that may not be there.
async fn call<A>(handler: &mut Handler<A>, session: &Session, event: A) -> Result<(), Error> {
    match handler {
        Some(handler) => handler(session.clone(), event).await,
        None => Ok(()),
    }
}

impl Endpoint for Callbacks {
    const HANDLERS: HandlerSet = HandlerSet {
        text: Delivery::Whole,
        binary: Delivery::Whole,
        pong: true,
        error: true,
        ..HandlerSet::NONE
    };

    async fn on_open<'a>(&'a mut self, cx: Context<'a, Self>) -> Result<Reply<'a>, Error> {
        call(&mut self.open, cx.session, ()).await.map(|()| Reply::None)
    }

    async fn on_text<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        if self.text.is_some() {
            call(&mut self.text, cx.session, message.into_utf8_bytes()).await?;
        }
        Ok(Reply::None)
    }

    async fn on_binary<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Binary<'a>,
    ) -> Result<Reply<'a>, Error> {
        if self.binary.is_some() {
            call(&mut self.binary, cx.session, message.into_bytes()).await?;
        }
        Ok(Reply::None)
    }

    async fn on_pong<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        pong: Pong,
    ) -> Result<Reply<'a>, Error> {
        call(&mut self.pong, cx.session, pong).await.map(|()| Reply::None)
    }

    async fn on_close<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<(), Error> {
        call(&mut self.close, cx.session, reason.clone()).await
    }

    async fn on_error<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        error: &'a Error,
    ) -> Result<(), Error> {
        if let Some(handler) = &mut self.error {
            let handled = handler(cx.session.clone(), error);
            return handled.await;
        }
        if error.is_remote() {
            tracing::debug!(session = %cx.session.id(), %error, "session failed");
        } else {
            tracing::error!(session = %cx.session.id(), %error, "session failed");
            // What the engine does where nobody handles errors. Codes that are never sent come of
            // connections that are over.
            if let Ok(reason) = CloseReason::try_from(error.close_code()) {
                cx.session.close(reason);
            }
        }
        Ok(())
    }
}

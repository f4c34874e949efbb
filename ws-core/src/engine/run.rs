//! The life of a connection: open, messages, close; every callback in its place.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use crate::close::{CloseCode, CloseFrame, CloseReason, Initiator};
use crate::endpoint::{Context, Endpoint};
use crate::engine::Start;
use crate::engine::buffers::Pool;
use crate::engine::deliver::{Failure, deliver_all, report};
use crate::engine::guard::guarded;
use crate::engine::keys::more_keys;
use crate::engine::link::{End, Link};
use crate::protocol::{Input, Receiver, Sender, State, Wants};
use crate::role::Role;
use crate::session::{Error, Session, SessionState, Timeout};

/// An endpoint instance with its connection's decoders and encoders.
pub(super) struct Served<E: Endpoint> {
    pub(super) endpoint: E,
    pub(super) decoders: E::Decoders,
    pub(super) encoders: E::Encoders,
    /// Beside the link, which is busy while a handler runs.
    pub(super) session: Session,
}

impl<E: Endpoint> Served<E> {
    /// The endpoint, and what its callbacks may look at.
    #[inline]
    pub(super) const fn split(&mut self) -> (&mut E, Context<'_, E>) {
        let Self { endpoint, decoders, encoders, session } = self;
        (endpoint, Context::new(session, decoders, encoders))
    }
}

/// All of a connection: who is served, and by what.
pub(super) struct Connection<E: Endpoint> {
    pub(super) served: Served<E>,
    pub(super) link: Link,
    pub(super) receiver: Receiver<Pool>,
}

/// Why the messages ended.
pub(super) enum Exit {
    /// The peer's Close came.
    Close(Box<CloseFrame>),
    /// The connection ended from below.
    End(End),
    /// The session cannot go on.
    Failed(Failure),
}

/// Runs a connection from the opened session to the closed socket.
///
/// What lives as long as the connection is captured by the future and used in place: each value that
/// moves into it once more takes its room twice.
pub(crate) fn run<E: Endpoint>(
    endpoint: E,
    codecs: (E::Decoders, E::Encoders),
    start: Start,
) -> impl Future<Output = ()> + Send {
    let Start { transport, early, role, session, extensions } = start;
    let mut early = (!early.is_empty()).then(|| early.into_boxed_slice());
    let (decoders, encoders) = extensions.split();
    let wants =
        Wants { text: E::HANDLERS.text, binary: E::HANDLERS.binary, frames: E::HANDLERS.frame };
    let receiver = Receiver::new(role, session.config().limits, wants, decoders, Pool);
    session.live().declare(E::HANDLERS.text, E::HANDLERS.binary, E::HANDLERS.pong);
    let adds_frames = role == Role::Client && encoders.takes_frames();
    let mut sender = Sender::new(role, encoders);
    if adds_frames {
        sender = sender.with_keys(more_keys(session.config()));
    }
    let link = Link::new(transport, role, sender, session.clone());
    let (decoders, encoders) = codecs;
    let served = Served { endpoint, decoders, encoders, session };
    let mut connection = Connection { served, link, receiver };
    async move {
        let session = &connection.served.session;
        let _entered = Entered::new(session);
        tracing::debug!(session = %session.id(), path = session.path(), "session opened");
        let exit = guarded(pin!(deliver_all(&mut connection, &mut early))).await;
        // Rare, and large: not worth room in every open connection.
        Box::pin(end(&mut connection.served, &mut connection.link, exit)).await;
    }
}

/// Keeps a session among the open ones; also when its task is cut short.
struct Entered(Session);

impl Entered {
    fn new(session: &Session) -> Self {
        session.enter();
        Self(session.clone())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// From the last message to the closed socket.
async fn end<E: Endpoint>(served: &mut Served<E>, link: &mut Link, exit: Result<Exit, String>) {
    let mut exit = exit.unwrap_or_else(panicked);
    if E::HANDLERS.closing
        && let Exit::Close(frame) = &exit
        && link.close_sent().is_none()
    {
        let told = guarded(pin!(closing(served, link, frame))).await;
        exit = told.map_or_else(panicked, |()| exit);
    }
    if matches!(exit, Exit::Close(_) | Exit::Failed(_)) {
        link.settle().await;
    }
    let (reason, error) = conclude(link, exit);
    // Whatever ended it: who waits to send is told before the last callbacks, which may wait for it.
    link.session.outbox().close();
    link.finish().await;
    link.session.end_with(&reason);
    link.session.end();
    link.session.advance(SessionState::Closed);
    tracing::debug!(session = %link.session.id(), %reason, "session closed");
    last_callbacks(served, reason, error).await;
    destroy_codecs(served).await;
    link.session.leave();
    link.linger().await;
}

/// A handler panicked.
fn panicked(panic: String) -> Exit {
    Exit::Failed(Failure::new(Error::Panic(panic)))
}

/// `#[on_closing]`, while messages can still go to the peer. What fails in it ends nothing that does
/// not end anyway.
async fn closing<E: Endpoint>(served: &mut Served<E>, link: &mut Link, frame: &CloseFrame) {
    link.ahead().over = true; // the rest of what the peer sends says nothing (RFC 6455 §5.5.1)
    link.initiator.get_or_insert(Initiator::Peer);
    link.note_close(Some(frame.clone()));
    let code = frame.code.unwrap_or(CloseCode::NO_STATUS_RECEIVED);
    let mut reason = CloseReason::local(code, frame.phrase.clone());
    reason.initiator = Initiator::Peer;
    reason.received = Some(frame.clone());
    let sent = {
        let (endpoint, cx) = served.split();
        match link.call(pin!(endpoint.on_closing(cx, &reason)), &[]).await {
            Ok(reply) => link.reply(reply, &[]).await,
            Err(error) => Err(error),
        }
    };
    if let Err(error) = sent {
        // Told, or logged. The Close is answered all the same.
        let _ = report(served, link, error, &[]).await;
    }
}

/// `#[on_error]` if something failed that it does not know of, then `#[on_close]`.
async fn last_callbacks<E: Endpoint>(
    served: &mut Served<E>,
    reason: CloseReason,
    error: Option<Arc<Error>>,
) {
    let Served { endpoint, decoders, encoders, session } = served;
    let id = session.id();
    if let Some(error) = error {
        if E::handles_error(&error) {
            let cx = Context::new(session, decoders, encoders);
            log(id, "on_error", guarded(pin!(endpoint.on_error(cx, &error))).await);
        } else if error.is_remote() {
            // Peers that vanish are everyday life, and must not fill the log.
            tracing::debug!(session = %id, %error, source = %Sources(&error), "session failed");
        } else {
            tracing::error!(session = %id, %error, source = %Sources(&error), "session failed");
        }
    }
    let cx = Context::new(session, decoders, encoders);
    let closed = guarded(pin!(endpoint.on_close(cx, &reason))).await;
    let error = match closed {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        Err(panic) => Error::Panic(panic),
    };
    if !E::handles_error(&error) {
        return log(id, "on_close", Ok(Err(error)));
    }
    // Jakarta §4.5: what `on_close` throws goes to the error handler.
    let cx = Context::new(session, decoders, encoders);
    log(id, "on_error", guarded(pin!(endpoint.on_error(cx, &error))).await);
}

/// The codecs' `destroy`, behind everything else.
async fn destroy_codecs<E: Endpoint>(served: &mut Served<E>) {
    let Served { decoders, encoders, session, .. } = served;
    let destroyed = async { E::destroy_codecs(decoders, encoders) };
    log(session.id(), "destroy", guarded(pin!(destroyed)).await.map(Ok));
}

/// Reports a callback that failed where nobody else can be told.
fn log(id: crate::session::SessionId, callback: &str, result: Result<Result<(), Error>, String>) {
    match result {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(session = %id, callback, %error, source = %Sources(&error), "callback failed");
        }
        Err(panic) => tracing::error!(session = %id, callback, panic, "callback panicked"),
    }
}

/// The chain of an error's causes, in one line.
pub(super) struct Sources<'a>(pub(super) &'a Error);

impl std::fmt::Display for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut source = std::error::Error::source(self.0);
        let mut first = true;
        while let Some(error) = source {
            write!(f, "{}{}", if first { "" } else { ": " }, error.to_string().escape_debug())?;
            first = false;
            source = error.source();
        }
        Ok(())
    }
}

/// Queues our Close where one is due: what `#[on_close]` is told, and the error `#[on_error]` has
/// yet to see.
fn conclude(link: &mut Link, exit: Exit) -> (CloseReason, Option<Arc<Error>>) {
    let received = match &exit {
        Exit::Close(frame) => Some(CloseFrame::clone(frame)),
        Exit::End(_) | Exit::Failed(_) => None,
    };
    let (code, phrase, initiator, error) = match exit {
        Exit::Close(frame) => answered(link, *frame),
        Exit::Failed(failure) => failed(link, failure),
        Exit::End(end) => ended(link, end),
    };
    let mut reason = CloseReason::local(code, phrase);
    reason.initiator = initiator;
    reason.sent = link.close_sent().cloned();
    reason.clean = received.is_some() && reason.sent.is_some();
    reason.received = received;
    let error = error.map(Arc::new);
    reason.cause = error.clone().map(|error| error as Arc<_>);
    (reason, error)
}

type Conclusion = (CloseCode, std::borrow::Cow<'static, str>, Initiator, Option<Error>);

/// What our Close said, if one was sent.
fn own_close(link: &Link) -> Option<CloseFrame> {
    link.close_sent().cloned()
}

fn said(frame: CloseFrame, initiator: Initiator, error: Option<Error>) -> Conclusion {
    (frame.code.unwrap_or(CloseCode::NO_STATUS_RECEIVED), frame.phrase, initiator, error)
}

/// The peer's Close came: it is the answer to ours, or ours is the answer to it.
fn answered(link: &mut Link, frame: CloseFrame) -> Conclusion {
    let ours = own_close(link);
    link.drain();
    link.state = link.state.next(Input::ReceiveClose).unwrap_or(State::Closed);
    link.send_close(frame.clone(), Initiator::Peer);
    match ours.filter(|_| link.initiator == Some(Initiator::Local)) {
        Some(ours) => said(ours, Initiator::Local, None),
        None => said(frame, Initiator::Peer, None),
    }
}

/// A handler failed, or the peer broke the protocol.
fn failed(link: &mut Link, failure: Failure) -> Conclusion {
    let ours = own_close(link);
    if ours.is_none()
        && let Some(end) = link.ended.take()
    {
        // The connection broke while the handler ran, and that is why it failed, or no matter.
        let (code, phrase, initiator, error) = ended(link, end);
        let own = failure.unreported().filter(|error| !matches!(error, Error::Closed));
        return (code, phrase, initiator, own.or(error));
    }
    let code = failure.code();
    let phrase = failure.phrase();
    // Behind half a frame a Close would be read as its payload.
    if link.ended.is_none()
        && let Ok(reason) = CloseReason::truncated(code, &phrase)
    {
        link.send_close(reason.to_frame(), Initiator::Local);
    }
    let error = failure.unreported();
    match ours.filter(|_| link.initiator == Some(Initiator::Local)) {
        // The application closed before it failed: that is what the peer was told.
        Some(ours) => said(ours, Initiator::Local, error),
        None => (code, phrase.into(), Initiator::Local, error),
    }
}

/// The connection ended without the peer's Close.
fn ended(link: &mut Link, end: End) -> Conclusion {
    let abnormal = CloseCode::ABNORMAL_CLOSURE;
    if let Some(ours) = own_close(link) {
        // What our Close said stands, whatever became of the answer.
        link.out.clear();
        return said(ours, link.initiator.unwrap_or(Initiator::Local), None);
    }
    match end {
        End::Eof => {
            let error = io::Error::new(io::ErrorKind::UnexpectedEof, "the peer ended the stream");
            (abnormal, "".into(), Initiator::Transport, Some(Error::Transport(error)))
        }
        End::Io(error) => {
            (abnormal, "".into(), Initiator::Transport, Some(Error::Transport(error)))
        }
        End::Timeout(Timeout::Idle) => {
            let reason = CloseReason::local(CloseCode::GOING_AWAY, "idle timeout".into());
            link.send_close(reason.to_frame(), Initiator::Local);
            (abnormal, "idle timeout".into(), Initiator::Local, Some(Timeout::Idle.into()))
        }
        End::Timeout(Timeout::Message) => {
            let timeout = Timeout::Message;
            let (code, phrase) = (CloseCode::POLICY_VIOLATION, "message timeout");
            let reason = CloseReason::local(code, phrase.into());
            link.send_close(reason.to_frame(), Initiator::Local);
            (code, phrase.into(), Initiator::Local, Some(timeout.into()))
        }
        End::Overloaded => {
            let (code, error) = (CloseCode::TRY_AGAIN_LATER, Error::Overloaded);
            let phrase = "no memory for the message";
            let reason = CloseReason::local(code, phrase.into());
            link.send_close(reason.to_frame(), Initiator::Local);
            (code, phrase.into(), Initiator::Local, Some(error))
        }
        End::Timeout(timeout) => {
            (abnormal, timeout.to_string().into(), Initiator::Transport, Some(timeout.into()))
        }
        End::CloseTimeout => (abnormal, "close timeout".into(), Initiator::Local, None),
        End::Abort => (abnormal, "".into(), Initiator::Local, None),
    }
}

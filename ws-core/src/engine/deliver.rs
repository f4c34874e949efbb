//! Bytes to callbacks: every event of every read, in order, and the replies back.

use std::future::poll_fn;
use std::pin::{Pin, pin};

use crate::close::CloseCode;
use crate::endpoint::{Context, Endpoint, Reply};
use crate::engine::at_once::Input;
use crate::engine::link::Link;
use crate::engine::other::{Rare, is_stream};
use crate::engine::pump::Beginning;
use crate::engine::run::{Connection, Exit, Served, Sources};
use crate::engine::stream::deliver_stream;
use crate::message::{Binary, MessageKind, Text};
use crate::protocol::{Event, Other};
use crate::protocol_error::ProtocolError;
use crate::session::Error;
use crate::session::message_handler::Received;

/// An error that ends the session.
pub(super) struct Failure {
    error: Error,
    code: CloseCode,
    /// `#[on_error]` has seen it, or it is logged.
    reported: bool,
}

impl Failure {
    /// A failure that closes with the error's own code.
    pub(super) fn new(error: Error) -> Self {
        Self { code: error.close_code(), error, reported: false }
    }

    pub(super) const fn code(&self) -> CloseCode {
        self.code
    }

    /// What the Close says: of the peer's own faults what they are, of ours nothing.
    pub(super) fn phrase(&self) -> String {
        match &self.error {
            Error::Protocol(error) => error.to_string(),
            _ if self.code == CloseCode::INTERNAL_ERROR => "internal error".to_owned(),
            _ => String::new(),
        }
    }

    /// The error, if nobody was told of it.
    pub(super) fn unreported(self) -> Option<Error> {
        (!self.reported).then_some(self.error)
    }
}

/// Runs the session from `#[on_open]` to whatever ends its messages.
pub(super) async fn deliver_all<E: Endpoint>(
    connection: &mut Connection<E>,
    early: &mut Option<Box<[u8]>>,
) -> Exit {
    let Connection { served, link, .. } = &mut *connection;
    if let Err(error) = Box::pin(open(served, link, early.as_deref().unwrap_or_default())).await {
        let failure = Failure { error, code: CloseCode::INTERNAL_ERROR, reported: false };
        return Exit::Failed(failure);
    }
    if let Some(mut early) = early.take()
        && let Err(exit) = Box::pin(deliver(connection, &mut early)).await
    {
        return *exit;
    }
    loop {
        let delivered = match poll_fn(|cx| connection.poll_input(cx)).await {
            Input::Bytes(mut lease, left) => deliver(connection, &mut lease[left]).await,
            Input::Late(mut lease, left, late) => {
                Box::pin(deliver_late(connection, *late, &mut lease[left])).await
            }
            Input::Direct(len) => deliver_direct(connection, len).await,
            Input::End(end) => return Exit::End(end),
            Input::Broken(exit) => Err(exit),
        };
        connection.receiver.reclaim();
        if let Err(exit) = delivered {
            return *exit;
        }
    }
}

/// The codecs' `init`, `#[on_open]`, and what it replies.
async fn open<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    early: &[u8],
) -> Result<(), Error> {
    let Served { endpoint, decoders, encoders, session } = served;
    E::init_codecs(decoders, encoders, session.config());
    let request = session.live().take_handshake();
    let cx = Context::new(session, decoders, encoders).with_request(request.as_deref());
    let reply = link.call(pin!(endpoint.on_open(cx)), early).await?;
    match link.reply(reply, early).await {
        // It closed the session itself; that is no failure.
        Err(Error::Closed) if link.is_closing() => Ok(()),
        sent => sent,
    }
}

/// Sends a handler's result that found no room at once, and delivers what is behind its message.
async fn deliver_late<E: Endpoint>(
    connection: &mut Connection<E>,
    late: Result<Reply<'static>, Error>,
    rest: &mut [u8],
) -> Result<(), Box<Exit>> {
    let Connection { served, link, .. } = &mut *connection;
    if let Err(error) = link.send_result(late, rest).await {
        report(served, link, error, rest).await?;
    }
    deliver(connection, rest).await
}

/// What became of a step that took its time.
enum Taken {
    /// Nothing was left to take.
    Nothing,
    /// A handler's result was dealt with, or that failed.
    Result(Result<(), Error>),
    /// A message begins.
    Stream(Beginning),
}

/// Delivers every event in `rest`.
///
/// A function that makes the future: each open connection has room for it, and not for the arguments
/// once more.
#[expect(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice")]
#[inline]
fn deliver<'c, E: Endpoint>(
    connection: &'c mut Connection<E>,
    mut rest: &'c mut [u8],
) -> impl Future<Output = Result<(), Box<Exit>>> + Send + 'c {
    async move {
        loop {
            // The commonest of all reads holds one message.
            if rest.is_empty() && !connection.receiver.is_ready() {
                connection.link.all_taken(&mut connection.receiver);
                return Ok(());
            }
            if connection.link.pause_is_due()
                && connection.link.pause(&mut connection.receiver).await
            {
                return Ok(());
            }
            let taken = {
                let step = connection.step(&mut rest)?;
                match step {
                    Step::Done => continue,
                    Step::Nothing => Taken::Nothing,
                    Step::Stream(begun) => Taken::Stream(begun),
                    Step::Text(served, link, text) => {
                        let (endpoint, cx) = served.split();
                        let handler = pin!(endpoint.on_text(cx, text));
                        Taken::Result(wait_for(handler, link, rest).await)
                    }
                    Step::Binary(served, link, payload) => {
                        let (endpoint, cx) = served.split();
                        let handler = pin!(endpoint.on_binary(cx, payload));
                        Taken::Result(wait_for(handler, link, rest).await)
                    }
                    Step::Rare(served, link, rare) => {
                        Taken::Result(Box::pin(deliver_rare(served, link, rare, rest)).await)
                    }
                }
            };
            let Connection { served, link, receiver } = &mut *connection;
            match taken {
                Taken::Result(Ok(())) => {}
                Taken::Result(Err(error)) => {
                    Box::pin(report(served, link, error, rest)).await?;
                }
                Taken::Stream(begun) => {
                    let streamed = Box::pin(deliver_stream(served, link, receiver, begun, rest));
                    let used = streamed.await?;
                    rest = &mut rest[used..];
                }
                Taken::Nothing => {
                    link.all_delivered(receiver);
                    return Ok(());
                }
            }
        }
    }
}

/// What became of the next bytes.
enum Step<'s, 'e, E: Endpoint> {
    /// Everything, of a frame for nobody.
    Done,
    /// Nothing: no event is in them.
    Nothing,
    /// A text message.
    Text(&'s mut Served<E>, &'s mut Link, Text<'e>),
    /// A binary message.
    Binary(&'s mut Served<E>, &'s mut Link, Binary<'e>),
    /// Something else for a handler.
    Rare(&'s mut Served<E>, &'s mut Link, Rare<'e>),
    /// The beginning of a message for a handler that reads it.
    Stream(Beginning),
}

impl<E: Endpoint> Connection<E> {
    /// Takes the next event from `rest`.
    #[inline(always)] // the way of every message whose handler may wait
    fn step<'s, 'i: 's>(
        &'s mut self,
        rest: &mut &'i mut [u8],
    ) -> Result<Step<'s, 's, E>, Box<Exit>> {
        let Self { served, link, receiver } = self;
        let before = rest.len();
        let (event, behind) = receiver.receive(std::mem::take(rest)).map_err(Exit::broken)?;
        *rest = behind;
        link.delivered(before - rest.len());
        let Some(event) = event else {
            return Ok(Step::Nothing);
        };
        Ok(match event {
            Event::Text(text) if E::HANDLERS.text.is_whole() => {
                link.note_message(MessageKind::Text, text.len(), true);
                Step::Text(served, link, text)
            }
            Event::Binary(payload) if E::HANDLERS.binary.is_whole() => {
                link.note_message(MessageKind::Binary, payload.len(), true);
                Step::Binary(served, link, payload)
            }
            Event::Other(Other::Part { part, .. }) if is_stream::<E>(&part) => {
                Step::Stream(Beginning::new(part))
            }
            event => {
                let rare = Rare::of::<E>(link, event)?;
                rare.map_or(Step::Done, |rare| Step::Rare(served, link, rare))
            }
        })
    }
}

/// Waits for the handler of a message, and sends what it replies.
#[inline]
async fn wait_for<'s>(
    handler: Pin<&mut impl Future<Output = Result<Reply<'s>, Error>>>,
    link: &mut Link,
    rest: &[u8],
) -> Result<(), Error> {
    let result = link.call_sampled(handler, rest).await;
    link.send_result(result, rest).await
}

/// Calls the handler of what is no whole message, and sends what it replies.
async fn deliver_rare<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    rare: Rare<'_>,
    rest: &[u8],
) -> Result<(), Error> {
    let begun = link.sample();
    let (endpoint, cx) = served.split();
    let result = rare.call(endpoint, cx, link, rest).await;
    begun.into_iter().for_each(|begun| link.took(begun));
    link.send_result(result, rest).await
}

/// Calls the handler of a binary message that was read to its place.
async fn deliver_direct<E: Endpoint>(
    connection: &mut Connection<E>,
    len: usize,
) -> Result<(), Box<Exit>> {
    let Connection { served, link, receiver } = connection;
    let payload = match receiver.filled(len) {
        Ok(Some(payload)) => payload,
        Ok(None) => {
            link.note_bytes(receiver);
            return Ok(());
        }
        Err(error) => return Err(Exit::broken(error)),
    };
    link.note_message(MessageKind::Binary, payload.len(), true);
    let sent = {
        let (endpoint, cx) = served.split();
        let result = if E::HANDLERS.binary.is_whole() {
            link.call_sampled(pin!(endpoint.on_binary(cx, payload)), &[]).await
        } else {
            Box::pin(link.call_added(Received::Binary(payload.into_bytes(), true), &[])).await
        };
        link.send_result(result, &[]).await
    };
    match sent {
        Ok(()) => Ok(()),
        Err(error) => Box::pin(report(served, link, error, &[])).await,
    }
}

/// Tells `#[on_error]`. Without one, or when that fails too, the session ends.
#[cold]
pub(super) async fn report<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    error: Error,
    rest: &[u8],
) -> Result<(), Box<Exit>> {
    let Served { endpoint, decoders, encoders, session } = served;
    if !E::handles_error(&error) {
        if matches!(error, Error::Closed) && link.is_closing() {
            return Ok(()); // a reply to a message that came after our Close
        }
        if error.is_remote() {
            // Peers that send nonsense are everyday life, and must not fill the log.
            tracing::debug!(session = %session.id(), %error, source = %Sources(&error), "refused");
        } else {
            tracing::error!(session = %session.id(), %error, source = %Sources(&error), "handler failed");
        }
        let code = match &error {
            Error::Decode(_) | Error::Forbidden { .. } => error.close_code(),
            _ => CloseCode::INTERNAL_ERROR,
        };
        return Err(Box::new(Exit::Failed(Failure { error, code, reported: true })));
    }
    let cx = Context::new(session, decoders, encoders);
    match link.call(pin!(endpoint.on_error(cx, &error)), rest).await {
        Ok(()) => Ok(()),
        Err(error) => {
            tracing::error!(session = %session.id(), %error, source = %Sources(&error), "on_error failed");
            let code = CloseCode::INTERNAL_ERROR;
            Err(Box::new(Exit::Failed(Failure { error, code, reported: true })))
        }
    }
}

impl Exit {
    /// The peer broke the protocol.
    #[cold]
    pub(super) fn broken(error: ProtocolError) -> Box<Self> {
        Box::new(Self::Failed(Failure::new(error.into())))
    }
}

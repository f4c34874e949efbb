//! Bytes to callbacks: every event of every read, in order, and the replies back.

use std::future::poll_fn;
use std::pin::pin;

use crate::close::CloseCode;
use crate::endpoint::{Context, Endpoint};
use crate::engine::buffers::Pool;
use crate::engine::link::{Link, Read};
use crate::engine::other::{Rare, is_stream};
use crate::engine::pump::Beginning;
use crate::engine::run::{Exit, Served, Sources};
use crate::engine::stream::deliver_stream;
use crate::message::MessageKind;
use crate::protocol::{Event, Other, Receiver};
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
    served: &mut Served<E>,
    link: &mut Link,
    receiver: &mut Receiver<Pool>,
    early: &mut Option<Box<[u8]>>,
) -> Exit {
    if let Err(error) = open(served, link, early.as_deref().unwrap_or_default()).await {
        let failure = Failure { error, code: CloseCode::INTERNAL_ERROR, reported: false };
        return Exit::Failed(failure);
    }
    if let Some(early) = early
        && let Err(exit) = deliver(served, link, receiver, early).await
    {
        return *exit;
    }
    *early = None;
    loop {
        let input = poll_fn(|cx| {
            link.follow_changes(receiver);
            link.poll_input(cx, receiver)
        });
        let delivered = match input.await {
            Read::Bytes(mut lease, len) => {
                let delivered = deliver(served, link, receiver, &mut lease[..len]).await;
                link.spent_lease = Some(lease);
                delivered
            }
            Read::Direct(len) => deliver_direct(served, link, receiver, len).await,
            Read::End(end) => return Exit::End(end),
        };
        receiver.reclaim();
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

/// Delivers every event in `bytes`.
///
/// The steps of an ordinary message are all in this one function, without a future of their own:
/// this loop is where the time goes.
#[inline]
async fn deliver<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    receiver: &mut Receiver<Pool>,
    bytes: &mut [u8],
) -> Result<(), Box<Exit>> {
    let mut rest = bytes;
    loop {
        // The commonest of all reads holds one message.
        if rest.is_empty() && !receiver.is_ready() {
            link.all_taken(receiver);
            return Ok(());
        }
        if link.pause_is_due() && link.pause(receiver).await {
            return Ok(());
        }
        let before = rest.len();
        let (event, behind) = receiver.receive(rest).map_err(Exit::broken)?;
        let Some(event) = event else {
            link.all_delivered(before, receiver);
            return Ok(());
        };
        link.delivered(before - behind.len());
        rest = behind;
        let Served { endpoint, decoders, encoders, session } = served;
        let cx = Context::new(session, decoders, encoders);
        let begun = link.sample();
        let sent = {
            let result = match event {
                Event::Text(text) if E::HANDLERS.text.is_whole() => {
                    link.note_message(MessageKind::Text, text.len(), true);
                    link.call(pin!(endpoint.on_text(cx, text)), rest).await
                }
                Event::Binary(payload) if E::HANDLERS.binary.is_whole() => {
                    link.note_message(MessageKind::Binary, payload.len(), true);
                    link.call(pin!(endpoint.on_binary(cx, payload)), rest).await
                }
                Event::Other(Other::Part { part, .. }) if is_stream::<E>(&part) => {
                    let begun = Beginning::new(part);
                    let used =
                        Box::pin(deliver_stream(served, link, receiver, begun, rest)).await?;
                    rest = &mut rest[used..];
                    continue;
                }
                event => match Rare::of::<E>(link, event)? {
                    Some(rare) => Box::pin(rare.call(endpoint, cx, link, rest)).await,
                    None => continue,
                },
            };
            begun.into_iter().for_each(|begun| link.took(begun));
            match result {
                Ok(reply) => match link.reply_at_once(reply) {
                    None => Ok(()),
                    Some(reply) => match link.long(reply) {
                        Ok((kind, payload)) => link.write_long(kind, payload).await,
                        // Rare: not worth room in each open connection.
                        Err(reply) => Box::pin(link.reply(reply, rest)).await,
                    },
                },
                Err(error) => Err(error),
            }
        };
        if let Err(error) = sent {
            Box::pin(report(served, link, error, rest)).await?;
        }
    }
}

/// Calls the handler of a binary message that was read to its place.
async fn deliver_direct<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    receiver: &mut Receiver<Pool>,
    len: usize,
) -> Result<(), Box<Exit>> {
    let payload = match receiver.filled(len) {
        Ok(Some(payload)) => payload,
        Ok(None) => {
            link.note_bytes(receiver);
            return Ok(());
        }
        Err(error) => return Err(Exit::broken(error)),
    };
    let Served { endpoint, decoders, encoders, session } = served;
    let cx = Context::new(session, decoders, encoders);
    link.note_message(MessageKind::Binary, payload.len(), true);
    let sent = {
        let reply = if E::HANDLERS.binary.is_whole() {
            link.call(pin!(endpoint.on_binary(cx, payload)), &[]).await
        } else {
            Box::pin(link.call_added(Received::Binary(payload.into_bytes(), true), &[])).await
        };
        match reply {
            Ok(reply) => match link.long(reply) {
                Ok((kind, payload)) => link.write_long(kind, payload).await,
                Err(reply) => Box::pin(link.reply(reply, &[])).await,
            },
            Err(error) => Err(error),
        }
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

//! Bytes to callbacks: every event of every read, in order, and the replies back.

use std::future::poll_fn;
use std::pin::pin;

use bytes::Bytes;

use crate::close::CloseCode;
use crate::endpoint::{Context, Endpoint};
use crate::engine::buffers::Pool;
use crate::engine::link::{KEEP_ALIVE, Link, Read};
use crate::engine::run::{Exit, Served, Sources};
use crate::engine::stream::{Beginning, deliver_part, deliver_stream, is_stream};
use crate::message::Pong;
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
    early: &mut Vec<u8>,
) -> Exit {
    if let Err(error) = open(served, link, early).await {
        let failure = Failure { error, code: CloseCode::INTERNAL_ERROR, reported: false };
        return Exit::Failed(failure);
    }
    if let Err(exit) = deliver(served, link, receiver, early).await {
        return *exit;
    }
    *early = Vec::new();
    loop {
        let input = poll_fn(|cx| {
            link.follow_changes(receiver);
            link.poll_input(cx, receiver)
        });
        let delivered = match input.await {
            Read::Bytes(mut lease, len) => deliver(served, link, receiver, &mut lease[..len]).await,
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
    let cx = Context::new(session, decoders, encoders);
    let reply = link.call(pin!(endpoint.on_open(cx)), early).await?;
    link.reply(reply, early).await
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
        if link.pause_is_due() && link.pause(receiver).await {
            return Ok(());
        }
        let before = rest.len();
        let (event, behind) = match receiver.receive(rest) {
            Ok((Some(event), behind)) => (event, behind),
            Ok((None, _)) => {
                link.all_delivered(before, receiver);
                return Ok(());
            }
            Err(error) => return Err(Exit::broken(error)),
        };
        link.delivered(before - behind.len());
        rest = behind;
        let Served { endpoint, decoders, encoders, session } = served;
        let cx = Context::new(session, decoders, encoders);
        let result = match event {
            Event::Text(text) => {
                link.note_received();
                if E::HANDLERS.text.is_whole() {
                    link.call(pin!(endpoint.on_text(cx, text)), rest).await
                } else {
                    Box::pin(link.call_added(Received::Text(text.into_string(), true), rest)).await
                }
            }
            Event::Binary(payload) => {
                link.note_received();
                if E::HANDLERS.binary.is_whole() {
                    link.call(pin!(endpoint.on_binary(cx, payload)), rest).await
                } else {
                    Box::pin(link.call_added(Received::Binary(payload.into_bytes(), true), rest))
                        .await
                }
            }
            Event::Other(Other::Frame(frame)) => {
                link.note_received();
                link.call(pin!(endpoint.on_frame(cx, frame)), rest).await
            }
            Event::Other(Other::Part { part, missing }) => {
                link.note_received();
                if !is_stream::<E>(&part) {
                    Box::pin(deliver_part(served, link, part, missing, rest)).await?;
                    continue;
                }
                let beginning = Beginning::new(part);
                let used =
                    Box::pin(deliver_stream(served, link, receiver, beginning, rest)).await?;
                rest = &mut rest[used..];
                continue;
            }
            Event::Other(event) => match link.control(event)? {
                Some(pong) if E::HANDLERS.pong => {
                    link.call(pin!(endpoint.on_pong(cx, pong)), rest).await
                }
                Some(pong) => Box::pin(link.call_added(Received::Pong(pong), rest)).await,
                None => continue,
            },
        };
        // Moved, so that what the reply borrows is free again behind this match.
        let failure = match { result } {
            Ok(reply) => {
                if link.reply_at_once(&reply) {
                    continue;
                }
                link.reply(reply, rest).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = failure {
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
            link.note_received();
            return Ok(());
        }
        Err(error) => return Err(Exit::broken(error)),
    };
    let Served { endpoint, decoders, encoders, session } = served;
    let cx = Context::new(session, decoders, encoders);
    link.note_received();
    let sent = {
        let reply = if E::HANDLERS.binary.is_whole() {
            link.call(pin!(endpoint.on_binary(cx, payload)), &[]).await
        } else {
            Box::pin(link.call_added(Received::Binary(payload.into_bytes(), true), &[])).await
        };
        match reply {
            Ok(reply) => link.reply(reply, &[]).await,
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
        if matches!(error, Error::Closed) {
            return Ok(()); // a reply to a message that came after our Close
        }
        tracing::error!(session = %session.id(), %error, source = %Sources(&error), "handler failed");
        let code = match &error {
            Error::Decode(_) => CloseCode::INVALID_PAYLOAD_DATA,
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

impl Link {
    /// Deals with a control frame: a Pong for the application, if there is one.
    #[cold]
    pub(super) fn control(&mut self, event: Other<'_>) -> Result<Option<Pong>, Box<Exit>> {
        tracing::trace!(session = %self.session.id(), ?event, "<");
        match event {
            Other::Ping(payload) => self.pong(payload),
            Other::Pong(payload) => return Ok(self.take_pong(payload)),
            Other::Close(frame) => return Err(Box::new(Exit::Close(frame))),
            Other::Frame(_) | Other::Part { .. } => {}
        }
        Ok(None)
    }

    /// Answers a Ping whose turn has come, unless that was done ahead.
    fn pong(&mut self, payload: &[u8]) {
        if self.answered > 0 {
            self.answered -= 1;
        } else {
            self.answer(payload);
        }
    }

    /// The Pong for the application; `None` for the answer to a keep-alive Ping.
    fn take_pong(&mut self, payload: &[u8]) -> Option<Pong> {
        let rtt = self.round_trip(payload);
        if payload == KEEP_ALIVE && rtt.is_none() && std::mem::take(&mut self.keeps_alive) {
            return None;
        }
        Some(Pong::new(Bytes::copy_from_slice(payload), rtt))
    }
}

//! Bytes to callbacks: every event of every read, in order, and the replies back.

use std::time::Duration;

use bytes::Bytes;

use crate::close::CloseCode;
use crate::endpoint::{Context, Endpoint, Reply};
use crate::engine::buffers::Pool;
use crate::engine::clock::now;
use crate::engine::link::{KEEP_ALIVE, Link, Read};
use crate::engine::run::{Exit, Served, Sources};
use crate::message::Pong;
use crate::protocol::{Event, Input, Receiver};
use crate::session::Error;

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
    mut early: Vec<u8>,
) -> Exit {
    if let Err(error) = open(served, link, &early).await {
        let failure = Failure { error, code: CloseCode::INTERNAL_ERROR, reported: false };
        return Exit::Failed(failure);
    }
    if let Err(exit) = deliver(served, link, receiver, &mut early).await {
        return exit;
    }
    drop(early);
    loop {
        let delivered = match std::future::poll_fn(|cx| link.poll_input(cx, receiver)).await {
            Read::Bytes(mut lease, len) => deliver(served, link, receiver, &mut lease[..len]).await,
            Read::Direct(len) => {
                let event = receiver.filled(len);
                match event {
                    Ok(Some(event)) => handle(served, link, event, &[], 0).await,
                    Ok(None) => Ok(()),
                    Err(error) => Err(Exit::Failed(Failure::new(error.into()))),
                }
            }
            Read::End(end) => Err(Exit::End(end)),
        };
        receiver.reclaim();
        if let Err(exit) = delivered {
            return exit;
        }
    }
}

/// `#[on_open]`, and what it replies.
async fn open<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    early: &[u8],
) -> Result<(), Error> {
    let Served { endpoint, decoders, encoders, session } = served;
    let cx = Context::new(session, decoders, encoders);
    let reply = link.call(endpoint.on_open(cx), early, 0).await?;
    link.reply(reply).await
}

/// Delivers every event in `bytes`.
#[inline]
async fn deliver<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    receiver: &mut Receiver<Pool>,
    bytes: &mut [u8],
) -> Result<(), Exit> {
    let mut rest = bytes;
    loop {
        let before = rest.len();
        let (event, behind) =
            receiver.receive(rest).map_err(|error| Exit::Failed(Failure::new(error.into())))?;
        link.delivered(before - behind.len());
        rest = behind;
        let Some(event) = event else { return Ok(()) };
        handle(served, link, event, rest, 0).await?;
    }
}

/// Calls the handler of one event and sends its reply.
#[inline]
async fn handle<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    event: Event<'_>,
    rest: &[u8],
    missing: u64,
) -> Result<(), Exit> {
    tracing::trace!(session = %link.session.id(), ?event, "<");
    let Served { endpoint, decoders, encoders, session } = served;
    let cx = Context::new(session, decoders, encoders);
    let result = match event {
        Event::Text(text) => {
            link.note_data();
            if !E::HANDLERS.text {
                return Ok(());
            }
            link.call(endpoint.on_text(cx, text), rest, missing).await
        }
        Event::Binary(payload) => {
            link.note_data();
            if !E::HANDLERS.binary {
                return Ok(());
            }
            link.call(endpoint.on_binary(cx, payload), rest, missing).await
        }
        Event::Frame(frame) => {
            link.note_data();
            link.call(endpoint.on_frame(cx, frame), rest, missing).await
        }
        Event::Ping(payload) => {
            link.pong(payload);
            return Ok(());
        }
        Event::Pong(payload) => {
            let Some(pong) = link.take_pong(payload).filter(|_| E::HANDLERS.pong) else {
                return Ok(());
            };
            link.call(endpoint.on_pong(cx, pong), rest, missing).await
        }
        Event::Close(frame) => return Err(Exit::Close(frame)),
    };
    let failure = match result {
        Ok(Reply::None) => return Ok(()),
        Ok(reply) => link.reply(reply).await,
        Err(error) => Err(error),
    };
    match failure {
        Ok(()) => Ok(()),
        Err(error) => report(served, link, error, rest, missing).await,
    }
}

/// Tells `#[on_error]`. Without one, or when that fails too, the session ends.
#[cold]
async fn report<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    error: Error,
    rest: &[u8],
    missing: u64,
) -> Result<(), Exit> {
    let Served { endpoint, decoders, encoders, session } = served;
    if !E::HANDLERS.error {
        if matches!(error, Error::Closed) {
            return Ok(()); // a reply to a message that came after our Close
        }
        tracing::error!(session = %session.id(), %error, source = %Sources(&error), "handler failed");
        let code = error.close_code();
        return Err(Exit::Failed(Failure { error, code, reported: true }));
    }
    let cx = Context::new(session, decoders, encoders);
    match link.call(endpoint.on_error(cx, &error), rest, missing).await {
        Ok(()) => Ok(()),
        Err(error) => {
            tracing::error!(session = %session.id(), %error, source = %Sources(&error), "on_error failed");
            let code = CloseCode::INTERNAL_ERROR;
            Err(Exit::Failed(Failure { error, code, reported: true }))
        }
    }
}

impl Link {
    /// Answers a Ping whose turn has come, unless that was done ahead.
    fn pong(&mut self, payload: &[u8]) {
        if self.answered > 0 {
            self.answered -= 1;
        } else if self.state.next(Input::SendClose).is_some() {
            self.answer(payload);
        }
    }

    /// The Pong for the application; `None` for the answer to a keep-alive Ping.
    fn take_pong(&mut self, payload: &[u8]) -> Option<Pong> {
        if payload == KEEP_ALIVE {
            return None;
        }
        let rtt = match &self.pinged {
            Some((ping, at)) if **ping == *payload => Some(now() - *at),
            _ => None,
        };
        if rtt.is_some() {
            self.pinged = None;
        }
        Some(Pong::new(Bytes::copy_from_slice(payload), rtt.map(Duration::from)))
    }
}

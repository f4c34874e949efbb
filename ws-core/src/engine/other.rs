//! Whatever is no whole message for the endpoint's own handlers: parts, frames, control frames, and
//! what goes to handlers that were added to the session.

use std::pin::pin;

use crate::endpoint::{Context, Endpoint, Reply};
use crate::engine::deliver::report;
use crate::engine::link::Link;
use crate::engine::run::{Exit, Served};
use crate::message::{Delivery, Pong};
use crate::protocol::{Event, Other, Part};
use crate::session::Error;
use crate::session::message_handler::Received;

/// Calls the handler of an event, if there is one.
pub(super) async fn deliver_other<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    event: Event<'_>,
    rest: &[u8],
) -> Result<(), Box<Exit>> {
    let sent = {
        let Served { endpoint, decoders, encoders, session } = &mut *served;
        let cx = Context::new(session, decoders, encoders);
        let reply = match event {
            Event::Text(text) => {
                link.note_received();
                let received = Received::Text(text.into_string(), true);
                Box::pin(link.call_added(received, rest)).await
            }
            Event::Binary(payload) => {
                link.note_received();
                let received = Received::Binary(payload.into_bytes(), true);
                Box::pin(link.call_added(received, rest)).await
            }
            Event::Other(Other::Frame(frame)) => {
                link.note_received();
                link.call(pin!(endpoint.on_frame(cx, frame)), rest).await
            }
            Event::Other(Other::Part { part, missing }) => {
                link.note_received();
                // `rest` may begin inside of a frame.
                link.skip = missing;
                call_part(endpoint, cx, link, part, rest).await
            }
            Event::Other(event) => {
                let Some(pong) = link.control(event)? else { return Ok(()) };
                return deliver_pong(served, link, pong, rest).await;
            }
        };
        answer(link, reply, rest).await
    };
    let told = match sent {
        Ok(()) => Ok(()),
        Err(error) => Box::pin(report(served, link, error, rest)).await,
    };
    link.skip = 0;
    told
}

/// Calls the handler of a part.
async fn call_part<'a, E: Endpoint>(
    endpoint: &'a mut E,
    cx: Context<'a, E>,
    link: &mut Link,
    part: Part<'a>,
    rest: &[u8],
) -> Result<Reply<'a>, Error> {
    match part {
        Part::Text(part) if E::HANDLERS.text.is(Delivery::Parts) => {
            link.call(pin!(endpoint.on_text_part(cx, part)), rest).await
        }
        Part::Binary(part) if E::HANDLERS.binary.is(Delivery::Parts) => {
            link.call(pin!(endpoint.on_binary_part(cx, part)), rest).await
        }
        part => Box::pin(link.call_added(part.into(), rest)).await,
    }
}

/// Calls the handler of a Pong.
pub(super) async fn deliver_pong<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    pong: Pong,
    rest: &[u8],
) -> Result<(), Box<Exit>> {
    let sent = {
        let Served { endpoint, decoders, encoders, session } = &mut *served;
        let cx = Context::new(session, decoders, encoders);
        let reply = if E::HANDLERS.pong {
            link.call(pin!(endpoint.on_pong(cx, pong)), rest).await
        } else {
            Box::pin(link.call_added(Received::Pong(pong), rest)).await
        };
        answer(link, reply, rest).await
    };
    match sent {
        Ok(()) => Ok(()),
        Err(error) => Box::pin(report(served, link, error, rest)).await,
    }
}

/// Sends what a handler returned.
async fn answer(
    link: &mut Link,
    reply: Result<Reply<'_>, Error>,
    rest: &[u8],
) -> Result<(), Error> {
    let reply = reply?;
    if link.reply_at_once(&reply) {
        return Ok(());
    }
    link.reply(reply, rest).await
}

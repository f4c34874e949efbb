//! Messages that are not delivered whole: part by part, or to a reader while they come.

use std::pin::pin;

use crate::endpoint::{Context, Endpoint};
use crate::engine::buffers::Pool;
use crate::engine::deliver::report;
use crate::engine::link::Link;
use crate::engine::pump::{Beginning, Pump};
use crate::engine::run::{Exit, Served};
use crate::message::{Delivery, MessageKind, Pong};
use crate::protocol::{Part, Receiver};
use crate::session::Error;
use crate::session::message_handler::Received;

/// Calls the handler of a part. `missing` are the bytes of its frame that are still to come, so that
/// `rest` may begin inside of a frame.
pub(super) async fn deliver_part<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    part: Part<'_>,
    missing: u64,
    rest: &[u8],
) -> Result<(), Box<Exit>> {
    link.skip = missing;
    let Served { endpoint, decoders, encoders, session } = served;
    let cx = Context::new(session, decoders, encoders);
    let sent = {
        let reply = match part {
            Part::Text(part) if E::HANDLERS.text.is(Delivery::Parts) => {
                link.call(pin!(endpoint.on_text_part(cx, part)), rest).await
            }
            Part::Binary(part) if E::HANDLERS.binary.is(Delivery::Parts) => {
                link.call(pin!(endpoint.on_binary_part(cx, part)), rest).await
            }
            part => link.call_added(part.into(), rest).await,
        };
        match reply {
            Ok(reply) => {
                if link.reply_at_once(&reply) {
                    Ok(())
                } else {
                    link.reply(reply, rest).await
                }
            }
            Err(error) => Err(error),
        }
    };
    let told = match sent {
        Ok(()) => Ok(()),
        Err(error) => Box::pin(report(served, link, error, rest)).await,
    };
    link.skip = 0;
    told
}

/// Whether a message that begins with `part` goes to a reader.
pub(super) const fn is_stream<E: Endpoint>(part: &Part<'_>) -> bool {
    let delivery = match part {
        Part::Text(_) => E::HANDLERS.text,
        Part::Binary(_) => E::HANDLERS.binary,
    };
    delivery.is(Delivery::Stream)
}

/// Runs the handler of a message while the message comes: from `rest`, then from what was read
/// ahead, then from the socket. The number of bytes taken of `rest`.
pub(super) async fn deliver_stream<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    receiver: &mut Receiver<Pool>,
    beginning: Beginning,
    rest: &mut [u8],
) -> Result<usize, Box<Exit>> {
    let (mut pump, reader) = Pump::new(receiver, rest, &beginning);
    let sent = {
        let Served { endpoint, decoders, encoders, session } = &mut *served;
        let cx = Context::new(session, decoders, encoders);
        let reply = match beginning.kind {
            MessageKind::Text => pump.run(link, pin!(endpoint.on_text_stream(cx, reader))).await,
            MessageKind::Binary => {
                pump.run(link, pin!(endpoint.on_binary_stream(cx, reader))).await
            }
        };
        pump.stop(link);
        match reply {
            Ok(reply) => link.reply(reply, pump.behind()).await,
            Err(error) => Err(error),
        }
    };
    if let Err(error) = sent
        // Why the message was cut is told in its own place, to whoever is there to hear of it.
        && !(pump.was_cut && matches!(error, Error::Incomplete) && !E::handles_error(&error))
    {
        let told = report(served, link, error, pump.behind()).await;
        pump.exit = pump.exit.or(told.err());
    }
    while pump.exit.is_none()
        && let Some(pong) = pump.pongs.pop_front()
    {
        deliver_pong(served, link, pong, pump.behind()).await?;
    }
    link.seeded = false;
    pump.exit.map_or(Ok(pump.taken), Err)
}

/// Calls the handler of a Pong that had to wait for another handler.
async fn deliver_pong<E: Endpoint>(
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
            link.call_added(Received::Pong(pong), rest).await
        };
        match reply {
            Ok(reply) => link.reply(reply, rest).await,
            Err(error) => Err(error),
        }
    };
    match sent {
        Ok(()) => Ok(()),
        Err(error) => report(served, link, error, rest).await,
    }
}

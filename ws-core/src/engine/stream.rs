//! Messages that a handler reads while they come.

use std::pin::pin;

use crate::endpoint::Endpoint;
use crate::engine::buffers::Pool;
use crate::engine::deliver::report;
use crate::engine::link::Link;
use crate::engine::other::Rare;
use crate::engine::pump::{Beginning, Pump};
use crate::engine::run::{Exit, Served};
use crate::message::{MessageKind, Pong};
use crate::protocol::Receiver;
use crate::session::Error;

/// Runs the handler of a message while the message comes: from `rest`, then from what was read
/// ahead, then from the socket. The number of bytes taken of `rest`.
pub(super) async fn deliver_stream<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    receiver: &mut Receiver<Pool>,
    beginning: Beginning,
    rest: &mut [u8],
) -> Result<usize, Box<Exit>> {
    beginning.note(link);
    let (mut pump, reader) = Pump::new(receiver, rest, &beginning);
    let sent = {
        let (endpoint, cx) = served.split();
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
        && !(pump.was_cut && is_incomplete(&error) && !E::handles_error(&error))
    {
        let told = report(served, link, error, pump.behind()).await;
        pump.exit = pump.exit.or(told.err());
    }
    while pump.exit.is_none()
        && let Some(pong) = pump.pongs.pop_front()
    {
        deliver_pong(served, link, pong, pump.behind()).await?;
    }
    link.unseed();
    pump.exit.map_or(Ok(pump.taken), Err)
}

/// Whether a handler failed for no other reason than that its message was cut; who reads it with
/// tokio's helpers is told so by an `io::Error`.
fn is_incomplete(error: &Error) -> bool {
    matches!(error, Error::Incomplete)
        || error.find::<Error>().is_some_and(|error| matches!(error, Error::Incomplete))
}

/// Calls the handler of a Pong that had to wait for another handler.
async fn deliver_pong<E: Endpoint>(
    served: &mut Served<E>,
    link: &mut Link,
    pong: Pong,
    rest: &[u8],
) -> Result<(), Box<Exit>> {
    let sent = {
        let (endpoint, cx) = served.split();
        match Rare::pong::<E>(pong).call(endpoint, cx, link, rest).await {
            Ok(reply) => link.reply(reply, rest).await,
            Err(error) => Err(error),
        }
    };
    match sent {
        Ok(()) => Ok(()),
        Err(error) => report(served, link, error, rest).await,
    }
}

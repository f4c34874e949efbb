//! What is no whole message for the endpoint's own handlers: parts, frames, control frames, and what
//! goes to handlers that were added to the session.

use std::pin::pin;

use crate::endpoint::{Context, Endpoint, Reply};
use crate::engine::link::Link;
use crate::engine::run::Exit;
use crate::engine::write::kind_of;
use crate::frame::Frame;
use crate::message::{BinaryPart, Delivery, MessageKind, Pong, TextPart};
use crate::protocol::{Event, Other, Part};
use crate::session::Error;
use crate::session::message_handler::Received;

/// Whether a message that begins with `part` goes to a reader.
pub(super) const fn is_stream<E: Endpoint>(part: &Part<'_>) -> bool {
    match part {
        Part::Text(_) => E::HANDLERS.text.is(Delivery::Stream),
        Part::Binary(_) => E::HANDLERS.binary.is(Delivery::Stream),
    }
}

/// Something for a handler, other than a whole message for one of the endpoint.
pub(super) enum Rare<'a> {
    Text(TextPart<'a>),
    Binary(BinaryPart<'a>),
    Frame(Frame<'a>),
    Pong(Pong),
    /// For a handler that was added to the session.
    Added(Received),
}

impl<'a> Rare<'a> {
    /// What there is for a handler in `event`; control frames are dealt with.
    #[cold]
    pub(super) fn of<E: Endpoint>(
        link: &mut Link,
        event: Event<'a>,
    ) -> Result<Option<Self>, Box<Exit>> {
        let event = match event {
            Event::Text(text) => {
                link.note_message(MessageKind::Text, text.len(), true);
                Self::Added(Received::Text(text.into_string(), true))
            }
            Event::Binary(payload) => {
                link.note_message(MessageKind::Binary, payload.len(), true);
                Self::Added(Received::Binary(payload.into_bytes(), true))
            }
            Event::Other(Other::Frame(frame)) => {
                let kind = kind_of(frame.opcode, &mut link.frames_received);
                let counts_later = match kind {
                    MessageKind::Text => E::HANDLERS.text.is_some(),
                    MessageKind::Binary => E::HANDLERS.binary.is_some(),
                };
                if counts_later {
                    link.note_received();
                } else {
                    link.note_message(kind, frame.payload.len(), frame.fin);
                }
                Self::Frame(frame)
            }
            Event::Other(Other::Part { part, missing }) => {
                // What comes behind it may begin inside of a frame.
                link.inside_frame(missing);
                link.note_part(&part);
                match part {
                    Part::Text(part) if E::HANDLERS.text.is_some() => Self::Text(part),
                    Part::Binary(part) if E::HANDLERS.binary.is_some() => Self::Binary(part),
                    part => Self::Added(part.into()),
                }
            }
            Event::Other(event) => return Ok(link.control(event)?.map(Self::pong::<E>)),
        };
        Ok(Some(event))
    }

    /// A Pong for whoever takes it.
    pub(super) fn pong<E: Endpoint>(pong: Pong) -> Self {
        if E::HANDLERS.pong { Self::Pong(pong) } else { Self::Added(Received::Pong(pong)) }
    }

    /// Calls the handler.
    pub(super) async fn call<E: Endpoint>(
        self,
        endpoint: &'a mut E,
        cx: Context<'a, E>,
        link: &mut Link,
        rest: &[u8],
    ) -> Result<Reply<'a>, Error> {
        match self {
            Self::Text(part) => link.call(pin!(endpoint.on_text_part(cx, part)), rest).await,
            Self::Binary(part) => link.call(pin!(endpoint.on_binary_part(cx, part)), rest).await,
            Self::Frame(frame) => link.call(pin!(endpoint.on_frame(cx, frame)), rest).await,
            Self::Pong(pong) => link.call(pin!(endpoint.on_pong(cx, pong)), rest).await,
            Self::Added(received) => Box::pin(link.call_added(received, rest)).await,
        }
    }
}

//! At most one handler an event, and for messages one a kind.

use quote::ToTokens;
use syn::Attribute;

use crate::errors::Errors;
use crate::model::{Delivery, Event, Handler, Message, Payload};

/// The handlers without those that come second, which are reported. Handlers under `#[cfg]` may
/// exclude one another, and what the types alone tell is no one's yet: of those, the expansion lets
/// the compiler judge.
pub(super) fn unique<'ast>(
    handlers: Vec<Handler<'ast>>,
    errors: &mut Errors,
) -> Vec<Handler<'ast>> {
    let mut kept: Vec<Handler<'ast>> = Vec::new();
    for handler in handlers {
        let same = |first: &&Handler<'ast>| {
            first.cfgs.is_empty() && handler.cfgs.is_empty() && first.excludes(&handler)
        };
        match kept.iter().find(same) {
            Some(first) => report(first, &handler, errors),
            None => kept.push(handler),
        }
    }
    kept
}

impl Handler<'_> {
    /// Whether tokens show that no endpoint has both.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        match (self.event, other.event) {
            (Event::Message(own), Event::Message(others)) => own.excludes(others),
            (Event::Message(payload), Event::Frame) | (Event::Frame, Event::Message(payload)) => {
                payload.is_stream()
            }
            (Event::Error, Event::Error) => cause_text(self) == cause_text(other),
            (own, others) => own == others,
        }
    }
}

impl Payload {
    fn is_stream(self) -> bool {
        use Delivery::Stream;
        matches!(self, Self::Any | Self::Text(Stream) | Self::Binary(Stream))
    }

    fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Pong, Self::Pong)
            | (Self::Text(_), Self::Text(_))
            | (Self::Binary(_), Self::Binary(_)) => true,
            (Self::Any, other) | (other, Self::Any) => other != Self::Pong,
            (Self::Pong | Self::Text(_) | Self::Binary(_) | Self::ByType, _) => false,
        }
    }
}

/// The concrete error of an `#[on_error]`, to be compared.
fn cause_text(handler: &Handler<'_>) -> Option<String> {
    handler.cause().map(|ty| ty.to_token_stream().to_string())
}

fn report(first: &Handler<'_>, second: &Handler<'_>, errors: &mut Errors) {
    match (first.event, second.event) {
        (Event::Frame, Event::Message(_)) => return report_stream(second, first, errors),
        (Event::Message(_), Event::Frame) => return report_stream(first, second, errors),
        _ => {}
    }
    let reader = Event::Message(Payload::Any);
    let what = match first.event {
        Event::Message(Payload::Any) => return report_any(first, second, errors),
        Event::Message(_) if second.event == reader => return report_any(second, first, errors),
        Event::Message(Payload::Text(_)) => "text messages",
        Event::Message(Payload::Binary(_)) => "binary messages",
        Event::Message(Payload::Pong) => "Pongs",
        Event::Message(Payload::ByType) => "messages of one kind",
        Event::Error => return report_error(first, second, errors),
        Event::Open | Event::Frame | Event::Closing | Event::Close => {
            let name = attribute_name(second.attribute);
            let message = format_args!(
                "`#[{name}]` is already on `{}`; an endpoint has at most one",
                first.method
            );
            return errors.at(second.attribute, message);
        }
    };
    let Some((first_message, second_message)) = messages(first, second) else { return };
    errors.at(
        second_message.written,
        format_args!(
            "`{}` takes {what}, and so does `{}`; an endpoint has at most one handler for them",
            second.method, first.method
        ),
    );
    errors.at(first_message.written, format_args!("the first handler for {what} is here"));
}

/// A reader of both kinds beside another handler of messages.
fn report_any(any: &Handler<'_>, other: &Handler<'_>, errors: &mut Errors) {
    let Some((reader, taken)) = messages(any, other) else { return };
    errors.at(
        reader.written,
        format_args!(
            "`{}` reads text and binary messages alike, of which `{}` takes some: write \
             `#[on_message(kind = \"text\")]` or `#[on_message(kind = \"binary\")]`",
            any.method, other.method
        ),
    );
    errors.at(taken.written, "the other handler of messages is here");
}

/// Frames that are read from a stream.
fn report_stream(stream: &Handler<'_>, frames: &Handler<'_>, errors: &mut Errors) {
    let Some(reader) = stream.message() else { return };
    errors.at(
        reader.written,
        format_args!(
            "the frames of a stream are not shown to `#[on_frame]`, which `{}` has: take messages \
             whole or in parts, or leave it out",
            frames.method
        ),
    );
    errors.at(frames.attribute, "the handler of frames is here");
}

fn report_error(first: &Handler<'_>, second: &Handler<'_>, errors: &mut Errors) {
    match second.cause() {
        None => errors.at(
            second.attribute,
            format_args!(
                "`#[on_error]` for every error is already on `{}`; a further one takes a type of \
                 error, as in `error: &DecodeError`",
                first.method
            ),
        ),
        Some(cause) => {
            errors.at(
                cause,
                format_args!(
                    "`{}` handles this type of error already; an endpoint has at most one \
                     `#[on_error]` for each",
                    first.method
                ),
            );
            errors.at(first.cause(), "the first handler for this type of error is here");
        }
    }
}

fn messages<'h, 'ast>(
    first: &'h Handler<'ast>,
    second: &'h Handler<'ast>,
) -> Option<(&'h Message<'ast>, &'h Message<'ast>)> {
    Some((first.message()?, second.message()?))
}

fn attribute_name(attribute: &Attribute) -> String {
    attribute.path().segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}

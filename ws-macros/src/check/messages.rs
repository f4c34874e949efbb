//! What `#[on_message]` says of its message beside the type: kind, size, parts.

use syn::{ImplItemFn, LitStr, PatType};

use crate::check::params::{Found, written};
use crate::check::types::{self, PARTS};
use crate::errors::Errors;
use crate::model::{Delivery, Event, Form, Message, Param, Payload};
use crate::parse::{Callback, HandlerArgs, Quantity, size};
use crate::type_text::type_text;

/// A message parameter: where among the others, and in the source.
type Candidate<'ast> = (usize, &'ast PatType);

/// Finds the one message, and the `bool` beside a part; whether all is right.
pub(super) fn check_message(
    method: &ImplItemFn,
    all: &mut [Found<'_>],
    errors: &mut Errors,
) -> bool {
    let candidates: Vec<Candidate<'_>> = all
        .iter()
        .enumerate()
        .filter_map(|(at, found)| match found {
            Some((Param::Message(_), typed)) => Some((at, *typed)),
            _ => None,
        })
        .collect();
    match *candidates {
        [] => {
            // A parameter that was meant to be the message has its error already.
            if all.iter().all(Option::is_some) {
                errors.at(
                    &method.sig.ident,
                    "`#[on_message]` needs a parameter for the message, such as `text: &str`",
                );
            }
            false
        }
        [_] => true,
        [first, second] if is_bool(first) != is_bool(second) => {
            let (part, last) = if is_bool(first) { (second, first) } else { (first, second) };
            let is_right = check_part(part.1, last.1, errors);
            if let (true, Some(Some((param, _)))) = (is_right, all.get_mut(last.0)) {
                *param = Param::Last;
            }
            is_right
        }
        [first, ref more @ ..] => {
            let first = written(&first.1.pat);
            for (_, second) in more {
                errors.at(
                    second,
                    format_args!(
                        "`{first}` is the message already; a parameter for a path variable has \
                         `#[path_param]`"
                    ),
                );
            }
            false
        }
    }
}

fn is_bool((_, typed): Candidate<'_>) -> bool {
    types::is_named(&typed.ty, "bool")
}

/// Whether `last` can tell the last part of `part`.
fn check_part(part: &PatType, last: &PatType, errors: &mut Errors) -> bool {
    let ty = type_text(&part.ty);
    match types::payload(&part.ty) {
        _ if types::comes_in_parts(&part.ty) => return true,
        (_, Form::Part) => {
            errors.at(last, format_args!("`{ty}` says itself whether it is the last: `part.last`"));
        }
        (_, Form::Reader) => {
            errors.at(last, "a `MessageReader` reads to the end of its message: leave this out");
        }
        _ => errors.at(
            last,
            format_args!(
                "`{ty}` does not come in parts: a `bool` beside the message tells the last part of \
                 {PARTS}"
            ),
        ),
    }
    false
}

/// The event that a handler with these parameters handles; `None` when that cannot be said.
pub(super) fn event(
    callback: Callback,
    params: &[Param<'_>],
    args: &HandlerArgs,
    errors: &mut Errors,
) -> Option<Event> {
    let payload = params.iter().find_map(|param| match param {
        Param::Message(message) => Some(payload(message, params)),
        _ => None,
    });
    let payload = payload.unwrap_or(Payload::ByType);
    let event = match callback {
        Callback::Message => {
            let payload = match &args.kind {
                Some(kind) => of_kind(payload, kind, errors)?,
                // Whether a kind was meant, who knows.
                None if payload == Payload::Any && args.is_broken => return None,
                None => payload,
            };
            return Some(Event::Message(payload));
        }
        Callback::Open => Event::Open,
        Callback::Frame => Event::Frame,
        Callback::Closing => Event::Closing,
        Callback::Close => Event::Close,
        Callback::Error => Event::Error,
    };
    if let Some(kind) = &args.kind {
        errors.at(kind, "`kind` belongs on `#[on_message]`, for a `MessageReader`");
    }
    Some(event)
}

fn payload(message: &Message<'_>, params: &[Param<'_>]) -> Payload {
    let in_parts = params.iter().any(|param| matches!(param, Param::Last));
    match types::payload(message.written).0 {
        Payload::Text(_) if in_parts => Payload::Text(Delivery::Parts),
        Payload::Binary(_) if in_parts => Payload::Binary(Delivery::Parts),
        whole => whole,
    }
}

/// `kind = ".."`, of a reader.
fn of_kind(payload: Payload, kind: &LitStr, errors: &mut Errors) -> Option<Payload> {
    match (payload, &*kind.value()) {
        (Payload::Any, "text") => Some(Payload::Text(Delivery::Stream)),
        (Payload::Any, "binary") => Some(Payload::Binary(Delivery::Stream)),
        (Payload::Any, _) => {
            errors.at(kind, "write `kind = \"text\"` or `kind = \"binary\"`");
            None
        }
        (Payload::Text(_) | Payload::Binary(_) | Payload::Pong | Payload::ByType, _) => {
            errors.at(
                kind,
                "the message's type tells its kind: leave `kind` out, which is for a \
                 `MessageReader`",
            );
            Some(payload)
        }
    }
}

/// The bytes of `max_size = ..`.
pub(super) fn max_size(event: Event, value: &Quantity, errors: &mut Errors) -> Option<u64> {
    const UNITS: &str = "write a number of bytes, or a size with its unit, `B`, `KiB`, `MiB` or \
                         `GiB`: `max_size = \"64 KiB\"`";
    const STREAMED: &str = "`max_size` bounds whole messages, which this handler never holds: leave \
                            it out, and count what comes in the handler";
    let parsed = match value {
        Quantity::Int(int) if int.suffix().is_empty() => int.base10_parse().ok(),
        Quantity::Int(_) => None,
        Quantity::Str(text) => size(&text.value()),
    };
    let complaint = match (event, parsed) {
        (Event::Message(Payload::Pong), _) => "a Pong has at most 125 bytes; leave `max_size` out",
        (
            Event::Message(
                Payload::Any
                | Payload::Text(Delivery::Parts | Delivery::Stream)
                | Payload::Binary(Delivery::Parts | Delivery::Stream),
            ),
            _,
        ) => STREAMED,
        (Event::Open | Event::Closing | Event::Close | Event::Error, _) => {
            "`max_size` belongs on `#[on_message]` or `#[on_frame]`"
        }
        (_, None) => UNITS,
        (_, Some(0)) => "a `max_size` of 0 refuses every message; leave the handler out instead",
        (_, some) => return some,
    };
    match value {
        Quantity::Int(int) => errors.at(int, complaint),
        Quantity::Str(text) => errors.at(text, complaint),
    }
    None
}

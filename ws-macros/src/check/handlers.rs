//! `#[handlers]` and the methods that it collects.

use syn::{
    Attribute, FnArg, GenericParam, ImplItemFn, ItemImpl, Receiver, ReceiverKind, ReturnType,
    Safety, Type,
};

use crate::check::params;
use crate::check::types::peel;
use crate::errors::Errors;
use crate::model::{Event, Handler, Handlers, Param, Payload};
use crate::parse::{
    Callback, HandlerArgs, HandlersArgs, Marked, Quantity, is_path_param, marked, size,
};

/// The handlers that are right, or `None` when the block can have none.
pub(crate) fn handlers<'ast>(
    args: &HandlersArgs,
    item: &'ast ItemImpl,
    errors: &mut Errors,
) -> Option<Handlers<'ast>> {
    if let Some((path, _)) = &item.trait_ {
        errors
            .at(path, "`#[handlers]` belongs on the endpoint's own `impl` block, without a trait");
        return None;
    }
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            "an endpoint has no generic parameters: the container makes its instances by itself",
        );
        return None;
    }
    let handlers: Vec<_> =
        marked(item).filter_map(|marked| handler(&marked, &item.self_ty, errors)).collect();
    let handlers = unique(handlers, errors);
    Some(Handlers { root: super::root(args.root.clone()), endpoint: &item.self_ty, handlers })
}

fn handler<'ast>(
    (method, marks): &Marked<'ast>,
    endpoint: &'ast Type,
    errors: &mut Errors,
) -> Option<Handler<'ast>> {
    let Some(&(callback, attribute)) = marks.first() else {
        reject_stray_path_params(method, errors);
        return None;
    };
    for (_, second) in &marks[1..] {
        let (first, name) = (callback.attribute(), &method.sig.ident);
        errors.at(
            second,
            format_args!("`{name}` has `#[{first}]` already; a method handles one event"),
        );
    }
    let args = HandlerArgs::parse(attribute, errors);
    let signature_is_right = check_signature(method, errors);
    let params = params::params(callback, method, endpoint, errors);
    let params = params.filter(|_| signature_is_right && marks.len() == 1)?;
    let event = event(callback, &params);
    check_output(callback, method, errors);
    Some(Handler {
        event,
        attribute,
        method: &method.sig.ident,
        cfgs: method.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
        is_async: method.sig.asyncness.is_some(),
        params,
        output: &method.sig.output,
        max_size: args.max_size.as_ref().and_then(|value| max_size(event, value, errors)),
    })
}

fn event(callback: Callback, params: &[Param<'_>]) -> Event {
    let payload = |param: &Param<'_>| match param {
        Param::Message(message) => Some(super::types::payload(message.written)),
        _ => None,
    };
    match callback {
        Callback::Open => Event::Open,
        Callback::Message => {
            Event::Message(params.iter().find_map(payload).unwrap_or(Payload::ByType))
        }
        Callback::Frame => Event::Frame,
        Callback::Close => Event::Close,
        Callback::Error => Event::Error,
    }
}

fn reject_stray_path_params(method: &ImplItemFn, errors: &mut Errors) {
    for input in &method.sig.inputs {
        let (FnArg::Typed(syn::PatType { attrs, .. }) | FnArg::Receiver(Receiver { attrs, .. })) =
            input;
        for attribute in attrs.iter().filter(|attribute| is_path_param(attribute)) {
            errors.at(
                attribute,
                format_args!(
                    "`#[path_param]` belongs on a parameter of a handler; `{}` has no `#[on_..]`",
                    method.sig.ident
                ),
            );
        }
    }
}

/// What every handler's signature keeps to; whether it does.
fn check_signature(method: &ImplItemFn, errors: &mut Errors) -> bool {
    let sig = &method.sig;
    let mut is_right = check_receiver(method, errors);
    for generic in &sig.generics.params {
        if !matches!(generic, GenericParam::Lifetime(_)) {
            errors.at(generic, "a handler has no generic parameters: write the type that it takes");
            is_right = false;
        }
    }
    if let Safety::Unsafe(keyword) = &sig.safety {
        errors.at(keyword, "a handler is a safe function: the engine calls it");
        is_right = false;
    }
    is_right
}

fn check_receiver(method: &ImplItemFn, errors: &mut Errors) -> bool {
    let Some(receiver) = method.sig.receiver() else {
        errors.at(
            &method.sig.ident,
            format_args!(
                "a handler is a method: write `fn {}(&mut self, ..)` or `(&self, ..)`",
                method.sig.ident
            ),
        );
        return false;
    };
    let is_reference = match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => matches!(peel(ty), Type::Reference(_)),
        _ => false,
    };
    if !is_reference {
        errors.at(
            receiver,
            "a handler borrows its endpoint, which lives as long as the connection: write \
             `&mut self` or `&self`",
        );
    }
    is_reference
}

/// `#[on_close]` and `#[on_error]` reply nothing; what `()` and `Result` mean is known by name.
fn check_output(callback: Callback, method: &ImplItemFn, errors: &mut Errors) {
    if !matches!(callback, Callback::Close | Callback::Error) {
        return;
    }
    let ReturnType::Type(_, ty) = &method.sig.output else { return };
    let replies = match peel(ty) {
        Type::Reference(_) | Type::Slice(_) | Type::Array(_) | Type::ImplTrait(_) => true,
        ty => super::types::name(ty).is_some_and(|name| name == "String" || name == "Option"),
    };
    if replies {
        errors.at(
            ty,
            format_args!(
                "`#[{}]` has no reply, nothing can be sent then: return `()` or `Result<()>`",
                callback.attribute()
            ),
        );
    }
}

fn max_size(event: Event, value: &Quantity, errors: &mut Errors) -> Option<u64> {
    const UNITS: &str = "write a number of bytes, or a size with its unit, `B`, `KiB`, `MiB` or \
                         `GiB`: `max_size = \"64 KiB\"`";
    let parsed = match value {
        Quantity::Int(int) if int.suffix().is_empty() => int.base10_parse().ok(),
        Quantity::Int(_) => None,
        Quantity::Str(text) => size(&text.value()),
    };
    let complaint = match (event, parsed) {
        (Event::Message(Payload::Pong), _) => "a Pong has at most 125 bytes; leave `max_size` out",
        (Event::Open | Event::Close | Event::Error, _) => {
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

/// At most one handler an event. Handlers under `#[cfg]` may exclude one another: of those, the
/// expansion lets the compiler judge.
fn unique<'ast>(handlers: Vec<Handler<'ast>>, errors: &mut Errors) -> Vec<Handler<'ast>> {
    let mut kept: Vec<Handler<'ast>> = Vec::new();
    for handler in handlers {
        let same = |first: &&Handler<'ast>| {
            first.event == handler.event
                && first.event != Event::Message(Payload::ByType)
                && first.cfgs.is_empty()
                && handler.cfgs.is_empty()
        };
        match kept.iter().find(same) {
            Some(first) => report_second(first, &handler, errors),
            None => kept.push(handler),
        }
    }
    kept
}

fn report_second(first: &Handler<'_>, second: &Handler<'_>, errors: &mut Errors) {
    let what = match first.event {
        Event::Message(Payload::Text) => "text messages",
        Event::Message(Payload::Binary) => "binary messages",
        Event::Message(Payload::Pong) => "Pongs",
        Event::Message(Payload::ByType) => "messages of one kind",
        Event::Open | Event::Frame | Event::Close | Event::Error => {
            let name = attribute_name(second.attribute);
            errors.at(
                second.attribute,
                format_args!(
                    "`#[{name}]` is already on `{}`; an endpoint has at most one",
                    first.method
                ),
            );
            return;
        }
    };
    errors.at(
        second.message().map_or(&second.attribute.meta, |_| &second.attribute.meta),
        format_args!(
            "`{}` takes {what}, and so does `{}`; an endpoint has at most one handler for them",
            second.method, first.method
        ),
    );
    errors.at(&first.attribute.meta, format_args!("the first handler for {what} is here"));
}

fn attribute_name(attribute: &Attribute) -> String {
    attribute.path().segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}

//! What only the compiler can judge: kinds of messages, what exists under which `#[cfg]`, and what
//! the struct declares. It does so in constants.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::{assert, fact, fact_name};
use crate::model::{Borrow, Event, Handler, Handlers, Param, Payload};

/// The kinds of messages, and their delivery, that types alone tell.
pub(super) fn kinds(model: &Handlers<'_>) -> TokenStream {
    let endpoint = model.endpoint;
    let by_type = model.handlers.iter().filter(|it| it.event == Event::Message(Payload::ByType));
    let facts: Vec<_> = by_type
        .filter_map(|handler| {
            let (cfgs, ty) = (&handler.cfgs, &handler.message()?.ty);
            let (kind, delivery) = (fact_name("KIND", handler), fact_name("DELIVERY", handler));
            let message = quote_spanned!(ty.span()=> __ws::message::<#ty, #endpoint, _>());
            Some(quote! {
                #(#cfgs)*
                const #kind: __ws::MessageKind = #message.kind();
                #(#cfgs)*
                const #delivery: __ws::Delivery = #message.delivery();
            })
        })
        .collect();
    if facts.is_empty() || !model.is_generic() {
        return facts.into_iter().collect();
    }
    let (generics, _, bounds) = model.generics.split_for_impl();
    quote! {
        struct __Facts<E>(::core::marker::PhantomData<E>);
        impl #generics __Facts<#endpoint> #bounds { #(#facts)* }
    }
}

/// The checks, each in a constant of its own. Those of a generic endpoint need its parameters: they
/// are in `HANDLERS`, see [`of_instances`].
pub(super) fn assertions(model: &Handlers<'_>) -> TokenStream {
    let constants = (!model.is_generic()).then(|| {
        let checks = checks(model).into_iter().map(
            |Check { cfgs, statement, span }| quote_spanned!(span=> #cfgs const _: () = #statement),
        );
        quote!(#(#checks)*)
    });
    let clashes = pairs(model).filter_map(|(first, second)| clash(first, second));
    let causes = one_handler_a_cause(model);
    quote!(#constants #(#clashes)* #causes)
}

/// The checks of a generic endpoint, as statements of a constant.
pub(super) fn of_instances(model: &Handlers<'_>) -> TokenStream {
    if !model.is_generic() {
        return TokenStream::new();
    }
    checks(model)
        .into_iter()
        .map(|Check { cfgs, statement, .. }| quote!(#cfgs #statement))
        .collect()
}

struct Check {
    cfgs: TokenStream,
    statement: TokenStream,
    span: Span,
}

fn check(handlers: &[&Handler<'_>], span: Span, is_right: &TokenStream, message: &str) -> Check {
    let cfgs = handlers.iter().flat_map(|handler| &handler.cfgs);
    let statement = assert(span, is_right, message);
    Check { cfgs: quote!(#(#cfgs)*), statement, span }
}

fn checks(model: &Handlers<'_>) -> Vec<Check> {
    let pairs = pairs(model).flat_map(|(first, second)| {
        same_kind(model, first, second).into_iter().chain(no_frames(model, first, second))
    });
    let single = model.handlers.iter().flat_map(|handler| {
        variables(model, handler)
            .chain(whole_messages(model, handler))
            .chain(shared(model, handler))
            .chain(server_only(model, handler))
    });
    pairs.chain(single).collect()
}

/// Every two handlers, the earlier first.
fn pairs<'m, 'ast>(
    model: &'m Handlers<'ast>,
) -> impl Iterator<Item = (&'m Handler<'ast>, &'m Handler<'ast>)> {
    let handlers = &model.handlers;
    handlers
        .iter()
        .enumerate()
        .flat_map(move |(at, second)| handlers[..at].iter().map(move |first| (first, second)))
}

/// Both are there under some `#[cfg]`s, and no endpoint has both.
fn clash(first: &Handler<'_>, second: &Handler<'_>) -> Option<TokenStream> {
    if !first.excludes(second) {
        return None;
    }
    let cfgs = first.cfgs.iter().chain(&second.cfgs);
    let names = format!("`{}` and `{}`", second.method, first.method);
    let message = match (first.event, second.event) {
        (Event::Message(_), Event::Message(_)) => format!("{names} {SAME_KIND}"),
        (Event::Message(_), _) | (_, Event::Message(_)) => format!("{names}: {NO_FRAMES}"),
        _ => format!("{names} handle the same event; an endpoint has at most one"),
    };
    Some(quote_spanned!(second.attribute.meta.span()=>
        #(#cfgs)* ::core::compile_error!(#message);
    ))
}

const SAME_KIND: &str = "take the same kind of message; an endpoint has at most one handler for \
                         text and one for binary messages";

const NO_FRAMES: &str = "the frames of a stream are not shown to `#[on_frame]`: take messages whole \
                         or in parts, or leave it out";

/// A type whose decoder turns out to read a stream, beside a handler of frames.
fn no_frames(model: &Handlers<'_>, first: &Handler<'_>, second: &Handler<'_>) -> Option<Check> {
    let by_type = Event::Message(Payload::ByType);
    let message = match (first.event, second.event) {
        (Event::Frame, event) if event == by_type => second,
        (event, Event::Frame) if event == by_type => first,
        _ => return None,
    };
    let delivery = fact(model, "DELIVERY", message);
    let is_right = quote!(!#delivery.is(__ws::Delivery::Stream));
    Some(check(&[first, second], message.message()?.written.span(), &is_right, NO_FRAMES))
}

/// Types that turn out to be made of the same kind of message: told at both.
fn same_kind(model: &Handlers<'_>, first: &Handler<'_>, second: &Handler<'_>) -> Vec<Check> {
    let (Event::Message(own), Event::Message(other)) = (first.event, second.event) else {
        return Vec::new();
    };
    let is_open = own == Payload::ByType || other == Payload::ByType;
    let (Some(a), Some(b)) = (kind(model, own, first), kind(model, other, second)) else {
        return Vec::new();
    };
    if !is_open {
        return Vec::new();
    }
    let both = [first, second];
    let differ = quote!(!#a.is(#b));
    let at = |handler: &Handler<'_>| {
        handler.message().map_or_else(|| handler.method.span(), |it| it.written.span())
    };
    let names = format!("`{}` and `{}`", second.method, first.method);
    let here = "the first handler for this kind of message is here";
    vec![
        check(&both, at(second), &differ, &format!("{names} {SAME_KIND}")),
        check(&both, at(first), &differ, here),
    ]
}

/// The kind of a data message, as an expression.
fn kind(model: &Handlers<'_>, payload: Payload, handler: &Handler<'_>) -> Option<TokenStream> {
    match payload {
        Payload::Text(_) => Some(quote!(__ws::MessageKind::Text)),
        Payload::Binary(_) => Some(quote!(__ws::MessageKind::Binary)),
        Payload::Pong | Payload::Any => None,
        Payload::ByType => Some(fact(model, "KIND", handler)),
    }
}

/// The path has the variables that a handler asks for.
fn variables<'m>(
    model: &'m Handlers<'_>,
    handler: &'m Handler<'_>,
) -> impl Iterator<Item = Check> + 'm {
    let endpoint = model.endpoint;
    handler.params.iter().filter_map(move |param| {
        let Param::Variable(variable) = param else { return None };
        if variable.optional {
            return None;
        }
        let name = &variable.name;
        let message = format!(
            "the path of this endpoint has no variable `{{{name}}}`: take a name from the path, \
             as in `#[path_param(\"name\")]`, or an `Option<T>` for one that may be missing"
        );
        let has = quote!(__ws::has_variable(<#endpoint as __ws::Declared>::PATH, #name));
        Some(check(&[handler], variable.span, &has, &message))
    })
}

/// `max_size` is for messages that the handler holds.
fn whole_messages(model: &Handlers<'_>, handler: &Handler<'_>) -> Option<Check> {
    handler.max_size?;
    let message = handler.message().filter(|_| handler.event == Event::Message(Payload::ByType))?;
    let delivery = fact(model, "DELIVERY", handler);
    let is_whole = quote!(#delivery.is(__ws::Delivery::Whole));
    Some(check(
        &[handler],
        message.written.span(),
        &is_whole,
        "the decoder of this type reads a stream, which `max_size` does not bound, since it is for \
         whole messages: leave it out, and count in the decoder",
    ))
}

/// One instance for all connections is borrowed by all of them.
fn shared(model: &Handlers<'_>, handler: &Handler<'_>) -> Option<Check> {
    let Borrow::Exclusive(span) = handler.receiver else { return None };
    let endpoint = model.endpoint;
    let message = format!(
        "`{}` takes `&mut self`, but all connections share one instance (`instance = \"shared\"`): \
         take `&self`, and keep what changes in a lock, an atomic or the session's user data",
        handler.method
    );
    let is_owned = quote!(!<#endpoint as __ws::Declared>::SHARED);
    Some(check(&[handler], span, &is_owned, &message))
}

/// What a client's peer does not have.
fn server_only<'m>(
    model: &'m Handlers<'_>,
    handler: &'m Handler<'_>,
) -> impl Iterator<Item = Check> + 'm {
    let endpoint = model.endpoint;
    let is_server = quote!(<#endpoint as __ws::Declared>::PATH.is_some());
    handler.server_only().map(move |(span, message)| check(&[handler], span, &is_server, message))
}

/// Types of errors that are the same under different names conflict as implementations.
fn one_handler_a_cause(model: &Handlers<'_>) -> TokenStream {
    // With parameters, types that may be the same are not for certain.
    if model.is_generic() {
        return TokenStream::new();
    }
    let endpoint = model.endpoint;
    let causes = model.handlers.iter().filter_map(|handler| {
        let (cfgs, cause) = (&handler.cfgs, handler.cause()?);
        Some(quote_spanned! {cause.span()=>
            #(#cfgs)* impl __ws::OneErrorHandlerFor<#cause> for #endpoint {}
        })
    });
    causes.collect()
}

//! `HANDLERS`: which callbacks there are, and what they say of themselves.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::checks::of_instances;
use crate::expand::fact;
use crate::expand::slot::delivery;
use crate::model::{Delivery, Event, Handler, Handlers, Param, Payload};
use crate::type_text::type_text;

/// The `HandlerSet` of an endpoint, as an expression.
pub(super) fn handler_set(model: &Handlers<'_>) -> TokenStream {
    let facts = model.handlers.iter().map(|handler| facts(model, handler));
    let infos = model.handlers.iter().map(info);
    let states = states(model);
    let checks = of_instances(model);
    quote! {{
        #checks
        let mut set = __ws::HandlerSet::NONE;
        #(#facts)*
        set.list = &[#(#infos),*];
        #states
        set
    }}
}

/// What one handler adds.
fn facts(model: &Handlers<'_>, handler: &Handler<'_>) -> TokenStream {
    let cfgs = &handler.cfgs;
    let added = match handler.event {
        Event::Open if handler.takes_handshake() => quote!(set.handshake = true;),
        Event::Open | Event::Close => return TokenStream::new(),
        Event::Frame => present("frame", &quote!(true), handler.max_size),
        Event::Closing => present("closing", &quote!(true), None),
        Event::Error => present("error", &quote!(true), None),
        Event::Message(payload) => message(model, payload, handler),
    };
    quote!(#(#cfgs)* { #added })
}

fn message(model: &Handlers<'_>, payload: Payload, handler: &Handler<'_>) -> TokenStream {
    let at_once = at_once(model, handler);
    let known = |field, how| {
        let at_once = at_once.as_ref().filter(|_| how == Delivery::Whole);
        of_kind(field, &delivery(how), at_once, handler)
    };
    match payload {
        Payload::Pong => present("pong", &quote!(true), None),
        Payload::Text(how) => known("text", how),
        Payload::Binary(how) => known("binary", how),
        Payload::Any => {
            let stream = delivery(Delivery::Stream);
            let (text, binary) = (present("text", &stream, None), present("binary", &stream, None));
            quote!(#text #binary)
        }
        Payload::ByType => {
            let (kind, how) = (fact(model, "KIND", handler), fact(model, "DELIVERY", handler));
            let at_once = at_once.map(|at_once| quote!(#how.is_whole() && #at_once));
            let of_kind = |field| of_kind(field, &how, at_once.as_ref(), handler);
            let (text, binary) = (of_kind("text"), of_kind("binary"));
            quote! {
                match #kind {
                    __ws::MessageKind::Text => { #text }
                    __ws::MessageKind::Binary => { #binary }
                }
            }
        }
    }
}

/// A handler of messages of one kind; `at_once` says whether whole ones are dealt with at once.
fn of_kind(
    field: &str,
    how: &TokenStream,
    at_once: Option<&TokenStream>,
    handler: &Handler<'_>,
) -> TokenStream {
    let present = present(field, how, handler.max_size);
    let field = format_ident!("{field}_at_once");
    let at_once = at_once.map(|at_once| quote!(set.#field = #at_once;));
    quote!(#present #at_once)
}

/// Whether a handler and its reply wait for nothing, as an expression: the compiler knows what the
/// type of the reply may become.
fn at_once(model: &Handlers<'_>, handler: &Handler<'_>) -> Option<TokenStream> {
    if handler.is_async {
        return None;
    }
    let (reply, endpoint) = (handler.reply.as_ref()?, model.endpoint);
    let ty = quote_spanned!(reply.span()=> __ws::ReplyType::<'_, #reply, #endpoint, _>);
    Some(quote!({
        use __ws::NoReply as _;
        !#ty::MAY_BE_WORK
    }))
}

fn present(field: &str, value: &TokenStream, max_size: Option<u64>) -> TokenStream {
    let (here, max_len) = (format_ident!("{field}"), format_ident!("max_{field}_len"));
    let max_len =
        max_size.map(|bytes| quote!(set.#max_len = ::core::option::Option::Some(#bytes);));
    quote!(set.#here = #value; #max_len)
}

fn info(handler: &Handler<'_>) -> TokenStream {
    let cfgs = &handler.cfgs;
    let kind = match handler.event {
        Event::Open => quote!(Open),
        Event::Message(_) => quote!(Message),
        Event::Frame => quote!(Frame),
        Event::Closing => quote!(Closing),
        Event::Close => quote!(Close),
        Event::Error => quote!(Error),
    };
    let method = handler.method.to_string();
    let message = takes(handler);
    quote! {
        #(#cfgs)*
        __ws::HandlerInfo { kind: __ws::HandlerKind::#kind, method: #method, message: #message }
    }
}

/// What the handler takes, as a reader would write it.
fn takes(handler: &Handler<'_>) -> String {
    let mut text = handler.message().map(|message| type_text(message.written)).unwrap_or_default();
    if handler.params.iter().any(|param| matches!(param, Param::Last)) {
        text.push_str(", bool");
    }
    text
}

/// The application's state that handlers take, each type once as far as tokens tell.
fn states(model: &Handlers<'_>) -> Option<TokenStream> {
    let mut seen = Vec::new();
    let mut infos = Vec::new();
    for handler in &model.handlers {
        for param in &handler.params {
            let Param::State(state) = param else { continue };
            let (cfgs, ty) = (&handler.cfgs, &state.ty);
            let name = type_text(ty);
            if cfgs.is_empty() && seen.contains(&name) {
                continue;
            }
            let of = quote_spanned!(ty.span()=> __ws::StateInfo::of::<#ty>);
            infos.push(quote!(#(#cfgs)* #of(#name)));
            if cfgs.is_empty() {
                seen.push(name);
            }
        }
    }
    (!infos.is_empty()).then(|| quote!(set.states = const { &[#(#infos),*] };))
}

//! `HANDLERS`, and the constants that check it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::type_text::type_text;
use crate::expand::{assertion, kind_of};
use crate::model::{Event, Handler, Handlers, Param, Payload};

/// The `HandlerSet` of an endpoint, as an expression.
pub(super) fn handler_set(model: &Handlers<'_>) -> TokenStream {
    let facts = model.handlers.iter().map(facts);
    let infos = model.handlers.iter().map(info);
    quote! {{
        let mut set = __ws::HandlerSet::NONE;
        #(#facts)*
        set.list = &[#(#infos),*];
        set
    }}
}

/// What one handler adds.
fn facts(handler: &Handler<'_>) -> TokenStream {
    let cfgs = &handler.cfgs;
    let added = match handler.event {
        Event::Open | Event::Close => return TokenStream::new(),
        Event::Frame => present("frame", handler.max_size),
        Event::Error => present("error", None),
        Event::Message(Payload::Pong) => present("pong", None),
        Event::Message(Payload::Text) => present("text", handler.max_size),
        Event::Message(Payload::Binary) => present("binary", handler.max_size),
        Event::Message(Payload::ByType) => {
            let kind = kind_of(handler.method);
            let (text, binary) =
                (present("text", handler.max_size), present("binary", handler.max_size));
            quote! {
                match #kind {
                    __ws::MessageKind::Text => { #text }
                    __ws::MessageKind::Binary => { #binary }
                }
            }
        }
    };
    quote!(#(#cfgs)* { #added })
}

fn present(field: &str, max_size: Option<u64>) -> TokenStream {
    let value = match field {
        "text" | "binary" => quote!(__ws::Delivery::Whole),
        _ => quote!(true),
    };
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
        Event::Close => quote!(Close),
        Event::Error => quote!(Error),
    };
    let method = handler.method.to_string();
    let message = handler.message().map(|message| type_text(message.written)).unwrap_or_default();
    quote! {
        #(#cfgs)*
        __ws::HandlerInfo { kind: __ws::HandlerKind::#kind, method: #method, message: #message }
    }
}

/// The kinds of messages whose types alone tell.
pub(super) fn kinds(model: &Handlers<'_>) -> TokenStream {
    let endpoint = model.endpoint;
    let by_type = model.handlers.iter().filter(|it| it.event == Event::Message(Payload::ByType));
    by_type
        .filter_map(|handler| {
            let (cfgs, kind) = (&handler.cfgs, kind_of(handler.method));
            let ty = &handler.message()?.ty;
            Some(quote_spanned! {ty.span()=>
                #(#cfgs)*
                const #kind: __ws::MessageKind = __ws::message::<#ty, #endpoint, _>().kind();
            })
        })
        .collect()
}

/// What only the compiler can compare: kinds of messages, what exists under which `#[cfg]`, and the
/// endpoint's path.
pub(super) fn assertions(model: &Handlers<'_>) -> TokenStream {
    let pairs = model.handlers.iter().enumerate().flat_map(|(at, second)| {
        model.handlers[..at].iter().map(move |first| not_both(first, second))
    });
    let variables = model.handlers.iter().flat_map(|handler| variables(model, handler));
    pairs.chain(variables).collect()
}

/// Stops the build when both handle the same event after all.
fn not_both(first: &Handler<'_>, second: &Handler<'_>) -> TokenStream {
    let cfgs = first.cfgs.iter().chain(&second.cfgs);
    let names = format!("`{}` and `{}`", second.method, first.method);
    let (Event::Message(first_payload), Event::Message(second_payload)) =
        (first.event, second.event)
    else {
        if first.event != second.event {
            return TokenStream::new();
        }
        let message = format!("{names} handle the same event; an endpoint has at most one");
        return quote_spanned!(second.attribute.meta.span()=>
            #(#cfgs)* ::core::compile_error!(#message);
        );
    };
    let message = format!(
        "{names} take the same kind of message; an endpoint has at most one handler for text and \
         one for binary messages"
    );
    let (Some(a), Some(b)) = (kind(first_payload, first), kind(second_payload, second)) else {
        let cfgs = cfgs.collect::<Vec<_>>();
        let is_same = first_payload == second_payload;
        return if is_same {
            quote_spanned!(second.attribute.meta.span()=>
                #(#cfgs)* ::core::compile_error!(#message);
            )
        } else {
            TokenStream::new()
        };
    };
    let is_known = |payload| payload != Payload::ByType;
    if is_known(first_payload) && is_known(second_payload) && first_payload != second_payload {
        return TokenStream::new();
    }
    let span = second.message().map_or_else(|| second.method.span(), |it| it.written.span());
    let assertion = assertion(span, &quote!(!#a.is(#b)), &message);
    quote!(#(#cfgs)* #assertion)
}

/// The kind of a data message, as an expression.
fn kind(payload: Payload, handler: &Handler<'_>) -> Option<TokenStream> {
    match payload {
        Payload::Text => Some(quote!(__ws::MessageKind::Text)),
        Payload::Binary => Some(quote!(__ws::MessageKind::Binary)),
        Payload::Pong => None,
        Payload::ByType => {
            let kind = kind_of(handler.method);
            Some(quote!(#kind))
        }
    }
}

/// Checks that the path has the variables that a handler asks for.
fn variables<'m>(
    model: &'m Handlers<'_>,
    handler: &'m Handler<'_>,
) -> impl Iterator<Item = TokenStream> + 'm {
    let (endpoint, cfgs) = (model.endpoint, &handler.cfgs);
    handler.params.iter().filter_map(move |param| {
        let Param::Variable(variable) = param else { return None };
        let name = &variable.name;
        let message = format!(
            "the path of this endpoint has no variable `{{{name}}}`: take a name from the path, \
             as in `#[path_param(\"name\")]`"
        );
        let has = quote!(__ws::has_variable(<#endpoint as __ws::Declared>::PATH, #name));
        let assertion = assertion(variable.span, &has, &message);
        Some(quote!(#(#cfgs)* #assertion))
    })
}

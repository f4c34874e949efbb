//! `impl Endpoint`: one method of the trait for each event that has a handler.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Meta, ReturnType, Type};

use crate::expand::handler_set::{assertions, handler_set, kinds};
use crate::expand::{kind_of, scope};
use crate::model::{Event, Handler, Handlers, Message, Param, Payload};

/// A method of the trait.
#[derive(Clone, Copy, PartialEq)]
enum Slot {
    Open,
    Text,
    Binary,
    Pong,
    Frame,
    Close,
    Error,
}

impl Slot {
    const ALL: [Self; 7] =
        [Self::Open, Self::Text, Self::Binary, Self::Pong, Self::Frame, Self::Close, Self::Error];

    fn method(self) -> Ident {
        let name = match self {
            Self::Open => "on_open",
            Self::Text => "on_text",
            Self::Binary => "on_binary",
            Self::Pong => "on_pong",
            Self::Frame => "on_frame",
            Self::Close => "on_close",
            Self::Error => "on_error",
        };
        format_ident!("{name}")
    }

    /// What the method gets beside its context.
    fn argument(self) -> TokenStream {
        match self {
            Self::Open => quote!(),
            Self::Text => quote!(message: __ws::Text<'a>),
            Self::Binary => quote!(message: __ws::Binary<'a>),
            Self::Pong => quote!(message: __ws::Pong),
            Self::Frame => quote!(frame: __ws::Frame<'a>),
            Self::Close => quote!(reason: &'a __ws::CloseReason),
            Self::Error => quote!(error: &'a __ws::Error),
        }
    }

    fn takes(self, handler: &Handler<'_>) -> bool {
        match handler.event {
            Event::Open => self == Self::Open,
            Event::Message(Payload::Text) => self == Self::Text,
            Event::Message(Payload::Binary) => self == Self::Binary,
            Event::Message(Payload::Pong) => self == Self::Pong,
            // Which of the two it is, a constant tells.
            Event::Message(Payload::ByType) => matches!(self, Self::Text | Self::Binary),
            Event::Frame => self == Self::Frame,
            Event::Close => self == Self::Close,
            Event::Error => self == Self::Error,
        }
    }

    const fn replies(self) -> bool {
        !matches!(self, Self::Close | Self::Error)
    }
}

/// `impl Endpoint` with what it rests on.
pub(crate) fn endpoint_impl(model: &Handlers<'_>) -> TokenStream {
    let endpoint = model.endpoint;
    let (kinds, set, assertions) = (kinds(model), handler_set(model), assertions(model));
    let methods: Vec<_> = Slot::ALL.into_iter().filter_map(|slot| method(model, slot)).collect();
    // Plain names: where these carry the user's spans, lints would ask for shorter paths.
    let imports = (!methods.is_empty()).then(|| {
        quote!(
            use ::core::{future::Future as __Future, marker::Send as __Send};
        )
    });
    scope(
        &model.root,
        &quote! {
            #imports
            #kinds
            #[automatically_derived]
            impl __ws::Endpoint for #endpoint {
                const HANDLERS: __ws::HandlerSet = #set;
                #(#methods)*
            }
            #assertions
        },
    )
}

/// The trait's method for `slot`, when a handler takes it.
fn method(model: &Handlers<'_>, slot: Slot) -> Option<TokenStream> {
    let takers: Vec<_> = model.handlers.iter().filter(|handler| slot.takes(handler)).collect();
    let span = takers.first()?.method.span();
    let (name, argument) = (slot.method(), slot.argument());
    let (output, otherwise) = if slot.replies() {
        (quote!(__ws::Reply<'a>), quote!(__ws::Reply::None))
    } else {
        (quote!(()), quote!(()))
    };
    let otherwise = quote!(::core::result::Result::Ok(#otherwise));
    let dispatch =
        takers.iter().rev().fold(otherwise, |rest, taker| arm(model, slot, taker, &rest));
    // At the handler's name: what this future holds is what that handler holds.
    let output = quote!(::core::result::Result<#output, __ws::Error>);
    let future = quote_spanned!(span=> impl __Future<Output = #output> + __Send + 'a);
    // At the endpoint's name, so that one that is not declared is told so there and seldom.
    let at = hygienic(model.endpoint.span());
    let context = quote_spanned!(at=> __ws::Context<'a, Self>);
    let parts = quote_spanned!(at=> (cx.session, cx.decoders, cx.encoders));
    Some(quote! {
        fn #name<'a>(&'a mut self, cx: #context, #argument) -> #future {
            async move {
                let (session, decoders, encoders) = #parts;
                #dispatch
            }
        }
    })
}

/// Calls one handler if it exists and takes messages of this kind, or else does `rest`.
fn arm(model: &Handlers<'_>, slot: Slot, handler: &Handler<'_>, rest: &TokenStream) -> TokenStream {
    let called = call(handler, slot, model.endpoint);
    let chosen = if handler.event == Event::Message(Payload::ByType) {
        let (kind, wanted) = (kind_of(handler.method), kind_name(slot));
        quote!(if #kind.is(__ws::MessageKind::#wanted) { #called } else { #rest })
    } else {
        called
    };
    if handler.cfgs.is_empty() {
        return chosen;
    }
    let conditions = handler.cfgs.iter().filter_map(|cfg| match &cfg.meta {
        Meta::List(list) => Some(&list.tokens),
        Meta::Path(_) | Meta::NameValue(_) => None,
    });
    let exists = quote!(all(#(#conditions),*));
    quote! {
        #[cfg(#exists)]
        { #chosen }
        #[cfg(not(#exists))]
        { #rest }
    }
}

/// Calls the handler, as the statements of a block.
fn call(handler: &Handler<'_>, slot: Slot, endpoint: &Type) -> TokenStream {
    let method = handler.method;
    let names: Vec<_> = (0..handler.params.len()).map(|at| format_ident!("param_{at}")).collect();
    let values = handler.params.iter().map(|param| value(param, slot, handler, endpoint));
    let waited = handler.is_async.then(|| quote!(.await));
    let result = result(slot, handler, endpoint);
    quote! {
        #(let #names = #values;)*
        let output = Self::#method(self, #(#names),*) #waited;
        #result
    }
}

/// The argument for a parameter, as an expression.
fn value(param: &Param<'_>, slot: Slot, handler: &Handler<'_>, endpoint: &Type) -> TokenStream {
    match param {
        Param::Session => quote!(session),
        Param::Config => quote!(session.config()),
        Param::Variable(variable) => {
            let (name, ty) = (&variable.name, &variable.ty);
            let parse = quote_spanned!(ty.span()=> __ws::path_param::<#ty, _>);
            quote!(#parse(session, #name)?)
        }
        Param::Reason => quote!(reason),
        Param::Error => quote!(error),
        Param::Frame { by_ref: false } => quote!(frame),
        Param::Frame { by_ref: true } => quote!(&frame),
        Param::Message(_) if slot == Slot::Pong => quote!(message),
        Param::Message(message) => decoded(message, slot, handler, endpoint),
    }
}

/// The message, made what the handler takes.
fn decoded(
    message: &Message<'_>,
    slot: Slot,
    handler: &Handler<'_>,
    endpoint: &Type,
) -> TokenStream {
    let (ty, kind) = (&message.ty, kind_name(slot));
    let via = match handler.event {
        Event::Message(Payload::ByType) => quote!(_),
        _ => quote!(__ws::BuiltIn),
    };
    let maker = quote_spanned!(ty.span()=> __ws::message::<#ty, #endpoint, #via>());
    quote!(#maker.decode(__ws::Incoming::#kind(message), decoders)?)
}

fn kind_name(slot: Slot) -> Ident {
    Ident::new(if slot == Slot::Binary { "Binary" } else { "Text" }, Span::call_site())
}

/// What the trait's method returns for a handler's output, as an expression.
fn result(slot: Slot, handler: &Handler<'_>, endpoint: &Type) -> TokenStream {
    let span = match handler.output {
        ReturnType::Default => handler.method.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let output = Ident::new("output", hygienic(span));
    if slot.replies() {
        let reply = quote_spanned!(span=> __ws::reply::<_, #endpoint, _>);
        quote!(#reply(#output, session, encoders))
    } else {
        let outcome = quote_spanned!(span=> __ws::outcome::<_>);
        quote!(#outcome(#output))
    }
}

/// The same place, as the expansion's own code: an endpoint may be written by a `macro_rules`, whose
/// tokens do not see the expansion's variables.
fn hygienic(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

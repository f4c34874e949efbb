//! `impl Endpoint`: one method of the trait for each event that has a handler.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Meta;
use syn::spanned::Spanned;

use crate::expand::call::call;
use crate::expand::checks::{assertions, kinds};
use crate::expand::handler_set::handler_set;
use crate::expand::slot::{Slot, delivery};
use crate::expand::{causes, fact, hygienic, scope};
use crate::model::{Borrow, Event, Handler, Handlers, Payload};

/// `impl Endpoint` and, where all handlers take `&self`, `impl SharedEndpoint`, with what they rest
/// on.
pub(crate) fn endpoint_impl(model: &Handlers<'_>) -> TokenStream {
    let (kinds, assertions) = (kinds(model), assertions(model));
    let is_shareable =
        model.handlers.iter().all(|handler| matches!(handler.receiver, Borrow::Shared));
    let waits = model.handlers.iter().any(|handler| handler.is_async);
    let own = quote!(&'a mut self);
    let implementations = match (is_shareable, waits) {
        (false, _) => implementation(model, &quote!(Endpoint), &own, None),
        // A future that holds `&self` is `Send` for `Sync` types alone: who waits is shareable.
        (true, true) => {
            let shared = implementation(model, &quote!(SharedEndpoint), &quote!(&'a self), None);
            let delegation = delegation(model);
            quote!(#shared #delegation)
        }
        // What is not `Sync` may be an endpoint all the same, but no shared one.
        (true, false) => {
            let endpoint = model.endpoint;
            let bound = quote!(for<'any> #endpoint: __ws::Shareable<'any>);
            let plain = implementation(model, &quote!(Endpoint), &own, None);
            let shared =
                implementation(model, &quote!(SharedEndpoint), &quote!(&'a self), Some(&bound));
            quote!(#plain #shared)
        }
    };
    // Plain names: where these carry the user's spans, lints would ask for shorter paths.
    let imports = Slot::ALL.iter().any(|slot| takers(model, *slot).next().is_some()).then(|| {
        quote!(
            use ::core::{future::Future as __Future, marker::Send as __Send};
        )
    });
    scope(&model.root, &quote!(#imports #kinds #implementations #assertions))
}

/// The handlers that `slot` may call.
fn takers<'m, 'ast>(
    model: &'m Handlers<'ast>,
    slot: Slot,
) -> impl Iterator<Item = &'m Handler<'ast>> {
    model.handlers.iter().filter(move |handler| slot.takes(handler))
}

/// One of the two traits, with the bodies.
fn implementation(
    model: &Handlers<'_>,
    name: &TokenStream,
    receiver: &TokenStream,
    bound: Option<&TokenStream>,
) -> TokenStream {
    let set = handler_set(model);
    let handles_error = causes::handles_error(model);
    let methods = Slot::ALL.into_iter().filter_map(|slot| {
        let signature = signature(model, slot, receiver)?;
        let body = body(model, slot);
        Some(quote!(#signature { async move { #body } }))
    });
    let methods = quote!(#(#methods)* #handles_error);
    trait_impl(model, name, &set, &methods, bound)
}

/// `Endpoint` by way of `SharedEndpoint`.
fn delegation(model: &Handlers<'_>) -> TokenStream {
    let shared = quote!(<Self as __ws::SharedEndpoint>);
    let methods = Slot::ALL.into_iter().filter_map(|slot| {
        let signature = signature(model, slot, &quote!(&'a mut self))?;
        let (name, argument) = (slot.method(), slot.argument().map(|(name, _)| name));
        Some(quote!(#signature { #shared::#name(self, cx, #argument) }))
    });
    let handles_error = causes::handles_error(model).map(|_| {
        quote! {
            fn handles_error(error: &__ws::Error) -> bool { #shared::handles_error(error) }
        }
    });
    let methods = quote!(#(#methods)* #handles_error);
    trait_impl(model, &quote!(Endpoint), &quote!(#shared::HANDLERS), &methods, None)
}

fn trait_impl(
    model: &Handlers<'_>,
    name: &TokenStream,
    set: &TokenStream,
    methods: &TokenStream,
    bound: Option<&TokenStream>,
) -> TokenStream {
    let endpoint = model.endpoint;
    let (generics, _, bounds) = model.generics.split_for_impl();
    let bounds = match (bounds, bound) {
        (bounds, None) => quote!(#bounds),
        (None, Some(bound)) => quote!(where #bound),
        (Some(bounds), Some(bound)) => {
            let bounds = bounds.predicates.iter();
            quote!(where #(#bounds,)* #bound)
        }
    };
    quote! {
        #[automatically_derived]
        impl #generics __ws::#name for #endpoint #bounds {
            const HANDLERS: __ws::HandlerSet = #set;
            #methods
        }
    }
}

/// The head of the trait's method for `slot`, when a handler takes it.
fn signature(model: &Handlers<'_>, slot: Slot, receiver: &TokenStream) -> Option<TokenStream> {
    let span = takers(model, slot).next()?.method.span();
    let name = slot.method();
    let argument = slot.argument().map(|(name, ty)| quote!(#name: #ty));
    let output = if slot.replies() { quote!(__ws::Reply<'a>) } else { quote!(()) };
    // At the handler's name: what this future holds is what that handler holds.
    let output = quote!(::core::result::Result<#output, __ws::Error>);
    let future = quote_spanned!(span=> impl __Future<Output = #output> + __Send + 'a);
    // At the endpoint's name, so that one that is not declared is told so there and seldom.
    let context = quote_spanned!(hygienic(model.endpoint.span())=> __ws::Context<'a, Self>);
    Some(quote!(fn #name<'a>(#receiver, cx: #context, #argument) -> #future))
}

/// What the method does, as the statements of a block.
fn body(model: &Handlers<'_>, slot: Slot) -> TokenStream {
    let at = hygienic(model.endpoint.span());
    let wants_request = slot == Slot::Open && takers(model, slot).any(|it| it.takes_handshake());
    let parts = if wants_request {
        let parts = quote_spanned!(at=> (cx.session, cx.decoders, cx.encoders, cx.request));
        quote!(let (session, decoders, encoders, request) = #parts;)
    } else {
        let parts = quote_spanned!(at=> (cx.session, cx.decoders, cx.encoders));
        quote!(let (session, decoders, encoders) = #parts;)
    };
    if slot == Slot::Error && model.handlers.iter().any(|handler| handler.cause().is_some()) {
        let dispatch = causes::dispatch(model, |handler| call(handler, slot, model.endpoint));
        return quote!(#parts #dispatch);
    }
    let otherwise = if slot.replies() { quote!(__ws::Reply::None) } else { quote!(()) };
    let otherwise = quote!(::core::result::Result::Ok(#otherwise));
    let takers: Vec<_> = takers(model, slot).collect();
    let dispatch =
        takers.iter().rev().fold(otherwise, |rest, taker| arm(model, slot, taker, &rest));
    quote!(#parts #dispatch)
}

/// Calls one handler if it exists and takes messages of this kind, or else does `rest`.
fn arm(model: &Handlers<'_>, slot: Slot, handler: &Handler<'_>, rest: &TokenStream) -> TokenStream {
    let called = call(handler, slot, model.endpoint);
    let chosen = match (handler.event, slot) {
        (Event::Message(Payload::ByType), Slot::Data(wanted, how)) => {
            let (wanted, how) = (wanted.variant(), delivery(how));
            let (kind, delivery) = (fact(model, "KIND", handler), fact(model, "DELIVERY", handler));
            quote! {
                if #kind.is(__ws::MessageKind::#wanted) && #delivery.is(#how) {
                    #called
                } else {
                    #rest
                }
            }
        }
        _ => called,
    };
    if handler.cfgs.is_empty() {
        return chosen;
    }
    let exists = exists(handler);
    quote! {
        #[cfg(#exists)]
        { #chosen }
        #[cfg(not(#exists))]
        { #rest }
    }
}

/// The condition under which a handler is there.
pub(super) fn exists(handler: &Handler<'_>) -> TokenStream {
    let conditions = handler.cfgs.iter().filter_map(|cfg| match &cfg.meta {
        Meta::List(list) => Some(&list.tokens),
        Meta::Path(_) | Meta::NameValue(_) => None,
    });
    quote!(all(#(#conditions),*))
}

//! Several `#[on_error]`: the one whose error lies nearest takes it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::callbacks::exists;
use crate::model::{Event, Handler, Handlers};

fn error_handlers<'m, 'ast>(model: &'m Handlers<'ast>) -> impl Iterator<Item = &'m Handler<'ast>> {
    model.handlers.iter().filter(|handler| handler.event == Event::Error)
}

/// Calls the handler that is meant, as an expression.
pub(super) fn dispatch(
    model: &Handlers<'_>,
    call: impl Fn(&Handler<'_>) -> TokenStream,
) -> TokenStream {
    let nearest = nearest(model);
    let arms = error_handlers(model).enumerate().map(|(at, handler)| {
        let (cfgs, called) = (&handler.cfgs, call(handler));
        quote!(#(#cfgs)* ::core::option::Option::Some(#at) => { #called })
    });
    quote! {
        match #nearest {
            #(#arms)*
            _ => ::core::result::Result::Ok(()),
        }
    }
}

/// `handles_error`, where it is not as the trait has it: all errors or none.
pub(super) fn handles_error(model: &Handlers<'_>) -> Option<TokenStream> {
    let takes_all = |handler: &Handler<'_>| handler.cause().is_none() && handler.cfgs.is_empty();
    let mut handlers = error_handlers(model);
    handlers.next()?;
    if error_handlers(model).any(takes_all)
        || error_handlers(model).all(|handler| handler.cause().is_none())
    {
        return None;
    }
    let nearest = nearest(model);
    Some(quote! {
        fn handles_error(error: &__ws::Error) -> bool {
            #nearest.is_some()
        }
    })
}

/// Which of the handlers takes `error`, as an expression.
fn nearest(model: &Handlers<'_>) -> TokenStream {
    let depths = error_handlers(model).map(|handler| {
        let depth = handler.cause().map_or_else(
            || quote!(__ws::ANY_DEPTH),
            |ty| {
                let depth_of = quote_spanned!(ty.span()=> __ws::depth_of::<#ty>);
                quote!(#depth_of(error))
            },
        );
        if handler.cfgs.is_empty() {
            return depth;
        }
        let exists = exists(handler);
        quote!({
            #[cfg(#exists)]
            { #depth }
            #[cfg(not(#exists))]
            { ::core::primitive::usize::MAX }
        })
    });
    quote!(__ws::nearest([#(#depths),*]))
}

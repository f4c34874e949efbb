//! From the model to tokens. Nothing can fail here.
//!
//! Each item stands in an anonymous constant of its own, where `__ws` is the module that holds all
//! that the expansion names. Whatever the compiler may object to carries the span of the user's
//! tokens.

mod call;
mod callbacks;
mod causes;
mod checks;
mod declaration;
mod handler_set;
mod registration;
mod slot;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::ext::IdentExt;

pub(crate) use callbacks::endpoint_impl;
pub(crate) use declaration::declared;
pub(crate) use registration::registration;

use crate::model::{Handler, Handlers};

/// An anonymous scope in which `__ws` names the expansion's vocabulary.
fn scope(root: &Path, items: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            use #root::__private as __ws;
            #items
        };
    }
}

/// The body of `#[on_open]` and its siblings: they only run when `#[handlers]` did not take them.
pub(crate) fn stray_helper(name: &str) -> String {
    format!(
        "`#[{name}]` belongs on a method of an `impl` block under `#[handlers]`: \
         `#[handlers] impl Chat {{ #[{name}] async fn .. }}`"
    )
}

/// The body of `#[requires]`: it only runs when no other attribute took it.
pub(crate) const STRAY_REQUIRES: &str = "`#[requires(..)]` belongs on the struct, below `#[server_endpoint(\"/path\")]`, or on an \
     `#[on_message]` method under `#[handlers]`";

/// The same above the attribute that would have taken it.
pub(crate) const EARLY_REQUIRES: &str =
    "put `#[requires(..)]` below `#[server_endpoint(\"/path\")]`, which reads it";

/// Stops the build with `message`, at `span`, when `is_right` is false; a statement of a `const`.
fn assert(span: Span, is_right: &TokenStream, message: &str) -> TokenStream {
    quote_spanned!(span=> ::core::assert!(#is_right, "{}", #message);)
}

/// The name of the constant that holds what the type of the handler's message tells: its `KIND` or
/// `DELIVERY`.
fn fact_name(what: &str, handler: &Handler<'_>) -> syn::Ident {
    format_ident!("{what}_OF_{}", handler.method.unraw().to_string().to_uppercase())
}

/// That constant, as an expression.
fn fact(model: &Handlers<'_>, what: &str, handler: &Handler<'_>) -> TokenStream {
    let name = fact_name(what, handler);
    if model.is_generic() {
        let endpoint = model.endpoint;
        quote!(__Facts::<#endpoint>::#name)
    } else {
        quote!(#name)
    }
}

/// The same place, as the expansion's own code: an endpoint may be written by a `macro_rules`, whose
/// tokens do not see the expansion's variables.
fn hygienic(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

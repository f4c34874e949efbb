//! From the model to tokens. Nothing can fail here.
//!
//! Each item stands in an anonymous constant of its own, where `__ws` is the module that holds all
//! that the expansion names. Whatever the compiler may object to carries the span of the user's
//! tokens.

mod callbacks;
mod declaration;
mod handler_set;
mod type_text;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, Path};

pub(crate) use callbacks::endpoint_impl;
pub(crate) use declaration::{declared, registration};

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

/// A constant that stops the build with `message`, at `span`, when `is_right` is false.
fn assertion(span: Span, is_right: &TokenStream, message: &str) -> TokenStream {
    quote_spanned! {span=>
        const _: () = ::core::assert!(#is_right, "{}", #message);
    }
}

/// The name of the constant that holds the kind of message that `method` takes.
fn kind_of(method: &Ident) -> Ident {
    use syn::ext::IdentExt;
    quote::format_ident!("KIND_OF_{}", method.unraw().to_string().to_uppercase())
}

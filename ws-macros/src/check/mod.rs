//! From syntax to the model: every rule that tokens can show, and the only place that reports a
//! broken one.

mod declaration;
mod handlers;
mod messages;
mod params;
mod requirement;
mod types;
mod unique;

use syn::{Generics, Path};

pub(crate) use declaration::{client, server};
pub(crate) use handlers::handlers;

use crate::errors::Errors;

/// Where the expansion finds what it names: applications depend on `ws-container` alone.
fn root(named: Option<Path>) -> Path {
    named.unwrap_or_else(|| syn::parse_quote!(::ws_container))
}

/// Reports the lifetimes of an endpoint: it may have other parameters, as long as it owns all.
fn has_lifetimes(generics: &Generics, errors: &mut Errors) -> bool {
    for lifetime in generics.lifetimes() {
        errors.at(
            lifetime,
            "an endpoint lives as long as its connection and borrows nothing: let it own its \
             values, or share them in an `Arc`; types and consts may be parameters",
        );
    }
    generics.lifetimes().next().is_some()
}

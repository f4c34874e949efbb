//! From syntax to the model: every rule that tokens can show, and the only place that reports a
//! broken one.

mod declaration;
mod handlers;
mod params;
mod types;

use syn::Path;

pub(crate) use declaration::{client, server};
pub(crate) use handlers::handlers;

/// Where the expansion finds what it names: applications depend on `ws-container` alone.
fn root(named: Option<Path>) -> Path {
    named.unwrap_or_else(|| syn::parse_quote!(::ws_container))
}

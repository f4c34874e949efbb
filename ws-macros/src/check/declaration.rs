//! `#[server_endpoint]` and `#[client_endpoint]`.

use proc_macro2::Span;
use syn::{ItemStruct, LitStr, Type};

use crate::errors::Errors;
use crate::model::{Declaration, Side};
use crate::parse::{DeclarationArgs, Quantity, milliseconds};

/// The endpoint, or `None` when the struct can be none.
pub(crate) fn server<'ast>(
    args: &'ast DeclarationArgs,
    item: &'ast ItemStruct,
    errors: &mut Errors,
) -> Option<Declaration<'ast>> {
    if args.path.is_none() && errors.is_empty() {
        errors.at_span(
            Span::call_site(),
            "a server endpoint needs a path: `#[server_endpoint(\"/chat\")]`",
        );
    }
    let declaration = declaration(args, item, errors)?;
    let side = args.path.as_ref().map_or(Side::Pathless, Side::Server);
    Some(Declaration { side, ..declaration })
}

/// The endpoint, or `None` when the struct can be none.
pub(crate) fn client<'ast>(
    args: &'ast DeclarationArgs,
    item: &'ast ItemStruct,
    errors: &mut Errors,
) -> Option<Declaration<'ast>> {
    declaration(args, item, errors)
}

fn declaration<'ast>(
    args: &'ast DeclarationArgs,
    item: &'ast ItemStruct,
    errors: &mut Errors,
) -> Option<Declaration<'ast>> {
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            "an endpoint has no generic parameters: the container makes its instances by itself",
        );
        return None;
    }
    let subprotocols = args.subprotocols.iter().flatten().collect::<Vec<_>>();
    check_subprotocols(&subprotocols, errors);
    Some(Declaration {
        root: super::root(args.root.clone()),
        ident: &item.ident,
        side: Side::Client,
        subprotocols,
        decoders: codecs(&args.decoders),
        encoders: codecs(&args.encoders),
        idle_timeout: args.idle_timeout.as_ref().and_then(|value| idle_timeout(value, errors)),
    })
}

fn codecs(types: &Option<Vec<Type>>) -> Vec<&Type> {
    types.iter().flatten().collect()
}

/// RFC 6455 §4.1: subprotocols are unique tokens.
fn check_subprotocols(subprotocols: &[&LitStr], errors: &mut Errors) {
    for (at, literal) in subprotocols.iter().enumerate() {
        let name = literal.value();
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            errors.at(
                literal,
                "a subprotocol is a token (RFC 6455 §4.1): letters, digits and \
                 `!#$%&'*+-.^_|~`, no spaces, commas or slashes",
            );
        }
        if subprotocols[..at].iter().any(|earlier| earlier.value() == name) {
            errors.at(literal, format_args!("subprotocol `{name}` is listed twice"));
        }
    }
}

fn idle_timeout(value: &Quantity, errors: &mut Errors) -> Option<u64> {
    const UNITS: &str = "write a duration with its unit, `ms`, `s`, `m` or `h`: \
                         `idle_timeout = \"30s\"`";
    match value {
        Quantity::Int(int) => {
            errors.at(int, UNITS);
            None
        }
        Quantity::Str(text) => match milliseconds(&text.value()) {
            None => {
                errors.at(text, UNITS);
                None
            }
            Some(0) => {
                errors.at(text, "leave `idle_timeout` out instead of giving it no time");
                None
            }
            some => some,
        },
    }
}

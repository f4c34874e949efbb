//! `#[server_endpoint]` and `#[client_endpoint]`.

use proc_macro2::Span;
use syn::{ItemStruct, LitInt, LitStr, Type};

use crate::check::requirement::requirement;
use crate::errors::Errors;
use crate::model::{Declaration, Deployment, Instance, Side};
use crate::parse::{DeclarationArgs, Quantity, is_requires, milliseconds};

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
    let deployment = Deployment {
        instance: instance(args, errors),
        configurator: args.configurator.as_ref(),
        idle_timeout: args.idle_timeout.as_ref().and_then(|value| idle_timeout(value, errors)),
        max_sessions: args.max_sessions.as_ref().and_then(|value| max_sessions(value, errors)),
        require_tls: args.require_tls.is_some(),
        requirement: requirement(&item.attrs, errors),
    };
    Some(Declaration { side, deployment, ..declaration })
}

/// The endpoint, or `None` when the struct can be none.
pub(crate) fn client<'ast>(
    args: &'ast DeclarationArgs,
    item: &'ast ItemStruct,
    errors: &mut Errors,
) -> Option<Declaration<'ast>> {
    for attribute in item.attrs.iter().filter(|attribute| is_requires(attribute)) {
        errors.at(
            attribute,
            "`#[requires(..)]` is for server endpoints: a client's peer is the server",
        );
    }
    declaration(args, item, errors)
}

fn declaration<'ast>(
    args: &'ast DeclarationArgs,
    item: &'ast ItemStruct,
    errors: &mut Errors,
) -> Option<Declaration<'ast>> {
    if super::has_lifetimes(&item.generics, errors) {
        return None;
    }
    let subprotocols = args.subprotocols.iter().flatten().collect::<Vec<_>>();
    check_subprotocols(&subprotocols, errors);
    Some(Declaration {
        root: super::root(args.root.clone()),
        ident: &item.ident,
        generics: &item.generics,
        side: Side::Client,
        subprotocols,
        decoders: codecs(&args.decoders),
        encoders: codecs(&args.encoders),
        deployment: Deployment::default(),
    })
}

fn instance<'ast>(args: &'ast DeclarationArgs, errors: &mut Errors) -> Instance<'ast> {
    let shared = args.instance.as_ref().filter(|instance| match &*instance.value() {
        "shared" => true,
        "per_connection" => false,
        _ => {
            errors.at(
                instance,
                "an instance is `\"per_connection\"`, each connection having its own (the \
                 default), or `\"shared\"`, one for all",
            );
            false
        }
    });
    match (shared, &args.factory) {
        (None, None) => Instance::PerConnection,
        (Some(_), None) => Instance::Shared,
        (None, Some(factory)) => Instance::Factory(factory),
        (Some(shared), Some(factory)) => {
            errors.at(
                factory,
                "a factory makes an instance for each connection: leave `instance = \"shared\"` \
                 out, or make the shared instance with `Default` and leave `factory` out",
            );
            errors.at(shared, "the instance is shared by this");
            Instance::Shared
        }
    }
}

fn max_sessions(value: &LitInt, errors: &mut Errors) -> Option<usize> {
    match value.base10_parse::<usize>() {
        Ok(0) => {
            errors.at(value, "a `max_sessions` of 0 refuses everyone; leave it out for no limit");
            None
        }
        Ok(sessions) if value.suffix().is_empty() => Some(sessions),
        _ => {
            errors.at(value, "write a plain number of sessions: `max_sessions = 100`");
            None
        }
    }
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

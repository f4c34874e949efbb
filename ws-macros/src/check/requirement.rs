//! `#[requires(..)]`: who may come in, or send.

use syn::{Attribute, LitStr};

use crate::errors::Errors;
use crate::model::Requirement;
use crate::parse::{RequiresArgs, is_requires};

/// What the attributes of a struct or method require.
pub(super) fn requirement(attributes: &[Attribute], errors: &mut Errors) -> Option<Requirement> {
    let mut found = attributes.iter().filter(|attribute| is_requires(attribute));
    let attribute = found.next()?;
    for second in found {
        errors.at(
            second,
            "`#[requires(..)]` stands once: `roles = [..]` takes several, of which one is enough",
        );
    }
    let before = errors.len();
    let args = RequiresArgs::parse(attribute, errors);
    match (&args.authenticated, args.role, args.roles) {
        (None, Some(role), None) => roles(vec![role], errors),
        (None, None, Some(list)) if list.is_empty() => {
            errors.at(attribute, "name a role, or write `#[requires(authenticated)]`");
            None
        }
        (None, None, Some(list)) => roles(list, errors),
        (Some(word), None, None) => Some(Requirement::Authenticated(word.span())),
        // A broken argument has its error already.
        _ if errors.len() > before => None,
        (None, None, None) => {
            errors.at(
                attribute,
                "say what is required: `role = \"admin\"`, `roles = [\"admin\", \"owner\"]` (one \
                 of them) or `authenticated`",
            );
            None
        }
        _ => {
            errors.at(
                attribute,
                "one of `role`, `roles` and `authenticated` says it all: who has a role is \
                 authenticated, and of `roles` one is enough",
            );
            None
        }
    }
}

fn roles(names: Vec<LitStr>, errors: &mut Errors) -> Option<Requirement> {
    for (at, name) in names.iter().enumerate() {
        if name.value().is_empty() {
            errors.at(name, "a role has a name");
        } else if names[..at].iter().any(|earlier| earlier.value() == name.value()) {
            errors.at(name, format_args!("role `{}` is listed twice", name.value()));
        }
    }
    Some(Requirement::AnyOf(names))
}

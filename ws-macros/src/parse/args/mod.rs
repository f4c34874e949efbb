//! The arguments of attributes.
//!
//! Arguments are split at their commas first: a broken one does not hide the errors of the others.

mod declaration;
mod handler;

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Meta, Token, bracketed};

pub(crate) use declaration::{DeclarationArgs, RequiresArgs};
pub(crate) use handler::{HandlerArgs, HandlersArgs, PathParamArgs};

use crate::errors::Errors;

/// The arguments in an attribute's parentheses.
fn attribute_arguments(attribute: &Attribute, errors: &mut Errors) -> Vec<TokenStream> {
    match &attribute.meta {
        Meta::Path(_) => Vec::new(),
        Meta::List(list) => arguments(list.tokens.clone()),
        Meta::NameValue(pair) => {
            errors.at(pair, "arguments go in parentheses: `#[attribute(..)]`");
            Vec::new()
        }
    }
}

/// Splits at the commas, save those between a type's `<` and `>`.
fn arguments(tokens: TokenStream) -> Vec<TokenStream> {
    let mut arguments = vec![Vec::new()];
    let mut depth = 0_usize;
    let mut before = ' ';
    for token in tokens {
        let punct = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match punct {
            '<' => depth += 1,
            // Not that of `->`.
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = punct;
        if punct == ',' && depth == 0 {
            arguments.push(Vec::new());
        } else if let Some(argument) = arguments.last_mut() {
            argument.push(token);
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments.into_iter().map(TokenStream::from_iter).collect()
}

/// Parses one argument, to its end.
fn apply<T>(
    parser: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
    argument: TokenStream,
    errors: &mut Errors,
) -> Option<T> {
    parser.parse2(argument).map_err(|error| errors.push(error)).ok()
}

fn key(input: ParseStream<'_>) -> syn::Result<Ident> {
    input
        .call(Ident::parse_any)
        .map_err(|error| syn::Error::new(error.span(), "expected an argument: `name = value`"))
}

/// Reads `= value` into `slot`.
fn value<T>(
    slot: &mut Option<T>,
    key: &Ident,
    input: ParseStream<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<()> {
    once(slot, key)?;
    if !input.peek(Token![=]) {
        let message = format_args!("`{key}` needs a value: `{key} = ..`").to_string();
        return Err(syn::Error::new(key.span(), message));
    }
    input.parse::<Token![=]>()?;
    *slot = Some(parse(input)?);
    Ok(())
}

/// Reads an argument that is there or not.
fn flag(slot: &mut Option<Ident>, key: Ident, input: ParseStream<'_>) -> syn::Result<()> {
    once(slot, &key)?;
    if let Ok(rest) = input.parse::<TokenTree>() {
        let message = format_args!("`{key}` has no value: write it alone, or leave it out");
        return Err(syn::Error::new(rest.span(), message));
    }
    *slot = Some(key);
    Ok(())
}

fn once<T>(slot: &Option<T>, key: &Ident) -> syn::Result<()> {
    match slot {
        Some(_) => Err(syn::Error::new(key.span(), format_args!("`{key}` is given twice"))),
        None => Ok(()),
    }
}

fn list<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let content;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("expected a list: `[..]`"));
    }
    bracketed!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

/// A string literal, with a `hint` for those who write something else.
fn text(input: ParseStream<'_>, hint: &str) -> syn::Result<LitStr> {
    input.parse().map_err(|error| syn::Error::new(error.span(), hint))
}

/// An argument that does not exist; the one that was meant, if `accepted` has one like it.
fn unknown(key: &Ident, accepted: &[&str]) -> syn::Error {
    let quoted: Vec<_> = accepted.iter().map(|name| format!("`{name}`")).collect();
    let all = match &*quoted {
        [] => "this attribute takes none".to_owned(),
        [only] => format!("there is {only}"),
        [rest @ .., last] => format!("there are {} and {last}", rest.join(", ")),
    };
    let hint = match meant(&key.to_string(), accepted) {
        Some(name) => format!("did you mean `{name}`? ({all})"),
        None => all,
    };
    syn::Error::new(key.span(), format_args!("no argument `{key}` here; {hint}"))
}

/// What Jakarta and others call ours.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("max_message_size", "max_size"),
    ("maxMessageSize", "max_size"),
    ("rolesAllowed", "roles"),
    ("secure", "require_tls"),
    ("timeout", "idle_timeout"),
];

/// The name that `written` is a slip of.
fn meant<'n>(written: &str, accepted: &[&'n str]) -> Option<&'n str> {
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == written).map(|(_, ours)| *ours);
    let near = |name: &&&str| match other {
        Some(ours) => **name == ours,
        None => distance(written, name) <= name.len() / 3,
    };
    accepted.iter().filter(near).min_by_key(|name| distance(written, name)).copied()
}

/// How many letters to add, drop or change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn commas_inside_of_types_split_nothing() {
        let tokens = quote!("/x", configurator = Policy<A, B>, f = fn(A) -> B, decoders = [A, B]);
        let split: Vec<_> = arguments(tokens).iter().map(ToString::to_string).collect();
        assert_eq!(split.len(), 4, "{split:?}");
        assert_eq!(split[1], quote!(configurator = Policy<A, B>).to_string());
    }

    #[test]
    fn slips_are_understood() {
        #[rustfmt::skip] // a table
        let cases = [
            ("subprotocol",    Some("subprotocols")),
            ("sub_protocols",  Some("subprotocols")),
            ("idletimeout",    Some("idle_timeout")),
            ("maxMessageSize", Some("max_size")),
            ("codecs",         None),
            ("x",              None),
        ];
        let accepted = ["subprotocols", "decoders", "encoders", "idle_timeout", "max_size"];
        for (written, want) in cases {
            assert_eq!(meant(written, &accepted), want, "{written}");
        }
    }
}

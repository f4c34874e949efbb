//! The arguments of attributes.
//!
//! Arguments are split at their commas first: a broken one does not hide the errors of the others.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Meta, Path, Token, Type, bracketed};

use crate::errors::Errors;
use crate::parse::Quantity;

/// Of `#[server_endpoint]` and `#[client_endpoint]`.
#[derive(Default)]
pub(crate) struct DeclarationArgs {
    pub(crate) path: Option<LitStr>,
    pub(crate) subprotocols: Option<Vec<LitStr>>,
    pub(crate) decoders: Option<Vec<Type>>,
    pub(crate) encoders: Option<Vec<Type>>,
    pub(crate) idle_timeout: Option<Quantity>,
    pub(crate) root: Option<Path>,
}

impl DeclarationArgs {
    pub(crate) fn server(attr: TokenStream, errors: &mut Errors) -> Self {
        const ACCEPTED: &str = "`subprotocols`, `decoders`, `encoders`, `idle_timeout` and `crate`";
        let mut args = Self::default();
        let mut arguments = arguments(attr);
        if let Some(Ok(path)) = arguments.first().map(|first| syn::parse2(first.clone())) {
            args.path = Some(path);
            arguments.remove(0);
        }
        for argument in arguments {
            let parser = |input: ParseStream<'_>| {
                let key = key(input)?;
                match &*key.to_string() {
                    "idle_timeout" => value(&mut args.idle_timeout, &key, input, Parse::parse),
                    "path" => Err(syn::Error::new(
                        key.span(),
                        "the path stands first and by itself: `#[server_endpoint(\"/chat\")]`",
                    )),
                    _ => args.shared(&key, input, ACCEPTED),
                }
            };
            apply(parser, argument, errors);
        }
        args
    }

    pub(crate) fn client(attr: TokenStream, errors: &mut Errors) -> Self {
        const ACCEPTED: &str = "`subprotocols`, `decoders`, `encoders` and `crate`";
        let mut args = Self::default();
        for argument in arguments(attr) {
            let parser = |input: ParseStream<'_>| {
                if input.peek(LitStr) {
                    return Err(input
                        .error("a client endpoint has no path: it gets its URI when it connects"));
                }
                let key = key(input)?;
                args.shared(&key, input, ACCEPTED)
            };
            apply(parser, argument, errors);
        }
        args
    }

    /// The arguments that both have.
    fn shared(&mut self, key: &Ident, input: ParseStream<'_>, accepted: &str) -> syn::Result<()> {
        match &*key.to_string() {
            "subprotocols" => value(&mut self.subprotocols, key, input, list),
            "decoders" => value(&mut self.decoders, key, input, list),
            "encoders" => value(&mut self.encoders, key, input, list),
            "crate" => value(&mut self.root, key, input, Path::parse_mod_style),
            _ => Err(unknown(key, accepted)),
        }
    }
}

/// Of `#[handlers]`.
#[derive(Default)]
pub(crate) struct HandlersArgs {
    pub(crate) root: Option<Path>,
}

impl HandlersArgs {
    pub(crate) fn parse(attr: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        for argument in arguments(attr) {
            let parser = |input: ParseStream<'_>| {
                let key = key(input)?;
                match &*key.to_string() {
                    "crate" => value(&mut args.root, &key, input, Path::parse_mod_style),
                    _ => Err(unknown(&key, "`crate`")),
                }
            };
            apply(parser, argument, errors);
        }
        args
    }
}

/// Of `#[on_message]` and its siblings.
#[derive(Default)]
pub(crate) struct HandlerArgs {
    pub(crate) max_size: Option<Quantity>,
}

impl HandlerArgs {
    pub(crate) fn parse(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        for argument in attribute_arguments(attribute, errors) {
            let parser = |input: ParseStream<'_>| {
                let key = key(input)?;
                match &*key.to_string() {
                    "max_size" => value(&mut args.max_size, &key, input, Parse::parse),
                    _ => Err(unknown(&key, "`max_size`, as in `max_size = \"64 KiB\"`")),
                }
            };
            apply(parser, argument, errors);
        }
        args
    }
}

/// Of `#[path_param]`.
#[derive(Default)]
pub(crate) struct PathParamArgs {
    pub(crate) name: Option<LitStr>,
}

impl PathParamArgs {
    pub(crate) fn parse(attribute: &Attribute, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        for argument in attribute_arguments(attribute, errors) {
            let name = |input: ParseStream<'_>| {
                input.parse::<LitStr>().map_err(|error| {
                    let message = "name the variable in quotes: `#[path_param(\"guest-id\")]`";
                    syn::Error::new(error.span(), message)
                })
            };
            if let Some(name) = apply(name, argument, errors) {
                args.name = Some(name);
            }
        }
        args
    }
}

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

/// Splits at the commas.
fn arguments(tokens: TokenStream) -> Vec<TokenStream> {
    let mut arguments = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => arguments.push(Vec::new()),
            _ => {
                if let Some(argument) = arguments.last_mut() {
                    argument.push(token);
                }
            }
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
    if slot.is_some() {
        return Err(syn::Error::new(key.span(), format_args!("`{key}` is given twice")));
    }
    if !input.peek(Token![=]) {
        let message = format_args!("`{key}` needs a value: `{key} = ..`").to_string();
        return Err(syn::Error::new(key.span(), message));
    }
    input.parse::<Token![=]>()?;
    *slot = Some(parse(input)?);
    Ok(())
}

fn list<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let content;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("expected a list: `[..]`"));
    }
    bracketed!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

fn unknown(key: &Ident, accepted: &str) -> syn::Error {
    syn::Error::new(key.span(), format_args!("no argument `{key}` here; there is {accepted}"))
}

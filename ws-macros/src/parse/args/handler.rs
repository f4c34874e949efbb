//! Arguments of attributes on `impl` blocks, methods and parameters.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, LitStr, Path};

use super::{apply, arguments, attribute_arguments, key, text, unknown, value};
use crate::errors::Errors;
use crate::parse::{Callback, Quantity};

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
                    _ => Err(unknown(&key, &["crate"])),
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
    pub(crate) kind: Option<LitStr>,
    /// An argument was wrong, which is reported.
    pub(crate) is_broken: bool,
}

impl HandlerArgs {
    pub(crate) fn parse(callback: Callback, attribute: &Attribute, errors: &mut Errors) -> Self {
        let accepted: &[&str] = match callback {
            Callback::Message => &["max_size", "kind"],
            Callback::Frame => &["max_size"],
            Callback::Open | Callback::Closing | Callback::Close | Callback::Error => &[],
        };
        let mut args = Self::default();
        let before = errors.len();
        for argument in attribute_arguments(attribute, errors) {
            let parser = |input: ParseStream<'_>| {
                let key = key(input)?;
                match &*key.to_string() {
                    // Who writes these in the wrong place is told the right one.
                    "max_size" => value(&mut args.max_size, &key, input, Parse::parse),
                    "kind" => value(&mut args.kind, &key, input, |input| {
                        text(input, "write `kind = \"text\"` or `kind = \"binary\"`")
                    }),
                    _ => Err(unknown(&key, accepted)),
                }
            };
            apply(parser, argument, errors);
        }
        args.is_broken = errors.len() > before;
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
                text(input, "name the variable in quotes: `#[path_param(\"guest-id\")]`")
            };
            match apply(name, argument, errors) {
                Some(second) if args.name.is_some() => {
                    errors.at(second, "a parameter is one path variable: name one");
                }
                Some(name) => args.name = Some(name),
                None => {}
            }
        }
        args
    }
}

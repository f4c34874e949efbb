//! Arguments of attributes on structs.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, ExprPath, Ident, LitInt, LitStr, Path, Type};

use super::{apply, arguments, attribute_arguments, flag, key, list, text, unknown, value};
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
    pub(crate) configurator: Option<Type>,
    pub(crate) factory: Option<ExprPath>,
    pub(crate) instance: Option<LitStr>,
    pub(crate) max_sessions: Option<LitInt>,
    pub(crate) require_tls: Option<Ident>,
    pub(crate) root: Option<Path>,
}

impl DeclarationArgs {
    const SERVER: &'static [&'static str] = &[
        "subprotocols",
        "decoders",
        "encoders",
        "configurator",
        "factory",
        "instance",
        "idle_timeout",
        "max_sessions",
        "require_tls",
        "crate",
    ];
    const CLIENT: &'static [&'static str] = &["subprotocols", "decoders", "encoders", "crate"];

    pub(crate) fn server(attr: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let mut arguments = arguments(attr);
        if let Some(Ok(path)) = arguments.first().map(|first| syn::parse2(first.clone())) {
            args.path = Some(path);
            arguments.remove(0);
        }
        for argument in arguments {
            apply(|input| args.of_server(input), argument, errors);
        }
        args
    }

    pub(crate) fn client(attr: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        for argument in arguments(attr) {
            apply(|input| args.of_client(input), argument, errors);
        }
        args
    }

    fn of_server(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(LitStr) {
            return Err(input.error("the path stands first: `#[server_endpoint(\"/chat\", ..)]`"));
        }
        let key = key(input)?;
        match &*key.to_string() {
            "idle_timeout" => value(&mut self.idle_timeout, &key, input, Parse::parse),
            "configurator" => value(&mut self.configurator, &key, input, |input| {
                let hint = "name a type that is a `ServerConfigurator`: `configurator = Policy`";
                input.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), hint))
            }),
            "factory" => value(&mut self.factory, &key, input, |input| {
                let hint = "name a function that makes an instance: `factory = Chat::new`";
                input.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), hint))
            }),
            "instance" => value(&mut self.instance, &key, input, |input| {
                text(input, "write `instance = \"shared\"` or `instance = \"per_connection\"`")
            }),
            "max_sessions" => value(&mut self.max_sessions, &key, input, |input| {
                let hint = "write a number of sessions: `max_sessions = 100`";
                input.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), hint))
            }),
            "require_tls" => flag(&mut self.require_tls, key, input),
            "path" | "value" => Err(syn::Error::new(
                key.span(),
                "the path stands first and by itself: `#[server_endpoint(\"/chat\")]`",
            )),
            _ => self.shared(&key, input, Self::SERVER),
        }
    }

    fn of_client(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(LitStr) {
            return Err(
                input.error("a client endpoint has no path: it gets its URI when it connects")
            );
        }
        let key = key(input)?;
        let name = key.to_string();
        if Self::SERVER.contains(&&*name) && !Self::CLIENT.contains(&&*name) {
            return Err(syn::Error::new(
                key.span(),
                format_args!(
                    "`{name}` is for `#[server_endpoint]`; a client endpoint is set up where it \
                     connects"
                ),
            ));
        }
        self.shared(&key, input, Self::CLIENT)
    }

    /// The arguments that both have.
    fn shared(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        accepted: &[&str],
    ) -> syn::Result<()> {
        match &*key.to_string() {
            "subprotocols" => value(&mut self.subprotocols, key, input, list),
            "decoders" => value(&mut self.decoders, key, input, list),
            "encoders" => value(&mut self.encoders, key, input, list),
            "crate" => value(&mut self.root, key, input, Path::parse_mod_style),
            _ => Err(unknown(key, accepted)),
        }
    }
}

/// Of `#[requires]`.
#[derive(Default)]
pub(crate) struct RequiresArgs {
    pub(crate) role: Option<LitStr>,
    pub(crate) roles: Option<Vec<LitStr>>,
    pub(crate) authenticated: Option<Ident>,
}

impl RequiresArgs {
    pub(crate) fn parse(attribute: &Attribute, errors: &mut Errors) -> Self {
        const ACCEPTED: &[&str] = &["role", "roles", "authenticated"];
        let mut args = Self::default();
        for argument in attribute_arguments(attribute, errors) {
            let parser = |input: ParseStream<'_>| {
                let key = key(input)?;
                match &*key.to_string() {
                    "role" => value(&mut args.role, &key, input, |input| {
                        text(input, "name a role in quotes: `role = \"admin\"`")
                    }),
                    "roles" => value(&mut args.roles, &key, input, list),
                    "authenticated" => flag(&mut args.authenticated, key, input),
                    _ => Err(unknown(&key, ACCEPTED)),
                }
            };
            apply(parser, argument, errors);
        }
        args
    }
}

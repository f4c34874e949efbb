//! parse → check → expand, on `proc_macro2` types so that tests can call it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ItemStruct;

use crate::errors::Errors;
use crate::parse::{DeclarationArgs, HandlersArgs};
use crate::{check, expand, parse};

pub(crate) fn server_endpoint(attr: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = DeclarationArgs::server(attr, &mut errors);
    let ast = parse::endpoint("server_endpoint", item.clone(), &mut errors);
    let model = ast.as_ref().and_then(|ast| check::server(&args, ast, &mut errors));
    let declared = model.as_ref().map(expand::declared);
    let registration = model.as_ref().filter(|_| errors.is_empty()).map(expand::registration);
    let item = declared_item(ast, item);
    let errors = errors.into_compile_errors();
    quote!(#item #declared #registration #errors)
}

pub(crate) fn client_endpoint(attr: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = DeclarationArgs::client(attr, &mut errors);
    let ast = parse::endpoint("client_endpoint", item.clone(), &mut errors);
    let model = ast.as_ref().and_then(|ast| check::client(&args, ast, &mut errors));
    let declared = model.as_ref().map(expand::declared);
    let item = declared_item(ast, item);
    let errors = errors.into_compile_errors();
    quote!(#item #declared #errors)
}

/// The user's item as it goes on: what is no struct goes on as it is.
fn declared_item(ast: Option<ItemStruct>, item: &TokenStream) -> TokenStream {
    ast.map(parse::without_requires).map_or_else(|| item.clone(), ToTokens::into_token_stream)
}

pub(crate) fn handlers(attr: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = HandlersArgs::parse(attr, &mut errors);
    let Some(ast) = parse::handlers(item.clone(), &mut errors) else {
        let errors = errors.into_compile_errors();
        return quote!(#item #errors);
    };
    // What is left of a broken block is an endpoint all the same: otherwise its struct would add an
    // error that hides the ones that matter.
    let endpoint =
        check::handlers(&args, &ast, &mut errors).map(|model| expand::endpoint_impl(&model));
    let item = parse::without_helper_attributes(ast);
    let errors = errors.into_compile_errors();
    quote!(#item #endpoint #errors)
}

/// A helper attribute outside of `#[handlers]`.
pub(crate) fn stray_helper(name: &str, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at_span(Span::call_site(), expand::stray_helper(name));
    let errors = errors.into_compile_errors();
    quote!(#item #errors)
}

/// `#[requires]` outside of what reads it.
pub(crate) fn stray_requires(item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let message = if parse::is_server_endpoint(item) {
        expand::EARLY_REQUIRES
    } else {
        expand::STRAY_REQUIRES
    };
    errors.at_span(Span::call_site(), message);
    let errors = errors.into_compile_errors();
    quote!(#item #errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(expansion: TokenStream) -> String {
        prettyplease::unparse(&syn::parse2(expansion).unwrap())
    }

    #[test]
    fn server_endpoint_expands() {
        let attr = quote! {
            "/chat/{room}", subprotocols = ["chat.v1"], decoders = [LineDecoder, FirstOf<(A, B)>],
            idle_timeout = "30s"
        };
        let item = quote!(
            struct Chat {
                room: String,
            }
        );
        insta::assert_snapshot!(pretty(server_endpoint(attr, &item)));
    }

    #[test]
    fn client_endpoint_expands() {
        let attr = quote!(encoders = [LineEncoder], crate = ws_core);
        let item = quote!(
            struct Feed;
        );
        insta::assert_snapshot!(pretty(client_endpoint(attr, &item)));
    }

    #[test]
    fn handlers_expand() {
        let item = quote! {
            impl Chat {
                /// Kept.
                #[on_open]
                async fn open(&mut self, session: &Session, #[path_param] room: String) -> Result<()> {
                    session.subscribe(room)
                }

                #[on_message(max_size = "64 KiB")]
                fn text<'m>(&mut self, text: &'m str) -> &'m str {
                    text
                }

                #[cfg(feature = "lines")]
                #[on_message]
                async fn line(&mut self, line: Line<Self>) -> Option<Line<Self>> {
                    Some(line)
                }

                #[on_close]
                fn close(&self, reason: &CloseReason) {}

                fn helper(&self) {}
            }
        };
        insta::assert_snapshot!(pretty(handlers(TokenStream::new(), &item)));
    }

    #[test]
    fn shared_handlers_expand() {
        let item = quote! {
            impl Chat {
                #[on_open]
                async fn open(&self, request: &HandshakeRequest, db: &State<Db>) {}

                #[on_message]
                #[requires(roles = ["admin", "owner"])]
                fn part(&self, last: bool, text: String, who: Option<&Principal>) {}

                #[on_message(kind = "binary")]
                fn stream(&self, reader: MessageReader) {}

                #[on_error]
                fn decode(&self, error: &DecodeError) {}

                #[cfg(unix)]
                #[on_error]
                fn other(&self, error: &Error) {}
            }
        };
        insta::assert_snapshot!(pretty(handlers(TokenStream::new(), &item)));
    }

    #[test]
    fn generic_endpoint_expands() {
        let attr = quote! {
            "/chat", factory = Chat::<Db, N>::new, configurator = Policy<A, B>, max_sessions = 7,
            require_tls, crate = ws_core
        };
        let item = quote!(
            #[requires(role = "admin")]
            struct Chat<Db: Store = Memory, const N: usize = 3>(Db)
            where
                Db: Sync;
        );
        insta::assert_snapshot!(pretty(server_endpoint(attr, &item)));
        let item = quote! {
            impl<Db: Store, const N: usize> Chat<Db, N> {
                #[on_message]
                fn line(&mut self, line: Line<Db>) {}
            }
        };
        insta::assert_snapshot!(pretty(handlers(quote!(crate = ws_core), &item)));
    }

    #[test]
    fn the_item_survives_every_error() {
        let item = quote! {
            impl Chat {
                #[on_open]
                fn open(self) {}
            }
        };
        insta::assert_snapshot!(pretty(handlers(quote!(nonsense), &item)));
    }
}

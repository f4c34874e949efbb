//! What a struct declares, and its registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::expand::scope;
use crate::expand::type_text::type_text;
use crate::model::{Declaration, Side};

/// `impl Declared`, with what it rests on.
pub(crate) fn declared(model: &Declaration<'_>) -> TokenStream {
    let Declaration { ident, subprotocols, decoders, encoders, .. } = model;
    let path = match model.side {
        Side::Server(path) => quote!(::core::option::Option::Some(#path)),
        // No template can be so: checks of path variables are left out.
        Side::Pathless => quote!(::core::option::Option::Some("")),
        Side::Client => quote!(::core::option::Option::None),
    };
    let (decoder_list, encoder_list) = (nested(decoders), nested(encoders));
    let codecs = asserted(decoders, &quote!(assert_decoder))
        .chain(asserted(encoders, &quote!(assert_encoder)))
        .collect::<TokenStream>();
    let template = template(model);
    scope(
        &model.root,
        &quote! {
            #[automatically_derived]
            impl __ws::Declared for #ident {
                type Decoders = #decoder_list;
                type Encoders = #encoder_list;
                const PATH: ::core::option::Option<&'static str> = #path;
                const SUBPROTOCOLS: &'static [&'static str] = &[#(#subprotocols),*];
            }
            #template
            #codecs
        },
    )
}

/// `(A, (B, ()))`
fn nested(types: &[&Type]) -> TokenStream {
    types.iter().rev().fold(quote!(()), |rest, ty| quote!((#ty, #rest)))
}

/// Each of `types` put to a function whose bounds it has to meet.
fn asserted(types: &[&Type], function: &TokenStream) -> impl Iterator<Item = TokenStream> {
    types.iter().map(move |ty| {
        quote_spanned! {ty.span()=> const _: () = __ws::#function::<#ty, _>(); }
    })
}

/// The template's own check, which speaks at the literal.
fn template(model: &Declaration<'_>) -> TokenStream {
    let Side::Server(path) = model.side else { return TokenStream::new() };
    quote_spanned! {path.span()=>
        const _: () = if let ::core::result::Result::Err(error) = __ws::path::check(#path) {
            ::core::panic!("{}", error.message())
        };
    }
}

/// The descriptor, and its entry in the registry.
pub(crate) fn registration(model: &Declaration<'_>) -> TokenStream {
    let Side::Server(path) = model.side else { return TokenStream::new() };
    let Declaration { ident, subprotocols, .. } = model;
    let decoders = model.decoders.iter().map(|ty| type_text(ty));
    let encoders = model.encoders.iter().map(|ty| type_text(ty));
    let idle_timeout = model.idle_timeout.map_or_else(
        || quote!(::core::option::Option::None),
        |millis| quote!(::core::option::Option::Some(#millis)),
    );
    // Both name what the struct may lack: handlers, and a way to make an instance.
    let handlers = quote_spanned!(ident.span()=> __ws::handlers_of::<#ident>());
    let launcher = quote_spanned!(ident.span()=> __ws::launch_default::<#ident>);
    scope(
        &model.root,
        &quote! {
            #[automatically_derived]
            impl __ws::ServerEndpoint for #ident {
                const DESCRIPTOR: __ws::EndpointDescriptor = __ws::EndpointDescriptor::new(
                    #path,
                    ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#ident)),
                    #handlers,
                    ::core::file!(),
                    ::core::line!(),
                    #launcher,
                )
                .subprotocols(&[#(#subprotocols),*])
                .decoders(&[#(#decoders),*])
                .encoders(&[#(#encoders),*])
                .idle_timeout_millis(#idle_timeout);
            }
            static DESCRIPTOR: __ws::EndpointDescriptor =
                <#ident as __ws::ServerEndpoint>::DESCRIPTOR;
            __ws::inventory::submit! { __ws::Registration(&DESCRIPTOR) }
        },
    )
}

//! What a struct declares.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::expand::scope;
use crate::model::{Declaration, Instance, Side};

/// `impl Declared`, with what it rests on.
pub(crate) fn declared(model: &Declaration<'_>) -> TokenStream {
    let Declaration { ident, subprotocols, decoders, encoders, .. } = model;
    let (generics, arguments, bounds) = model.generics.split_for_impl();
    let path = match model.side {
        Side::Server(path) => quote!(::core::option::Option::Some(#path)),
        // No template can be so: checks of path variables are left out.
        Side::Pathless => quote!(::core::option::Option::Some("")),
        Side::Client => quote!(::core::option::Option::None),
    };
    let (decoder_list, encoder_list) = (nested(decoders), nested(encoders));
    let is_shared = matches!(model.deployment.instance, Instance::Shared);
    let shared = is_shared.then(|| {
        quote!(
            const SHARED: bool = true;
        )
    });
    let (codecs, template) = (lifecycle(model), template(model));
    scope(
        &model.root,
        &quote! {
            #[automatically_derived]
            impl #generics __ws::Declared for #ident #arguments #bounds {
                type Decoders = #decoder_list;
                type Encoders = #encoder_list;
                const PATH: ::core::option::Option<&'static str> = #path;
                const SUBPROTOCOLS: &'static [&'static str] = &[#(#subprotocols),*];
                #shared
                #codecs
            }
            #template
        },
    )
}

/// `(A, (B, ()))`
fn nested(types: &[&Type]) -> TokenStream {
    types.iter().rev().fold(quote!(()), |rest, ty| quote!((#ty, #rest)))
}

/// What the list says of one of its types, with the bounds that it has to meet.
fn codec(ty: &Type, function: &TokenStream) -> TokenStream {
    quote_spanned!(ty.span()=> __ws::#function::<#ty, _>())
}

/// The two lists, by the functions that know their entries.
fn lists<'m>(model: &'m Declaration<'_>) -> [(TokenStream, TokenStream, &'m [&'m Type]); 2] {
    [
        (quote!(decoders), quote!(decoder), &model.decoders),
        (quote!(encoders), quote!(encoder), &model.encoders),
    ]
}

/// `codecs`, and where there are any, `init_codecs` and `destroy_codecs`.
fn lifecycle(model: &Declaration<'_>) -> TokenStream {
    let [decoders, encoders] = lists(model).map(|(_, function, types)| {
        types.iter().rev().fold(quote!(()), |rest, ty| {
            let codec = codec(ty, &function);
            quote!((#codec.make(), #rest))
        })
    });
    let make = quote! {
        fn codecs() -> (Self::Decoders, Self::Encoders) {
            (#decoders, #encoders)
        }
    };
    if model.decoders.is_empty() && model.encoders.is_empty() {
        return make;
    }
    let (mut init, mut destroy) = (TokenStream::new(), TokenStream::new());
    for (list, function, types) in lists(model) {
        let mut rest = list;
        for ty in types {
            let codec = codec(ty, &function);
            init.extend(quote!(#codec.init(&mut #rest.0, config);));
            destroy.extend(quote!(#codec.destroy(&mut #rest.0);));
            rest = quote!(#rest.1);
        }
    }
    quote! {
        #make
        fn init_codecs(
            decoders: &mut Self::Decoders,
            encoders: &mut Self::Encoders,
            config: &__ws::EndpointConfig,
        ) {
            #init
        }
        fn destroy_codecs(decoders: &mut Self::Decoders, encoders: &mut Self::Encoders) {
            #destroy
        }
    }
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

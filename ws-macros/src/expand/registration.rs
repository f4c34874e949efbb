//! The descriptor of a server endpoint, and its entry in the registry.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::scope;
use crate::model::{Declaration, Deployment, Instance, Requirement, Side};
use crate::type_text::type_text;

/// `impl ServerEndpoint`, and the registration of what has no parameters.
pub(crate) fn registration(model: &Declaration<'_>) -> TokenStream {
    let Side::Server(path) = model.side else { return TokenStream::new() };
    let Declaration { ident, subprotocols, deployment, .. } = model;
    let (generics, arguments, bounds) = model.generics.split_for_impl();
    let endpoint = quote!(#ident #arguments);
    let decoders = model.decoders.iter().map(|ty| type_text(ty));
    let encoders = model.encoders.iter().map(|ty| type_text(ty));
    // Both name what the struct may lack: handlers, and a way to make an instance.
    let handlers = quote_spanned!(ident.span()=> __ws::handlers_of::<#endpoint>());
    let launcher = launcher(deployment, &quote_spanned!(ident.span()=> #endpoint));
    let options = options(deployment);
    let is_generic = !model.generics.params.is_empty();
    let bounds = if is_generic {
        // Whether an instance has handlers and can be made is its own affair.
        let needed = needed(deployment.instance);
        let own = bounds.iter().flat_map(|bounds| &bounds.predicates);
        quote!(where #(#own,)* #endpoint: #needed)
    } else {
        quote!(#bounds)
    };
    let registered = (!is_generic).then(|| {
        quote! {
            static DESCRIPTOR: __ws::EndpointDescriptor =
                <#ident as __ws::ServerEndpoint>::DESCRIPTOR;
            __ws::inventory::submit! { __ws::Registration(&DESCRIPTOR) }
        }
    });
    scope(
        &model.root,
        &quote! {
            #[automatically_derived]
            impl #generics __ws::ServerEndpoint for #endpoint #bounds {
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
                #options;
            }
            #registered
        },
    )
}

/// What an instance of a generic endpoint has to be.
fn needed(instance: Instance<'_>) -> TokenStream {
    match instance {
        Instance::PerConnection => quote!(__ws::Endpoint + __ws::NewInstance),
        Instance::Shared => quote!(__ws::Endpoint + __ws::SharedEndpoint + __ws::NewInstance),
        Instance::Factory(_) => quote!(__ws::Endpoint),
    }
}

/// What makes the instances, as a function pointer.
fn launcher(deployment: &Deployment<'_>, endpoint: &TokenStream) -> TokenStream {
    let at = endpoint.span();
    match deployment.instance {
        Instance::PerConnection => quote_spanned!(at=> __ws::launch_default::<#endpoint>),
        Instance::Shared => quote_spanned!(at=> __ws::launch_shared::<#endpoint>),
        Instance::Factory(factory) => {
            let launch =
                quote_spanned!(factory.span()=> __ws::launch_factory::<#endpoint, _, _>(#factory));
            quote!(|| #launch)
        }
    }
}

/// What was asked for beside that, as calls of the descriptor's methods.
fn options(deployment: &Deployment<'_>) -> TokenStream {
    let idle_timeout = deployment
        .idle_timeout
        .map(|millis| quote!(.idle_timeout_millis(::core::option::Option::Some(#millis))));
    let max_sessions = deployment.max_sessions.map(|sessions| quote!(.max_sessions(#sessions)));
    let require_tls = deployment.require_tls.then(|| quote!(.require_tls(true)));
    let requirement = deployment.requirement.as_ref().map(|requirement| match requirement {
        Requirement::Authenticated(_) => quote!(.authenticated(true)),
        Requirement::AnyOf(roles) => quote!(.authenticated(true).roles(&[#(#roles),*])),
    });
    let configurator = deployment.configurator.map(|ty| {
        let make = quote_spanned!(ty.span()=> __ws::configurator::<#ty>);
        quote!(.configurator(#make))
    });
    quote!(#idle_timeout #max_sessions #require_tls #requirement #configurator)
}

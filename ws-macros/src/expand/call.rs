//! The call of one handler: its parameters and what becomes of its result.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ReturnType, Type};

use crate::expand::hygienic;
use crate::expand::slot::Slot;
use crate::model::{
    Delivery, Event, Form, Handler, Message, Param, Payload, Requirement, State, Variable,
};

/// Calls the handler, as the statements of a block.
pub(super) fn call(handler: &Handler<'_>, slot: Slot, endpoint: &Type) -> TokenStream {
    let method = handler.method;
    let required = handler.requirement.as_ref().map(required);
    let names: Vec<_> = (0..handler.params.len()).map(|at| format_ident!("param_{at}")).collect();
    let values = handler.params.iter().map(|param| value(param, slot, handler, endpoint));
    let waited = handler.is_async.then(|| quote!(.await));
    let result = result(slot, handler, endpoint);
    quote! {
        #required
        #(let #names = #values;)*
        let output = Self::#method(self, #(#names),*) #waited;
        #result
    }
}

/// Stops a message of someone who may not send it.
fn required(requirement: &Requirement) -> TokenStream {
    let (roles, wanted) = match requirement {
        Requirement::Authenticated(_) => (&[][..], "authenticated".to_owned()),
        Requirement::AnyOf(roles) => {
            let names: Vec<_> = roles.iter().map(syn::LitStr::value).collect();
            (&roles[..], names.join(" or "))
        }
    };
    quote!(__ws::require(session, &[#(#roles),*], #wanted)?;)
}

/// The argument for a parameter, as an expression.
fn value(param: &Param<'_>, slot: Slot, handler: &Handler<'_>, endpoint: &Type) -> TokenStream {
    match param {
        Param::Session => quote!(session),
        Param::Config => quote!(session.config()),
        Param::Variable(variable) => path_variable(variable),
        Param::State(State { ty, by_ref }) => {
            let state = quote_spanned!(ty.span()=> __ws::state::<#ty>);
            let borrow = by_ref.then(|| quote!(&));
            quote!(#borrow #state(session)?)
        }
        Param::Principal { optional: false, .. } => quote!(__ws::principal(session)?),
        Param::Principal { optional: true, .. } => quote!(session.principal()),
        Param::Handshake(_) => quote!(__ws::handshake(request)?),
        Param::Reason => quote!(reason),
        Param::Error => quote!(error),
        Param::Cause(ty) => {
            let cause = quote_spanned!(ty.span()=> __ws::cause::<#ty>);
            // Dispatch has seen that there is one.
            quote! {
                match #cause(error) {
                    ::core::option::Option::Some(cause) => cause,
                    ::core::option::Option::None => return ::core::result::Result::Ok(()),
                }
            }
        }
        Param::Frame { by_ref: false } => quote!(frame),
        Param::Frame { by_ref: true } => quote!(&frame),
        Param::Message(message) => received(message, slot, handler, endpoint),
        Param::Last => quote!(part.last),
    }
}

fn path_variable(variable: &Variable) -> TokenStream {
    let Variable { name, ty, optional, .. } = variable;
    let function = if *optional { quote!(optional_path_param) } else { quote!(path_param) };
    let parse = quote_spanned!(ty.span()=> __ws::#function::<#ty, _>);
    quote!(#parse(session, #name)?)
}

/// The message, or what came of it, made what the handler takes.
fn received(
    message: &Message<'_>,
    slot: Slot,
    handler: &Handler<'_>,
    endpoint: &Type,
) -> TokenStream {
    let ty = &message.ty;
    let via = match handler.event {
        Event::Message(Payload::ByType) => quote!(_),
        _ => quote!(__ws::BuiltIn),
    };
    let maker = quote_spanned!(ty.span()=> __ws::message::<#ty, #endpoint, #via>());
    match (slot, message.form) {
        (_, Form::Part) => quote!(part),
        (_, Form::Reader) => quote!(reader),
        (Slot::Data(kind, delivery), Form::Data) => {
            let variant = kind.variant();
            match delivery {
                Delivery::Whole => {
                    quote!(#maker.decode(__ws::Incoming::#variant(message), decoders)?)
                }
                Delivery::Parts => {
                    let part = kind.part();
                    quote!(#maker.decode(__ws::Incoming::#variant(#part), decoders)?)
                }
                Delivery::Stream => quote!(#maker.decode_stream(reader, decoders).await?),
            }
        }
        (_, Form::Data) => quote!(message),
    }
}

/// What the trait's method returns for a handler's output, as an expression.
fn result(slot: Slot, handler: &Handler<'_>, endpoint: &Type) -> TokenStream {
    let span = match handler.output {
        ReturnType::Default => handler.method.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let output = Ident::new("output", hygienic(span));
    if slot.replies() {
        let reply = quote_spanned!(span=> __ws::reply::<_, #endpoint, _>);
        quote!(#reply(#output, session, encoders))
    } else {
        let outcome = quote_spanned!(span=> __ws::outcome::<_>);
        quote!(#outcome(#output))
    }
}

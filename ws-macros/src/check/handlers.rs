//! `#[handlers]` and the methods that it collects.

use syn::spanned::Spanned;
use syn::{FnArg, GenericParam, ImplItemFn, ItemImpl, Path, Receiver, ReceiverKind, Safety, Type};

use crate::check::requirement::requirement;
use crate::check::types::{output_outside, peel};
use crate::check::unique::unique;
use crate::check::{messages, params};
use crate::errors::Errors;
use crate::model::{Borrow, Handler, Handlers, Requirement};
use crate::parse::{
    Callback, HandlerArgs, HandlersArgs, Marked, is_path_param, is_requires, marked,
};

/// The handlers that are right, or `None` when the block can have none.
pub(crate) fn handlers<'ast>(
    args: &HandlersArgs,
    item: &'ast ItemImpl,
    errors: &mut Errors,
) -> Option<Handlers<'ast>> {
    if let Some((path, _)) = &item.trait_ {
        errors
            .at(path, "`#[handlers]` belongs on the endpoint's own `impl` block, without a trait");
        return None;
    }
    if super::has_lifetimes(&item.generics, errors) {
        return None;
    }
    let root = super::root(args.root.clone());
    let handlers: Vec<_> =
        marked(item).filter_map(|marked| handler(&marked, item, &root, errors)).collect();
    let handlers = unique(handlers, errors);
    Some(Handlers { root, endpoint: &item.self_ty, generics: &item.generics, handlers })
}

fn handler<'ast>(
    (method, marks): &Marked<'ast>,
    item: &'ast ItemImpl,
    root: &Path,
    errors: &mut Errors,
) -> Option<Handler<'ast>> {
    let Some(&(callback, attribute)) = marks.first() else {
        reject_stray_helpers(method, errors);
        return None;
    };
    for (_, second) in &marks[1..] {
        let (first, name) = (callback.attribute(), &method.sig.ident);
        errors.at(
            second,
            format_args!("`{name}` has `#[{first}]` already; a method handles one event"),
        );
    }
    let args = HandlerArgs::parse(callback, attribute, errors);
    let requirement = method_requirement(callback, method, errors);
    let receiver = signature(method, errors);
    let place = params::Signature { callback, method, endpoint: &item.self_ty, root };
    let params = place.params(errors).filter(|_| marks.len() == 1);
    let (params, receiver) = (params?, receiver?);
    let event = messages::event(callback, &params, &args, errors)?;
    Some(Handler {
        event,
        attribute,
        method: &method.sig.ident,
        cfgs: method.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect(),
        is_async: method.sig.asyncness.is_some(),
        receiver,
        params,
        output: &method.sig.output,
        reply: output_outside(&method.sig, &item.self_ty),
        max_size: args.max_size.and_then(|value| messages::max_size(event, &value, errors)),
        requirement,
    })
}

/// What a message's sender needs.
fn method_requirement(
    callback: Callback,
    method: &ImplItemFn,
    errors: &mut Errors,
) -> Option<Requirement> {
    if callback == Callback::Message {
        return requirement(&method.attrs, errors);
    }
    for attribute in method.attrs.iter().filter(|attribute| is_requires(attribute)) {
        errors.at(
            attribute,
            "`#[requires(..)]` belongs on `#[on_message]` methods, or on the struct, below \
             `#[server_endpoint]`, where it says who may connect",
        );
    }
    None
}

/// Reports what stands on a method that is no handler.
fn reject_stray_helpers(method: &ImplItemFn, errors: &mut Errors) {
    for attribute in method.attrs.iter().filter(|attribute| is_requires(attribute)) {
        errors.at(
            attribute,
            format_args!(
                "`#[requires(..)]` belongs on a handler of messages; `{}` has no `#[on_message]`",
                method.sig.ident
            ),
        );
    }
    for input in &method.sig.inputs {
        let (FnArg::Typed(syn::PatType { attrs, .. }) | FnArg::Receiver(Receiver { attrs, .. })) =
            input;
        for attribute in attrs.iter().filter(|attribute| is_path_param(attribute)) {
            errors.at(
                attribute,
                format_args!(
                    "`#[path_param]` belongs on a parameter of a handler; `{}` has no `#[on_..]`",
                    method.sig.ident
                ),
            );
        }
    }
}

/// What every handler's signature keeps to: how it borrows its endpoint, or `None` when it is wrong.
fn signature(method: &ImplItemFn, errors: &mut Errors) -> Option<Borrow> {
    let sig = &method.sig;
    let borrow = receiver(method, errors);
    let mut is_right = true;
    for generic in &sig.generics.params {
        if !matches!(generic, GenericParam::Lifetime(_)) {
            errors.at(generic, "a handler has no generic parameters: write the type that it takes");
            is_right = false;
        }
    }
    if let Safety::Unsafe(keyword) = &sig.safety {
        errors.at(keyword, "a handler is a safe function: the engine calls it");
        is_right = false;
    }
    borrow.filter(|_| is_right)
}

fn receiver(method: &ImplItemFn, errors: &mut Errors) -> Option<Borrow> {
    let Some(receiver) = method.sig.receiver() else {
        errors.at(
            &method.sig.ident,
            format_args!(
                "a handler is a method: write `fn {}(&mut self, ..)` or `(&self, ..)`",
                method.sig.ident
            ),
        );
        return None;
    };
    let is_exclusive = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(mutability.is_some()),
        ReceiverKind::Typed(_, ty) => match peel(ty) {
            Type::Reference(reference) => Some(reference.mutability.is_some()),
            _ => None,
        },
        _ => None,
    };
    match is_exclusive {
        Some(true) => Some(Borrow::Exclusive(receiver.span())),
        Some(false) => Some(Borrow::Shared),
        None => {
            errors.at(
                receiver,
                "a handler borrows its endpoint, which lives as long as the connection: write \
                 `&mut self` or `&self`",
            );
            None
        }
    }
}

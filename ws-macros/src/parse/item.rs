//! The items under the attributes.

use proc_macro2::TokenStream;
use syn::{Attribute, FnArg, ImplItem, ImplItemFn, Item, ItemImpl, ItemStruct};

use crate::errors::Errors;

/// The events that have an attribute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Callback {
    Open,
    Message,
    Frame,
    Closing,
    Close,
    Error,
}

impl Callback {
    const ALL: [Self; 6] =
        [Self::Open, Self::Message, Self::Frame, Self::Closing, Self::Close, Self::Error];

    /// The attribute's name.
    pub(crate) const fn attribute(self) -> &'static str {
        match self {
            Self::Open => "on_open",
            Self::Message => "on_message",
            Self::Frame => "on_frame",
            Self::Closing => "on_closing",
            Self::Close => "on_close",
            Self::Error => "on_error",
        }
    }

    /// By the last segment: the attribute may be written with its crate.
    fn of(attribute: &Attribute) -> Option<Self> {
        let name = &attribute.path().segments.last()?.ident;
        Self::ALL.into_iter().find(|callback| name == callback.attribute())
    }
}

/// A method with the attributes that make it a handler; more than one is a mistake.
pub(crate) type Marked<'ast> = (&'ast ImplItemFn, Vec<(Callback, &'ast Attribute)>);

/// The struct under `#[name]`.
pub(crate) fn endpoint(name: &str, item: TokenStream, errors: &mut Errors) -> Option<ItemStruct> {
    match syn::parse2(item) {
        Ok(Item::Struct(item)) => return Some(item),
        Ok(Item::Impl(item)) => errors.at(
            item.self_ty,
            format_args!(
                "`#[{name}]` belongs on the struct; an `impl` block with handlers has `#[handlers]`"
            ),
        ),
        Ok(other) => errors.at(other, format_args!("`#[{name}]` belongs on a struct")),
        Err(error) => errors.push(error),
    }
    None
}

/// The `impl` block under `#[handlers]`.
pub(crate) fn handlers(item: TokenStream, errors: &mut Errors) -> Option<ItemImpl> {
    match syn::parse2(item) {
        Ok(Item::Impl(item)) => return Some(item),
        Ok(Item::Struct(item)) => errors.at(
            &item.ident,
            format_args!(
                "`#[handlers]` belongs on `impl {} {{ .. }}`; the struct has \
                 `#[server_endpoint(\"/path\")]` or `#[client_endpoint]`",
                item.ident
            ),
        ),
        Ok(other) => errors.at(other, "`#[handlers]` belongs on the `impl` block of an endpoint"),
        Err(error) => errors.push(error),
    }
    None
}

/// Every method of the block, with its marks.
pub(crate) fn marked(item: &ItemImpl) -> impl Iterator<Item = Marked<'_>> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => {
            let marks = method.attrs.iter();
            let marks =
                marks.filter_map(|attr| Callback::of(attr).map(|callback| (callback, attr)));
            Some((method, marks.collect()))
        }
        _ => None,
    })
}

/// Whether it is `#[path_param]`.
pub(crate) fn is_path_param(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "path_param")
}

/// Whether it is `#[requires(..)]`.
pub(crate) fn is_requires(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "requires")
}

/// Whether `#[server_endpoint]` is still to come.
pub(crate) fn is_server_endpoint(item: &TokenStream) -> bool {
    let awaits = |attribute: &Attribute| {
        attribute.path().segments.last().is_some_and(|last| last.ident == "server_endpoint")
    };
    syn::parse2::<ItemStruct>(item.clone()).is_ok_and(|item| item.attrs.iter().any(awaits))
}

/// The struct without what only its endpoint's attribute understands.
pub(crate) fn without_requires(mut item: ItemStruct) -> ItemStruct {
    item.attrs.retain(|attribute| !is_requires(attribute));
    item
}

/// The block without what only `#[handlers]` understands. A handler's signature is ours to dictate,
/// so lints of signatures are none of its author's business. What the author says of them holds all
/// the same, since it stands behind; and it is no `expect`, which most handlers would not fulfil.
pub(crate) fn without_helper_attributes(mut item: ItemImpl) -> ItemImpl {
    for item in &mut item.items {
        let ImplItem::Fn(method) = item else { continue };
        let before = method.attrs.len();
        method
            .attrs
            .retain(|attribute| Callback::of(attribute).is_none() && !is_requires(attribute));
        if method.attrs.len() < before {
            let lints = syn::parse_quote! {
                #[allow(clippy::needless_pass_by_value, clippy::unused_async, clippy::unused_self)]
            };
            method.attrs.insert(0, lints);
        }
        for input in &mut method.sig.inputs {
            if let FnArg::Typed(param) = input {
                param.attrs.retain(|attribute| !is_path_param(attribute));
            }
        }
    }
    item
}

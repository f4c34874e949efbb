//! The parameters of handlers: in any order, known by their types.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{FnArg, ImplItemFn, Pat, PatType, Type};

use crate::check::types;
use crate::errors::Errors;
use crate::model::{Message, Param, Variable};
use crate::parse::{Callback, PathParamArgs, is_path_param};

/// The parameters, or `None` when one is wrong.
pub(super) fn params<'ast>(
    callback: Callback,
    method: &'ast ImplItemFn,
    endpoint: &Type,
    errors: &mut Errors,
) -> Option<Vec<Param<'ast>>> {
    let typed = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(param) => Some(param),
        FnArg::Receiver(_) => None,
    });
    let signature = Signature { callback, method, endpoint };
    // All are looked at, so that all errors are reported.
    let all: Vec<_> = typed.map(|typed| signature.param(typed, errors)).collect();
    let is_complete = signature.check_message(&all, errors);
    all.into_iter()
        .map(|param| param.map(|(param, _)| param))
        .collect::<Option<_>>()
        .filter(|_| is_complete)
}

struct Signature<'ast, 'e> {
    callback: Callback,
    method: &'ast ImplItemFn,
    endpoint: &'e Type,
}

/// A parameter with its source.
type Found<'ast> = Option<(Param<'ast>, &'ast PatType)>;

impl<'ast> Signature<'ast, '_> {
    fn param(&self, typed: &'ast PatType, errors: &mut Errors) -> Found<'ast> {
        let param = if let Some(attribute) = typed.attrs.iter().find(|attr| is_path_param(attr)) {
            let name = PathParamArgs::parse(attribute, errors).name;
            self.variable(typed, name.as_ref(), errors)?
        } else if let Type::Reference(reference) = types::peel(&typed.ty) {
            let name = types::name(&reference.elem).map(ToString::to_string);
            let known = self.borrowed(name.as_deref(), typed, errors)?;
            if reference.mutability.is_some() {
                errors.at(&typed.ty, "a handler borrows this without `mut`: write `&`");
                return None;
            }
            known
        } else {
            self.owned(typed, errors)?
        };
        Some((param, typed))
    }

    /// `#[path_param] room: T`
    fn variable(
        &self,
        typed: &PatType,
        name: Option<&syn::LitStr>,
        errors: &mut Errors,
    ) -> Option<Param<'ast>> {
        let (name, span) = match (name, &*typed.pat) {
            (Some(name), _) => (name.value(), name.span()),
            (None, Pat::Ident(pat)) => (pat.ident.unraw().to_string(), pat.ident.span()),
            (None, pattern) => {
                errors.at(
                    pattern,
                    "this pattern names no path variable: write `#[path_param(\"room\")]`",
                );
                return None;
            }
        };
        Some(Param::Variable(Variable { name, span, ty: self.outside(&typed.ty) }))
    }

    /// `&Name`, or another reference.
    fn borrowed(
        &self,
        name: Option<&str>,
        typed: &'ast PatType,
        errors: &mut Errors,
    ) -> Option<Param<'ast>> {
        match (name, self.callback) {
            (Some("Session"), _) => Some(Param::Session),
            (Some("EndpointConfig"), _) => Some(Param::Config),
            (Some("CloseReason"), Callback::Close) => Some(Param::Reason),
            (Some("Error"), Callback::Error) => Some(Param::Error),
            (Some("Frame"), Callback::Frame) => Some(Param::Frame { by_ref: true }),
            (Some(name), _) if elsewhere(name).is_some() => {
                self.misplaced(name, typed, errors);
                None
            }
            (_, Callback::Message) => self.message(typed, errors),
            _ => {
                self.unexpected(typed, errors);
                None
            }
        }
    }

    /// A type that is no reference.
    fn owned(&self, typed: &'ast PatType, errors: &mut Errors) -> Option<Param<'ast>> {
        let name = types::name(&typed.ty).map(ToString::to_string);
        match (name.as_deref(), self.callback) {
            (Some("Frame"), Callback::Frame) => return Some(Param::Frame { by_ref: false }),
            (Some(name @ ("Session" | "EndpointConfig")), _)
            | (Some(name @ "CloseReason"), Callback::Close)
            | (Some(name @ "Error"), Callback::Error) => {
                errors.at(&typed.ty, format_args!("a handler borrows this: write `&{name}`"));
            }
            (Some(name @ ("CloseReason" | "Frame")), _) => self.misplaced(name, typed, errors),
            (_, Callback::Message) => return self.message(typed, errors),
            _ => self.unexpected(typed, errors),
        }
        None
    }

    fn message(&self, typed: &'ast PatType, errors: &mut Errors) -> Option<Param<'ast>> {
        let ty = &*typed.ty;
        if let Type::ImplTrait(ty) = types::peel(ty) {
            errors.at(ty, "a handler's message has one type: write the type that it takes");
            return None;
        }
        let is_borrowed = matches!(types::peel(ty), Type::Reference(_));
        if is_borrowed && types::payload(ty) == crate::model::Payload::ByType {
            errors.at(
                ty,
                "a handler owns its message: take it by value; `&str` and `&[u8]` alone are \
                 borrowed",
            );
            return None;
        }
        Some(Param::Message(Message { written: ty, ty: self.outside(ty) }))
    }

    /// `#[on_message]` has exactly one message; whether it is so.
    fn check_message(&self, all: &[Found<'ast>], errors: &mut Errors) -> bool {
        if self.callback != Callback::Message {
            return true;
        }
        let mut messages = all.iter().flatten().filter_map(|(param, typed)| match param {
            Param::Message(_) => Some(typed),
            _ => None,
        });
        let Some(first) = messages.next() else {
            // A parameter that was meant to be the message has its error already.
            if all.iter().all(Option::is_some) {
                errors.at(
                    &self.method.sig.ident,
                    "`#[on_message]` needs a parameter for the message, such as `text: &str`",
                );
            }
            return false;
        };
        let mut is_right = true;
        for second in messages {
            let first = written(&first.pat);
            errors.at(
                second,
                format_args!(
                    "`{first}` is the message already; a parameter for a path variable has \
                     `#[path_param]`"
                ),
            );
            is_right = false;
        }
        is_right
    }

    /// A parameter that other handlers have.
    fn misplaced(&self, name: &str, typed: &PatType, errors: &mut Errors) {
        let Some(attribute) = elsewhere(name) else { return };
        errors.at(
            &typed.ty,
            format_args!(
                "`{name}` is for `#[{attribute}]`; `#[{}]` takes {}",
                self.callback.attribute(),
                accepted(self.callback)
            ),
        );
    }

    fn unexpected(&self, typed: &PatType, errors: &mut Errors) {
        errors.at(
            typed,
            format_args!("`#[{}]` takes {}", self.callback.attribute(), accepted(self.callback)),
        );
    }

    fn outside(&self, ty: &Type) -> Type {
        types::outside(ty, &self.method.sig.generics, self.endpoint)
    }
}

/// The one handler that has this parameter.
fn elsewhere(name: &str) -> Option<&'static str> {
    match name {
        "CloseReason" => Some("on_close"),
        "Error" => Some("on_error"),
        "Frame" => Some("on_frame"),
        _ => None,
    }
}

const fn accepted(callback: Callback) -> &'static str {
    match callback {
        Callback::Open => "`&Session`, `&EndpointConfig` and `#[path_param]` parameters",
        Callback::Message => {
            "the message, `&Session`, `&EndpointConfig` and `#[path_param]` parameters"
        }
        Callback::Frame => {
            "`Frame<'_>`, `&Session`, `&EndpointConfig` and `#[path_param]` parameters"
        }
        Callback::Close => {
            "`&CloseReason`, `&Session`, `&EndpointConfig` and `#[path_param]` parameters"
        }
        Callback::Error => "`&Error`, `&Session`, `&EndpointConfig` and `#[path_param]` parameters",
    }
}

fn written(pattern: &Pat) -> String {
    pattern.span().source_text().unwrap_or_else(|| pattern.to_token_stream().to_string())
}

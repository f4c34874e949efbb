//! The parameters of handlers: in any order, known by their types.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{FnArg, ImplItemFn, Pat, PatType, Path, Type, TypeReference};

use crate::check::messages::check_message;
use crate::check::types::{self, argument};
use crate::errors::Errors;
use crate::model::{Form, Message, Param, Payload, State, Variable};
use crate::parse::{Callback, PathParamArgs, is_path_param};

/// A handler's signature.
pub(super) struct Signature<'ast, 'e> {
    pub(super) callback: Callback,
    pub(super) method: &'ast ImplItemFn,
    pub(super) endpoint: &'e Type,
    pub(super) root: &'e Path,
}

/// A parameter with its source; `None` when it is wrong, which is reported.
pub(super) type Found<'ast> = Option<(Param<'ast>, &'ast PatType)>;

impl<'ast> Signature<'ast, '_> {
    /// The parameters, or `None` when one is wrong.
    pub(super) fn params(&self, errors: &mut Errors) -> Option<Vec<Param<'ast>>> {
        let typed = self.method.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(param) => Some(param),
            FnArg::Receiver(_) => None,
        });
        // All are looked at, so that all errors are reported.
        let mut all: Vec<_> = typed.map(|typed| self.found(typed, errors)).collect();
        let is_complete = match self.callback {
            Callback::Message => check_message(self.method, &mut all, errors),
            Callback::Error => one_cause(&all, errors),
            Callback::Open | Callback::Frame | Callback::Closing | Callback::Close => true,
        };
        all.into_iter()
            .map(|param| param.map(|(param, _)| param))
            .collect::<Option<_>>()
            .filter(|_| is_complete)
    }

    fn found(&self, typed: &'ast PatType, errors: &mut Errors) -> Found<'ast> {
        if let Some(cfg) = typed.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
            errors
                .at(cfg, "a handler's parameters are always there: put `#[cfg(..)]` on the method");
            return None;
        }
        let mut attributes = typed.attrs.iter().filter(|attribute| is_path_param(attribute));
        let attribute = attributes.next();
        if let Some(second) = attributes.next() {
            errors.at(second, "a parameter is one path variable: write one `#[path_param(..)]`");
            return None;
        }
        let param = match (attribute, types::peel(&typed.ty)) {
            (Some(attribute), _) => {
                let before = errors.len();
                let name = PathParamArgs::parse(attribute, errors).name;
                if errors.len() > before {
                    return None;
                }
                self.variable(typed, name.as_ref(), errors)?
            }
            (None, Type::Reference(reference)) => {
                let known = self.borrowed(reference, typed, errors)?;
                if reference.mutability.is_some() {
                    errors.at(&typed.ty, "a handler borrows this without `mut`: write `&`");
                    return None;
                }
                known
            }
            (None, _) => self.owned(typed, errors)?,
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
        let inner = argument(&typed.ty, "Option");
        let ty = self.outside(inner.unwrap_or(&typed.ty));
        Some(Param::Variable(Variable { name, span, ty, optional: inner.is_some() }))
    }

    /// `&Name`, or another reference.
    fn borrowed(
        &self,
        reference: &'ast TypeReference,
        typed: &'ast PatType,
        errors: &mut Errors,
    ) -> Option<Param<'ast>> {
        let elem = &*reference.elem;
        let name = types::name(elem).map(ToString::to_string);
        match (name.as_deref(), self.callback) {
            (Some("Session"), _) => return Some(Param::Session),
            (Some("EndpointConfig"), _) => return Some(Param::Config),
            (Some("Principal"), _) => {
                return Some(Param::Principal { optional: false, span: elem.span() });
            }
            (Some("State"), _) if argument(elem, "State").is_some() => {
                return self.state(elem, true);
            }
            (Some("HandshakeRequest"), Callback::Open) => {
                return Some(Param::Handshake(elem.span()));
            }
            (Some("CloseReason"), Callback::Close | Callback::Closing) => {
                return Some(Param::Reason);
            }
            (Some("Error"), Callback::Error) if self.is_own_error(elem) => {
                return Some(Param::Error);
            }
            (Some("Frame"), Callback::Frame) => return Some(Param::Frame { by_ref: true }),
            (Some(name), callback)
                if elsewhere(name).is_some() && (name, callback) != ("Error", Callback::Error) =>
            {
                self.misplaced(name, typed, errors);
            }
            (Some(name), Callback::Error) if name != "str" => {
                return Some(Param::Cause(self.outside(elem)));
            }
            (_, Callback::Message) => return self.message(typed, errors),
            _ => self.unexpected(typed, errors),
        }
        None
    }

    /// A type that is no reference.
    fn owned(&self, typed: &'ast PatType, errors: &mut Errors) -> Option<Param<'ast>> {
        if argument(&typed.ty, "State").is_some() {
            return self.state(&typed.ty, false);
        }
        let optional = argument(&typed.ty, "Option").map(types::peel);
        if let Some(Type::Reference(inner)) = optional
            && types::is_named(&inner.elem, "Principal")
        {
            return Some(Param::Principal { optional: true, span: inner.span() });
        }
        let named = optional.filter(|ty| types::is_named(ty, "Principal")).unwrap_or(&typed.ty);
        let name = types::name(named).map(ToString::to_string);
        match (name.as_deref(), self.callback) {
            (Some("Frame"), Callback::Frame) => return Some(Param::Frame { by_ref: false }),
            (Some("Principal"), _) => errors.at(
                &typed.ty,
                "a handler borrows this: write `&Principal`, or `Option<&Principal>` for peers \
                 without one",
            ),
            (Some(name @ ("Session" | "EndpointConfig")), _)
            | (Some(name @ "CloseReason"), Callback::Close | Callback::Closing)
            | (Some(name @ "HandshakeRequest"), Callback::Open)
            | (Some(name @ "Error"), Callback::Error) => {
                errors.at(&typed.ty, format_args!("a handler borrows this: write `&{name}`"));
            }
            (Some(name @ ("CloseReason" | "Frame" | "HandshakeRequest")), _) => {
                self.misplaced(name, typed, errors);
            }
            (_, Callback::Message) => return self.message(typed, errors),
            (Some("State"), _) => {
                errors.at(&typed.ty, "say which state: `State<T>`, with the type of its value");
            }
            (Some(_), Callback::Error) => {
                errors.at(&typed.ty, "a handler borrows its error: write `&` before the type");
            }
            _ => self.unexpected(typed, errors),
        }
        None
    }

    /// `State<T>`, borrowed or not.
    fn state(&self, ty: &Type, by_ref: bool) -> Option<Param<'ast>> {
        let ty = self.outside(argument(ty, "State")?);
        Some(Param::State(State { ty, by_ref }))
    }

    /// Whether `Error` is ours: by itself, or with our crate's name before it. Others are told apart
    /// from it by their paths, such as `io::Error`.
    fn is_own_error(&self, ty: &Type) -> bool {
        let Type::Path(ty) = types::peel(ty) else { return false };
        let mut segments = ty.path.segments.iter();
        match (segments.next(), segments.len()) {
            (Some(_), 0) => true,
            (Some(first), _) => {
                first.ident == "ws_core" || first.ident == "ws_container" || self.is_below_root(ty)
            }
            (None, _) => false,
        }
    }

    /// Whether the path begins with all of the path to our crate.
    fn is_below_root(&self, ty: &syn::TypePath) -> bool {
        let root = &self.root.segments;
        let mut names = root.iter().zip(&ty.path.segments);
        ty.path.segments.len() > root.len() && names.all(|(a, b)| a.ident == b.ident)
    }

    fn message(&self, typed: &'ast PatType, errors: &mut Errors) -> Option<Param<'ast>> {
        let ty = &*typed.ty;
        if let Type::ImplTrait(ty) = types::peel(ty) {
            errors.at(ty, "a handler's message has one type: write the type that it takes");
            return None;
        }
        let (payload, form) = types::payload(ty);
        if matches!(types::peel(ty), Type::Reference(_)) && payload == Payload::ByType {
            errors.at(
                ty,
                "a handler owns its message: take it by value; `&str` and `&[u8]` alone are \
                 borrowed",
            );
            return None;
        }
        // A part and a reader are passed on as they are, whatever their type is called.
        let outside = if form == Form::Data { self.outside(ty) } else { ty.clone() };
        Some(Param::Message(Message { written: ty, ty: outside, form }))
    }

    /// A parameter that other handlers have.
    fn misplaced(&self, name: &str, typed: &PatType, errors: &mut Errors) {
        let Some(attributes) = elsewhere(name) else { return };
        errors.at(
            &typed.ty,
            format_args!(
                "`{name}` is for {attributes}; `#[{}]` takes {}",
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

/// `#[on_error]` takes at most one type of error; whether it is so.
fn one_cause(all: &[Found<'_>], errors: &mut Errors) -> bool {
    let mut causes = all.iter().flatten().filter_map(|(param, typed)| match param {
        Param::Cause(_) => Some(typed),
        _ => None,
    });
    let Some(first) = causes.next() else { return true };
    let mut is_right = true;
    for second in causes {
        let first = written(&first.pat);
        errors.at(
            second,
            format_args!(
                "`{first}` is the error already; a handler takes one type of error, and another \
                 type has a handler of its own"
            ),
        );
        is_right = false;
    }
    is_right
}

/// The handlers that have this parameter, where not all have.
fn elsewhere(name: &str) -> Option<&'static str> {
    match name {
        "CloseReason" => Some("`#[on_close]` and `#[on_closing]`"),
        "Error" => Some("`#[on_error]`"),
        "Frame" => Some("`#[on_frame]`"),
        "HandshakeRequest" => Some("`#[on_open]`"),
        _ => None,
    }
}

/// What handlers take.
fn accepted(callback: Callback) -> String {
    let own = match callback {
        Callback::Open => "`&HandshakeRequest`, ",
        Callback::Message => "the message, ",
        Callback::Frame => "`Frame<'_>`, ",
        Callback::Close | Callback::Closing => "`&CloseReason`, ",
        Callback::Error => "`&Error` or a reference to one type of error, ",
    };
    format!(
        "{own}`&Session`, `&EndpointConfig`, `State<T>`, `&Principal` and `#[path_param]` parameters"
    )
}

pub(super) fn written(pattern: &Pat) -> String {
    pattern.span().source_text().unwrap_or_else(|| pattern.to_token_stream().to_string())
}

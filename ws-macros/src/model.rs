//! What valid endpoints and handlers are. Whatever exists here has passed `check`.

use proc_macro2::Span;
use syn::{Attribute, Ident, LitStr, Path, ReturnType, Type};

/// A struct that is an endpoint.
pub(crate) struct Declaration<'ast> {
    /// Where the expansion finds what it names.
    pub(crate) root: Path,
    pub(crate) ident: &'ast Ident,
    pub(crate) side: Side<'ast>,
    pub(crate) subprotocols: Vec<&'ast LitStr>,
    pub(crate) decoders: Vec<&'ast Type>,
    pub(crate) encoders: Vec<&'ast Type>,
    /// Milliseconds.
    pub(crate) idle_timeout: Option<u64>,
}

#[derive(Clone, Copy)]
pub(crate) enum Side<'ast> {
    /// With its URI template.
    Server(&'ast LitStr),
    /// A server endpoint whose URI template is missing, which is reported.
    Pathless,
    Client,
}

/// An `impl` block with handlers.
pub(crate) struct Handlers<'ast> {
    pub(crate) root: Path,
    /// The endpoint's type.
    pub(crate) endpoint: &'ast Type,
    pub(crate) handlers: Vec<Handler<'ast>>,
}

/// A method that handles an event.
pub(crate) struct Handler<'ast> {
    pub(crate) event: Event,
    /// Its `#[on_..]`.
    pub(crate) attribute: &'ast Attribute,
    pub(crate) method: &'ast Ident,
    /// The `#[cfg(..)]`s it stands under.
    pub(crate) cfgs: Vec<&'ast Attribute>,
    pub(crate) is_async: bool,
    /// In the order of the signature, without the receiver.
    pub(crate) params: Vec<Param<'ast>>,
    pub(crate) output: &'ast ReturnType,
    /// Bytes.
    pub(crate) max_size: Option<u64>,
}

impl<'ast> Handler<'ast> {
    /// The message parameter.
    pub(crate) fn message(&self) -> Option<&Message<'ast>> {
        self.params.iter().find_map(|param| match param {
            Param::Message(message) => Some(message),
            Param::Session
            | Param::Config
            | Param::Variable(_)
            | Param::Reason
            | Param::Error
            | Param::Frame { .. } => None,
        })
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    Open,
    Message(Payload),
    Frame,
    Close,
    Error,
}

/// What kind of message a handler takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Payload {
    Text,
    Binary,
    Pong,
    /// Text or binary, as the decoder of its type has it: the compiler knows, the tokens do not.
    ByType,
}

pub(crate) enum Param<'ast> {
    Session,
    Config,
    Variable(Variable),
    Reason,
    Error,
    Frame {
        /// `&Frame` instead of `Frame`.
        by_ref: bool,
    },
    Message(Message<'ast>),
}

/// A path variable.
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Where it is named.
    pub(crate) span: Span,
    pub(crate) ty: Type,
}

pub(crate) struct Message<'ast> {
    /// As the user wrote it.
    pub(crate) written: &'ast Type,
    /// As it can be written outside of the method: no `Self`, no named lifetimes.
    pub(crate) ty: Type,
}

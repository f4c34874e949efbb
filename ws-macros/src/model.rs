//! What valid endpoints and handlers are. Whatever exists here has passed `check`.

use proc_macro2::Span;
use syn::{Attribute, ExprPath, Generics, Ident, LitStr, Path, ReturnType, Type};

/// A struct that is an endpoint.
pub(crate) struct Declaration<'ast> {
    /// Where the expansion finds what it names.
    pub(crate) root: Path,
    pub(crate) ident: &'ast Ident,
    /// Types and consts; an endpoint borrows nothing.
    pub(crate) generics: &'ast Generics,
    pub(crate) side: Side<'ast>,
    pub(crate) subprotocols: Vec<&'ast LitStr>,
    pub(crate) decoders: Vec<&'ast Type>,
    pub(crate) encoders: Vec<&'ast Type>,
    pub(crate) deployment: Deployment<'ast>,
}

#[derive(Clone, Copy)]
pub(crate) enum Side<'ast> {
    /// With its URI template.
    Server(&'ast LitStr),
    /// A server endpoint whose URI template is missing, which is reported.
    Pathless,
    Client,
}

/// What a server endpoint says of how it is run.
#[derive(Default)]
pub(crate) struct Deployment<'ast> {
    pub(crate) instance: Instance<'ast>,
    pub(crate) configurator: Option<&'ast Type>,
    /// Milliseconds.
    pub(crate) idle_timeout: Option<u64>,
    pub(crate) max_sessions: Option<usize>,
    pub(crate) require_tls: bool,
    pub(crate) requirement: Option<Requirement>,
}

/// Where instances come from.
#[derive(Clone, Copy, Default)]
pub(crate) enum Instance<'ast> {
    /// `Default`, for each connection.
    #[default]
    PerConnection,
    /// `Default`, once.
    Shared,
    /// A function, for each connection.
    Factory(&'ast ExprPath),
}

/// Who may come in, or send.
pub(crate) enum Requirement {
    Authenticated(Span),
    /// Who has one of these roles.
    AnyOf(Vec<LitStr>),
}

impl Requirement {
    /// Where it is said.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Authenticated(span) => *span,
            Self::AnyOf(roles) => roles.first().map_or_else(Span::call_site, LitStr::span),
        }
    }
}

/// An `impl` block with handlers.
pub(crate) struct Handlers<'ast> {
    pub(crate) root: Path,
    /// The endpoint's type.
    pub(crate) endpoint: &'ast Type,
    /// Of the block.
    pub(crate) generics: &'ast Generics,
    pub(crate) handlers: Vec<Handler<'ast>>,
}

impl Handlers<'_> {
    /// Whether constants outside of the `impl` can name the endpoint.
    pub(crate) fn is_generic(&self) -> bool {
        !self.generics.params.is_empty()
    }
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
    pub(crate) receiver: Borrow,
    /// In the order of the signature, without the receiver.
    pub(crate) params: Vec<Param<'ast>>,
    pub(crate) output: &'ast ReturnType,
    /// What it returns as it can be written outside of the method, if it can.
    pub(crate) reply: Option<Type>,
    /// Bytes.
    pub(crate) max_size: Option<u64>,
    /// Who may send what it takes.
    pub(crate) requirement: Option<Requirement>,
}

impl<'ast> Handler<'ast> {
    /// The message parameter.
    pub(crate) fn message(&self) -> Option<&Message<'ast>> {
        self.params.iter().find_map(|param| match param {
            Param::Message(message) => Some(message),
            _ => None,
        })
    }

    /// The concrete error that it takes; `None` when it takes all.
    pub(crate) fn cause(&self) -> Option<&Type> {
        self.params.iter().find_map(|param| match param {
            Param::Cause(ty) => Some(ty),
            _ => None,
        })
    }
}

impl Handler<'_> {
    /// Whether it asks for the request of the opening handshake.
    pub(crate) fn takes_handshake(&self) -> bool {
        self.params.iter().any(|param| matches!(param, Param::Handshake(_)))
    }

    /// Where it asks for what only a server's peer has, and what that is.
    pub(crate) fn server_only(&self) -> impl Iterator<Item = (Span, &'static str)> {
        let params = self.params.iter().filter_map(|param| match param {
            Param::Handshake(span) => Some((
                *span,
                "a client endpoint makes the request of the opening handshake itself: \
                 `&HandshakeRequest` is for server endpoints",
            )),
            Param::Principal { optional: false, span } => Some((
                *span,
                "a client's peer is the server, which is nobody's principal: `&Principal` is for \
                 server endpoints, and `Option<&Principal>` for handlers of both",
            )),
            _ => None,
        });
        let requirement = self.requirement.as_ref().map(|requirement| {
            let message =
                "`#[requires(..)]` is for server endpoints: a client's peer is the server";
            (requirement.span(), message)
        });
        params.chain(requirement)
    }
}

/// How a handler borrows its endpoint.
#[derive(Clone, Copy)]
pub(crate) enum Borrow {
    /// `&self`
    Shared,
    /// `&mut self`, and where.
    Exclusive(Span),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    Open,
    Message(Payload),
    Frame,
    Closing,
    Close,
    Error,
}

/// What kind of message a handler takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Payload {
    Text(Delivery),
    Binary(Delivery),
    /// Text and binary messages, as streams.
    Any,
    Pong,
    /// Text or binary, whole or as a stream, as the decoder of its type has it: the compiler knows,
    /// the tokens do not.
    ByType,
}

/// How a message reaches its handler.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Delivery {
    Whole,
    Parts,
    Stream,
}

pub(crate) enum Param<'ast> {
    Session,
    Config,
    Variable(Variable),
    /// `State<T>` of the container.
    State(State),
    Principal {
        /// `Option<&Principal>`.
        optional: bool,
        span: Span,
    },
    /// And where it is asked for.
    Handshake(Span),
    Reason,
    /// `&Error`
    Error,
    /// `&T` of one type of error.
    Cause(Type),
    Frame {
        /// `&Frame` instead of `Frame`.
        by_ref: bool,
    },
    Message(Message<'ast>),
    /// The `bool` beside a part.
    Last,
}

/// A path variable.
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Where it is named.
    pub(crate) span: Span,
    /// What the segment is parsed as.
    pub(crate) ty: Type,
    /// `Option<ty>`: the path may lack it.
    pub(crate) optional: bool,
}

/// State of the application.
pub(crate) struct State {
    /// The `T` of `State<T>`.
    pub(crate) ty: Type,
    /// `&State<T>`.
    pub(crate) by_ref: bool,
}

pub(crate) struct Message<'ast> {
    /// As the user wrote it.
    pub(crate) written: &'ast Type,
    /// As it can be written outside of the method: no `Self`, no named lifetimes.
    pub(crate) ty: Type,
    pub(crate) form: Form,
}

/// What a message parameter is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// The message, or one part of it, through its type.
    Data,
    /// `TextPart` or `BinaryPart`, which carry `last` themselves.
    Part,
    /// `MessageReader`.
    Reader,
}

//! The configuration of a server endpoint, as it is deployed.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use thiserror::Error;

use crate::configurator::ServerConfigurator;
use crate::endpoint::path::{self, PathError};
use crate::endpoint::{Endpoint, HandlerSet, Shared, SharedEndpoint};
use crate::handshake::{HandshakeRequest, Subprotocol};
use crate::limits::Limits;
use crate::overflow::Overflow;
use crate::registration::builder::ServerEndpointBuilder;
use crate::registration::descriptor::{EndpointDescriptor, ServerEndpoint};
use crate::registration::launcher::{
    Launcher, MadeBy, launch_default, launch_factory, launch_shared,
};

/// A server endpoint and all that is fixed when it is deployed (Jakarta `ServerEndpointConfig`).
///
/// The attributes of a type make one by themselves; one is written out to deploy a type at a second
/// path, at run time, with a state of its own, or with what only the running program knows.
///
/// # Examples
///
/// ```
/// use ws_core::{ServerEndpointConfig, handlers, server_endpoint};
///
/// #[server_endpoint("/greet", crate = ws_core)]
/// #[derive(Default)]
/// struct Greeter {
///     greeting: String,
/// }
///
/// #[handlers(crate = ws_core)]
/// impl Greeter {
///     #[on_message]
///     fn text(&mut self, name: &str) -> String {
///         format!("{} {name}", self.greeting)
///     }
/// }
///
/// let greeting = "hello".to_owned();
/// let config = ServerEndpointConfig::builder::<Greeter>("/greet/{language}")
///     .subprotocols(["greet.v1"])
///     .idle_timeout(std::time::Duration::from_secs(60))
///     .factory(move |request| Greeter {
///         greeting: format!("{greeting} ({})", request.path_param("language").unwrap_or("any")),
///     })
///     .build()?;
/// assert_eq!(config.path(), "/greet/{language}");
/// # Ok::<(), ws_core::ConfigProblem>(())
/// ```
#[derive(Clone)]
pub struct ServerEndpointConfig {
    pub(super) path: Cow<'static, str>,
    pub(super) type_name: &'static str,
    pub(super) handlers: HandlerSet,
    pub(super) subprotocols: Vec<Cow<'static, str>>,
    pub(super) decoders: &'static [&'static str],
    pub(super) encoders: &'static [&'static str],
    pub(super) limits: Option<Limits>,
    pub(super) overflow: Option<Overflow>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) max_sessions: Option<usize>,
    pub(super) require_tls: bool,
    pub(super) authenticated: bool,
    pub(super) roles: Vec<Cow<'static, str>>,
    pub(super) configurator: Option<Part<dyn ServerConfigurator>>,
    pub(super) properties: Extensions,
    pub(super) launcher: Part<dyn Launcher>,
    pub(super) file: &'static str,
    pub(super) line: u32,
}

/// A part of a configuration that is there, or made when the endpoint is deployed.
pub(super) enum Part<T: ?Sized> {
    Given(Arc<T>),
    Made(fn() -> Arc<T>),
}

impl<T: ?Sized> Part<T> {
    fn get(&self) -> Arc<T> {
        match self {
            Self::Given(part) => Arc::clone(part),
            Self::Made(make) => make(),
        }
    }
}

impl<T: ?Sized> Clone for Part<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Given(part) => Self::Given(Arc::clone(part)),
            Self::Made(make) => Self::Made(*make),
        }
    }
}

/// A configuration that no container can deploy.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// The path is no URI template (Jakarta §3.1.1).
    #[error("`{0}`: {1}")]
    Path(String, PathError),
    /// The name of a subprotocol is no token (RFC 6455 §4.1).
    #[error("subprotocol `{0}` is no token; write letters, digits, `.`, `-` and `_`")]
    Subprotocol(String),
    /// A subprotocol twice.
    #[error("subprotocol `{0}` is listed twice")]
    RepeatedSubprotocol(String),
    /// `max_sessions` is 0.
    #[error("`max_sessions` is 0: an endpoint without sessions is better not deployed")]
    NoSessions,
}

impl ServerEndpointConfig {
    /// What the attributes of `E` say.
    #[must_use]
    pub fn of<E: ServerEndpoint>() -> Self {
        Self::from(&E::DESCRIPTOR)
    }

    /// An `E` at `path`, whatever its attributes say; each connection has an instance of its own, by
    /// `Default` unless [`factory`](ServerEndpointBuilder::factory) says otherwise.
    #[doc(alias = "ServerEndpointConfig.Builder")]
    #[doc(alias = "create")]
    #[track_caller]
    pub fn builder<E: Endpoint + Default>(
        path: impl Into<Cow<'static, str>>,
    ) -> ServerEndpointBuilder<E> {
        ServerEndpointBuilder::new(path.into(), launch_default::<E>(), Location::caller())
    }

    /// As [`builder`](Self::builder), for a type without `Default`: `factory` makes the instance of
    /// each connection, as [`factory`](ServerEndpointBuilder::factory) says.
    #[track_caller]
    pub fn builder_with<E, F, R>(
        path: impl Into<Cow<'static, str>>,
        factory: F,
    ) -> ServerEndpointBuilder<E>
    where
        E: Endpoint,
        F: Fn(&HandshakeRequest) -> R + Send + Sync + 'static,
        R: MadeBy<E> + 'static,
    {
        let launcher = launch_factory::<E, F, R>(factory);
        ServerEndpointBuilder::new(path.into(), launcher, Location::caller())
    }

    /// One `instance` at `path` for all connections (`instance = "shared"`), which other parts of the
    /// program may have too.
    #[track_caller]
    pub fn builder_shared<E: SharedEndpoint>(
        path: impl Into<Cow<'static, str>>,
        instance: Arc<E>,
    ) -> ServerEndpointBuilder<Shared<E>> {
        let launcher = launch_shared(instance);
        ServerEndpointBuilder::new(path.into(), launcher, Location::caller()).named::<E>()
    }

    /// Begins with what the attributes of `E` say, to be changed.
    pub fn builder_of<E: ServerEndpoint + Endpoint>() -> ServerEndpointBuilder<E> {
        ServerEndpointBuilder::of(Self::of::<E>())
    }

    /// The URI template.
    #[must_use]
    #[doc(alias = "getPath")]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The type, with its module.
    #[must_use]
    #[doc(alias = "getEndpointClass")]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The handlers.
    #[must_use]
    pub const fn handlers(&self) -> &HandlerSet {
        &self.handlers
    }

    /// The subprotocols, the preferred first.
    #[doc(alias = "getSubprotocols")]
    pub fn subprotocols(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.subprotocols.iter().map(AsRef::as_ref)
    }

    /// The decoders' types, as written.
    #[must_use]
    #[doc(alias = "getDecoders")]
    pub const fn decoders(&self) -> &'static [&'static str] {
        self.decoders
    }

    /// The encoders' types, as written.
    #[must_use]
    #[doc(alias = "getEncoders")]
    pub const fn encoders(&self) -> &'static [&'static str] {
        self.encoders
    }

    /// Bounds on messages; `None` takes what handlers ask for, and else the container's settings.
    #[must_use]
    pub const fn limits(&self) -> Option<&Limits> {
        self.limits.as_ref()
    }

    /// What happens to published messages that a session does not take in time; `None` takes the
    /// container's setting.
    #[must_use]
    pub const fn overflow(&self) -> Option<Overflow> {
        self.overflow
    }

    /// The idle timeout; `None` takes the container's setting.
    #[must_use]
    pub const fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }

    /// Most sessions at the same time; `None`, the default, any number.
    #[must_use]
    pub const fn max_sessions(&self) -> Option<usize> {
        self.max_sessions
    }

    /// Whether plain connections are answered with 403.
    #[must_use]
    pub const fn requires_tls(&self) -> bool {
        self.require_tls
    }

    /// Whether peers need an identity; so they do where they need a role.
    #[must_use]
    pub const fn requires_identity(&self) -> bool {
        self.authenticated || !self.roles.is_empty()
    }

    /// The roles of which peers need one; none where any peer may connect.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = &str> {
        self.roles.iter().map(AsRef::as_ref)
    }

    /// What decides in its handshakes; `None` takes the container's. One that its attributes name is
    /// made by each call: a container calls this once a deployment.
    #[must_use]
    #[doc(alias = "getConfigurator")]
    pub fn configurator(&self) -> Option<Arc<dyn ServerConfigurator>> {
        self.configurator.as_ref().map(Part::get)
    }

    /// What each session's properties begin with, by type.
    #[must_use]
    #[doc(alias = "getUserProperties")]
    pub const fn properties(&self) -> &Extensions {
        &self.properties
    }

    /// What makes the instances. That of a type with attributes is made by each call, and with it a
    /// shared instance: a container calls this once a deployment.
    #[must_use]
    pub fn launcher(&self) -> Arc<dyn Launcher> {
        self.launcher.get()
    }

    /// Where it was declared: the file and line of its attribute, or of the call that began it.
    #[must_use]
    pub const fn source(&self) -> (&'static str, u32) {
        (self.file, self.line)
    }

    /// What is wrong with it by itself.
    #[must_use]
    pub fn problems(&self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        if let Err(error) = path::check(&self.path) {
            problems.push(ConfigProblem::Path(self.path.to_string(), error));
        }
        for (at, name) in self.subprotocols.iter().enumerate() {
            if Subprotocol::new(name).is_err() {
                problems.push(ConfigProblem::Subprotocol(name.to_string()));
            } else if self.subprotocols[..at].contains(name) {
                problems.push(ConfigProblem::RepeatedSubprotocol(name.to_string()));
            }
        }
        if self.max_sessions == Some(0) {
            problems.push(ConfigProblem::NoSessions);
        }
        problems
    }
}

impl From<&EndpointDescriptor> for ServerEndpointConfig {
    fn from(descriptor: &EndpointDescriptor) -> Self {
        let owned =
            |names: &[&'static str]| names.iter().map(|name| Cow::Borrowed(*name)).collect();
        Self {
            path: Cow::Borrowed(descriptor.path),
            type_name: descriptor.type_name,
            handlers: descriptor.handlers,
            subprotocols: owned(descriptor.subprotocols),
            decoders: descriptor.decoders,
            encoders: descriptor.encoders,
            limits: None,
            overflow: None,
            idle_timeout: descriptor.idle_timeout,
            max_sessions: descriptor.max_sessions,
            require_tls: descriptor.require_tls,
            authenticated: descriptor.authenticated,
            roles: owned(descriptor.roles),
            configurator: descriptor.configurator.map(Part::Made),
            properties: Extensions::new(),
            launcher: Part::Made(descriptor.launcher),
            file: descriptor.file,
            line: descriptor.line,
        }
    }
}

impl fmt::Debug for ServerEndpointConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerEndpointConfig")
            .field("path", &self.path)
            .field("type_name", &self.type_name)
            .field("subprotocols", &self.subprotocols)
            .field("roles", &self.roles)
            .field("source", &format_args!("{}:{}", self.file, self.line))
            .finish_non_exhaustive()
    }
}

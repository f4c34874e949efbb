//! Writes out the configuration of a server endpoint.

use std::any::type_name;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;

use crate::configurator::ServerConfigurator;
use crate::endpoint::Endpoint;
use crate::handshake::HandshakeRequest;
use crate::limits::Limits;
use crate::overflow::Overflow;
use crate::registration::launcher::{Launcher, MadeBy, launch_factory};
use crate::registration::server_config::{ConfigProblem, Part, ServerEndpointConfig};

/// Collects the configuration of an endpoint of the type `E`; begun by
/// [`ServerEndpointConfig::builder`].
#[derive(Clone, Debug)]
#[must_use = "`build` makes the configuration"]
#[doc(alias = "ServerEndpointConfig.Builder")]
pub struct ServerEndpointBuilder<E> {
    config: ServerEndpointConfig,
    endpoint: PhantomData<fn() -> E>,
}

impl<E> ServerEndpointBuilder<E> {
    /// Begins with `config`.
    pub(super) const fn of(config: ServerEndpointConfig) -> Self {
        Self { config, endpoint: PhantomData }
    }

    /// Deploys it at another URI template.
    pub fn path(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.config.path = path.into();
        self
    }

    /// Sets the subprotocols, the preferred first.
    pub fn subprotocols<S: Into<Cow<'static, str>>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.config.subprotocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Lets `configurator` decide in its handshakes.
    pub fn configurator(self, configurator: impl ServerConfigurator) -> Self {
        self.shared_configurator(Arc::new(configurator))
    }

    /// As [`configurator`](Self::configurator), with one that others use too.
    pub fn shared_configurator(mut self, configurator: Arc<dyn ServerConfigurator>) -> Self {
        self.config.configurator = Some(Part::Given(configurator));
        self
    }

    /// Bounds its messages, whatever its handlers and the container's settings say.
    #[doc(alias = "maxMessageSize")]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = Some(limits);
        self
    }

    /// What happens to published messages that one of its sessions does not take in time, where
    /// their topic does not say and whatever the container's settings say.
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.config.overflow = Some(overflow);
        self
    }

    /// Closes a session on which no data frame passed for this long; zero never does, whatever the
    /// container's settings say.
    #[doc(alias = "setMaxIdleTimeout")]
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.config.idle_timeout = Some(timeout);
        self
    }

    /// Bounds the sessions at the same time; one more is opened and closed at once, with 1013.
    pub const fn max_sessions(mut self, sessions: usize) -> Self {
        self.config.max_sessions = Some(sessions);
        self
    }

    /// Answers plain connections with 403 (Jakarta §8.3, `CONFIDENTIAL`).
    #[doc(alias = "transport-guarantee")]
    pub const fn require_tls(mut self) -> Self {
        self.config.require_tls = true;
        self
    }

    /// Answers peers without an identity with 401.
    pub const fn authenticated(mut self) -> Self {
        self.config.authenticated = true;
        self
    }

    /// Answers peers without an identity with 401, and those that have none of `roles` with 403.
    #[doc(alias = "auth-constraint")]
    pub fn roles<S: Into<Cow<'static, str>>>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.config.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Gives every session a copy of `value`, as one of its properties: one of each type.
    #[doc(alias = "getUserProperties")]
    pub fn property<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.config.properties.insert(value);
        self
    }

    /// The configuration.
    ///
    /// # Errors
    ///
    /// The first of [`ServerEndpointConfig::problems`].
    pub fn build(self) -> Result<ServerEndpointConfig, ConfigProblem> {
        match self.config.problems().into_iter().next() {
            None => Ok(self.config),
            Some(problem) => Err(problem),
        }
    }
}

impl<E: Endpoint> ServerEndpointBuilder<E> {
    pub(super) fn new(
        path: Cow<'static, str>,
        launcher: Arc<dyn Launcher>,
        caller: &'static Location<'static>,
    ) -> Self {
        Self::of(ServerEndpointConfig {
            path,
            type_name: type_name::<E>(),
            handlers: E::HANDLERS,
            subprotocols: Vec::new(),
            decoders: &[],
            encoders: &[],
            limits: None,
            overflow: None,
            idle_timeout: None,
            max_sessions: None,
            require_tls: false,
            authenticated: false,
            roles: Vec::new(),
            configurator: None,
            properties: Extensions::new(),
            launcher: Part::Given(launcher),
            file: caller.file(),
            line: caller.line(),
        })
    }

    /// Named after `T`.
    pub(super) fn named<T>(mut self) -> Self {
        self.config.type_name = type_name::<T>();
        self
    }

    /// Lets `factory` make the instance of each connection of its request (Jakarta
    /// `getEndpointInstance`): an `E`, or a `Result` with one.
    ///
    /// It is called when everything else is agreed and nothing is answered yet. Its error, or a
    /// panic, is answered with 500.
    #[doc(alias = "getEndpointInstance")]
    pub fn factory<F, R>(mut self, factory: F) -> Self
    where
        F: Fn(&HandshakeRequest) -> R + Send + Sync + 'static,
        R: MadeBy<E> + 'static,
    {
        self.config.launcher = Part::Given(launch_factory::<E, F, R>(factory));
        self
    }

    /// Gives each connection a clone of `instance`; for types whose clones share what they hold.
    pub fn shared(self, instance: E) -> Self
    where
        E: Clone + Sync,
    {
        self.factory(move |_: &HandshakeRequest| instance.clone())
    }
}

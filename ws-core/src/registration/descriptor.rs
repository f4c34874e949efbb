//! What `#[server_endpoint]` says of a type.

use std::sync::Arc;
use std::time::Duration;

use crate::configurator::ServerConfigurator;
use crate::endpoint::HandlerSet;
use crate::registration::launcher::Launcher;

/// What a server endpoint says of itself; written by `#[server_endpoint]`, one `static` a type.
///
/// [`ServerEndpointConfig`](crate::ServerEndpointConfig) is the form that can be changed at run
/// time; `ServerEndpointConfig::from(descriptor)` makes one.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EndpointDescriptor {
    /// The URI template.
    pub path: &'static str,
    /// The type, with its module.
    pub type_name: &'static str,
    /// The handlers.
    pub handlers: HandlerSet,
    /// `subprotocols = [..]`, in the order written.
    pub subprotocols: &'static [&'static str],
    /// `decoders = [..]`, as written.
    pub decoders: &'static [&'static str],
    /// `encoders = [..]`, as written.
    pub encoders: &'static [&'static str],
    /// `idle_timeout = ".."`; `None` takes the container's setting.
    pub idle_timeout: Option<Duration>,
    /// `max_sessions = ..`: most sessions at the same time; `None`, the default, any number.
    pub max_sessions: Option<usize>,
    /// `require_tls`: plain connections are answered with 403.
    pub require_tls: bool,
    /// `#[requires(authenticated)]`: peers without an identity are answered with 401.
    pub authenticated: bool,
    /// `#[requires(roles = [..])]`: peers need one of these; any identity will do where there is
    /// none.
    pub roles: &'static [&'static str],
    /// `configurator = ..`, called once a deployment; `None` takes the container's.
    pub configurator: Option<fn() -> Arc<dyn ServerConfigurator>>,
    /// Source file of the attribute.
    pub file: &'static str,
    /// Line of the attribute.
    pub line: u32,
    /// What starts its connections, called once a deployment.
    pub launcher: fn() -> Arc<dyn Launcher>,
}

impl EndpointDescriptor {
    /// An endpoint at `path`, declared in line `line` of `file`, that has nothing but `handlers`.
    #[must_use]
    pub const fn new(
        path: &'static str,
        type_name: &'static str,
        handlers: HandlerSet,
        file: &'static str,
        line: u32,
        launcher: fn() -> Arc<dyn Launcher>,
    ) -> Self {
        Self {
            path,
            type_name,
            handlers,
            subprotocols: &[],
            decoders: &[],
            encoders: &[],
            idle_timeout: None,
            max_sessions: None,
            require_tls: false,
            authenticated: false,
            roles: &[],
            configurator: None,
            file,
            line,
            launcher,
        }
    }

    /// Sets the subprotocols, the preferred first.
    #[must_use]
    pub const fn subprotocols(mut self, names: &'static [&'static str]) -> Self {
        self.subprotocols = names;
        self
    }

    /// Sets the decoders' types, as written.
    #[must_use]
    pub const fn decoders(mut self, types: &'static [&'static str]) -> Self {
        self.decoders = types;
        self
    }

    /// Sets the encoders' types, as written.
    #[must_use]
    pub const fn encoders(mut self, types: &'static [&'static str]) -> Self {
        self.encoders = types;
        self
    }

    /// Sets the idle timeout, in milliseconds; `None` takes the container's setting.
    #[must_use]
    pub const fn idle_timeout_millis(mut self, millis: Option<u64>) -> Self {
        self.idle_timeout = match millis {
            Some(millis) => Some(Duration::from_millis(millis)),
            None => None,
        };
        self
    }

    /// Bounds the sessions at the same time.
    #[must_use]
    pub const fn max_sessions(mut self, sessions: usize) -> Self {
        self.max_sessions = Some(sessions);
        self
    }

    /// Whether plain connections are refused.
    #[must_use]
    pub const fn require_tls(mut self, required: bool) -> Self {
        self.require_tls = required;
        self
    }

    /// Whether peers without an identity are refused.
    #[must_use]
    pub const fn authenticated(mut self, required: bool) -> Self {
        self.authenticated = required;
        self
    }

    /// Sets the roles of which peers need one.
    #[must_use]
    pub const fn roles(mut self, roles: &'static [&'static str]) -> Self {
        self.roles = roles;
        self
    }

    /// Sets what makes the configurator.
    #[must_use]
    pub const fn configurator(mut self, make: fn() -> Arc<dyn ServerConfigurator>) -> Self {
        self.configurator = Some(make);
        self
    }
}

/// A type with `#[server_endpoint]`, which writes it; also for types with parameters, which do not
/// register themselves: [`ServerEndpointConfig::of`](crate::ServerEndpointConfig::of) deploys them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no server endpoint",
    label = "has no `#[server_endpoint]`, or not for this type",
    note = "put `#[server_endpoint(\"/path\")]` on `struct {Self}`, or use \
            `ServerEndpointConfig::builder::<{Self}>(\"/path\")`",
    note = "a type with parameters is one where it has handlers, and `Default` or a `factory`"
)]
pub trait ServerEndpoint: 'static {
    /// What it says of itself.
    const DESCRIPTOR: EndpointDescriptor;
}

/// A server endpoint that was linked into this program.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "`#[server_endpoint]` writes it out")]
pub struct Registration(pub &'static EndpointDescriptor);

inventory::collect!(Registration);

/// Every registered server endpoint, ordered by path, then by source location.
#[must_use]
pub fn registrations() -> Vec<&'static EndpointDescriptor> {
    let mut all: Vec<_> = inventory::iter::<Registration>().map(|entry| entry.0).collect();
    all.sort_by_key(|descriptor| (descriptor.path, descriptor.file, descriptor.line));
    all
}

//! From configured endpoints to what serves requests.

mod error;
mod mount;
mod plan;
mod settings;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ws_core::endpoint::HandlerSet;
use ws_core::endpoint::path::{BadPath, Mismatch};
use ws_core::handshake::PathParams;
use ws_core::{CloseReason, Hub, ServerEndpointConfig, Session};

pub use crate::deploy::error::{DeploymentError, DeploymentProblem, EndpointName};
pub(crate) use crate::deploy::mount::{Mount, Mounted, Seat};
pub(crate) use crate::deploy::settings::Defaults;
use crate::printable::Printable;
use crate::router::Router;

/// What is mounted now; replaced as a whole.
type Routes = Arc<Router<Arc<Mount>>>;

/// The endpoints of a container, mounted.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// Requests take a copy of the pointer; the lock is never held for longer.
    routes: RwLock<Routes>,
    /// Held while the routes are made anew.
    change: Mutex<()>,
    defaults: Defaults,
    hub: Arc<Hub>,
}

impl Deployment {
    /// Deploys `endpoints`, all or none.
    ///
    /// Endpoints may share a path when their templates are written alike, their subprotocols
    /// differ and at most one of them has none: the agreed subprotocol then selects the endpoint.
    ///
    /// # Errors
    ///
    /// [`DeploymentError`] with everything that is wrong with the set.
    pub(crate) fn new(
        endpoints: Vec<ServerEndpointConfig>,
        defaults: Defaults,
        hub: Arc<Hub>,
    ) -> Result<Self, DeploymentError> {
        let routes = plan::plan(&Router::default(), endpoints, &defaults, &hub)?;
        let routes = RwLock::new(Arc::new(routes));
        Ok(Self { routes, change: Mutex::default(), defaults, hub })
    }

    /// Deploys one more endpoint; those that are deployed stay whatever happens.
    ///
    /// # Errors
    ///
    /// [`DeploymentError`] with everything that is wrong with it.
    pub(crate) fn deploy(&self, endpoint: ServerEndpointConfig) -> Result<(), DeploymentError> {
        let _change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let deployed = endpoint.clone();
        let routes = plan::plan(&self.routes(), vec![endpoint], &self.defaults, &self.hub)?;
        self.replace(routes);
        log(&deployed);
        Ok(())
    }

    /// Takes the endpoints away that were deployed at the template `path`, and closes their sessions
    /// with `reason`. Returns how many endpoints there were.
    pub(crate) fn undeploy(&self, path: &str, reason: &CloseReason) -> usize {
        let _change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let (gone, kept): (Vec<_>, Vec<_>) = self
            .routes()
            .iter()
            .map(|(template, mount)| (template.clone(), Arc::clone(mount)))
            .partition(|(_, mount)| mount.endpoints().iter().any(|it| it.config.path() == path));
        let mut routes = Router::default();
        kept.into_iter().for_each(|(template, mount)| routes.mount(template, mount));
        // New requests find nothing from here on.
        self.replace(routes);
        let gone: Vec<_> = gone.iter().flat_map(|(_, mount)| mount.endpoints()).collect();
        for mounted in &gone {
            mounted.withdraw(reason);
            tracing::info!(path, endpoint = mounted.config.type_name(), "undeployed");
        }
        gone.len()
    }

    /// An endpoint of its own path, for those who route requests by themselves.
    ///
    /// # Errors
    ///
    /// [`DeploymentError`] with everything that is wrong with it.
    pub(crate) fn apart(
        &self,
        endpoint: ServerEndpointConfig,
    ) -> Result<Arc<Mount>, DeploymentError> {
        plan::apart(endpoint, &self.defaults, &self.hub)
    }

    fn routes(&self) -> Routes {
        Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, routes: Router<Arc<Mount>>) {
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
    }

    /// The endpoints at `path`.
    ///
    /// # Errors
    ///
    /// [`BadPath`] when `path` is malformed.
    pub(crate) fn find(&self, path: &str) -> Result<Option<(Arc<Mount>, PathParams)>, BadPath> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        Ok(routes.find(path)?.map(|(mount, params)| (Arc::clone(mount), params)))
    }

    /// The templates most like `path`, in one line.
    pub(crate) fn nearest(&self, path: &str) -> String {
        self.routes().nearest(path).join(" ")
    }

    /// What each endpoint's template has to say of `path`, a line each.
    pub(crate) fn explain(&self, path: &str) -> String {
        let line = |(template, why): (&str, Option<Mismatch>)| match why {
            Some(why) => format!("  {template}: {}\n", Printable::text(&why.to_string())),
            None => format!("  {template}: matches\n"),
        };
        self.routes().explain(path).into_iter().map(line).collect()
    }

    /// The open sessions of the endpoints that were deployed at the template `path`.
    pub(crate) fn sessions(&self, path: &str) -> Vec<Session> {
        let routes = self.routes();
        let endpoints = routes.iter().flat_map(|(_, mount)| mount.endpoints());
        let at_path = endpoints.filter(|mounted| mounted.config.path() == path);
        at_path.flat_map(|mounted| mounted.deployed.sessions()).collect()
    }

    /// What all sessions share.
    pub(crate) const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// What comes before every path.
    pub(crate) fn root(&self) -> &str {
        &self.defaults.root
    }

    /// Logs each endpoint, or why there may be none.
    pub(crate) fn log(&self) {
        let routes = self.routes();
        let mut endpoints = routes.iter().flat_map(|(_, mount)| mount.endpoints()).peekable();
        if endpoints.peek().is_none() {
            tracing::warn!(
                "no endpoint is deployed; endpoints of a library crate that the program never \
                 names are not linked into it: write `use my_endpoints as _;` in the program"
            );
        }
        endpoints.for_each(|mounted| log(&mounted.config));
    }
}

fn log(config: &ServerEndpointConfig) {
    let (file, line) = config.source();
    tracing::info!(
        path = config.path(),
        endpoint = config.type_name(),
        handlers = handlers(config.handlers()),
        subprotocols = config.subprotocols().collect::<Vec<_>>().join(","),
        at = format_args!("{file}:{line}"),
        "deployed"
    );
}

/// The handlers of an endpoint in one line, such as `on_open, on_message(&str)`.
pub(crate) fn handlers(handlers: &HandlerSet) -> String {
    let list = handlers.list.iter().map(|handler| match handler.message {
        "" => handler.kind.name().to_owned(),
        message => format!("{}({message})", handler.kind.name()),
    });
    list.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;

//! What a container is made of.

use std::io;
#[cfg(feature = "docroot")]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use ws_core::endpoint::path;
use ws_core::extension::Extension;
use ws_core::{
    Authenticator, EndpointDescriptor, Hub, ServerConfigurator, ServerEndpointConfig, States,
    registrations,
};

use crate::config::Settings;
use crate::container::Container;
use crate::deploy::{Defaults, Deployment, DeploymentError};
use crate::files::{Files, Page, registered};
use crate::http::{LONGEST, Server};
use crate::lifecycle::Handle;
use crate::listener::{Admission, Listen};
use crate::opening::Terms;
use crate::proxies::Trust;
#[cfg(feature = "tls")]
use crate::tls::ServerTls;

/// A container that cannot be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The endpoints do not go together.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The directory of static files cannot be served.
    #[cfg(feature = "docroot")]
    #[error("cannot serve files of {path}", path = .0.display())]
    Docroot(PathBuf, #[source] io::Error),
    /// The root is no path, or has variables.
    #[error("`{0}` is no root; write `/` and literal segments, as in `/app`")]
    Root(String),
    /// Peers are to speak TLS somewhere, and there is no certificate.
    #[cfg(feature = "tls")]
    #[error("a listener is to speak TLS without a certificate; give `Builder::tls` one")]
    NoCertificate,
    /// The system has no source of randomness.
    #[error("no source of randomness")]
    Randomness(#[source] io::Error),
}

/// Says of an endpoint that was discovered whether to deploy it.
type Filter = Arc<dyn Fn(&EndpointDescriptor) -> bool + Send + Sync>;

/// Collects what a [`Container`] serves.
///
/// # Examples
///
/// Everything that is linked into the program, but the endpoints of one module, with a state that
/// handlers take as `State<Prices>`; and one endpoint at a path that only the running program knows:
///
/// ```standalone_crate
/// use ws_container::prelude::*;
/// use ws_container::{Container, ServerEndpointConfig};
///
/// #[server_endpoint("/echo")]
/// #[derive(Default)]
/// struct Echo;
///
/// #[handlers]
/// impl Echo {
///     #[on_message]
///     fn text<'m>(&mut self, text: &'m str) -> &'m str {
///         text
///     }
/// }
///
/// struct Prices;
///
/// let tenant = "acme";
/// let container = Container::builder()
///     .discover()
///     .filter(|endpoint| !endpoint.type_name.contains("::internal::"))
///     .deploy(ServerEndpointConfig::builder::<Echo>(format!("/{tenant}/echo")).build()?)
///     .state(Prices)
///     .root("/app")
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "`build` makes the container"]
#[doc(alias = "ServerApplicationConfig")]
pub struct Builder {
    discovered: Vec<&'static EndpointDescriptor>,
    filters: Vec<Filter>,
    endpoints: Vec<ServerEndpointConfig>,
    states: States,
    authenticator: Option<Arc<dyn Authenticator>>,
    defaults: Defaults,
    pages: Vec<Page>,
    #[cfg(feature = "docroot")]
    docroot: Option<PathBuf>,
    #[cfg(feature = "docroot")]
    list: bool,
    listeners: Vec<Listen>,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
    #[cfg(feature = "admin")]
    admin: Option<Listen>,
}

impl Builder {
    /// Adds every endpoint and [`page`](crate::page!) that is linked into this program.
    ///
    /// A library crate that the program never names is not linked, and its endpoints are not found:
    /// `use my_endpoints as _;` names it.
    pub fn discover(mut self) -> Self {
        self.pages.extend(registered());
        self.discovered.extend(registrations());
        self
    }

    /// Deploys of those discovered only the endpoints for which `deploy` says so. Of several filters
    /// one is enough: what is deployed is the union of their results (Jakarta WSC-6.2-5). Endpoints
    /// that are added one by one are deployed in any case.
    #[doc(alias = "getAnnotatedEndpointClasses")]
    #[doc(alias = "getEndpointConfigs")]
    pub fn filter(
        mut self,
        deploy: impl Fn(&EndpointDescriptor) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.filters.push(Arc::new(deploy));
        self
    }

    /// Adds an endpoint as it is configured; once the container runs,
    /// [`Handle::deploy`] does.
    #[doc(alias = "addEndpoint")]
    #[doc(alias = "ServerContainer.addEndpoint")]
    pub fn deploy(mut self, endpoint: ServerEndpointConfig) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Adds one endpoint.
    pub fn register(self, endpoint: &'static EndpointDescriptor) -> Self {
        self.deploy(endpoint.into())
    }

    /// Adds endpoints.
    pub fn endpoints(
        mut self,
        endpoints: impl IntoIterator<Item = &'static EndpointDescriptor>,
    ) -> Self {
        self.endpoints.extend(endpoints.into_iter().map(ServerEndpointConfig::from));
        self
    }

    /// Gives handlers `state`, which they take as `State<T>`: one value of each type, shared by all.
    /// A handler's state that is missing is a [`BuildError`].
    pub fn state<T: Send + Sync + 'static>(self, state: T) -> Self {
        self.shared_state(Arc::new(state))
    }

    /// As [`state`](Self::state), with a value that other parts of the program have too.
    pub fn shared_state<T: Send + Sync + 'static>(mut self, state: Arc<T>) -> Self {
        self.states.insert(state);
        self
    }

    /// Lets `authenticator` say who peers are, in the handshakes of all endpoints.
    #[doc(alias = "getUserPrincipal")]
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        self.authenticator = Some(Arc::new(authenticator));
        self
    }

    /// Lets `configurator` decide in the handshakes of endpoints that have none of their own.
    #[doc(alias = "getContainerDefaultConfigurator")]
    pub fn configurator(mut self, configurator: impl ServerConfigurator) -> Self {
        self.defaults.configurator = Some(Arc::new(configurator));
        self
    }

    /// Lets clients agree on `extension` with every endpoint but those that take single frames.
    /// permessage-deflate is among the [settings](Settings) already.
    #[doc(alias = "getInstalledExtensions")]
    pub fn extension(mut self, extension: impl Extension + 'static) -> Self {
        self.defaults.extensions.push(Arc::new(extension));
        self
    }

    /// Serves everything below `root`, such as `/app`: endpoints, pages and files. `/` and nothing
    /// both mean the server's own root.
    #[doc(alias = "contextPath")]
    pub fn root(mut self, root: impl Into<String>) -> Self {
        let root: String = root.into();
        self.defaults.root = root.trim_end_matches('/').to_owned();
        self
    }

    /// Replaces the settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.defaults.settings = settings;
        self
    }

    /// Serves the files of the directory `docroot` where a plain GET asks for one. Files whose name
    /// begins with a dot, and links that lead out of the directory, are not served.
    #[cfg(feature = "docroot")]
    pub fn static_files(mut self, docroot: impl Into<PathBuf>) -> Self {
        self.docroot = Some(docroot.into());
        self
    }

    /// Whether to list directories that have no `index.html`; off.
    #[cfg(feature = "docroot")]
    pub const fn list(mut self, list: bool) -> Self {
        self.list = list;
        self
    }

    /// Serves `page` at its path, unless there is a file.
    pub fn page(mut self, page: Page) -> Self {
        self.pages.push(page);
        self
    }

    /// Listens on `host`, a name or an address, and `port`; port 0 picks a free one. May be called
    /// several times.
    pub fn bind(self, host: impl Into<String>, port: u16) -> Self {
        self.listen(Listen::on(host, port))
    }

    /// As [`bind`](Self::bind), for peers that speak TLS; [`tls`](Self::tls) says who the server is.
    #[cfg(feature = "tls")]
    pub fn bind_tls(self, host: impl Into<String>, port: u16) -> Self {
        self.listen(Listen::on(host, port).tls(true))
    }

    /// Listens as `listen` says. May be called several times.
    pub fn listen(mut self, listen: Listen) -> Self {
        self.listeners.push(listen);
        self
    }

    /// The certificate of the server, where peers speak TLS.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Answers at `host` and `port` how the container is: `/healthz`, `/readyz` and `/metrics`. Not
    /// for everybody's eyes: a loopback address, or one that only the operator reaches. Off.
    ///
    /// Where a listener [shares its port](Listen::reuse_port) this address is shared too, so that a
    /// new process can take over from an old one; while both run, either may answer.
    #[cfg(feature = "admin")]
    pub fn admin(mut self, host: impl Into<String>, port: u16) -> Self {
        self.admin = Some(Listen::on(host, port));
        self
    }

    /// Deploys the endpoints and looks at the files. Nothing is listened on yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when endpoints do not go together, or files cannot be served.
    pub fn build(self) -> Result<Container, BuildError> {
        self.check_root()?;
        #[cfg(feature = "tls")]
        if self.tls.is_none() && self.listeners.iter().any(|it| it.tls) {
            return Err(BuildError::NoCertificate);
        }
        #[cfg(feature = "admin")]
        let admin = self.administered();
        let files = self.files()?;
        let endpoints = self.chosen();
        let settings = self.defaults.settings.clone();
        let terms = Terms {
            origins: settings.origins.clone(),
            order: settings.subprotocol_order,
            timeout: settings.handshake_timeout.clamp(Duration::from_millis(1), LONGEST),
            authenticator: self.authenticator,
            extensions: self.defaults.installed(),
        };
        let deployment = Deployment::new(endpoints, self.defaults, Hub::with_states(self.states))?;
        deployment.log();
        let trust =
            Trust { networks: settings.trusted_proxies.clone(), headers: settings.proxy_headers };
        let server = Server::new(deployment, terms, files, trust, settings.head_timeout);
        let handle = Handle::new(
            server,
            &settings,
            #[cfg(feature = "tls")]
            self.tls.clone(),
        );
        Ok(Container {
            handle,
            listeners: self.listeners,
            #[cfg(feature = "tls")]
            tls: self.tls,
            #[cfg(feature = "admin")]
            admin,
            admission: Admission::new(&settings),
        })
    }

    /// The endpoints that it deploys.
    pub(crate) fn chosen(&self) -> Vec<ServerEndpointConfig> {
        let wanted = |it: &&&EndpointDescriptor| {
            self.filters.is_empty() || self.filters.iter().any(|filter| filter(it))
        };
        let discovered = self.discovered.iter().filter(wanted);
        let discovered = discovered.map(|it| ServerEndpointConfig::from(*it));
        discovered.chain(self.endpoints.iter().cloned()).collect()
    }

    /// Whether something is served at `path` that is no endpoint.
    #[cfg(feature = "cli")]
    pub(crate) fn has_page(&self, path: &str) -> bool {
        self.pages.iter().any(|page| page.path == path)
    }

    /// Without pages.
    #[cfg(all(feature = "cli", feature = "docroot"))]
    pub(crate) fn without_pages(mut self) -> Self {
        self.pages.clear();
        self
    }

    /// What comes before every path.
    #[cfg(feature = "cli")]
    pub(crate) fn root_path(&self) -> &str {
        &self.defaults.root
    }

    /// Where health and metrics are asked for. What could not listen there could not take over.
    #[cfg(feature = "admin")]
    fn administered(&self) -> Option<Listen> {
        let shared = self.listeners.iter().any(|it| it.reuse_port);
        self.admin.clone().map(|admin| admin.reuse_port(shared))
    }

    fn check_root(&self) -> Result<(), BuildError> {
        let root = &self.defaults.root;
        match root.is_empty() || (path::check(root).is_ok() && !root.contains('{')) {
            true => Ok(()),
            false => Err(BuildError::Root(root.clone())),
        }
    }

    fn files(&self) -> Result<Files, BuildError> {
        let files = Files::new(&self.pages).map_err(BuildError::Randomness)?;
        #[cfg(feature = "docroot")]
        if let Some(root) = &self.docroot {
            return files
                .with_docroot(root, self.list)
                .map_err(|error| BuildError::Docroot(root.clone(), error));
        }
        Ok(files)
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("discovered", &self.discovered)
            .field("endpoints", &self.endpoints)
            .field("defaults", &self.defaults)
            .finish_non_exhaustive()
    }
}

//! What a container is made of.

use std::io;
#[cfg(feature = "docroot")]
use std::path::PathBuf;

use thiserror::Error;
use ws_core::{EndpointDescriptor, Hub, registrations};

use crate::config::Settings;
use crate::container::Container;
use crate::deploy::{Deployment, DeploymentError};
use crate::files::{Files, Page, registered};
use crate::http::Server;
use crate::lifecycle::Handle;
use crate::listener::Admission;

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
    /// The system has no source of randomness.
    #[error("no source of randomness")]
    Randomness(#[source] io::Error),
}

/// Collects what a [`Container`] serves.
#[derive(Clone, Debug, Default)]
#[must_use = "`build` makes the container"]
pub struct Builder {
    endpoints: Vec<&'static EndpointDescriptor>,
    settings: Settings,
    pages: Vec<Page>,
    #[cfg(feature = "docroot")]
    docroot: Option<PathBuf>,
    #[cfg(feature = "docroot")]
    list: bool,
    addresses: Vec<(String, u16)>,
}

impl Builder {
    /// Adds every endpoint and [`page`](crate::page!) that is linked into this program.
    ///
    /// A library crate that the program never names is not linked, and its endpoints are not found:
    /// `use my_endpoints as _;` names it.
    pub fn discover(mut self) -> Self {
        self.pages.extend(registered());
        self.endpoints(registrations())
    }

    /// Adds one endpoint.
    pub fn register(mut self, endpoint: &'static EndpointDescriptor) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Adds endpoints.
    pub fn endpoints(
        mut self,
        endpoints: impl IntoIterator<Item = &'static EndpointDescriptor>,
    ) -> Self {
        self.endpoints.extend(endpoints);
        self
    }

    /// Replaces the settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
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
    pub fn bind(mut self, host: impl Into<String>, port: u16) -> Self {
        self.addresses.push((host.into(), port));
        self
    }

    /// Deploys the endpoints and looks at the files. Nothing is listened on yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when endpoints do not go together, or files cannot be served.
    pub fn build(self) -> Result<Container, BuildError> {
        let files = self.files()?;
        let deployment = Deployment::new(&self.endpoints, &self.settings, Hub::new())?;
        deployment.log();
        let Settings { head_timeout, grace, max_http_connections, max_connections, .. } =
            self.settings;
        let server = Server::new(deployment, files, head_timeout);
        Ok(Container {
            handle: Handle::new(server, grace),
            addresses: self.addresses,
            admission: Admission::new(max_http_connections, max_connections),
        })
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

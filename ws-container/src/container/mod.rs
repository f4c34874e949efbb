//! The container: endpoints and files behind listening sockets.

mod builder;

use std::io;

use tokio::net::TcpListener;

pub use crate::container::builder::{BuildError, Builder};
use crate::http::{Entrance, Layer};
use crate::lifecycle::Handle;
use crate::listener::{Admission, Listen, accept};
#[cfg(feature = "tls")]
use crate::tls::ServerTls;

/// A WebSocket container: serves endpoints, and files beside them (Jakarta `ServerContainer`).
///
/// # Examples
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use ws_container::Container;
///
/// let container = Container::builder().discover().bind("127.0.0.1", 8080).build()?;
/// container.run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a container serves nothing until it is started"]
#[doc(alias = "ServerContainer")]
#[doc(alias = "ContainerProvider")]
pub struct Container {
    handle: Handle,
    listeners: Vec<Listen>,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
    #[cfg(feature = "admin")]
    admin: Option<Listen>,
    admission: Admission,
}

impl Container {
    /// Begins a container without endpoints and files.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Its sessions, its addresses, and its end.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Listens where [`Builder::bind`] and its siblings said, and serves in the background.
    ///
    /// # Errors
    ///
    /// When an address cannot be listened on; it is named. Nothing is served then.
    pub async fn start(self) -> io::Result<Handle> {
        let mut listeners = Vec::with_capacity(self.listeners.len());
        for listen in &self.listeners {
            #[cfg(feature = "tls")]
            let layer = match &self.tls {
                Some(tls) if listen.tls => Layer::Tls(tls.clone()),
                Some(_) | None => Layer::Plain,
            };
            #[cfg(not(feature = "tls"))]
            let layer = Layer::Plain;
            let entrance = Entrance { proxied: listen.proxied, layer };
            listeners.push((listen.open().await?, entrance));
        }
        self.begin(listeners).await
    }

    /// Serves connections of `listeners` in the background, without TLS, whatever [`Builder::bind`]
    /// was given.
    ///
    /// # Errors
    ///
    /// When a listener has no address, or that for health and metrics cannot be listened on.
    pub async fn start_on(self, listeners: Vec<TcpListener>) -> io::Result<Handle> {
        self.begin(listeners.into_iter().map(|it| (it, Entrance::default())).collect()).await
    }

    async fn begin(self, listeners: Vec<(TcpListener, Entrance)>) -> io::Result<Handle> {
        #[cfg(feature = "admin")]
        let admin = match &self.admin {
            Some(admin) => Some(admin.open().await?),
            None => None,
        };
        for (listener, entrance) in &listeners {
            self.handle.listening(listener.local_addr()?, entrance.is_secure());
        }
        #[cfg(feature = "admin")]
        if let Some(admin) = admin {
            self.handle.administered(admin.local_addr()?);
            tokio::spawn(crate::admin::serve(admin, self.handle.clone()));
        }
        let server = self.handle.server();
        for (listener, entrance) in listeners {
            let accepting = accept(listener, server.clone(), self.admission.clone(), entrance);
            server.http.spawn(accepting);
        }
        self.handle.serving();
        Ok(self.handle)
    }

    /// Serves until [`Handle::shutdown`] is called and done.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn run(self) -> io::Result<()> {
        self.start().await?.stopped().await;
        Ok(())
    }

    /// Serves connections of `listener` until [`Handle::shutdown`] is called and done.
    ///
    /// # Errors
    ///
    /// As [`start_on`](Self::start_on).
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        self.start_on(vec![listener]).await?.stopped().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

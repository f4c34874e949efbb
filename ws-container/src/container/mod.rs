//! The container: endpoints and files behind listening sockets.

mod builder;

use std::io;

use tokio::net::TcpListener;

pub use crate::container::builder::{BuildError, Builder};
use crate::lifecycle::Handle;
use crate::listener::{Admission, accept, bind};

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
    addresses: Vec<(String, u16)>,
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

    /// Listens on the addresses given to [`Builder::bind`] and serves in the background.
    ///
    /// # Errors
    ///
    /// When an address cannot be listened on; it is named. Nothing is served then.
    pub async fn start(self) -> io::Result<Handle> {
        let mut listeners = Vec::with_capacity(self.addresses.len());
        for (host, port) in &self.addresses {
            let listener = bind(host, *port).await.map_err(|error| {
                io::Error::new(error.kind(), format!("cannot listen on {host}:{port}: {error}"))
            })?;
            listeners.push(listener);
        }
        self.start_on(listeners)
    }

    /// Serves connections of `listeners` in the background, whatever [`Builder::bind`] was given.
    ///
    /// # Errors
    ///
    /// When a listener has no address.
    pub fn start_on(self, listeners: Vec<TcpListener>) -> io::Result<Handle> {
        for listener in &listeners {
            self.handle.listening(listener.local_addr()?);
        }
        let server = self.handle.server();
        for listener in listeners {
            server.http.spawn(accept(listener, server.clone(), self.admission.clone()));
        }
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
        self.start_on(vec![listener])?.stopped().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

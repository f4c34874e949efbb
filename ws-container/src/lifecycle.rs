//! How a container ends: drained, within a time.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until, timeout};
use ws_core::{CloseCode, CloseReason, Hub, ServerEndpointConfig, Session, SessionId};

use crate::deploy::DeploymentError;
use crate::http::{Server, Upgrader, upgrade};

/// While draining, sessions that were only just opened are told to close after this long.
const ROUND: Duration = Duration::from_millis(250);

/// After everything was cut, wait this long for the tasks to notice.
const AFTERMATH: Duration = Duration::from_secs(1);

/// A running container, from outside. Clones speak of the same container.
#[derive(Clone, Debug)]
pub struct Handle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    server: Arc<Server>,
    grace: Duration,
    addresses: Mutex<Vec<SocketAddr>>,
    /// How many sessions were cut, once the container has ended.
    cut: OnceCell<usize>,
}

impl Handle {
    pub(crate) fn new(server: Arc<Server>, grace: Duration) -> Self {
        let inner = Inner { server, grace, addresses: Mutex::default(), cut: OnceCell::new() };
        Self { inner: Arc::new(inner) }
    }

    /// The addresses it listens on, in the order in which they were given; none before it started.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.inner.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its sessions and topics.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        self.inner.server.deployment.hub()
    }

    /// Deploys one more endpoint while the container runs (Jakarta §6.3): from now on, requests find
    /// it. Before the container runs, [`Builder::deploy`](crate::Builder::deploy) does the same.
    ///
    /// # Errors
    ///
    /// [`DeploymentError`] with everything that is wrong with it. It is not deployed then; those that
    /// are deployed stay.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_container::prelude::*;
    /// # use ws_container::{Container, ServerEndpointConfig, __private as ws};
    /// # #[server_endpoint("/echo", crate = ws_container)]
    /// # #[derive(Default)]
    /// # struct Echo;
    /// # #[handlers(crate = ws_container)]
    /// # impl Echo {}
    /// let handle = Container::builder().build()?.handle();
    /// handle.deploy(ServerEndpointConfig::builder::<Echo>("/rooms/{room}").build()?)?;
    ///
    /// let again = ServerEndpointConfig::builder::<Echo>("/rooms/{name}").build()?;
    /// let error = handle.deploy(again).unwrap_err();
    /// assert!(error.to_string().contains("match the same paths"));
    ///
    /// let reason = CloseReason::new(CloseCode::GOING_AWAY, "moved")?;
    /// assert_eq!(handle.undeploy("/rooms/{room}", &reason), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "addEndpoint")]
    #[doc(alias = "ServerContainer.addEndpoint")]
    pub fn deploy(&self, endpoint: ServerEndpointConfig) -> Result<(), DeploymentError> {
        self.inner.server.deployment.deploy(endpoint)
    }

    /// Takes the endpoints away that are deployed at the template `path`, and closes their sessions
    /// with `reason`. Returns how many endpoints there were: several may share a path by their
    /// subprotocols, and 0 says that nothing was deployed there.
    ///
    /// `path` is written as it was deployed, without the container's root. Returns at once; sessions
    /// end on their own tasks.
    pub fn undeploy(&self, path: &str, reason: &CloseReason) -> usize {
        self.inner.server.deployment.undeploy(path, reason)
    }

    /// The open sessions of the endpoints that are deployed at the template `path`, written as it was
    /// deployed.
    #[must_use]
    #[doc(alias = "getOpenSessions")]
    pub fn sessions(&self, path: &str) -> Vec<Session> {
        self.inner.server.deployment.sessions(path)
    }

    /// The session with this id, if it is open or closing.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<Session> {
        self.hub().session(id)
    }

    /// Closes every session of the principal called `name` with 1008: its identity is not valid any
    /// more (Jakarta WSC-7.2-3). Returns how many there were.
    pub fn revoke(&self, name: &str) -> usize {
        self.hub().revoke(name)
    }

    /// Opens a session on a connection of another HTTP server, at the endpoint that is deployed at
    /// the path of `request` (Jakarta `upgradeHttpToWebSocket`). The answer is to be sent back: a 101,
    /// whose session then runs on a task of this container, or why there is none.
    ///
    /// It takes requests of hyper, and of all that is built on it, such as axum. The server must let
    /// connections be upgraded: with hyper that is `with_upgrades`, or
    /// `serve_connection_with_upgrades`. Everything is judged as on the container's own listeners;
    /// what the other server knows stands in the request's extensions: the peer's address as a
    /// [`SocketAddr`], the TLS handshake as a [`TlsInfo`](crate::TlsInfo), and a peer that it has
    /// authenticated as a [`Principal`](crate::Principal).
    ///
    /// The container need not listen anywhere. [`shutdown`](Self::shutdown) drains these sessions too.
    ///
    /// # Examples
    ///
    /// A service of hyper:
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use http_body_util::Full;
    /// use hyper::body::{Bytes, Incoming};
    /// use hyper::{Request, Response};
    /// use ws_container::Handle;
    ///
    /// async fn serve(
    ///     request: Request<Incoming>,
    ///     websockets: Handle,
    /// ) -> Result<Response<Full<Bytes>>, Infallible> {
    ///     if request.uri().path().starts_with("/live/") {
    ///         return Ok(websockets.upgrade(request).await.map(Full::new));
    ///     }
    ///     Ok(Response::new(Full::from("a page")))
    /// }
    /// ```
    #[doc(alias = "upgradeHttpToWebSocket")]
    pub async fn upgrade<B>(&self, request: Request<B>) -> Response<Bytes> {
        upgrade(&self.inner.server, request, None).await
    }

    /// Prepares `endpoint` for [`Upgrader::upgrade`]: sessions of an endpoint at paths that another
    /// HTTP server routes by itself. The container's own listeners do not serve it, and the template
    /// of its path only names it.
    ///
    /// # Errors
    ///
    /// [`DeploymentError`] with everything that is wrong with it.
    pub fn upgrader(&self, endpoint: ServerEndpointConfig) -> Result<Upgrader, DeploymentError> {
        let mount = self.inner.server.deployment.apart(endpoint)?;
        Ok(Upgrader::new(Arc::clone(&self.inner.server), mount))
    }

    /// Shuts the container down, and returns how many sessions did not end in time and were cut.
    ///
    /// Listening sockets and idle HTTP connections are closed at once, and every session with 1001.
    /// Sessions that have not ended by themselves after the grace period
    /// ([`Settings::grace`](crate::Settings::grace)) are cut. A second call waits for the same end.
    pub async fn shutdown(&self) -> usize {
        *self.inner.cut.get_or_init(|| self.drain()).await
    }

    /// Waits for the end of a [`shutdown`](Self::shutdown); returns what that returns.
    pub async fn stopped(&self) -> usize {
        self.inner.server.stop.cancelled().await;
        self.shutdown().await
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.inner.server
    }

    pub(crate) fn listening(&self, address: SocketAddr) {
        self.inner.addresses.lock().unwrap_or_else(PoisonError::into_inner).push(address);
    }

    async fn drain(&self) -> usize {
        let Inner { server, grace, .. } = &*self.inner;
        let deadline = Instant::now() + *grace;
        server.stop.cancel();
        server.http.close();
        server.sessions.close();
        let reason = CloseReason::new(CloseCode::GOING_AWAY, "server is shutting down")
            .expect("the code may be sent and the phrase is short");
        let mut ended = pin!(async {
            // Each HTTP connection may still become a session.
            server.http.wait().await;
            server.sessions.wait().await;
        });
        tracing::info!(sessions = self.hub().len(), ?grace, "shutting down");
        while Instant::now() < deadline {
            self.hub().close_all(&reason);
            tokio::select! {
                () = &mut ended => {
                    tracing::info!("shut down");
                    return 0;
                }
                () = sleep_until(deadline.min(Instant::now() + ROUND)) => {}
            }
        }
        let cut = self.hub().len();
        server.cut.cancel();
        self.hub().abort_all();
        if timeout(AFTERMATH, ended).await.is_err() {
            tracing::warn!("connections are left that do not end");
        }
        tracing::warn!(cut, "shut down; the grace period was over");
        cut
    }
}

//! The life of a container, from outside: what it serves, where, and how it ends.

mod drain;
mod phase;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;
use ws_core::{CloseReason, Hub, ServerEndpointConfig, Session, SessionId};

use crate::config::Settings;
use crate::deploy::DeploymentError;
use crate::http::{Server, Upgrader, upgrade};
use crate::lifecycle::drain::Farewell;
use crate::lifecycle::phase::Input;
pub use crate::lifecycle::phase::Phase;
#[cfg(feature = "tls")]
use crate::tls::{ServerTls, ServerTlsError};

/// A running container, from outside. Clones speak of the same container.
#[derive(Clone, Debug)]
pub struct Handle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    server: Arc<Server>,
    farewell: Farewell,
    /// When the first call of `shutdown` began.
    asked: OnceLock<Instant>,
    phase: watch::Sender<Phase>,
    places: Mutex<Vec<Place>>,
    admin: OnceLock<SocketAddr>,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
    /// How many sessions were cut, once the container has ended.
    cut: OnceCell<usize>,
}

/// Where it listens.
#[derive(Clone, Copy, Debug)]
struct Place {
    address: SocketAddr,
    secure: bool,
}

impl Handle {
    pub(crate) fn new(
        server: Arc<Server>,
        settings: &Settings,
        #[cfg(feature = "tls")] tls: Option<ServerTls>,
    ) -> Self {
        let inner = Inner {
            server,
            farewell: Farewell::new(settings),
            asked: OnceLock::new(),
            phase: watch::Sender::new(Phase::Starting),
            places: Mutex::default(),
            admin: OnceLock::new(),
            #[cfg(feature = "tls")]
            tls,
            cut: OnceCell::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The addresses it listens on, in the order in which they were given; none before it started.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.places().iter().map(|place| place.address).collect()
    }

    /// The same as URLs, such as `ws://127.0.0.1:8080`, or `wss://..` where peers speak TLS.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let url = |place: &Place| {
            let scheme = if place.secure { "wss" } else { "ws" };
            format!("{scheme}://{}", place.address)
        };
        self.places().iter().map(url).collect()
    }

    /// Where health and metrics are asked for; `None` unless
    /// [`Builder::admin`](crate::Builder::admin) said so, and before it started.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.inner.admin.get().copied()
    }

    /// Where it stands in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.inner.phase.borrow()
    }

    /// Waits until it is in the phase `wanted`, or a later one.
    pub async fn reached(&self, wanted: Phase) {
        let mut phase = self.inner.phase.subscribe();
        let there = |phase: &Phase| *phase as u8 >= wanted as u8;
        // Fails only when the sender is gone, which this handle keeps.
        let _ = phase.wait_for(there).await;
    }

    /// Reads the files of certificates and keys again. New connections get what is in them now, and
    /// sessions that are there stay. Does nothing without TLS.
    ///
    /// # Errors
    ///
    /// [`ServerTlsError`] when they cannot be used; what was there before stays in force. The log
    /// says so too.
    ///
    /// # Panics
    ///
    /// As [`ServerTls::reload`].
    #[cfg(feature = "tls")]
    pub async fn reload_tls(&self) -> Result<(), ServerTlsError> {
        let Some(tls) = &self.inner.tls else { return Ok(()) };
        match tls.reload().await {
            Ok(()) => {
                let fingerprint = tls.fingerprint().map(tracing::field::display);
                tracing::info!(fingerprint, "certificate reloaded");
                Ok(())
            }
            Err(error) => {
                let source = std::error::Error::source(&error).map(tracing::field::display);
                tracing::error!(%error, source, "certificate not reloaded; the old one stays");
                Err(error)
            }
        }
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
    /// From now on it is not ready. After
    /// [`Settings::drain_delay`](crate::Settings::drain_delay) listening sockets and idle HTTP
    /// connections are closed at once, and sessions with
    /// [`Settings::drain_code`](crate::Settings::drain_code), spread over
    /// [`Settings::drain_spread`](crate::Settings::drain_spread). Handlers that run may finish, and
    /// what was accepted for sending is sent. Sessions that have not ended by themselves after the
    /// grace period ([`Settings::grace`](crate::Settings::grace)) are cut. A second call waits for
    /// the same end. One whose future is dropped leaves the container draining: another one, also of
    /// [`stopped`](Self::stopped), goes on with it, and the times are those of the first call.
    pub async fn shutdown(&self) -> usize {
        *self.inner.cut.get_or_init(|| self.drain()).await
    }

    /// Waits for the end of a [`shutdown`](Self::shutdown); returns what that returns.
    pub async fn stopped(&self) -> usize {
        self.reached(Phase::Draining).await;
        self.shutdown().await
    }

    async fn drain(&self) -> usize {
        self.advance(Input::Drain);
        let asked = *self.inner.asked.get_or_init(Instant::now);
        let cut = self.inner.farewell.say(&self.inner.server, asked).await;
        self.advance(Input::Finish);
        cut
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.inner.server
    }

    /// It listens at all its places.
    pub(crate) fn serving(&self) {
        self.advance(Input::Serve);
    }

    /// It listens at `address`.
    pub(crate) fn listening(&self, address: SocketAddr, secure: bool) {
        lock(&self.inner.places).push(Place { address, secure });
    }

    /// Health and metrics are asked for at `address`.
    #[cfg(feature = "admin")]
    pub(crate) fn administered(&self, address: SocketAddr) {
        self.inner.admin.get_or_init(|| address);
    }

    fn places(&self) -> Vec<Place> {
        lock(&self.inner.places).clone()
    }

    fn advance(&self, input: Input) {
        self.inner.phase.send_if_modified(|phase| match phase.next(input) {
            Some(next) => {
                tracing::debug!(from = %phase, to = %next, "container");
                *phase = next;
                true
            }
            None => false,
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

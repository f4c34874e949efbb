//! The client container (Jakarta `WebSocketContainer`): connections to servers.
//!
//! One [`Client`] serves a whole program. All its connections share the TLS configuration, what is
//! known of servers' ways to ask for credentials, the cookies, and the read buffers of their threads.
//! It needs no start and no stop, and its clones are the same client.
//!
//! # Three ways to connect
//!
//! **An annotated endpoint** has the same handlers as one of a server. [`Client::connect`] returns the
//! session that `#[on_open]` saw:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ws_container::client::Client;
//! use ws_container::prelude::*;
//!
//! #[client_endpoint(subprotocols = ["chat.v1"])]
//! struct Reader {
//!     wanted: usize,
//! }
//!
//! #[handlers]
//! impl Reader {
//!     #[on_message]
//!     async fn line(&mut self, session: &Session, line: &str) {
//!         println!("{line}");
//!         self.wanted -= 1;
//!         if self.wanted == 0 {
//!             session.close(CloseReason::default());
//!         }
//!     }
//! }
//!
//! # let uri = "ws://127.0.0.1:1/";
//! let client = Client::new();
//! # let result =
//! client.connect(Reader { wanted: 3 }, uri).await
//! # ;
//! # assert!(result.is_err());
//! # Ok(())
//! # }
//! ```
//!
//! **Closures**, collected by [`on`], need no type: see [`Callbacks`].
//!
//! **A stream and sink**, [`WebSocket`], needs no handlers: see [`Client::open`].
//!
//! # Settings
//!
//! [`ClientEndpointConfig`] has them all: subprotocols, headers, cookies, credentials, proxies, TLS,
//! timeouts and limits. [`Client::connect_with`] takes one; [`ClientBuilder::defaults`] and
//! [`Client::set_defaults`] say what those connections get that are made without. A connection has
//! its own copy: later changes leave it alone.
//!
//! # What a server cannot do
//!
//! A client keeps the limits that a server keeps: messages, fragments and queues are bounded, every
//! wait has a deadline. An answer to the opening handshake has 16 KiB and 100 fields at most, a
//! refusal's body is kept up to 16 KiB, and all must be over within the connect timeout. Redirects
//! are off by default; they never lead from `wss` to `ws`, and take no secrets to another server.
//! Certificates are always verified, unless a method with `dangerous` in its name said otherwise.
//!
//! # When connections end
//!
//! [`Client::stay_connected`] connects again, with growing, random waits, until it makes no sense.

mod attempt;
mod auth;
mod body;
mod callbacks;
mod config;
mod configurator;
mod connect;
mod cookies;
mod dial;
mod endpoints;
mod error;
mod follow;
mod proxy;
mod reach;
mod reconnect;
mod response;
#[cfg(feature = "tls")]
mod tls;
mod trace;
mod uri;
mod websocket;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ws_core::{CloseReason, Endpoint, Hub, Session, SessionId, States};

pub use self::auth::Credentials;
use self::auth::Known;
pub use self::callbacks::{Callbacks, on};
pub use self::config::{ClientEndpointConfig, ClientEndpointConfigBuilder, InvalidClientConfig};
pub use self::configurator::{ClientConfigurator, DefaultClientConfigurator};
pub use self::connect::{Connecting, ConnectionState};
pub use self::cookies::CookieJar;
pub use self::dial::{Resolve, SystemResolver};
use self::endpoints::Endpoints;
pub use self::error::{ConnectError, RedirectError};
use self::proxy::Environment;
pub use self::proxy::{InvalidProxy, Proxy, ProxyError, ProxyKind};
pub use self::reconnect::{Interruption, ReconnectPolicy, Reconnecting};
pub use self::response::{HandshakeResponse, MAX_BODY_LEN};
#[cfg(feature = "tls")]
pub use self::tls::{ClientTls, ClientTlsBuilder, ClientTlsError};
pub use self::trace::HandshakeStep;
pub use self::websocket::{Disconnected, WebSocket};
#[cfg(feature = "tls")]
pub use crate::pem::PemError;

/// A client (Jakarta `WebSocketContainer`): a cheap handle of what all its connections share. See the
/// [module](self) for how to use it.
#[derive(Clone)]
#[doc(alias = "WebSocketContainer")]
#[doc(alias = "ContainerProvider.getWebSocketContainer")]
pub struct Client {
    shared: Arc<Shared>,
}

/// What all connections of a client share.
struct Shared {
    resolver: Box<dyn Resolve>,
    cookies: CookieJar,
    keeps_cookies: bool,
    known: Known,
    environment: Environment,
    /// Made for the first connection that needs it: reading the machine's certificates takes time.
    #[cfg(feature = "tls")]
    platform_tls: Mutex<Option<ClientTls>>,
    defaults: Mutex<ClientEndpointConfig>,
    endpoints: Endpoints,
    hub: Arc<Hub>,
}

impl Shared {
    #[cfg(feature = "tls")]
    fn platform_tls(&self) -> Result<ClientTls, ClientTlsError> {
        let mut made = self.platform_tls.lock().unwrap_or_else(PoisonError::into_inner);
        if made.is_none() {
            *made = Some(ClientTls::builder().build()?);
        }
        made.clone().ok_or(ClientTlsError::Provider)
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Makes a client of other settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            resolver: Box::new(SystemResolver),
            keeps_cookies: true,
            states: States::new(),
            defaults: ClientEndpointConfig::default(),
        }
    }

    /// Connects `endpoint` to `uri`, with the client's defaults: `ws://`, `wss://`, or
    /// `ws+unix:/SOCKET:/PATH`. `http://` and `https://` mean the same.
    ///
    /// Await what it returns for the session, the one that `#[on_open]` saw: it is open then, and
    /// `#[on_open]` was called. The endpoint goes on in a task of its own; a tokio runtime must be
    /// there. [`ConnectError`] says what failed; the endpoint is dropped without having run.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use ws_container::CloseReason;
    /// use ws_container::client::{Client, ConnectError, on};
    ///
    /// let client = Client::new();
    /// let endpoint = on().text(|_, text| async move { println!("{}", text.as_str()) });
    /// match client.connect(endpoint, "wss://chat.example.com/room").await {
    ///     Ok(session) => {
    ///         session.send("hello").await?;
    ///         session.close(CloseReason::default()).await;
    ///     }
    ///     Err(ConnectError::Status(answer)) => {
    ///         println!("{}: {:?}", answer.status(), answer.body());
    ///     }
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "connectToServer")]
    pub fn connect<E: Endpoint>(&self, endpoint: E, uri: impl Into<String>) -> Connecting {
        self.connect_with(&self.defaults(), endpoint, uri)
    }

    /// As [`connect`](Self::connect), with a configuration instead of the client's defaults.
    #[doc(alias = "connectToServer")]
    pub fn connect_with<E: Endpoint>(
        &self,
        config: &ClientEndpointConfig,
        endpoint: E,
        uri: impl Into<String>,
    ) -> Connecting {
        Connecting::new(Arc::clone(&self.shared), config.clone(), endpoint, uri.into())
    }

    /// Connects to `uri` without an endpoint: messages come as a stream.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    pub async fn open(&self, uri: impl Into<String>) -> Result<WebSocket, ConnectError> {
        self.open_with(&self.defaults(), uri).await
    }

    /// As [`open`](Self::open), with a configuration instead of the client's defaults.
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    pub async fn open_with(
        &self,
        config: &ClientEndpointConfig,
        uri: impl Into<String>,
    ) -> Result<WebSocket, ConnectError> {
        let (channel, socket) = WebSocket::new();
        Ok(socket(self.connect_with(config, channel, uri).await?))
    }

    /// Connects to `uri`, and again whenever the connection ends, as `policy` says; each time with a
    /// new endpoint of `make`. Needs a tokio runtime.
    ///
    /// ```no_run
    /// # async fn run() {
    /// use ws_container::client::{Client, ReconnectPolicy, on};
    ///
    /// let client = Client::new();
    /// let feed = client.stay_connected(
    ///     &client.defaults(),
    ///     ReconnectPolicy::default(),
    ///     "wss://feed.example.com/prices",
    ///     || on().text(|_, price| async move { println!("{}", price.as_str()) }),
    /// );
    /// if let Some(session) = feed.open_session().await {
    ///     println!("connected as {}", session.id());
    /// }
    /// # }
    /// ```
    pub fn stay_connected<E: Endpoint>(
        &self,
        config: &ClientEndpointConfig,
        policy: ReconnectPolicy,
        uri: impl Into<String>,
        make: impl FnMut() -> E + Send + 'static,
    ) -> Reconnecting {
        let shared = Arc::clone(&self.shared);
        Reconnecting::new(shared, config.clone(), policy, uri.into(), make)
    }

    /// A copy of the configuration of connections that are made without one.
    #[must_use]
    pub fn defaults(&self) -> ClientEndpointConfig {
        self.shared.defaults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the configuration of connections that are made without one, from now on.
    pub fn set_defaults(&self, config: ClientEndpointConfig) {
        *self.shared.defaults.lock().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// The cookies that servers set, and those that you put in.
    #[must_use]
    pub fn cookies(&self) -> &CookieJar {
        &self.shared.cookies
    }

    /// The sessions and topics of this client.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        &self.shared.hub
    }

    /// The sessions that are open or closing now.
    #[must_use]
    #[doc(alias = "getOpenSessions")]
    pub fn sessions(&self) -> Vec<Session> {
        self.shared.hub.sessions()
    }

    /// The session with this id, if it is open or closing.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<Session> {
        self.shared.hub.session(id)
    }

    /// Closes all sessions with `reason`; done when they have closed, at most after the close timeout.
    pub async fn close_all(&self, reason: CloseReason) {
        let closing: Vec<_> =
            self.sessions().iter().map(|session| session.close(reason.clone())).collect();
        for session in closing {
            session.await;
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("sessions", &self.shared.hub.len()).finish_non_exhaustive()
    }
}

/// Makes a [`Client`].
#[must_use]
pub struct ClientBuilder {
    resolver: Box<dyn Resolve>,
    keeps_cookies: bool,
    states: States,
    defaults: ClientEndpointConfig,
}

impl ClientBuilder {
    /// The configuration of connections that are made without one.
    pub fn defaults(mut self, config: ClientEndpointConfig) -> Self {
        self.defaults = config;
        self
    }

    /// Finds addresses of names otherwise than the system does.
    pub fn resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolver = Box::new(resolver);
        self
    }

    /// Whether the cookies that servers set are kept and sent again; they are by default. Those in
    /// [`ClientEndpointConfigBuilder::cookie`] are sent in any case.
    pub const fn keep_cookies(mut self, keep: bool) -> Self {
        self.keeps_cookies = keep;
        self
    }

    /// A value that handlers take as [`State<T>`](ws_core::State), one of each type. An endpoint that
    /// takes one that is not there does not connect.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(Arc::new(value));
        self
    }

    /// Makes it. What the environment says of proxies is read now.
    #[must_use]
    pub fn build(self) -> Client {
        let shared = Shared {
            resolver: self.resolver,
            cookies: CookieJar::default(),
            keeps_cookies: self.keeps_cookies,
            known: Known::default(),
            environment: Environment::read(),
            #[cfg(feature = "tls")]
            platform_tls: Mutex::new(None),
            defaults: Mutex::new(self.defaults),
            endpoints: Endpoints::default(),
            hub: Hub::with_states(self.states),
        };
        Client { shared: Arc::new(shared) }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("defaults", &self.defaults).finish_non_exhaustive()
    }
}

/// Bytes that nobody can predict.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a source of randomness");
    bytes
}

#[cfg(test)]
mod tests;

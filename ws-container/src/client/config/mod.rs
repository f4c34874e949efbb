//! How a client connects, and what its sessions are like.

mod builder;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, HeaderMap};
use thiserror::Error;
use ws_core::EndpointConfig;
use ws_core::extension::Extension;
use ws_core::handshake::Subprotocol;

pub use self::builder::ClientEndpointConfigBuilder;
use crate::client::auth::Credentials;
use crate::client::configurator::{ClientConfigurator, DefaultClientConfigurator};
use crate::client::proxy::Proxy;
#[cfg(feature = "tls")]
use crate::client::tls::ClientTls;
use crate::client::trace::Trace;

/// Which proxy a connection goes through.
#[derive(Clone, Debug)]
pub(super) enum ProxyChoice {
    Environment,
    None,
    Through(Proxy),
}

/// How a client connects to an endpoint, and what the session is like (Jakarta
/// `ClientEndpointConfig`). It is copied when a connection begins: what is changed later leaves open
/// connections as they are.
///
/// ```
/// use std::time::Duration;
///
/// use ws_container::client::ClientEndpointConfig;
///
/// let config = ClientEndpointConfig::builder()
///     .subprotocols(["chat.v2", "chat.v1"])
///     .header("x-client", "kiosk 7")
///     .cookie("theme", "dark")
///     .connect_timeout(Duration::from_secs(3))
///     .max_text_len(64 * 1024)
///     .build()?;
/// let patient = config.to_builder().connect_timeout(Duration::from_secs(30)).build()?;
/// # Ok::<(), ws_container::client::InvalidClientConfig>(())
/// ```
#[derive(Clone)]
#[doc(alias = "jakarta.websocket.ClientEndpointConfig")]
pub struct ClientEndpointConfig {
    pub(super) subprotocols: Vec<Subprotocol>,
    pub(super) extensions: Vec<Arc<dyn Extension>>,
    pub(super) headers: HeaderMap,
    pub(super) cookies: Vec<String>,
    pub(super) configurator: Arc<dyn ClientConfigurator>,
    pub(super) credentials: Option<Credentials>,
    pub(super) proxy: ProxyChoice,
    pub(super) bind: Option<SocketAddr>,
    pub(super) unix_socket: Option<PathBuf>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<ClientTls>,
    pub(super) connect_timeout: Duration,
    pub(super) max_redirects: u32,
    pub(super) max_retries: u32,
    pub(super) max_retry_after: Duration,
    /// Its path is filled in when the URI is known.
    pub(super) session: EndpointConfig,
    pub(super) properties: Extensions,
    pub(super) trace: Trace,
}

impl ClientEndpointConfig {
    /// The defaults, to be changed.
    pub fn builder() -> ClientEndpointConfigBuilder {
        Self::default().to_builder()
    }

    /// A copy, to be changed.
    pub fn to_builder(&self) -> ClientEndpointConfigBuilder {
        ClientEndpointConfigBuilder::new(self.clone())
    }
}

impl Default for ClientEndpointConfig {
    fn default() -> Self {
        Self {
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            configurator: Arc::new(DefaultClientConfigurator),
            credentials: None,
            proxy: ProxyChoice::Environment,
            bind: None,
            unix_socket: None,
            #[cfg(feature = "tls")]
            tls: None,
            connect_timeout: Duration::from_secs(10),
            max_redirects: 0,
            max_retries: 0,
            max_retry_after: Duration::from_secs(60),
            session: EndpointConfig::new(""),
            properties: Extensions::new(),
            trace: Trace::default(),
        }
    }
}

impl fmt::Debug for ClientEndpointConfig {
    /// Leaves the values of headers and cookies out, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientEndpointConfig")
            .field("subprotocols", &self.subprotocols)
            .field("extensions", &self.extensions)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("credentials", &self.credentials)
            .field("proxy", &self.proxy)
            .field("connect_timeout", &self.connect_timeout)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// A configuration that cannot be.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum InvalidClientConfig {
    /// Not a cookie: RFC 6265 §4.1.1 allows neither spaces nor `"`, `,`, `;` or `\` in its value.
    #[error("`{0}` is no cookie's name, or has a value that no cookie has")]
    Cookie(String),
    /// A user's name with a colon, or a control character in the name or password.
    #[error("a user's name holds no colon, and neither it nor the password control characters")]
    Credentials,
    /// An extension whose name is no token of RFC 9110.
    #[error("`{0}` is no name of an extension")]
    Extension(String),
    /// Not a header field, or one whose value has a line break.
    #[error("`{0}` is no header field, or has a value that no field has")]
    Header(String),
    /// Not a subprotocol: a token of RFC 9110.
    #[error("`{0}` is no subprotocol")]
    Subprotocol(String),
    /// An extension twice.
    #[error("extension `{0}` is offered twice")]
    RepeatedExtension(String),
    /// A subprotocol twice, which RFC 6455 §4.1 item 10 forbids.
    #[error("subprotocol `{0}` is offered twice")]
    RepeatedSubprotocol(String),
    /// A timeout of no time at all: nothing would ever connect.
    #[error("the connect timeout is 0")]
    ConnectTimeout,
}

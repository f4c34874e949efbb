//! What an application does itself to the opening handshake.

use http::HeaderMap;
use ws_core::{BoxError, async_trait};

use crate::client::response::HandshakeResponse;

/// Takes part in the opening handshake (Jakarta `ClientEndpointConfig.Configurator`); all methods
/// have defaults.
///
/// Both are called for each request and its answer: a connection that is redirected, or asked for
/// credentials, takes several. They run within the connect timeout.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use ws_container::client::{ClientConfigurator, ClientEndpointConfig, HandshakeResponse};
/// use ws_container::{BoxError, async_trait};
///
/// struct Tenant(String);
///
/// #[async_trait]
/// impl ClientConfigurator for Tenant {
///     async fn before_request(&self, uri: &str, headers: &mut HeaderMap) -> Result<(), BoxError> {
///         // Redirects may lead elsewhere.
///         if uri.starts_with("wss://chat.example.com/") {
///             headers.insert("x-tenant", HeaderValue::from_str(&self.0)?);
///         }
///         Ok(())
///     }
///
///     async fn after_response(&self, response: &HandshakeResponse) -> Result<(), BoxError> {
///         println!("{} said {}", response.uri(), response.status());
///         Ok(())
///     }
/// }
///
/// let config = ClientEndpointConfig::builder().configurator(Tenant("blue".into())).build()?;
/// # Ok::<(), ws_container::client::InvalidClientConfig>(())
/// ```
#[async_trait]
#[doc(alias = "ClientEndpointConfig.Configurator")]
pub trait ClientConfigurator: Send + Sync + 'static {
    /// Changes the `headers` of a request of `uri`, before it is sent. They hold what the
    /// configuration says, cookies and credentials included; what the handshake itself writes, such
    /// as `Host` and `Sec-WebSocket-Key`, is not among them and cannot be set.
    ///
    /// # Errors
    ///
    /// Any error ends the attempt with
    /// [`ConnectError::Configurator`](crate::client::ConnectError::Configurator); nothing is sent.
    #[doc(alias = "beforeRequest")]
    async fn before_request(&self, uri: &str, headers: &mut HeaderMap) -> Result<(), BoxError> {
        let _ = (uri, headers);
        Ok(())
    }

    /// Looks at an answer: one that opens the WebSocket, and any other.
    ///
    /// # Errors
    ///
    /// Any error ends the attempt with
    /// [`ConnectError::Configurator`](crate::client::ConnectError::Configurator), and the connection.
    #[doc(alias = "afterResponse")]
    async fn after_response(&self, response: &HandshakeResponse) -> Result<(), BoxError> {
        let _ = response;
        Ok(())
    }
}

/// Changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultClientConfigurator;

impl ClientConfigurator for DefaultClientConfigurator {}

//! What a session knows of the handshake that opened it, and of the endpoint that it belongs to.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use crate::config::EndpointConfig;
use crate::extension::ExtensionOffer;
use crate::message::BoxError;
use crate::principal::Principal;
use crate::session::request::Addr;
use crate::session::{Deployed, Hub, PathParamError, Session};

/// All of these stay as they were when the session has ended.
impl Session {
    /// The URI of the request that opened it, with scheme `ws` or `wss`.
    #[must_use]
    #[doc(alias = "getRequestURI")]
    pub fn uri(&self) -> &str {
        &self.inner.opened.uri
    }

    /// The path of its URI as it was sent.
    #[must_use]
    pub fn path(&self) -> &str {
        let uri = self.uri();
        let behind_scheme = uri.find("://").map_or(0, |at| at + 3);
        let path = uri[behind_scheme..].find('/').map_or("/", |at| &uri[behind_scheme + at..]);
        path.split(['?', '#']).next().unwrap_or(path)
    }

    /// The query of its URI as it was sent, `None` without one.
    #[must_use]
    #[doc(alias = "getQueryString")]
    pub fn query(&self) -> Option<&str> {
        let (before_fragment, _) = self.uri().split_once('#').unwrap_or((self.uri(), ""));
        before_fragment.split_once('?').map(|(_, query)| query)
    }

    /// The names and values in its query, in order: percent-decoded, with `+` for a space, as
    /// `application/x-www-form-urlencoded` has it. A name without `=` has an empty value, and bytes
    /// that are no UTF-8 are replaced by U+FFFD.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_core::{Deployed, EndpointConfig, Hub, Request, Session};
    /// # let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
    /// # let request = Request::new("ws://localhost/?name=J%C3%BCrgen+K&tag=a&tag=b");
    /// # let session = Session::new(deployed, request, None);
    /// // of ws://localhost/?name=J%C3%BCrgen+K&tag=a&tag=b
    /// let pairs: Vec<_> = session.query_pairs().collect();
    /// assert_eq!(pairs[0], ("name".into(), "Jürgen K".into()));
    /// assert_eq!(session.query_pairs().filter(|(name, _)| name == "tag").count(), 2);
    /// ```
    #[doc(alias = "getRequestParameterMap")]
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query().unwrap_or_default().as_bytes())
    }

    /// Whether TLS protects it.
    #[must_use]
    #[doc(alias = "isSecure")]
    pub fn is_secure(&self) -> bool {
        self.uri().starts_with("wss:")
    }

    /// The value of the path variable `name`, percent-decoded.
    #[must_use]
    pub fn path_param(&self, name: &str) -> Option<&str> {
        self.path_params().find(|(variable, _)| *variable == name).map(|(_, value)| value)
    }

    /// The value of the path variable `name`, made a `T`.
    ///
    /// # Errors
    ///
    /// [`PathParamError`] when the path has no such variable, or its value is no `T`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_core::{Deployed, EndpointConfig, Hub, Request, Session};
    /// # let deployed = Deployed::new(EndpointConfig::new("/rooms/{room}"), Hub::new());
    /// # let mut request = Request::new("ws://localhost/rooms/7");
    /// # request.path_params = vec![("room".into(), "7".to_owned())];
    /// # let session = Session::new(deployed, request, None);
    /// // at /rooms/{room}, of ws://localhost/rooms/7
    /// let room: u32 = session.path_param_as("room")?;
    /// assert_eq!(room, 7);
    /// assert!(session.path_param_as::<bool>("room").is_err());
    /// # Ok::<(), ws_core::PathParamError>(())
    /// ```
    pub fn path_param_as<T>(&self, name: &str) -> Result<T, PathParamError>
    where
        T: FromStr<Err: Into<BoxError>>,
    {
        let value = self.required_path_param(name)?;
        value.parse().map_err(|error: T::Err| PathParamError::new(name.to_owned(), value, error))
    }

    /// The path variable `name`, which the path is expected to have.
    pub(crate) fn required_path_param(&self, name: &str) -> Result<&str, PathParamError> {
        let missing = || PathParamError::new(name.to_owned(), "", "the path has no such variable");
        self.path_param(name).ok_or_else(missing)
    }

    /// All path variables, in template order.
    #[doc(alias = "getPathParameters")]
    pub fn path_params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inner.opened.path_params.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// The peer's address; `None` where the transport has none.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.inner.opened.peer_addr.as_ref().map(Addr::get)
    }

    /// The address of this side; `None` where the transport has none.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.inner.opened.local_addr.as_ref().map(Addr::get)
    }

    /// Who the peer is; `None` where nobody asked, and for anonymous peers (Jakarta §7.2).
    #[must_use]
    #[doc(alias = "getUserPrincipal")]
    pub fn principal(&self) -> Option<&Principal> {
        self.inner.opened.principal.as_deref()
    }

    /// Whether the peer is known and has `role`.
    #[must_use]
    #[doc(alias = "isUserInRole")]
    pub fn has_role(&self, role: &str) -> bool {
        self.principal().is_some_and(|principal| principal.has_role(role))
    }

    /// The subprotocol that both sides agreed on (RFC 6455 §1.9).
    #[must_use]
    #[doc(alias = "getNegotiatedSubprotocol")]
    pub fn subprotocol(&self) -> Option<&str> {
        self.inner.subprotocol.as_deref()
    }

    /// The extensions that both sides agreed on, in order and with their parameters (RFC 6455 §9.1).
    #[must_use]
    #[doc(alias = "getNegotiatedExtensions")]
    pub fn extensions(&self) -> &[ExtensionOffer] {
        &self.inner.opened.extensions
    }

    /// `13` (RFC 6455 §4.1).
    #[must_use]
    #[doc(alias = "getProtocolVersion")]
    pub const fn protocol_version(&self) -> &'static str {
        "13"
    }

    /// The configuration of its endpoint.
    #[must_use]
    pub fn config(&self) -> &EndpointConfig {
        &self.inner.deployed.config
    }

    /// The endpoint that it belongs to, as it is deployed: its configuration, all its sessions, and a
    /// way to [send to them all](Deployed::broadcast).
    #[must_use]
    pub fn endpoint(&self) -> &Arc<Deployed> {
        &self.inner.deployed
    }

    /// The sessions and the state of its container.
    #[must_use]
    #[doc(alias = "getContainer")]
    pub fn hub(&self) -> &Arc<Hub> {
        self.inner.deployed.hub()
    }

    /// A snapshot of the open sessions of its endpoint, itself included.
    #[must_use]
    #[doc(alias = "getOpenSessions")]
    pub fn peers(&self) -> Vec<Self> {
        self.inner.deployed.sessions()
    }
}

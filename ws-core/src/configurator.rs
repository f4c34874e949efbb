//! What an application may decide in the opening handshake.

use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderValue;

use crate::extension::{Extension, ExtensionOffer};
use crate::handshake::{Handshake, HandshakeRequest, Reject, Subprotocol, SubprotocolOrder};
use crate::principal::Principal;

/// What a configurator says of an origin.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "nothing else can be said")]
pub enum OriginVerdict {
    /// The container's settings decide.
    #[default]
    Default,
    /// It may connect.
    Allow,
    /// It may not: 403.
    Deny,
}

/// Decides in the opening handshakes of an endpoint (Jakarta `ServerEndpointConfig.Configurator`).
///
/// Every method has a default, which is what [`DefaultConfigurator`] does; one that wants the
/// default in some cases calls that. One instance serves all handshakes of an endpoint. The methods
/// are called in their order here, after authentication for all but the first. A panic in any of
/// them is answered with 500, and so is an error that is no [`Reject`] of its own; what is not done
/// within the container's `handshake_timeout` with 503.
///
/// # Examples
///
/// ```
/// use async_trait::async_trait;
/// use http::{HeaderValue, StatusCode};
/// use ws_core::{Handshake, OriginVerdict, Reject, ServerConfigurator};
/// use ws_core::handshake::HandshakeRequest;
///
/// #[derive(Clone)]
/// struct Visitor(String);
///
/// struct Doorman;
///
/// #[async_trait]
/// impl ServerConfigurator for Doorman {
///     fn check_origin(&self, origin: Option<&str>, _: &HandshakeRequest) -> OriginVerdict {
///         match origin {
///             Some("https://app.example") => OriginVerdict::Allow,
///             _ => OriginVerdict::Default,
///         }
///     }
///
///     async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
///         let Some(id) = handshake.request().cookie("id") else {
///             return Err(Reject::new(StatusCode::FORBIDDEN).body("No cookie, no entry.\n"));
///         };
///         handshake.properties_mut().insert(Visitor(id.to_owned()));
///         handshake.headers_mut().insert("X-Door", HeaderValue::from_static("open"));
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
#[doc(alias = "Configurator")]
#[doc(alias = "ServerEndpointConfig.Configurator")]
pub trait ServerConfigurator: Send + Sync + 'static {
    /// Whether a page of `origin` may connect; `None` when the request has no `Origin`, as that of
    /// any program but a browser (RFC 6455 §10.2). The peer's identity is not known yet.
    #[doc(alias = "checkOrigin")]
    fn check_origin(&self, origin: Option<&str>, request: &HandshakeRequest) -> OriginVerdict {
        DefaultConfigurator.check_origin(origin, request)
    }

    /// Chooses among the endpoint's subprotocols; the client's offers are in its order. `order` is
    /// the container's setting. By default the first that both sides know, `None` without one.
    ///
    /// To choose what the client did not offer is answered with 500: the client would have to fail
    /// the connection (RFC 6455 §4.1).
    #[doc(alias = "getNegotiatedSubprotocol")]
    fn negotiate_subprotocol<'s>(
        &self,
        supported: &'s [Subprotocol],
        requested: &[&str],
        order: SubprotocolOrder,
    ) -> Option<&'s Subprotocol> {
        DefaultConfigurator.negotiate_subprotocol(supported, requested, order)
    }

    /// Says which of the client's offers are considered, and in which order; by default all, in the
    /// client's. The installed extensions then answer those. An offer that the client did not make
    /// is answered with 500.
    #[doc(alias = "getNegotiatedExtensions")]
    fn negotiate_extensions(
        &self,
        installed: &[Arc<dyn Extension>],
        requested: Vec<ExtensionOffer>,
    ) -> Vec<ExtensionOffer> {
        DefaultConfigurator.negotiate_extensions(installed, requested)
    }

    /// Looks at the handshake, adds to its answer, gives the session its properties, or refuses it.
    ///
    /// # Errors
    ///
    /// [`Reject`], which is the answer then.
    #[doc(alias = "modifyHandshake")]
    async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
        DefaultConfigurator.modify_handshake(handshake).await
    }
}

/// Decides as the container does where an endpoint has no configurator; for those to call that
/// decide otherwise in some cases only.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "has nothing")]
#[doc(alias = "getContainerDefaultConfigurator")]
pub struct DefaultConfigurator;

#[async_trait]
impl ServerConfigurator for DefaultConfigurator {
    fn check_origin(&self, _: Option<&str>, _: &HandshakeRequest) -> OriginVerdict {
        OriginVerdict::Default
    }

    fn negotiate_subprotocol<'s>(
        &self,
        supported: &'s [Subprotocol],
        requested: &[&str],
        order: SubprotocolOrder,
    ) -> Option<&'s Subprotocol> {
        order.pick(supported, requested)
    }

    fn negotiate_extensions(
        &self,
        _: &[Arc<dyn Extension>],
        requested: Vec<ExtensionOffer>,
    ) -> Vec<ExtensionOffer> {
        requested
    }

    async fn modify_handshake(&self, _: &mut Handshake<'_>) -> Result<(), Reject> {
        Ok(())
    }
}

/// Finds out who peers are, for all endpoints of a container (Jakarta §8).
///
/// It is asked in every handshake, after the origin was judged and before anything is agreed on. An
/// endpoint that needs an identity is answered with 401 where there is none, and with 403 where
/// the identity lacks the role.
///
/// # Examples
///
/// ```
/// use async_trait::async_trait;
/// use http::{HeaderValue, header::AUTHORIZATION};
/// use ws_core::{Authenticator, Principal, Reject};
/// use ws_core::handshake::HandshakeRequest;
///
/// struct Tokens;
///
/// #[async_trait]
/// impl Authenticator for Tokens {
///     async fn authenticate(&self, request: &HandshakeRequest) -> Result<Option<Principal>, Reject> {
///         let token = request.headers().get(AUTHORIZATION).and_then(|it| it.to_str().ok());
///         Ok(match token.and_then(|it| it.strip_prefix("Bearer ")) {
///             Some("secret") => Some(Principal::new("ada").with_role("admin")),
///             _ => None,
///         })
///     }
///
///     fn challenge(&self) -> Option<HeaderValue> {
///         Some(HeaderValue::from_static("Bearer realm=\"chat\""))
///     }
/// }
/// ```
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Says who sent `request`; `None` when it does not say, or not credibly: an anonymous peer.
    ///
    /// # Errors
    ///
    /// [`Reject`], which is the answer then, whatever the endpoint needs.
    async fn authenticate(&self, request: &HandshakeRequest) -> Result<Option<Principal>, Reject>;

    /// The `WWW-Authenticate` of a 401 (RFC 9110 §11.6.1); by default `Bearer`. `None` sends none,
    /// which is for clients that authenticate by other means, such as a cookie of a login page.
    fn challenge(&self) -> Option<HeaderValue> {
        Some(HeaderValue::from_static("Bearer"))
    }
}

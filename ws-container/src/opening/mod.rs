//! The opening handshake, in the order of its checks: from the request to the session, or to the
//! answer that refuses it.

mod crowded;
mod hooks;
mod refusal;
mod running;

use std::sync::Arc;
use std::time::Duration;

use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::header::{CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{Extensions, HeaderMap, Response, StatusCode};
use ws_core::extension::{Agreed, Extension, ExtensionOffer, Stack, agree, negotiate};
use ws_core::handshake::{
    Accepted, Handshake, HandshakeKey, HandshakeRequest, NotOffered, OriginPolicy, Rejection,
    Subprotocol, SubprotocolOrder, check_origin, examine, origin, requested_subprotocols,
};
use ws_core::{
    Authenticator, Deployed, Identified, Launch, OriginVerdict, Principal, Request, Role,
    ServerConfigurator, Session,
};

use crate::deploy::{Mount, Mounted, Seat};
use crate::meters::Meters;
use crate::opening::hooks::{Patience, call};
pub(crate) use crate::opening::refusal::Refusal;
use crate::opening::running::Running;

/// What a container decides by in every handshake.
#[derive(Clone)]
pub(crate) struct Terms {
    /// Pages of which origins may connect.
    pub(crate) origins: OriginPolicy,
    /// Whose order picks the subprotocol.
    pub(crate) order: SubprotocolOrder,
    /// How long hooks of the application may take, together.
    pub(crate) timeout: Duration,
    /// Says who peers are.
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    /// What clients may agree on.
    pub(crate) extensions: Arc<[Arc<dyn Extension>]>,
}

impl Terms {
    /// The extensions of an endpoint: none where it takes single frames, which they would change.
    fn installed(&self, mounted: &Mounted) -> &[Arc<dyn Extension>] {
        if mounted.config.handlers().frame { &[] } else { &self.extensions }
    }
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terms").field("origins", &self.origins).finish_non_exhaustive()
    }
}

/// A session that begins when its 101 has been written.
pub(crate) struct Opening {
    pub(crate) launch: Launch,
    pub(crate) session: Session,
    extensions: Stack,
    /// `None` for a session that is to end at once.
    pub(crate) seat: Option<Seat>,
    /// `None` for a peer that nobody knows.
    pub(crate) identified: Option<Identified>,
}

/// Judges a request for the endpoints of `mount`: the 101 and the session it opens, or why not.
///
/// The checks run in this order, and the first that fails answers: everything from the method to the
/// body ([`examine`]); the origin (403); TLS where it is required (403); authentication (401, 403);
/// the subprotocol (400); extensions (400); `modify_handshake`; the instance (500).
///
/// # Errors
///
/// [`Refusal`], with its answer.
pub(crate) async fn open(
    terms: &Terms,
    mount: &Mount,
    mut request: HandshakeRequest,
) -> Result<(Response<()>, Opening), Refusal> {
    let key = examine(request.parts())?;
    let selected = mount.select(request.headers(), terms.order);
    let mounted = selected.mounted;
    let configurator = mounted.configurator.as_deref();
    judge_origin(terms, configurator, &request)?;
    if mounted.config.requires_tls() && !request.is_secure() {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "This endpoint is served over TLS only.\n",
        )
        .of_kind("tls"));
    }
    let mut patience = Patience::new(terms.timeout);
    if let Some(authenticator) = &terms.authenticator
        && request.principal().is_none()
    {
        let hook = authenticator.authenticate(&request);
        let principal = patience.run("authenticate", hook).await?;
        request = request.with_principal(principal.map(Arc::new));
    }
    let identified =
        request.principal().map(|it| Identified::new(mounted.deployed.hub(), it.name()));
    judge_identity(terms, mounted, request.principal())?;
    if !selected.speaks {
        // A malformed field is told apart from an unknown subprotocol.
        requested_subprotocols(request.headers())?;
        let text = "Every endpoint here needs a subprotocol, and none it knows was offered.\n";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, text).of_kind("subprotocol"));
    }
    let accepted = agree_on(terms, mounted, &request, &key)?;
    let mut response = accepted.response();
    let mut properties = mounted.config.properties().clone();
    if let Some(configurator) = configurator {
        let headers = response.headers_mut();
        modify(configurator, &mut patience, &request, headers, &mut properties).await?;
        unchanged(&accepted, headers)?;
    }
    let opening = prepare(terms, mounted, request, &accepted, properties)?;
    Ok((response, Opening { identified, ..opening }))
}

fn judge_origin(
    terms: &Terms,
    configurator: Option<&dyn ServerConfigurator>,
    request: &HandshakeRequest,
) -> Result<(), Refusal> {
    let verdict = match configurator {
        None => OriginVerdict::Default,
        Some(configurator) => {
            let origin = origin(request.headers())?;
            call("check_origin", || configurator.check_origin(origin, request))?
        }
    };
    match verdict {
        OriginVerdict::Allow => Ok(()),
        OriginVerdict::Deny => Err(Rejection::OriginForbidden.into()),
        OriginVerdict::Default => {
            Ok(check_origin(request.headers(), request.scheme(), &terms.origins)?)
        }
    }
}

fn judge_identity(
    terms: &Terms,
    mounted: &Mounted,
    principal: Option<&Principal>,
) -> Result<(), Refusal> {
    let config = &mounted.config;
    if !config.requires_identity() {
        return Ok(());
    }
    let Some(principal) = principal else {
        let challenge = match &terms.authenticator {
            Some(authenticator) => call("challenge", || authenticator.challenge())?,
            None => Some(http::HeaderValue::from_static("Bearer")),
        };
        return Err(Refusal::unauthenticated(challenge));
    };
    if config.roles().len() == 0 || config.roles().any(|role| principal.has_role(role)) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "You may not connect here.\n").of_kind("role"))
}

/// Chooses the subprotocol and the extensions.
fn agree_on(
    terms: &Terms,
    mounted: &Mounted,
    request: &HandshakeRequest,
    key: &HandshakeKey,
) -> Result<Accepted, Refusal> {
    let (headers, supported) = (request.headers(), &mounted.subprotocols);
    let lines = headers.get_all(SEC_WEBSOCKET_EXTENSIONS);
    let installed = terms.installed(mounted);
    let Some(configurator) = &mounted.configurator else {
        let subprotocol = terms.order.choose(headers, supported)?.cloned();
        let extensions = negotiate(installed, lines).map_err(Rejection::from)?;
        return Ok(Accepted::new(key, subprotocol, extensions));
    };
    let requested = requested_subprotocols(headers)?;
    let subprotocol = call("negotiate_subprotocol", || {
        configurator.negotiate_subprotocol(supported, &requested, terms.order).cloned()
    })?;
    let mut accepted = Accepted::new(key, None, extensions(&**configurator, installed, lines)?);
    accepted
        .choose_subprotocol(headers, subprotocol)
        .map_err(|error: NotOffered| Refusal::fault("negotiate_subprotocol", &error.to_string()))?;
    Ok(accepted)
}

fn extensions<'v>(
    configurator: &dyn ServerConfigurator,
    installed: &[Arc<dyn Extension>],
    lines: impl IntoIterator<Item = &'v http::HeaderValue>,
) -> Result<Vec<Agreed>, Refusal> {
    let requested = ExtensionOffer::parse_list(lines).map_err(Rejection::from)?;
    let considered = call("negotiate_extensions", || {
        configurator.negotiate_extensions(installed, requested.clone())
    })?;
    match considered.iter().find(|offer| !requested.contains(offer)) {
        None => Ok(agree(installed, considered)),
        Some(offer) => {
            let why = format!("extension `{}` was not offered by the client", offer.name());
            Err(Refusal::fault("negotiate_extensions", &why))
        }
    }
}

async fn modify(
    configurator: &dyn ServerConfigurator,
    patience: &mut Patience,
    request: &HandshakeRequest,
    headers: &mut HeaderMap,
    properties: &mut Extensions,
) -> Result<(), Refusal> {
    let mut handshake = Handshake::new(request, headers, properties);
    patience.run("modify_handshake", configurator.modify_handshake(&mut handshake)).await
}

/// What in a 101 is the handshake's own.
const OWN: [HeaderName; 7] = [
    CONNECTION,
    CONTENT_LENGTH,
    SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_PROTOCOL,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Refuses an answer in which the handshake's own fields are not as agreed: the client would have to
/// fail the connection.
fn unchanged(accepted: &Accepted, headers: &HeaderMap) -> Result<(), Refusal> {
    let agreed = accepted.response();
    for name in OWN {
        let (agreed, found) = (agreed.headers().get_all(&name), headers.get_all(&name));
        if !agreed.iter().eq(found.iter()) {
            let why = format!("it changed `{name}`, which is the handshake's own");
            return Err(Refusal::fault("modify_handshake", &why));
        }
    }
    Ok(())
}

/// Makes the instance and the session.
fn prepare(
    terms: &Terms,
    mounted: &Arc<Mounted>,
    mut request: HandshakeRequest,
    accepted: &Accepted,
    properties: Extensions,
) -> Result<Opening, Refusal> {
    let config = &mounted.config;
    let answers = accepted.extensions().iter().map(|it| &it.answer);
    let extensions = Stack::start_all(terms.installed(mounted), answers, Role::Server)
        .map_err(|error| Refusal::fault("an extension's own answer", &error.to_string()))?;
    let seat = mounted.seat();
    let (launch, deployed) = match &seat {
        Some(_) => {
            let made = call("the endpoint's factory", || mounted.launcher.prepare(&request))?;
            let launch =
                made.map_err(|error| Refusal::fault("the endpoint's factory", &error.to_string()))?;
            (launch, Arc::clone(&mounted.deployed))
        }
        None => {
            let deployed = &mounted.deployed;
            let apart = Deployed::new(deployed.config.clone(), Arc::clone(deployed.hub()));
            (crowded::launch(), apart)
        }
    };
    let keep = seat.is_some() && config.handlers().handshake;
    let (uri, path_params, principal) = request.take_facts(keep);
    let mut opened_by = Request::new(uri);
    opened_by.path_params = path_params;
    opened_by.principal = principal;
    opened_by.peer_addr = request.peer_addr();
    opened_by.local_addr = request.local_addr();
    opened_by.user = properties;
    opened_by.extensions = accepted.extensions().iter().map(|it| it.answer.clone()).collect();
    opened_by.handshake = keep.then(|| Box::new(request));
    let subprotocol = accepted.subprotocol().map(Subprotocol::as_str);
    let session = Session::new(deployed, opened_by, subprotocol);
    Ok(Opening { launch, session, extensions, seat, identified: None })
}

impl Opening {
    /// Runs the session over `transport` to its end, counted by `meters`; `early` came behind the
    /// request. What is to be kept that long is `keep`.
    pub(crate) fn run<K>(
        self,
        transport: ws_core::Transport,
        early: Vec<u8>,
        meters: &Arc<Meters>,
        keep: K,
    ) -> Running<K> {
        let Self { launch, session, extensions, seat, identified } = self;
        if seat.is_none() {
            meters.limit("max_sessions");
        }
        let meter = meters.session(session.clone());
        let identified = identified.map(|it| Box::new((it, session.clone())));
        let start = ws_core::Start::new(transport, early, Role::Server, session)
            .with_extensions(extensions);
        let running = launch(start);
        Running { running, is_new: true, seat, identified, _meter: meter, _keep: keep }
    }
}

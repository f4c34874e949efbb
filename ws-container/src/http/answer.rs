//! What a request is answered with.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use http::header::{
    ALLOW, CONNECTION, HOST, RETRY_AFTER, SEC_WEBSOCKET_VERSION, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use ws_core::handshake::{Rejection, Scheme, Subprotocol, accept, is_upgrade};
use ws_core::{HandshakeRequest, Launch, Request, Session};

use crate::http::{MAX_TARGET_LEN, Server};
use crate::printable::Printable;
use crate::response::{Body, plain, with};

/// A session that begins when its 101 has been written.
pub(crate) struct Opening {
    pub(crate) launch: Launch,
    pub(crate) session: Session,
}

/// What to answer, and the session that a 101 opens.
pub(crate) type Answer = (Response<Body>, Option<Opening>);

impl Server {
    /// Answers a request that came from `peer`.
    pub(crate) async fn answer(&self, request: &Parts, peer: SocketAddr) -> Answer {
        let target = request.uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target > MAX_TARGET_LEN {
            return (closing(plain(StatusCode::URI_TOO_LONG, "The URI is too long.\n")), None);
        }
        if is_upgrade(request) {
            return self.open(request, peer);
        }
        (self.page(request).await, None)
    }

    /// The answer to a request that wants no WebSocket.
    async fn page(&self, request: &Parts) -> Response<Body> {
        if let Some(response) = self.files.respond(request).await {
            return response;
        }
        match self.deployment.find(request.uri.path()) {
            Err(_) => plain(StatusCode::BAD_REQUEST, "The path is malformed.\n"),
            Ok(None) => plain(StatusCode::NOT_FOUND, "Nothing is here.\n"),
            Ok(Some(_)) if request.method != Method::GET => {
                let text = "A WebSocket is opened with GET.\n";
                with(plain(StatusCode::METHOD_NOT_ALLOWED, text), ALLOW, "GET")
            }
            Ok(Some(_)) => {
                let text = "This is a WebSocket endpoint.\n";
                let response = plain(StatusCode::UPGRADE_REQUIRED, text);
                let response = with(response, CONNECTION, "Upgrade");
                let response = with(response, UPGRADE, "websocket");
                with(response, SEC_WEBSOCKET_VERSION, "13")
            }
        }
    }

    /// The answer to a request that wants a WebSocket: 101, or why not.
    fn open(&self, request: &Parts, peer: SocketAddr) -> Answer {
        let path = request.uri.path();
        let (mount, path_params) = match self.deployment.find(path) {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.log_unknown(path, peer);
                return refuse(StatusCode::NOT_FOUND, "No endpoint is here.\n");
            }
            Err(error) => {
                self.log_refused(path, peer, StatusCode::BAD_REQUEST, &error);
                return refuse(StatusCode::BAD_REQUEST, "The path is malformed.\n");
            }
        };
        let accepted = match accept(request, Scheme::Ws, &mount.policy) {
            Ok(accepted) => accepted,
            Err(rejection) => {
                self.log_refused(path, peer, rejection.status(), &rejection.reason());
                return (reject(rejection), None);
            }
        };
        let subprotocol = accepted.subprotocol().map(Subprotocol::as_str);
        let Some(mounted) = mount.select(subprotocol) else {
            self.log_refused(path, peer, StatusCode::BAD_REQUEST, &"no known subprotocol");
            let text = "Every endpoint here needs a subprotocol, and none it knows was offered.\n";
            return refuse(StatusCode::BAD_REQUEST, text);
        };
        if self.stop.is_cancelled() {
            let text = "The server is shutting down.\n";
            let (response, _) = refuse(StatusCode::SERVICE_UNAVAILABLE, text);
            return (with(response, RETRY_AFTER, "5"), None);
        }
        let Ok(launch) = mounted.launcher.prepare(&HandshakeRequest::new(request.clone())) else {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "");
        };
        let mut opened_by = Request::new(uri(request));
        opened_by.path_params =
            path_params.into_iter().map(|(name, value)| (name.into(), value)).collect();
        opened_by.peer_addr = Some(peer);
        let session = Session::new(mounted.deployed.clone(), opened_by, subprotocol);
        tracing::debug!(session = %session.id(), %peer, path = %Printable::text(path), "upgrade");
        let response = accepted.response().map(|()| Body::empty());
        (response, Some(Opening { launch, session }))
    }

    fn log_unknown(&self, path: &str, peer: SocketAddr) {
        let Some(quiet) = self.refused.pass(Instant::now()) else { return };
        let nearest = self.deployment.nearest(path).join(" ");
        let path = Printable::text(path);
        tracing::info!(%peer, %path, nearest, quiet, "handshake refused: 404, no endpoint");
    }

    fn log_refused(
        &self,
        path: &str,
        peer: SocketAddr,
        status: StatusCode,
        reason: &dyn std::fmt::Display,
    ) {
        let Some(quiet) = self.refused.pass(Instant::now()) else { return };
        let (path, status) = (Printable::text(path), status.as_u16());
        tracing::info!(%peer, %path, status, %reason, quiet, "handshake refused");
    }
}

/// The URI that opened a session. `accept` has seen the host.
fn uri(request: &Parts) -> String {
    let host = request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let target = request.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut uri = String::with_capacity(5 + host.len() + target.len());
    uri.push_str("ws://");
    uri.push_str(host);
    uri.push_str(target);
    uri
}

/// Refuses an upgrade. Who took the request for one must not find a second request behind it.
fn refuse(status: StatusCode, text: &'static str) -> Answer {
    (closing(plain(status, text)), None)
}

/// The answer of a handshake that failed; it ends the connection too.
fn reject(rejection: Rejection) -> Response<Body> {
    let response = rejection.into_response();
    let body = |reason: &'static str| Body::Full(Full::new(Bytes::from_static(reason.as_bytes())));
    let mut response = response.map(body);
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// `response`, after which the connection ends.
fn closing(response: Response<Body>) -> Response<Body> {
    with(response, CONNECTION, "close")
}

//! What a request is answered with.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::{
    ALLOW, CONNECTION, ORIGIN, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use ws_core::endpoint::path::BadPath;
use ws_core::handshake::{PathParams, Scheme, is_upgrade};
use ws_core::{HandshakeRequest, TlsInfo};

use crate::deploy::Mount;
use crate::http::heads::is_last;
use crate::http::{MAX_TARGET_LEN, Server};
use crate::opening::{Opening, Refusal, open};
use crate::printable::Printable;
use crate::proxies::{Forwarded, Malformed, Trust};
use crate::response::{Body, plain, with};

/// The two ends of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) local: Option<SocketAddr>,
    /// A proxy says that TLS protects the way from the client to it.
    pub(crate) secure: bool,
    /// What the TLS handshake said.
    pub(crate) tls: Option<Arc<TlsInfo>>,
}

impl Ends {
    /// The request `parts` of this connection, with what trusted proxies say of it; and whether that
    /// could be understood.
    pub(super) fn request(
        self,
        mut parts: Parts,
        trust: &Trust,
    ) -> (HandshakeRequest, Result<(), Malformed>) {
        let (said, understood) = match trust.resolve(&mut parts, self.peer) {
            Ok(said) => (said, Ok(())),
            Err(malformed) => (Forwarded::default(), Err(malformed)),
        };
        let mut request = HandshakeRequest::new(parts);
        request = request.with_addrs(said.client.unwrap_or(self.peer), self.local);
        if let Some(tls) = self.tls {
            request = request.with_tls(Arc::unwrap_or_clone(tls));
        }
        let request = match said.secure.or(self.secure.then_some(true)) {
            Some(true) => request.with_scheme(Scheme::Wss),
            Some(false) => request.with_scheme(Scheme::Ws),
            None => request,
        };
        (request, understood)
    }
}

/// What log lines of opening handshakes go by.
const HANDSHAKE: &str = "ws_container::handshake";

/// What to answer, and the session that a 101 opens.
pub(crate) type Answer = (Response<Body>, Option<Opening>);

impl Server {
    /// Answers a request.
    pub(crate) async fn answer(&self, request: Parts, ends: Ends) -> Answer {
        let target = request.uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target > MAX_TARGET_LEN {
            self.meters.limit("request_target");
            let text = "The URI is too long.\n";
            let response = plain(StatusCode::URI_TOO_LONG, text);
            return (with(response, CONNECTION, "close"), None);
        }
        if !is_upgrade(&request) {
            let mut page = self.page(&request).await;
            if is_last(&request.headers) {
                page.headers_mut().append(CONNECTION, HeaderValue::from_static("close"));
            }
            return (page, None);
        }
        let opened = match ends.request(request, &self.trust) {
            (request, Ok(())) => self.open(request).await,
            (request, Err(malformed)) => Err(self.misled(&request, malformed)),
        };
        match opened {
            Ok((response, opening)) => (response.map(|()| Body::empty()), Some(opening)),
            Err(response) => (response.map(|body| Body::Full(Full::new(body))), None),
        }
    }

    /// The answer to a request that wants no WebSocket.
    async fn page(&self, request: &Parts) -> Response<Body> {
        let path = request.uri.path();
        // What is outside of the root belongs to somebody else.
        let below = path.strip_prefix(self.deployment.root()).filter(|it| it.starts_with('/'));
        if let Some(below) = below
            && let Some(response) = self.files.respond(request, below).await
        {
            return response;
        }
        match self.deployment.find(path) {
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

    /// The answer to a request that wants a WebSocket of a deployed endpoint: 101 with the session
    /// that it opens, or why not.
    pub(crate) async fn open(
        &self,
        request: HandshakeRequest,
    ) -> Result<(Response<()>, Opening), Box<Response<Bytes>>> {
        self.trace(&request);
        let found = self.deployment.find(request.path());
        let (mount, path_params) = match found {
            Ok(Some(found)) => found,
            Ok(None) => return Err(self.unknown(&request)),
            Err(error) => return Err(self.malformed(&request, error)),
        };
        self.open_at(&mount, path_params, request).await
    }

    /// Logs what a handshake asks for, and what each endpoint's path has to say of its own: for
    /// `--trace-handshake`.
    fn trace(&self, request: &HandshakeRequest) {
        if !tracing::enabled!(target: HANDSHAKE, tracing::Level::DEBUG) {
            return;
        }
        let (peer, path) = (request.peer_addr(), Printable::text(request.path()));
        let field = |name| {
            let values = request.headers().get_all(name).iter();
            let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
            Printable(&values.join(&b", "[..])).to_string()
        };
        let (origin, protocols) = (field(ORIGIN), field(SEC_WEBSOCKET_PROTOCOL));
        let extensions = field(SEC_WEBSOCKET_EXTENSIONS);
        tracing::debug!(target: HANDSHAKE, ?peer, %path, origin, protocols, extensions, "asked");
        for step in self.deployment.explain(request.path()).lines() {
            tracing::debug!(target: HANDSHAKE, ?peer, "route {}", step.trim_start());
        }
    }

    /// As [`open`](Self::open), at `mount` whatever the path.
    pub(crate) async fn open_at(
        &self,
        mount: &Arc<Mount>,
        path_params: PathParams,
        request: HandshakeRequest,
    ) -> Result<(Response<()>, Opening), Box<Response<Bytes>>> {
        let peer = request.peer_addr();
        // Shares the bytes.
        let uri = request.parts().uri.clone();
        let path = uri.path();
        let opened = match open(&self.terms, mount, request.with_path_params(path_params)).await {
            Ok(_) if self.stop.is_cancelled() => Err(Refusal::stopping()),
            opened => opened,
        };
        let opened = opened.map_err(|refusal| self.refused(refusal, path, peer))?;
        let session = opened.1.session.id();
        let (protocol, path) = (opened.1.session.subprotocol(), Printable::text(path));
        let extensions: Vec<_> =
            opened.1.session.extensions().iter().map(ToString::to_string).collect();
        tracing::debug!(target: HANDSHAKE, %session, ?peer, %path, protocol, ?extensions, "upgrade");
        Ok(opened)
    }

    fn unknown(&self, request: &HandshakeRequest) -> Box<Response<Bytes>> {
        let nearest = self.deployment.nearest(request.path());
        let mut response = Refusal::new(StatusCode::NOT_FOUND, "No endpoint is here.\n").response;
        if !nearest.is_empty() {
            let mut body = format!("No endpoint is here. Nearest: {nearest}\n");
            // Whoever is on this machine is looking for a mistake of his own.
            if request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback()) {
                body += &self.deployment.explain(request.path());
            }
            *response.body_mut() = body.into();
        }
        if let Some(quiet) = self.refused.pass(Instant::now()) {
            let (peer, path) = (request.peer_addr(), Printable::text(request.path()));
            tracing::info!(?peer, %path, nearest, quiet, "handshake refused: 404, no endpoint");
        }
        self.meters.refused(response.status(), "no_endpoint");
        response
    }

    /// The answer to a request of which a trusted proxy says what cannot be.
    pub(super) fn misled(
        &self,
        request: &HandshakeRequest,
        malformed: Malformed,
    ) -> Box<Response<Bytes>> {
        let text = "The proxy's header fields are malformed.\n";
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, text).of_kind("proxy_fields");
        let refusal = Refusal { reason: malformed.to_string(), ..refusal };
        self.refused(refusal, request.path(), request.peer_addr())
    }

    /// Counts and logs a connection that did not come to HTTP.
    pub(super) fn turned_away(
        &self,
        peer: Option<SocketAddr>,
        kind: &'static str,
        error: &dyn std::fmt::Display,
    ) {
        self.meters.turned_away(kind);
        if let Some(quiet) = self.turned.pass(Instant::now()) {
            tracing::info!(?peer, %error, quiet, "connection turned away");
        }
    }

    fn malformed(&self, request: &HandshakeRequest, error: BadPath) -> Box<Response<Bytes>> {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "The path is malformed.\n");
        let refusal = refusal.of_kind("path");
        let refusal = Refusal { reason: error.to_string(), ..refusal };
        self.refused(refusal, request.path(), request.peer_addr())
    }

    /// Logs a refusal; its answer.
    fn refused(
        &self,
        refusal: Refusal,
        path: &str,
        peer: Option<SocketAddr>,
    ) -> Box<Response<Bytes>> {
        let Refusal { response, reason, ours, kind } = refusal;
        self.meters.refused(response.status(), kind);
        if let Some(quiet) = self.refused.pass(Instant::now()) {
            let (path, status) = (Printable::text(path), response.status().as_u16());
            if ours {
                tracing::error!(?peer, %path, status, reason, quiet, "handshake failed");
            } else {
                tracing::info!(?peer, %path, status, reason, quiet, "handshake refused");
            }
        }
        response
    }
}

//! From a URI to an open WebSocket: requests, credentials, redirects, until one answer is 101 or
//! none can be.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, COOKIE, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION, USER_AGENT,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, StatusCode};
use ws_core::Transport;
use ws_core::extension::Extension;
use ws_core::handshake::{Subprotocol, Verified};

use crate::client::Shared;
use crate::client::attempt::{Answer, ask};
use crate::client::auth::Login;
use crate::client::config::ClientEndpointConfig;
use crate::client::error::{ConnectError, RedirectError};
use crate::client::reach::reach;
use crate::client::response::HandshakeResponse;
use crate::client::uri::{Target, request};

/// Sent unless the configuration says another.
const OUR_NAME: &str = concat!("ws-container/", env!("CARGO_PKG_VERSION"));

/// What a request offers, best first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offered<'a> {
    pub(super) subprotocols: &'a [Subprotocol],
    pub(super) extensions: &'a [Arc<dyn Extension>],
}

/// A connection on which the opening handshake succeeded.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) transport: Transport,
    /// Frames that came behind the answer.
    pub(super) early: Vec<u8>,
    pub(super) verified: Verified,
    /// The URI that answered.
    pub(super) uri: String,
    pub(super) peer_addr: Option<SocketAddr>,
    pub(super) local_addr: Option<SocketAddr>,
}

/// Asks `uri`, and whom it sends us to, as the configuration allows. Without a deadline of its own.
pub(super) async fn follow(
    shared: &Shared,
    config: &ClientEndpointConfig,
    offered: Offered<'_>,
    uri: &str,
) -> Result<Opened, ConnectError> {
    let mut target = Target::parse(uri)?;
    if target.origin.unix.is_none() {
        target.origin.unix.clone_from(&config.unix_socket);
    }
    let first = target.origin.clone();
    let mut asked: Vec<String> = Vec::new();
    loop {
        let hop = Hop { shared, config, offered, trusted: target.origin == first, target: &target };
        let response = match hop.ask().await? {
            Ok(opened) => return Ok(opened),
            Err(response) => response,
        };
        if config.max_redirects == 0 || !is_redirect(response.status()) {
            return Err(ConnectError::Status(response));
        }
        asked.push(String::from(&target));
        target = next(&target, response, &asked, config.max_redirects)?;
        // The host and port of the first are behind its Unix socket, those of others are not.
        target.origin.unix = first.unix.clone().filter(|_| target.origin.is_at(&first));
    }
}

const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 300..=303 | 307 | 308)
}

/// Where a redirect leads.
fn next(
    target: &Target,
    response: Box<HandshakeResponse>,
    asked: &[String],
    limit: u32,
) -> Result<Target, RedirectError> {
    if asked.len() > limit as usize {
        return Err(RedirectError::TooMany { limit, response });
    }
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let Some(next) = location.and_then(|location| target.join(location)) else {
        return Err(RedirectError::Location(response));
    };
    if target.origin.secure && !next.origin.secure {
        return Err(RedirectError::Downgrade(response));
    }
    if asked.contains(&String::from(&next)) {
        return Err(RedirectError::Loop(response));
    }
    Ok(next)
}

/// One place that is asked, twice or more when it wants credentials.
struct Hop<'a> {
    shared: &'a Shared,
    config: &'a ClientEndpointConfig,
    offered: Offered<'a>,
    target: &'a Target,
    /// Whether it is the server that the user named: no other gets secrets.
    trusted: bool,
}

impl Hop<'_> {
    async fn ask(&self) -> Result<Result<Opened, Box<HandshakeResponse>>, ConnectError> {
        let credentials = self.config.credentials.clone().filter(|_| self.trusted);
        let mut login = credentials.map(|credentials| {
            Login::new(&self.shared.known, self.target.origin.to_string(), credentials)
        });
        loop {
            let response = match self.ask_once(login.as_mut()).await? {
                Ok(opened) => return Ok(Ok(opened)),
                Err(response) => response,
            };
            let again = response.status() == StatusCode::UNAUTHORIZED
                && login
                    .as_mut()
                    .is_some_and(|it| it.refused(response.headers(), &WWW_AUTHENTICATE));
            if !again {
                return Ok(Err(response));
            }
        }
    }

    async fn ask_once(
        &self,
        login: Option<&mut Login<'_>>,
    ) -> Result<Result<Opened, Box<HandshakeResponse>>, ConnectError> {
        let Self { shared, config, target, .. } = self;
        let uri = String::from(*target);
        let mut request = request(target)?;
        let mut headers = self.headers(login, &request.target());
        let configurator = &config.configurator;
        configurator
            .before_request(&uri, &mut headers)
            .await
            .map_err(ConnectError::Configurator)?;
        for subprotocol in self.offered.subprotocols {
            request = request.subprotocol(subprotocol.clone())?;
        }
        for extension in self.offered.extensions {
            request = request.offer(&**extension);
        }
        for (name, value) in &headers {
            request = request.header(name.clone(), value.clone())?;
        }
        let trace = config.trace.hiding(&headers);
        let mut reached = reach(shared, config, target).await?;
        let answer = ask(&mut reached.transport, &request, &trace).await?;
        let (status, headers, body, whole) = match &answer {
            Answer::Open { verified, .. } => {
                (StatusCode::SWITCHING_PROTOCOLS, &verified.headers, Bytes::new(), true)
            }
            Answer::Refused { status, headers, body, whole } => {
                (*status, headers, body.clone(), *whole)
            }
        };
        if shared.keeps_cookies {
            shared.cookies.store(target, headers);
        }
        let response =
            Box::new(HandshakeResponse::new(uri.clone(), status, headers.clone(), body, whole));
        configurator.after_response(&response).await.map_err(ConnectError::Configurator)?;
        Ok(match answer {
            Answer::Open { verified, early } => Ok(Opened {
                transport: reached.transport,
                early,
                verified,
                uri,
                peer_addr: reached.peer_addr,
                local_addr: reached.local_addr,
            }),
            Answer::Refused { .. } => Err(response),
        })
    }

    /// The fields of the request, but for those that the handshake writes.
    fn headers(&self, login: Option<&mut Login<'_>>, request_target: &str) -> HeaderMap {
        let mut headers = self.config.headers.clone();
        if !self.trusted {
            let secret = |name: &HeaderName, value: &HeaderValue| {
                value.is_sensitive()
                    || [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(name)
                    || name == "cookie2"
            };
            headers = self
                .config
                .headers
                .iter()
                .filter(|(name, value)| !secret(name, value))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
        }
        if !headers.contains_key(USER_AGENT) {
            headers.insert(USER_AGENT, HeaderValue::from_static(OUR_NAME));
        }
        let mut cookies = Vec::new();
        if self.trusted {
            cookies.extend(headers.remove(COOKIE).map(|line| line.as_bytes().to_vec()));
            cookies.extend(self.config.cookies.iter().map(|pair| pair.as_bytes().to_vec()));
        }
        let kept = self.shared.keeps_cookies.then(|| self.shared.cookies.header(self.target));
        cookies.extend(kept.flatten().map(|line| line.as_bytes().to_vec()));
        // One line only (RFC 6265 §5.4).
        if let Ok(mut line) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
            && !line.is_empty()
        {
            line.set_sensitive(true);
            headers.insert(COOKIE, line);
        }
        // What the configuration says itself goes before.
        if !headers.contains_key(AUTHORIZATION)
            && let Some(value) = login.and_then(|login| login.value("GET", request_target))
        {
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }
}

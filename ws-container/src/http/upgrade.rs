//! WebSockets on connections of somebody else's HTTP server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use ws_core::handshake::PathParams;
use ws_core::{Principal, TlsInfo, Transport};

use crate::deploy::Mount;
use crate::http::{Ends, Server};
use crate::opening::{Opening, Refusal};

/// Another server has this long to write the 101 and give its connection away.
const GIVEN_AWAY: Duration = Duration::from_secs(10);

/// Opens sessions of one endpoint on connections of another HTTP server, whatever the path of the
/// request; made by [`Handle::upgrader`](crate::Handle::upgrader).
#[derive(Clone, Debug)]
#[doc(alias = "upgradeHttpToWebSocket")]
pub struct Upgrader {
    server: Arc<Server>,
    mount: Arc<Mount>,
}

impl Upgrader {
    pub(crate) const fn new(server: Arc<Server>, mount: Arc<Mount>) -> Self {
        Self { server, mount }
    }

    /// Answers `request`: 101, and then runs the session, or why not. `path_params` are the names and
    /// values that handlers find as path variables.
    ///
    /// As [`Handle::upgrade`](crate::Handle::upgrade) in everything else.
    #[doc(alias = "upgradeHttpToWebSocket")]
    pub async fn upgrade<B>(
        &self,
        request: Request<B>,
        path_params: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Response<Bytes> {
        let params = path_params.into_iter().map(|(name, value)| {
            let name: String = name.into();
            (name.into(), value.into())
        });
        let at = Some((&self.mount, params.collect()));
        upgrade(&self.server, request, at).await
    }
}

/// Answers `request` at the endpoints and with the variables of `at`, or at those of its path.
pub(crate) async fn upgrade<B>(
    server: &Arc<Server>,
    mut request: Request<B>,
    at: Option<(&Arc<Mount>, PathParams)>,
) -> Response<Bytes> {
    let upgradable = request.extensions().get::<OnUpgrade>().is_some();
    let connection = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let ends = Ends {
        peer: parts.extensions.get::<SocketAddr>().copied(),
        tls: parts.extensions.get::<TlsInfo>().cloned().map(Arc::new),
        ..Ends::default()
    };
    let principal = parts.extensions.get::<Principal>().cloned();
    let request = match ends.request(parts, &server.trust) {
        (request, Ok(())) => request.with_principal(principal.map(Arc::new)),
        (request, Err(malformed)) => return *server.misled(&request, malformed),
    };
    // The container has not stopped while this is held: once its last task has ended, nothing may
    // begin any more.
    let held = server.sessions.token();
    let opened = match at {
        Some((mount, path_params)) => server.open_at(mount, path_params, request).await,
        None => server.open(request).await,
    };
    let (response, opening) = match opened {
        Ok(opened) => opened,
        Err(response) => return *response,
    };
    if !upgradable {
        let why = "the server does not let the connection be upgraded";
        tracing::error!(session = %opening.session.id(), why, "handshake failed");
        return *Refusal::fault("upgrade", why).response;
    }
    server.sessions.spawn(begin(Arc::clone(server), connection, opening));
    drop(held);
    response.map(|()| Bytes::new())
}

/// Runs the session once the other server has written the 101 and given its connection away.
async fn begin(server: Arc<Server>, connection: OnUpgrade, opening: Opening) {
    let upgraded = tokio::select! {
        biased;
        () = server.cut.cancelled() => return,
        upgraded = tokio::time::timeout(GIVEN_AWAY, connection) => upgraded,
    };
    let session = opening.session.id();
    match upgraded {
        Ok(Ok(upgraded)) => {
            let (transport, early) = transport(upgraded);
            opening.run(transport, early, &server.meters, ()).await;
        }
        Ok(Err(error)) => tracing::warn!(%session, %error, "the connection was not given away"),
        Err(_) => tracing::warn!(%session, "the connection was not given away in time"),
    }
}

/// The byte stream of a connection, and what was read from it behind the request.
fn transport(upgraded: Upgraded) -> (Transport, Vec<u8>) {
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => (Transport::Tcp(parts.io.into_inner()), parts.read_buf.to_vec()),
        Err(upgraded) => (Transport::Other(Box::new(TokioIo::new(upgraded))), Vec::new()),
    }
}

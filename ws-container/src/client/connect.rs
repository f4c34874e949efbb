//! From a call of `connect` to a running session.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use ws_core::extension::{Extension, Stack};
use ws_core::handshake::Subprotocol;
use ws_core::{Endpoint, Request, Role, Session, SessionState, Start, StateInfo, serve};

use crate::client::Shared;
use crate::client::config::ClientEndpointConfig;
use crate::client::error::ConnectError;
use crate::client::follow::{Offered, Opened, follow};

/// A connection that is being made; await it for its session. Nothing happens before that.
///
/// Dropped early, it ends the attempt and closes the socket; the endpoint never runs.
#[must_use = "nothing is connected until it is awaited"]
pub struct Connecting {
    attempt: Pin<Box<dyn Future<Output = Result<Session, ConnectError>> + Send>>,
    state: ConnectionState,
}

impl Connecting {
    pub(super) fn new<E: Endpoint>(
        shared: Arc<Shared>,
        config: ClientEndpointConfig,
        endpoint: E,
        uri: String,
    ) -> Self {
        let state = ConnectionState::default();
        let mut watched = Watched(state.clone());
        let attempt = Box::pin(async move {
            let running = connect(&shared, &config, endpoint, &uri).await?;
            watched.opened(&running.session);
            Ok(running.session)
        });
        Self { attempt, state }
    }

    /// What the connection's state is from now on; to be kept while it is awaited.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.state.clone()
    }
}

impl Future for Connecting {
    type Output = Result<Session, ConnectError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.attempt.as_mut().poll(cx)
    }
}

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").field("state", &self.state.get()).finish_non_exhaustive()
    }
}

/// The state of a connection from its first attempt on: connecting, open, closing, closed. One that
/// fails, or is given up, goes from connecting to closed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use ws_container::SessionState;
/// use ws_container::client::{Client, on};
///
/// let connecting = Client::new().connect(on(), "ws://127.0.0.1:1/");
/// let state = connecting.state();
/// assert_eq!(state.get(), SessionState::Connecting);
/// assert!(connecting.await.is_err(), "nobody listens there");
/// assert_eq!(state.get(), SessionState::Closed);
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ConnectionState(Arc<Mutex<Stage>>);

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Connecting,
    Opened(Session),
    Failed,
}

impl ConnectionState {
    /// The state now.
    #[must_use]
    pub fn get(&self) -> SessionState {
        match &*self.lock() {
            Stage::Connecting => SessionState::Connecting,
            Stage::Opened(session) => session.state(),
            Stage::Failed => SessionState::Closed,
        }
    }

    /// The session, once there is one.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        if let Stage::Opened(session) = &*self.lock() { Some(session.clone()) } else { None }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends as failed unless it was opened.
struct Watched(ConnectionState);

impl Watched {
    fn opened(&mut self, session: &Session) {
        *self.0.lock() = Stage::Opened(session.clone());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut stage = self.0.lock();
        if matches!(*stage, Stage::Connecting) {
            *stage = Stage::Failed;
        }
    }
}

/// A session, and the task that runs it.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) session: Session,
    pub(super) task: JoinHandle<()>,
}

/// Connects to `uri` and starts `endpoint` in a task of its own. When this is done `#[on_open]` has
/// been called.
pub(super) async fn connect<E: Endpoint>(
    shared: &Shared,
    config: &ClientEndpointConfig,
    endpoint: E,
    uri: &str,
) -> Result<Running, ConnectError> {
    let has = |state: &StateInfo| shared.hub.states().contains((state.type_id)());
    if let Some(missing) = E::HANDLERS.states.iter().find(|state| !has(state)) {
        return Err(ConnectError::StateMissing(missing.name));
    }
    let subprotocols = subprotocols::<E>(config);
    let offered = Offered { subprotocols: &subprotocols, extensions: extensions::<E>(config) };
    let opened = open(shared, config, offered, uri).await?;
    let start = session::<E>(shared, config, opened)?;
    let session = start.session.clone();
    let aborted = AbortedOnDrop(Some(session.clone()));
    let (sender, begun) = oneshot::channel();
    // In a box of its own: moved into the task, it would take its room twice.
    let mut connection = Box::pin(serve(endpoint, start));
    let task = tokio::spawn(async move {
        let first = std::future::poll_fn(|cx| Poll::Ready(connection.as_mut().poll(cx))).await;
        // Nobody waits when the attempt was given up; the session is aborted then.
        let _ = sender.send(());
        if first.is_pending() {
            connection.await;
        }
    });
    // An error says that the endpoint panicked at once, which its session tells better.
    let _ = begun.await;
    aborted.keep();
    Ok(Running { session, task })
}

/// Ends a session that nobody waited for.
struct AbortedOnDrop(Option<Session>);

impl AbortedOnDrop {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for AbortedOnDrop {
    fn drop(&mut self) {
        if let Some(session) = &self.0 {
            session.abort();
        }
    }
}

/// What is offered: the configuration's, else those of the endpoint's attribute, which were checked
/// when it was compiled.
fn subprotocols<E: Endpoint>(config: &ClientEndpointConfig) -> Vec<Subprotocol> {
    if !config.subprotocols.is_empty() {
        return config.subprotocols.clone();
    }
    E::SUBPROTOCOLS.iter().filter_map(|name| Subprotocol::new(name).ok()).collect()
}

/// None where the endpoint takes single frames, which extensions would change.
fn extensions<E: Endpoint>(config: &ClientEndpointConfig) -> &[Arc<dyn Extension>] {
    if E::HANDLERS.frame { &[] } else { &config.extensions }
}

/// The opening handshake within the connect timeout, again after a 503 where that is wanted.
async fn open(
    shared: &Shared,
    config: &ClientEndpointConfig,
    offered: Offered<'_>,
    uri: &str,
) -> Result<Opened, ConnectError> {
    let limit = config.connect_timeout;
    let mut retries = 0;
    loop {
        let error = match timeout(limit, follow(shared, config, offered, uri)).await {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(error)) => error,
            Err(_) => return Err(ConnectError::Timeout(limit)),
        };
        match asked_to_wait(&error).filter(|wait| *wait <= config.max_retry_after) {
            Some(wait) if retries < config.max_retries => {
                retries += 1;
                tracing::debug!(
                    uri = without_query(uri),
                    ?wait,
                    "the server asks to come back later"
                );
                sleep(wait).await;
            }
            _ => return Err(error),
        }
    }
}

/// `uri` as it is logged: queries hold secrets.
pub(super) fn without_query(uri: &str) -> &str {
    uri.split('?').next().unwrap_or_default()
}

/// `Retry-After` of a 503.
pub(super) fn asked_to_wait(error: &ConnectError) -> Option<Duration> {
    let response = error.response().filter(|it| it.status() == 503)?;
    response.retry_after()
}

/// The session of an open connection, with a copy of the configuration and with the extensions that
/// the server chose.
fn session<E: Endpoint>(
    shared: &Shared,
    config: &ClientEndpointConfig,
    opened: Opened,
) -> Result<Start, ConnectError> {
    let chosen = &opened.verified.extensions;
    let extensions = Stack::start_all(extensions::<E>(config), chosen, Role::Client)?;
    let mut of_session = config.session.clone();
    of_session.path.clone_from(&opened.uri);
    let limits = &mut of_session.limits;
    let of_handlers = E::HANDLERS;
    limits.max_text_len = of_handlers.max_text_len.unwrap_or(limits.max_text_len);
    limits.max_binary_len = of_handlers.max_binary_len.unwrap_or(limits.max_binary_len);
    limits.max_frame_len = of_handlers.max_frame_len.unwrap_or(limits.max_frame_len);
    let deployed = shared.endpoints.deploy::<E>(of_session, &shared.hub);
    let mut request = Request::new(opened.uri);
    request.peer_addr = opened.peer_addr;
    request.local_addr = opened.local_addr;
    request.extensions = opened.verified.extensions;
    request.user = config.properties.clone();
    let subprotocol = opened.verified.subprotocol.as_ref().map(Subprotocol::as_str);
    let session = Session::new(deployed, request, subprotocol);
    let start = Start::new(opened.transport, opened.early, Role::Client, session);
    Ok(start.with_extensions(extensions))
}

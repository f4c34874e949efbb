//! One connection, from its first byte to the upgrade or its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use ws_core::Transport;

use crate::http::Server;
use crate::http::answer::Ends;
use crate::http::entrance::Entrance;
use crate::http::newcomer::Newcomer;
use crate::http::paced::Paced;
use crate::meters::ConnectionMeter;
use crate::opening::Opening;
use crate::response::Body;

/// The rights of a connection to be there.
#[derive(Debug)]
pub(crate) struct Permits {
    /// To speak HTTP.
    pub(crate) http: OwnedSemaphorePermit,
    /// To be there at all; `None` where nobody counts.
    pub(crate) connection: Option<OwnedSemaphorePermit>,
    /// That its first request is waited for.
    pub(crate) newcomer: Newcomer,
    /// That it is counted.
    pub(crate) meter: ConnectionMeter,
}

/// What the requests of a connection leave for the loop that owns the socket.
#[derive(Default)]
struct Slot {
    /// The head of a request was read.
    began: bool,
    /// The session that a 101 opens.
    opening: Option<Opening>,
}

/// After a last response, read what the peer still sends for this long, so that it reads ours
/// before a reset (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(1);

/// Most bytes read meanwhile.
const LINGER_LEN: u64 = 256 * 1024;

/// The answer to a request whose head takes too long.
const TOO_SLOW: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Serves the requests of a connection, and starts its session when one of them opens it.
pub(crate) async fn serve(
    server: Arc<Server>,
    stream: TcpStream,
    mut ends: Ends,
    entrance: Arc<Entrance>,
    permits: Permits,
) {
    let Permits { http, connection, newcomer, meter } = permits;
    let begun = Instant::now();
    let Some(stream) = enter(&server, stream, &mut ends, (&entrance, &newcomer), begun).await
    else {
        return;
    };
    // One deadline for what comes before HTTP and for the first head together; hyper has one of its
    // own for each head.
    let deadline = (!entrance.is_open()).then(|| begun + server.head_timeout);
    let waits = Waits { newcomer, deadline };
    let Some((mut stream, early, opening)) = speak_http(&server, stream, ends, waits).await else {
        return;
    };
    drop(http);
    let Some(opening) = opening else {
        linger(&mut stream).await;
        return;
    };
    let running = opening.run(stream, early, &server.meters);
    // A task of its own: this one is as large as HTTP needs it, for as long as it lives.
    server.sessions.spawn(async move {
        running.await;
        drop((connection, meter));
    });
}

/// What is waited for until the first request is there.
struct Waits {
    newcomer: Newcomer,
    /// When it must be there, if this is not for hyper to say.
    deadline: Option<Instant>,
}

impl Waits {
    /// Done, with the reason, when it is not waited for any longer.
    async fn over(self) -> Option<Failed> {
        let late = async {
            match self.deadline {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.newcomer.dismissed() => None,
            () = late => Some(Failed::Late),
        }
    }
}

/// Lets a connection in; `None` when it is not to be served.
async fn enter(
    server: &Arc<Server>,
    stream: TcpStream,
    ends: &mut Ends,
    (entrance, newcomer): (&Entrance, &Newcomer),
    begun: Instant,
) -> Option<Transport> {
    if entrance.is_open() {
        return Some(Transport::Tcp(stream));
    }
    let entering = entrance.enter(stream, ends, |addr| server.trust.may_proxy(addr));
    // In a box: only this is as large as a TLS handshake.
    let entering = Box::pin(timeout_at(begun + server.head_timeout, entering));
    let entered = tokio::select! {
        biased;
        () = server.stop.cancelled() => return None,
        () = newcomer.dismissed() => return None,
        entered = entering => entered,
    };
    match entered {
        Ok(Ok(transport)) => Some(transport),
        // The peer is who it is said to be by now, where a proxy came to say it.
        Ok(Err(error)) => {
            server.turned_away(ends.peer, error.name(), &error);
            None
        }
        Err(late) => {
            server.turned_away(ends.peer, "slow", &late);
            None
        }
    }
}

/// Serves requests until the connection is to end or to become a WebSocket; then gives back the
/// stream, the bytes that came behind the last request, and the session. `None` when it was cut.
///
/// Until the first head is there, it may be over with the waiting.
async fn speak_http(
    server: &Arc<Server>,
    stream: Transport,
    ends: Ends,
    waits: Waits,
) -> Option<(Transport, Vec<u8>, Option<Opening>)> {
    let slot = Arc::<Mutex<Slot>>::default();
    let peer = ends.peer;
    let service = Service { server: Arc::clone(server), ends, slot: Arc::clone(&slot) };
    let io = TokioIo::new(Paced::new(stream));
    let mut connection = server.builder.serve_connection(io, service);
    let mut stop = pin!(server.stop.cancelled());
    let mut cut = pin!(server.cut.cancelled());
    let mut waits = Some(Box::pin(waits.over()));
    let mut stopping = false;
    let ended = poll_fn(|cx| {
        if cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if let Poll::Ready(ended) = connection.poll_without_shutdown(cx) {
            return Poll::Ready(Some(ended.map_err(Failed::Http)));
        }
        if waits.is_some() && lock(&slot).began {
            waits = None;
        }
        match &mut waits {
            Some(over) => over.as_mut().poll(cx).map(|failed| failed.map(Err)),
            None => Poll::Pending,
        }
    });
    let ended = ended.await?;
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner().into_inner();
    if let Err(failed) = ended {
        tracing::debug!(?peer, error = %failed, "HTTP failed");
        failed.count(server);
        // A peer that sent nothing of a request waits for no answer.
        if failed.is_late() && !parts.read_buf.is_empty() {
            let answered = async {
                stream.write_all(TOO_SLOW).await?;
                stream.flush().await
            };
            let _ = timeout(LINGER, answered).await;
        }
        return Some((stream, Vec::new(), None));
    }
    let opening = lock(&slot).opening.take();
    // A copy: a slice, even an empty one, would keep the whole read buffer.
    Some((stream, parts.read_buf.to_vec(), opening))
}

/// What is behind a poisoned lock is whole: one value or another.
fn lock(slot: &Mutex<Slot>) -> std::sync::MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why HTTP on a connection came to a bad end.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Http(hyper::Error),
    #[error("the head of the first request took too long")]
    Late,
}

impl Failed {
    fn is_late(&self) -> bool {
        match self {
            Self::Http(error) => error.is_timeout(),
            Self::Late => true,
        }
    }

    /// Counts the limit that was reached, if it was one.
    fn count(&self, server: &Server) {
        match self {
            Self::Http(error) if error.is_parse_too_large() => server.meters.limit("request_head"),
            _ if self.is_late() => server.meters.limit("head_timeout"),
            Self::Http(_) | Self::Late => {}
        }
    }
}

/// Ends a connection so that the peer can read all that was written.
async fn linger(stream: &mut Transport) {
    let drained = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(LINGER_LEN), &mut tokio::io::sink()).await
    };
    // Whether the peer reads to the end is its own affair.
    let _ = timeout(LINGER, drained).await;
}

/// Answers the requests of one connection.
struct Service {
    server: Arc<Server>,
    ends: Ends,
    slot: Arc<Mutex<Slot>>,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (server, ends) = (Arc::clone(&self.server), self.ends.clone());
        let slot = Arc::clone(&self.slot);
        lock(&slot).began = true;
        Box::pin(async move {
            let (request, _) = request.into_parts();
            let (response, opening) = server.answer(request, ends).await;
            lock(&slot).opening = opening;
            Ok(response)
        })
    }
}

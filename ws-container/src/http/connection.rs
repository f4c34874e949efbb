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
use tokio::time::timeout;
use ws_core::Transport;

use crate::http::Server;
use crate::http::answer::Ends;
use crate::http::paced::Paced;
use crate::opening::Opening;
use crate::response::Body;

/// The rights of a connection to be there.
#[derive(Debug)]
pub(crate) struct Permits {
    /// To speak HTTP.
    pub(crate) http: OwnedSemaphorePermit,
    /// To be there at all; `None` where nobody counts.
    pub(crate) connection: Option<OwnedSemaphorePermit>,
}

/// Where a request leaves the session that its 101 opens, for the loop that owns the socket.
type Slot = Arc<Mutex<Option<Opening>>>;

/// After a last response, read what the peer still sends for this long, so that it reads ours
/// before a reset (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(1);

/// Most bytes read meanwhile.
const LINGER_LEN: u64 = 256 * 1024;

/// The answer to a request whose head takes too long.
const TOO_SLOW: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Serves the requests of a connection, and starts its session when one of them opens it.
pub(crate) async fn serve(server: Arc<Server>, stream: TcpStream, ends: Ends, permits: Permits) {
    let Permits { http, connection } = permits;
    let Some((mut stream, early, opening)) = speak_http(&server, stream, ends).await else {
        return;
    };
    drop(http);
    let Some(opening) = opening else {
        linger(&mut stream).await;
        return;
    };
    let running = opening.run(Transport::Tcp(stream), early);
    // A task of its own: this one is as large as HTTP needs it, for as long as it lives.
    server.sessions.spawn(async move {
        running.await;
        drop(connection);
    });
}

/// Serves requests until the connection is to end or to become a WebSocket; then gives back the
/// stream, the bytes that came behind the last request, and the session. `None` when it was cut.
async fn speak_http(
    server: &Arc<Server>,
    stream: TcpStream,
    ends: Ends,
) -> Option<(TcpStream, Vec<u8>, Option<Opening>)> {
    let slot = Slot::default();
    let service = Service { server: Arc::clone(server), ends, slot: Arc::clone(&slot) };
    let io = TokioIo::new(Paced::new(stream));
    let mut connection = server.builder.serve_connection(io, service);
    let mut stop = pin!(server.stop.cancelled());
    let mut cut = pin!(server.cut.cancelled());
    let mut stopping = false;
    let ended = poll_fn(|cx| {
        if cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        connection.poll_without_shutdown(cx).map(Some)
    });
    let ended = ended.await?;
    let parts = connection.into_parts();
    if let Err(error) = ended {
        tracing::debug!(peer = ?ends.peer, %error, "HTTP failed");
        let mut stream = parts.io.into_inner().into_inner();
        // A peer that sent nothing of a request waits for no answer.
        if error.is_timeout() && !parts.read_buf.is_empty() {
            let _ = timeout(LINGER, stream.write_all(TOO_SLOW)).await;
        }
        return Some((stream, Vec::new(), None));
    }
    let opening = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    // A copy: a slice, even an empty one, would keep the whole read buffer.
    Some((parts.io.into_inner().into_inner(), parts.read_buf.to_vec(), opening))
}

/// Ends a connection so that the peer can read all that was written.
async fn linger(stream: &mut TcpStream) {
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
    slot: Slot,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (server, ends, slot) = (Arc::clone(&self.server), self.ends, Arc::clone(&self.slot));
        Box::pin(async move {
            let (request, _) = request.into_parts();
            let (response, opening) = server.answer(request, ends).await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = opening;
            Ok(response)
        })
    }
}

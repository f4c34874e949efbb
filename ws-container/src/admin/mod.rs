//! Health and metrics, over HTTP on an address of their own.
//!
//! | path | answer |
//! |---|---|
//! | `/healthz` | 200 while the process answers at all |
//! | `/readyz` | 200 while new connections are welcome, else 503; the body names the phase |
//! | `/metrics` | the counters, in the text format of OpenMetrics |

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::lifecycle::{Handle, Phase};

/// Connections at the same time; others wait in the system's queue.
const MAX_CONNECTIONS: usize = 64;

/// The head of its request must be there after this long: whoever sends none keeps probes out no
/// longer.
const HEAD_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection is over after this long: one request is all it is for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Wait this long after a failure to accept.
const BACK_OFF: Duration = Duration::from_millis(250);

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// Answers on `listener` for the container of `handle`, until that has stopped.
pub(crate) async fn serve(listener: TcpListener, handle: Handle) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let accepting = async {
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let handle = handle.clone();
                    tokio::spawn(async move {
                        answer_one(stream, handle).await;
                        drop(permit);
                    });
                }
                // The listeners of the container tell why.
                Err(_) => sleep(BACK_OFF).await,
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = handle.reached(Phase::Stopped) => {}
    }
}

async fn answer_one(stream: TcpStream, handle: Handle) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = answer(&handle, request.method(), request.uri().path());
        async { Ok::<_, Infallible>(response) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).keep_alive(false);
    let served = builder.serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = timeout(PATIENCE, served).await {
        tracing::debug!(%error, "HTTP failed at the admin listener");
    }
}

fn answer(handle: &Handle, method: &Method, path: &str) -> Response<Full<Bytes>> {
    let (status, kind, body) = match path {
        _ if !matches!(*method, Method::GET | Method::HEAD) => {
            (StatusCode::METHOD_NOT_ALLOWED, PLAIN, "Only GET and HEAD.\n".to_owned())
        }
        "/healthz" => (StatusCode::OK, PLAIN, "ok\n".to_owned()),
        "/readyz" => {
            let phase = handle.phase();
            let status =
                if phase.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (status, PLAIN, format!("{phase}\n"))
        }
        "/metrics" => (StatusCode::OK, OPEN_METRICS, handle.server().meters.render()),
        _ => {
            let text = "Here are /healthz, /readyz and /metrics.\n";
            (StatusCode::NOT_FOUND, PLAIN, text.to_owned())
        }
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

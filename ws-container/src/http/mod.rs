//! HTTP/1.1: what becomes a WebSocket, and what does not.

mod answer;
mod connection;
mod paced;
mod quiet;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::deploy::Deployment;
use crate::files::Files;
use crate::http::quiet::Quiet;
use crate::opening::Terms;

pub(crate) use answer::Ends;
pub(crate) use connection::{Permits, serve};
pub use upgrade::Upgrader;
pub(crate) use upgrade::upgrade;

/// Longest request head, in bytes; a longer one is answered with 431.
const MAX_HEAD_LEN: usize = 16 * 1024;

/// Longest request target, in bytes; a longer one is answered with 414.
const MAX_TARGET_LEN: usize = 8 * 1024;

/// Most header fields of a request; more are answered with 431.
const MAX_FIELDS: usize = 100;

/// What all connections of a container share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) deployment: Deployment,
    pub(crate) terms: Terms,
    files: Files,
    builder: http1::Builder,
    /// Says that no connection is to begin anything new.
    pub(crate) stop: CancellationToken,
    /// Says that every connection that still speaks HTTP is to end at once.
    pub(crate) cut: CancellationToken,
    /// Connections that speak HTTP.
    pub(crate) http: TaskTracker,
    /// Connections that are WebSockets.
    pub(crate) sessions: TaskTracker,
    refused: Quiet,
}

impl Server {
    /// Serves `deployment`, by `terms`, and `files`; each request head must be there within
    /// `head_timeout`.
    pub(crate) fn new(
        deployment: Deployment,
        terms: Terms,
        files: Files,
        head_timeout: Duration,
    ) -> Arc<Self> {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            .max_headers(MAX_FIELDS)
            .max_buf_size(MAX_HEAD_LEN);
        Arc::new(Self {
            deployment,
            terms,
            files,
            builder,
            stop: CancellationToken::new(),
            cut: CancellationToken::new(),
            http: TaskTracker::new(),
            sessions: TaskTracker::new(),
            refused: Quiet::default(),
        })
    }
}

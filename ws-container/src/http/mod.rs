//! HTTP/1.1: what becomes a WebSocket, and what does not.

mod answer;
mod connection;
mod entrance;
mod heads;
mod newcomer;
mod paced;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::deploy::Deployment;
use crate::files::Files;
use crate::meters::Meters;
use crate::opening::Terms;
use crate::proxies::Trust;
use crate::quiet::Quiet;

pub(crate) use answer::Ends;
pub(crate) use connection::{Permits, serve};
pub(crate) use entrance::{Entrance, Layer};
pub(crate) use newcomer::Newcomers;
pub use upgrade::Upgrader;
pub(crate) use upgrade::upgrade;

/// Longest request head, in bytes; a longer one is answered with 431.
const MAX_HEAD_LEN: usize = 16 * 1024;

/// Longest request target, in bytes; a longer one is answered with 414.
const MAX_TARGET_LEN: usize = 8 * 1024;

/// Most header fields of a request; more are answered with 431.
const MAX_FIELDS: usize = 100;

/// Longest wait that can be set: 1 year.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// What all connections of a container share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) deployment: Deployment,
    pub(crate) terms: Terms,
    pub(crate) trust: Trust,
    pub(crate) meters: Arc<Meters>,
    files: Files,
    builder: http1::Builder,
    /// A connection must have come to its first request within this time.
    head_timeout: Duration,
    /// Says that no connection is to begin anything new.
    pub(crate) stop: CancellationToken,
    /// Says that every connection that still speaks HTTP is to end at once.
    pub(crate) cut: CancellationToken,
    /// Connections that speak HTTP.
    pub(crate) http: TaskTracker,
    /// Connections that are WebSockets.
    pub(crate) sessions: TaskTracker,
    refused: Quiet,
    turned: Quiet,
}

impl Server {
    /// Serves `deployment`, by `terms`, and `files`, and believes the proxies of `trust`; each
    /// request head must be there within `head_timeout`, from 1 ms to 1 year.
    pub(crate) fn new(
        deployment: Deployment,
        terms: Terms,
        files: Files,
        trust: Trust,
        head_timeout: Duration,
    ) -> Arc<Self> {
        let head_timeout = head_timeout.clamp(Duration::from_millis(1), LONGEST);
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            // Who has said all it wants to say is answered all the same.
            .half_close(true)
            .max_headers(MAX_FIELDS)
            .max_buf_size(MAX_HEAD_LEN);
        Arc::new(Self {
            deployment,
            terms,
            trust,
            meters: Arc::default(),
            files,
            builder,
            head_timeout,
            stop: CancellationToken::new(),
            cut: CancellationToken::new(),
            http: TaskTracker::new(),
            sessions: TaskTracker::new(),
            refused: Quiet::default(),
            turned: Quiet::default(),
        })
    }
}

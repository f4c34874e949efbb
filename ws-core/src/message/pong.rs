//! A Pong that arrived.

use std::time::Duration;

use bytes::Bytes;

/// A Pong frame, asked for or not (RFC 6455 §5.5.3).
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "PongMessage")]
#[non_exhaustive]
pub struct Pong {
    /// Its payload, at most 125 bytes.
    #[doc(alias = "getApplicationData")]
    pub payload: Bytes,
    /// Time since the Ping that it answers was sent; `None` when it answers none of the application's.
    pub rtt: Option<Duration>,
}

impl Pong {
    /// A Pong with `payload`.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>, rtt: Option<Duration>) -> Self {
        Self { payload: payload.into(), rtt }
    }
}

//! A Pong that arrived.

use std::time::Duration;

use bytes::Bytes;

/// A Pong frame, asked for or not (RFC 6455 §5.5.3; Jakarta §4.7 `PongMessage`). An `#[on_message]`
/// handler that takes one sees those that the application's Pings are answered with, and those that
/// nobody asked for; the answers to the container's own keep-alive Pings it does not.
///
/// # Examples
///
/// ```
/// use ws_core::{Pong, handlers, server_endpoint};
///
/// #[server_endpoint("/latency", crate = ws_core)]
/// #[derive(Default)]
/// struct Latency;
///
/// #[handlers(crate = ws_core)]
/// impl Latency {
///     #[on_message]
///     fn pong(&mut self, pong: Pong) -> Option<String> {
///         Some(format!("{} µs", pong.rtt?.as_micros()))
///     }
/// }
/// ```
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

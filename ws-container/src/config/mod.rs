//! What can be set.

#[cfg(feature = "cli")]
mod address;
#[cfg(feature = "cli")]
mod layers;
#[cfg(feature = "cli")]
mod options;
#[cfg(feature = "cli")]
mod units;

use std::time::Duration;

#[cfg(feature = "deflate")]
use ws_core::extension::PerMessageDeflate;
use ws_core::handshake::{OriginPolicy, SubprotocolOrder};
use ws_core::{Budget, CloseCode, Limits, Overflow};

#[cfg(feature = "cli")]
pub use address::AddressError;
#[cfg(feature = "cli")]
pub use layers::ConfigError;
#[cfg(feature = "cli")]
pub(crate) use layers::Effective;
#[cfg(all(feature = "cli", feature = "tls"))]
pub(crate) use options::Need;
#[cfg(feature = "cli")]
pub(crate) use options::{Fields, Listeners, Options, Side, TooSlow};
#[cfg(feature = "cli")]
pub(crate) use units::ByteSize;
#[cfg(feature = "cli")]
pub use units::UnitError;
#[cfg(all(feature = "cli", feature = "deflate"))]
pub(crate) use units::{Level, Window};

use crate::proxies::{Network, ProxyHeaders};

/// The settings of a container. What an endpoint asks for itself in its attributes goes before.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use ws_container::Settings;
///
/// let mut settings = Settings::default();
/// settings.limits.max_text_len = 64 * 1024;
/// settings.idle_timeout = Some(Duration::from_secs(300));
/// assert_eq!(settings.grace, Duration::from_secs(30));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Bounds on what one peer may send. A message that is too long closes its session with 1009; too
    /// many frames close it with 1008. An endpoint may have [its own](ws_core::ServerEndpointConfig),
    /// and so may [a session](ws_core::Session::set_limits).
    #[doc(alias = "setDefaultMaxTextMessageBufferSize")]
    #[doc(alias = "setDefaultMaxBinaryMessageBufferSize")]
    pub limits: Limits,
    /// Close a session with 1008 whose peer began a message and sent nothing more of it for this
    /// long; 60 s. Zero never does.
    pub message_timeout: Duration,
    /// Memory for messages that are not finished, of all sessions together; 256 MiB. A session that
    /// needs more than is left is closed with 1013.
    pub message_budget: Budget,
    /// What happens to published messages that a session does not take in time, where neither
    /// their [topic](ws_core::Hub::set_overflow) nor the endpoint says.
    pub overflow: Overflow,
    /// Close a session on which no data frame passed for this long; `None`, the default, and zero
    /// never.
    #[doc(alias = "setDefaultMaxSessionIdleTimeout")]
    pub idle_timeout: Option<Duration>,
    /// Ping a peer that was silent for this long; 20 s. `None` and zero never ping.
    pub keep_alive: Option<Duration>,
    /// End a session whose peer stays silent for this long after such a Ping; 20 s. Zero never does.
    pub pong_timeout: Duration,
    /// Wait this long for the peer's Close after ours; 5 s, at least 1 ms.
    pub close_timeout: Duration,
    /// End a session whose socket took no byte for this long while there was something to write;
    /// 20 s. Zero never does.
    #[doc(alias = "setAsyncSendTimeout")]
    pub send_timeout: Duration,
    /// On shutdown, give sessions this long to end by themselves; 30 s, at least 10 ms.
    pub grace: Duration,
    /// On shutdown, go on accepting for this long after the container is not ready any more, until
    /// every load balancer has noticed; nothing, the default, where none asks. It is no part of the
    /// grace.
    pub drain_delay: Duration,
    /// On shutdown, tell sessions to close evenly over this time, so that their clients do not all
    /// come back elsewhere at once; 5 s, at most half of the grace. Few sessions are told sooner:
    /// none waits more than 50 ms for the one before it.
    pub drain_spread: Duration,
    /// What sessions are told on shutdown: 1001, going away, is the default; 1012, service restart,
    /// asks clients to come back.
    pub drain_code: CloseCode,
    /// A connection must have sent the head of its first request this long after it came, with
    /// the PROXY header and the TLS handshake before it; each later head must be there this long
    /// after the previous response. 10 s, at least 1 ms.
    pub head_timeout: Duration,
    /// The application's own part of an opening handshake, such as an authenticator and
    /// `modify_handshake`, must be over after this long; 10 s, at least 1 ms. Else the answer is 503.
    pub handshake_timeout: Duration,
    /// Connections that may speak HTTP at the same time; 1,024. When there are so many, the one that
    /// has waited longest for its first request gives way to a new one, once it has had a second;
    /// where there is none, others wait in the system's queue.
    pub max_http_connections: usize,
    /// Connections of one address, or of one IPv6 network of 64 bits, whose first request is not
    /// there yet; 64. The oldest gives way to a new one, once it has had a second. `None` counts
    /// none; the proxies that are trusted are not counted.
    pub max_newcomers_per_address: Option<usize>,
    /// Connections of every kind at the same time; `None`, the default, as many as the system
    /// allows. Others wait in the system's queue.
    pub max_connections: Option<usize>,
    /// Pages of which origins may connect (RFC 6455 §10.2); by default those of this server.
    pub origins: OriginPolicy,
    /// Whose order of preference picks the subprotocol; by default the client's.
    pub subprotocol_order: SubprotocolOrder,
    /// Proxies that are believed when they say by `Forwarded` or `X-Forwarded-..` whose request it is;
    /// none. Their word replaces the peer's address, whether TLS is used, and the `Host`.
    pub trusted_proxies: Vec<Network>,
    /// Which of these fields they write; either.
    pub proxy_headers: ProxyHeaders,
    /// Compression for clients that offer it (RFC 7692); on by default, without context takeover.
    /// `None` switches it off.
    #[cfg(feature = "deflate")]
    pub deflate: Option<PerMessageDeflate>,
}

impl Default for Settings {
    fn default() -> Self {
        let endpoint = ws_core::EndpointConfig::new("/");
        Self {
            limits: endpoint.limits,
            message_timeout: endpoint.message_timeout,
            message_budget: endpoint.message_budget,
            overflow: endpoint.overflow,
            idle_timeout: endpoint.idle_timeout,
            keep_alive: endpoint.keep_alive,
            pong_timeout: endpoint.pong_timeout,
            close_timeout: endpoint.close_timeout,
            send_timeout: endpoint.send_timeout,
            grace: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
            drain_spread: Duration::from_secs(5),
            drain_code: CloseCode::GOING_AWAY,
            head_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            max_http_connections: 1_024,
            max_newcomers_per_address: Some(64),
            max_connections: None,
            origins: OriginPolicy::Same,
            subprotocol_order: SubprotocolOrder::Client,
            trusted_proxies: Vec::new(),
            proxy_headers: ProxyHeaders::Any,
            #[cfg(feature = "deflate")]
            deflate: Some(PerMessageDeflate::default()),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;

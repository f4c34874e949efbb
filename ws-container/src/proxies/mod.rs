//! Proxies in front of the server: which are believed, and what they say of the peers behind them.
//!
//! A request tells by header fields (RFC 7239, or the older `X-Forwarded-..`), a connection by the
//! PROXY protocol. Neither is looked at unless it was switched on: anybody can write a header.

mod fields;
mod forwarded;
mod network;
mod protocol;

pub use crate::proxies::forwarded::ProxyHeaders;
pub(crate) use crate::proxies::forwarded::{Forwarded, Malformed, Trust};
pub use crate::proxies::network::{InvalidNetwork, Network};
pub(crate) use crate::proxies::protocol::{HeaderError, Origin, read_header};

//! The opening handshake for both sides, RFC 6455 §4, over the types of the `http` crate.
//!
//! ```text
//! server   http::request::Parts ──accept──▶ Accepted ──response──▶ 101
//!                                    └────▶ Rejection ─into_response─▶ 400, 403, 405, 426
//! client   ClientRequest ──to_bytes──▶ request head
//!          bytes received ──verify──▶ Verified, or HandshakeError, or more bytes wanted
//! ```
//!
//! Nothing here reads, writes, waits or rolls dice: bytes and the random key are arguments.

mod client;
mod error;
mod fields;
mod key;
mod modify;
mod origin;
mod reject;
mod rejection;
mod request;
mod scheme;
mod server;
mod subprotocol;

pub use client::{ClientRequest, MAX_HEAD_LEN, MAX_HEADERS, Verified};
pub use error::{HandshakeError, InvalidRequest};
pub use key::{ACCEPT_LEN, HandshakeKey, KEY_LEN, accept_value};
pub use modify::Handshake;
pub use origin::{CheckOrigin, InvalidOrigin, Origin, OriginPolicy};
pub use reject::Reject;
pub use rejection::Rejection;
pub use request::{HandshakeRequest, PathParams, TlsInfo};
pub use scheme::Scheme;
pub use server::{Accepted, NotOffered, Policy, accept, check_origin, examine, is_upgrade, origin};
pub use subprotocol::{MAX_SUBPROTOCOLS, Subprotocol, SubprotocolOrder, requested_subprotocols};

//! What tests that cross crates share: frames as bytes, a client that may misbehave, servers, and
//! waiting with a deadline.
#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "support of tests fails by panicking, with a message"
)]

pub mod http;
pub mod raw;
pub mod wait;
pub mod wire;

pub use raw::RawClient;
pub use wire::Frame;

//! What tests that cross crates share: frames as bytes, a client that may misbehave, servers, and
//! waiting with a deadline.
#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "support of tests fails by panicking, with a message"
)]

pub mod alone;
pub mod client;
pub mod deflated;
pub mod endpoints;
pub mod finished;
pub mod fuzz;
pub mod http;
pub mod journal;
pub mod log;
pub mod offered;
pub mod program;
pub mod raw;
pub mod raw_server;
pub mod server;
pub mod ui;
pub mod vitals;
pub mod wait;
pub mod wire;

pub use alone::alone;
pub use finished::Finished;
pub use journal::Journal;
pub use offered::Offered;
pub use program::Program;
pub use raw::RawClient;
pub use raw_server::RawServer;
pub use server::TestServer;
pub use wire::Frame;

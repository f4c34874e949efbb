//! The engine over streams in memory, on a clock that stands still: every wait is exact.
#![expect(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and makes bytes of numbers"
)]

mod allocations;
mod at_once;
mod attending;
mod batching;
mod bounds;
mod broken;
mod closing;
mod codecs;
mod extensions;
mod failing;
mod finishing;
mod handing_over;
mod live;
mod messages;
mod overflowing;
mod parts;
mod pings;
mod publishing;
mod replies;
mod sending;
mod shared;
mod silence;
mod streams;
mod streams_cut;
mod support;
mod turns;
mod writers;

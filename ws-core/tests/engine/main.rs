//! The engine over streams in memory, on a clock that stands still: every wait is exact.
#![expect(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and makes bytes of numbers"
)]

mod allocations;
mod attending;
mod broken;
mod closing;
mod codecs;
mod failing;
mod messages;
mod publishing;
mod sending;
mod silence;
mod support;

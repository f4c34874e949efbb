//! The engine over streams in memory, on a clock that stands still: every wait is exact.

mod allocations;
mod attending;
mod broken;
mod closing;
mod failing;
mod messages;
mod publishing;
mod sending;
mod silence;
mod support;

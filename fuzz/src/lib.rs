//! What the targets run: the functions that the workspace's test `fuzz_corpus` runs too, without
//! the crates that those tests need besides.
#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a fuzz target fails by panicking"
)]

#[path = "../../tests/src/fuzz/mod.rs"]
mod functions;

pub use functions::*;

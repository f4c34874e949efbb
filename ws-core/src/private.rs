//! What generated code names. Not for applications: it changes without notice.

pub use inventory;

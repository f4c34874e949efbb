//! URI templates of endpoints, and finding the endpoint of a request's path (Jakarta §3.1.1).
//!
//! The rules of a template are `const`: `#[server_endpoint]` asks them when an application is
//! compiled, [`PathTemplate::parse`] when one is made at run time.

mod request;
mod rules;
mod template;

pub use request::{BadPath, RequestPath};
pub use rules::{PathError, check, has_variable};
pub use template::{Mismatch, PathMatch, PathTemplate, best_match};

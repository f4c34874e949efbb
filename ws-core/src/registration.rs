//! How endpoints announce themselves to the container.

use std::pin::Pin;

use crate::config::EndpointLimits;
use crate::endpoint::HandlerSet;
use crate::engine::Start;

/// A connection that runs until its session has ended and its socket is closed.
pub type ConnectionFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a server endpoint says of itself; written by `#[server_endpoint]`, one `static` a type.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "`#[server_endpoint]` writes it out")]
pub struct EndpointDescriptor {
    /// The URI template.
    pub path: &'static str,
    /// The type, with its module.
    pub type_name: &'static str,
    /// The handlers.
    pub handlers: HandlerSet,
    /// `subprotocols = [..]`, in the order written.
    pub subprotocols: &'static [&'static str],
    /// `decoders = [..]`, as written.
    pub decoders: &'static [&'static str],
    /// `encoders = [..]`, as written.
    pub encoders: &'static [&'static str],
    /// What its attributes ask for.
    pub limits: EndpointLimits,
    /// Source file of the attribute.
    pub file: &'static str,
    /// Line of the attribute.
    pub line: u32,
    /// Starts a connection with a new instance.
    pub start: fn(Start) -> ConnectionFuture,
}

/// A server endpoint that was linked into this program.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "`#[server_endpoint]` writes it out")]
pub struct Registration(pub &'static EndpointDescriptor);

inventory::collect!(Registration);

/// Every registered server endpoint, ordered by path, then by source location.
#[must_use]
pub fn registrations() -> Vec<&'static EndpointDescriptor> {
    let mut all: Vec<_> = inventory::iter::<Registration>().map(|entry| entry.0).collect();
    all.sort_by_key(|descriptor| (descriptor.path, descriptor.file, descriptor.line));
    all
}

//! How endpoints announce themselves to the container, and how they are configured.

mod builder;
mod descriptor;
mod launcher;
mod server_config;

pub use builder::ServerEndpointBuilder;
pub use descriptor::{EndpointDescriptor, Registration, ServerEndpoint, registrations};
pub use launcher::{ConnectionFuture, Launch, Launcher, MadeBy};
pub(crate) use launcher::{launch_default, launch_factory, launch_shared};
pub use server_config::{ConfigProblem, ServerEndpointConfig};

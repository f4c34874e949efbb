//! A WebSocket container. An application annotates a struct; the container finds it when the
//! program starts, mounts it at its path and runs it on an RFC 6455 engine, with static files beside
//! it on the same port.

mod config;
mod container;
mod deploy;
mod files;
mod http;
mod lifecycle;
mod listener;
pub mod prelude;
mod printable;
mod response;
mod router;

#[cfg(feature = "cli")]
pub mod cli;

#[cfg(feature = "cli")]
pub use crate::cli::main;
pub use crate::config::Settings;
#[cfg(feature = "cli")]
pub use crate::config::{AddressError, ConfigError, UnitError};
pub use crate::container::{BuildError, Builder, Container};
pub use crate::deploy::{DeploymentError, DeploymentProblem};
pub use crate::files::Page;
#[doc(hidden)]
pub use crate::files::PageRegistration;
pub use crate::lifecycle::Handle;

pub use ws_core::*;

#[doc(hidden)]
pub use ws_core::private as __private;

//! A WebSocket container. An application annotates a struct; the container finds it when the
//! program starts, mounts it at its path and runs it on an RFC 6455 engine, with static files beside
//! it on the same port.
//!
//! ```no_run
//! use ws_container::prelude::*;
//!
//! #[server_endpoint("/echo")]
//! #[derive(Default)]
//! struct Echo;
//!
//! #[handlers]
//! impl Echo {
//!     #[on_message]
//!     fn text<'m>(&mut self, text: &'m str) -> &'m str {
//!         text
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     ws_container::main()
//! }
//! ```
//!
//! * [`macro@server_endpoint`] and [`macro@handlers`] say what an endpoint may look like.
//! * [`Session`] is what handlers send with; [`CloseReason`] and [`Error`] are what they are told.
//! * [`TextDecoder`], [`TextEncoder`] and their binary siblings make messages of types of your own.
//! * [`main()`](fn@main) makes a program of it all: command line, configuration file, drain on SIGTERM.
//! * [`Container::builder`] makes a container inside another program; [`Settings`] are its limits and
//!   timeouts.
//!
//! # Features
//!
//! | feature | on | what it brings |
//! |---|---|---|
//! | `cli` | by default | [`main()`](fn@main), configuration files, logging |
//! | `docroot` | by default | static files |
//! | `json` | by default | [`Json`] messages |
//!
//! # Discovery
//!
//! Endpoints register themselves where they are declared. A library crate that the program never
//! names is not linked, and its endpoints are not found: `use my_endpoints as _;` names it. The log
//! lists every endpoint that was found.

#[cfg(feature = "client")]
pub mod client;
mod config;
mod container;
mod deploy;
mod files;
mod http;
mod lifecycle;
mod listener;
#[cfg(feature = "tls")]
mod pem;
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

#[cfg(feature = "client")]
pub use async_trait::async_trait;

pub use ws_core::*;

#[doc(hidden)]
pub use ws_core::private as __private;

/// The README's programs compile.
#[cfg(all(doctest, feature = "cli", feature = "docroot", feature = "json"))]
#[doc = include_str!("../../README.md")]
struct Readme;

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
//! * [`client`] connects to servers, with the same endpoints.
//! * [`Container::builder`] makes a container inside another program; [`Settings`] are its limits and
//!   timeouts.
//!
//! # Features
//!
//! | feature | on | what it brings |
//! |---|---|---|
//! | `admin` | with `cli` | health and metrics, on an address of their own |
//! | `cli` | by default | [`main()`](fn@main), configuration files, logging |
//! | `client` | by default | [`client`], for connections to servers |
//! | `deflate` | by default | permessage-deflate, compression of messages |
//! | `docroot` | by default | static files |
//! | `idn` | | host names in any script, for the client |
//! | `json` | by default | [`Json`] messages |
//! | `legacy-deflate-frame` | | compression of frames, for browsers of before 2014 |
//! | `msgpack` | | `MsgPack` messages |
//! | `server` | by default | [`Container`] and all that serves |
//! | `tls` | by default | TLS, with cryptography that the program installs in rustls |
//! | `tls-aws-lc` | by default | TLS, with the cryptography of aws-lc-rs |
//! | `tls-ring` | | TLS, with that of ring, which builds faster |
//! | `tls-self-signed` | by default | [`ServerTls::self_signed`], for development |
//! | `tools` | by default | `test-client` and `connect`, of the program `ws-container` |
//! | `webpki-roots` | | Mozilla's roots of trust, for machines without any |
//!
//! A client alone is `default-features = false, features = ["client", "tls-ring"]`.
//!
//! # Discovery
//!
//! Endpoints register themselves where they are declared. A library crate that the program never
//! names is not linked, and its endpoints are not found: `use my_endpoints as _;` names it. The log
//! lists every endpoint that was found.
//!
//! # Deployment
//!
//! [`Builder::discover`] takes the endpoints that registered themselves, [`Builder::filter`] leaves
//! some of them out, and [`Builder::deploy`] adds one as a [`ServerEndpointConfig`] says: at another
//! path, with other settings, made by a factory. A container is deployed as a whole or not at all,
//! and a [`DeploymentError`] lists everything that is wrong, each endpoint with its place in the
//! source. While it runs, [`Handle::deploy`] and [`Handle::undeploy`] change what is there.
//!
//! What all sessions share is given to [`Builder::state`], and taken as [`State`] by handlers:
//!
//! ```standalone_crate
//! use std::sync::atomic::{AtomicU64, Ordering};
//!
//! use ws_container::prelude::*;
//!
//! #[derive(Default)]
//! struct Visitors(AtomicU64);
//!
//! #[server_endpoint("/count/{name}")]
//! #[derive(Default)]
//! struct Counter;
//!
//! #[handlers]
//! impl Counter {
//!     #[on_open]
//!     fn open(&mut self, visitors: State<Visitors>, #[path_param] name: &str) -> String {
//!         let Visitors(count) = &*visitors;
//!         format!("{name} is visitor {}", count.fetch_add(1, Ordering::Relaxed) + 1)
//!     }
//! }
//!
//! let error = Container::builder().discover().build().unwrap_err();
//! assert!(error.to_string().contains("`/count/{name}`"), "where");
//! assert!(error.to_string().contains("State<Visitors>"), "and what");
//! Container::builder().discover().state(Visitors::default()).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The opening handshake
//!
//! A request is judged in this order, and the first check that fails answers:
//!
//! | check | by | answer |
//! |---|---|---|
//! | an endpoint is at the path | the templates | 404, 400 for a malformed path |
//! | method, headers, key, version | RFC 6455 §4.2.1 | 405, 400, 426 |
//! | origin | [`ServerConfigurator::check_origin`], [`Settings::origins`] | 403 |
//! | TLS | `require_tls` | 403 |
//! | identity | [`Authenticator`], `#[requires(..)]` on the struct | 401, 403 |
//! | subprotocol, extensions | [`ServerConfigurator`] | 400 when malformed |
//! | what the application likes | [`ServerConfigurator::modify_handshake`] | its [`Reject`] |
//! | the instance | [`Default`], or a [factory](ServerEndpointBuilder::factory) | 500 |
//!
//! Then it is answered with 101. Every refusal ends the connection. A hook that panics is answered
//! with 500, and one that takes longer than [`Settings::handshake_timeout`] with 503; no word of the
//! error goes to the peer. What a configurator puts into the session's properties is there as
//! [`Session::data`], and `#[on_open]` may take the [`HandshakeRequest`] itself.
//!
//! # Inside another server
//!
//! [`Handle::upgrade`] opens sessions on connections of a server of hyper's, or of one built upon it
//! such as axum. The container then need not listen anywhere, and its drain works all the same.
//!
//! # Coming from Jakarta WebSocket
//!
//! | Jakarta | here |
//! |---|---|
//! | `ServerContainer.addEndpoint` | [`Builder::deploy`], [`Handle::deploy`] |
//! | `ServerContainer.upgradeHttpToWebSocket` | [`Handle::upgrade`], [`Upgrader::upgrade`] |
//! | `ServerApplicationConfig` | [`Builder::filter`] |
//! | `ServerEndpointConfig`, its `Builder` | [`ServerEndpointConfig`], [`ServerEndpointBuilder`] |
//! | `Configurator.checkOrigin`, `getNegotiatedSubprotocol`, `getNegotiatedExtensions`, `modifyHandshake` | [`ServerConfigurator`] |
//! | `Configurator.getEndpointInstance` | [`ServerEndpointBuilder::factory`], `factory = ..` |
//! | `Configurator.getContainerDefaultConfigurator` | [`DefaultConfigurator`] |
//! | `HandshakeRequest`, `HandshakeResponse` | [`HandshakeRequest`], [`Handshake`] |
//! | `getUserProperties` | [`ServerEndpointBuilder::property`], [`Handshake::properties_mut`], [`Session::data`] |
//! | `getUserPrincipal`, `isUserInRole` | [`Session::principal`], [`Session::has_role`] |
//! | `DeploymentException` | [`DeploymentError`] |
//! | dependency injection | [`State`], factories |

#[cfg(feature = "admin")]
mod admin;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
mod config;
#[cfg(feature = "server")]
mod container;
#[cfg(feature = "server")]
mod deploy;
#[cfg(feature = "server")]
mod files;
#[cfg(feature = "server")]
mod http;
#[cfg(feature = "server")]
mod lifecycle;
#[cfg(feature = "server")]
mod listener;
#[cfg(feature = "server")]
mod meters;
#[cfg(feature = "server")]
mod opening;
#[cfg(feature = "tls")]
mod pem;
pub mod prelude;
#[cfg(feature = "server")]
mod printable;
#[cfg(feature = "tls")]
mod provider;
#[cfg(feature = "server")]
mod proxies;
#[cfg(feature = "server")]
mod quiet;
#[cfg(feature = "server")]
mod response;
#[cfg(feature = "server")]
mod router;
#[cfg(all(feature = "server", feature = "tls"))]
mod tls;

#[cfg(feature = "cli")]
pub mod cli;

#[cfg(feature = "cli")]
pub use crate::cli::main;
#[cfg(feature = "server")]
pub use crate::config::Settings;
#[cfg(feature = "cli")]
pub use crate::config::{AddressError, ConfigError, UnitError};
#[cfg(feature = "server")]
pub use crate::container::{BuildError, Builder, Container};
#[cfg(feature = "server")]
pub use crate::deploy::{DeploymentError, DeploymentProblem, EndpointName};
#[cfg(feature = "server")]
pub use crate::files::Page;
#[cfg(feature = "server")]
#[doc(hidden)]
pub use crate::files::PageRegistration;
#[cfg(feature = "server")]
pub use crate::http::Upgrader;
#[cfg(feature = "server")]
pub use crate::lifecycle::{Handle, Phase};
#[cfg(feature = "server")]
pub use crate::listener::Listen;
#[cfg(feature = "tls")]
pub use crate::pem::PemError;
#[cfg(feature = "server")]
pub use crate::proxies::{InvalidNetwork, Network, ProxyHeaders};
#[cfg(all(feature = "server", feature = "tls"))]
pub use crate::tls::{
    ClientCertificates, Fingerprint, ServerTls, ServerTlsBuilder, ServerTlsError,
};

pub use ws_core::*;

#[doc(hidden)]
pub use ws_core::private as __private;

/// The README's programs compile.
#[cfg(all(doctest, feature = "cli", feature = "docroot", feature = "json"))]
#[doc = include_str!("../../README.md")]
struct Readme;

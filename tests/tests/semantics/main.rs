//! What happens in every situation that the protocol and Jakarta WebSocket know, seen from both
//! ends: what goes over the wire, and which callbacks an endpoint gets.
//!
//! One test a situation, or a few of a kind; each is named after it.
#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]
#![expect(clippy::print_stdout, reason = "says which row of a table failed")]

mod application;
mod closing_by_peer;
mod closing_by_us;
mod closing_without_handshake;
mod coders;
mod configurators;
mod conversion;
mod deployment;
mod handshake;
mod messages;
mod parts;
mod paths;
mod protocol;
mod sending;
mod sizes;
mod subprotocols;
mod support;
mod writing;

//! What happens in every situation that the protocol and Jakarta WebSocket know, seen from both
//! ends: what goes over the wire, and which callbacks an endpoint gets.
//!
//! One test a situation, or a few of a kind; each is named after it. What the type system rules out
//! has none:
//!
//! | situation in Java | in Rust |
//! |---|---|
//! | a decoder returns null; null is sent | there is no null: a decoder returns a `Result`, and nothing to say is `None` |
//! | a decoder throws what it did not declare | it returns its one type of error; a panic is the application's |
//! | `CloseCodes.getCloseCode` throws | `CloseCode::new` is `None`, see `closing_code_999` |
//! | `sendObject` without an encoder | `session.send` takes what is `Encode`, `send_with` brings its encoder |
//! | `addMessageHandler(Class, handler)` | a closure's parameter says what it takes |
//! | `getSendStream` while one is open | the second writer waits for the first to finish |
//! | a class that is abstract or not public | an endpoint is a struct, and who can name it may make it |
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

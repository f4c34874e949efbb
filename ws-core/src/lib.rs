//! The WebSocket protocol, RFC 6455, without I/O; the engine that drives it over any tokio byte
//! stream; and the interface that endpoints are written against.
//!
//! Applications depend on `ws-container`, which exports all of this again. This crate is enough for
//! a library of endpoints, for other servers, and for those who need the protocol alone.
//!
//! | layer | what it is | begin reading at |
//! |---|---|---|
//! | protocol | bytes in, events out; no I/O, no clock, no randomness | [`frame`], [`protocol`] |
//! | handshake | requests and answers of the opening handshake, for both sides | [`handshake`] |
//! | engine | runs an endpoint over a byte stream, from the handshake to the closed socket | [`serve`] |
//! | interface | what endpoints are made of | [`Endpoint`], [`Session`], [`codec`] |
//!
//! # Endpoints
//!
//! Attributes write the [`Endpoint`] trait; in a library that depends on this crate alone they are
//! told so by `crate = ws_core`.
//!
//! ```
//! use ws_core::{Session, handlers, server_endpoint};
//!
//! #[server_endpoint("/upper", crate = ws_core)]
//! #[derive(Default)]
//! struct Upper;
//!
//! #[handlers(crate = ws_core)]
//! impl Upper {
//!     #[on_message]
//!     fn text(&mut self, session: &Session, text: &str) -> String {
//!         format!("{}: {}", session.id(), text.to_uppercase())
//!     }
//! }
//!
//! let found = ws_core::registrations();
//! assert!(found.iter().any(|endpoint| endpoint.path == "/upper"));
//! ```
//!
//! # The protocol alone
//!
//! [`protocol::Receiver`] makes events of bytes, in the caller's buffer; [`protocol::Sender`] makes
//! bytes of messages.
//!
//! ```
//! use ws_core::extension::{Decoders, Encoders};
//! use ws_core::protocol::{Event, Heap, Receiver, Sender, Wants};
//! use ws_core::{Delivery, Limits, MessageKind, Role};
//!
//! let mut wire = Vec::new();
//! let mut client = Sender::new(Role::Client, Encoders::default());
//! let key = [1, 2, 3, 4]; // of a strong source of randomness in earnest
//! client.message(MessageKind::Text, b"hello", key, &mut wire);
//!
//! let wants = Wants { text: Delivery::Whole, binary: Delivery::Whole, frames: false };
//! let mut server = Receiver::new(Role::Server, Limits::default(), wants, Decoders::default(), Heap);
//! let (event, rest) = server.receive(&mut wire)?;
//! let Some(Event::Text(text)) = event else { panic!("{event:?}") };
//! assert_eq!(text.as_str(), "hello");
//! assert!(rest.is_empty());
//! # Ok::<(), ws_core::ProtocolError>(())
//! ```

mod budget;
mod close;
pub mod codec;
mod config;
mod configurator;
pub mod endpoint;
mod engine;
pub mod extension;
pub mod frame;
pub mod handshake;
mod limits;
pub mod mask;
mod message;
mod opcode;
mod overflow;
mod principal;
#[doc(hidden)]
pub mod private;
pub mod protocol;
mod protocol_error;
mod registration;
mod role;
mod session;
pub mod utf8;

#[doc(hidden)]
pub use private as __private;

pub use async_trait::async_trait;
pub use budget::Budget;
pub use close::{
    CloseCode, CloseFrame, CloseReason, Initiator, InvalidCloseReason, MAX_PHRASE_LEN,
};
pub use codec::{
    BinaryDecoder, BinaryEncoder, BinaryStreamDecoder, BinaryStreamEncoder, FirstOf, TextDecoder,
    TextEncoder, TextStreamDecoder, TextStreamEncoder,
};
pub use config::EndpointConfig;
pub use configurator::{Authenticator, DefaultConfigurator, OriginVerdict, ServerConfigurator};
pub use endpoint::{Endpoint, Replies, Reply, Shared, SharedEndpoint, State, StateInfo};
pub use engine::{ByteStream, Start, Transport, serve, start};
pub use handshake::{Handshake, HandshakeRequest, Reject, TlsInfo};
pub use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
pub use limits::Limits;
#[cfg(feature = "json")]
pub use message::Json;
#[cfg(feature = "msgpack")]
pub use message::MsgPack;
pub use message::{
    Binary, BinaryPart, BoxError, DecodeError, Delivery, Encode, EncodeError, Incoming, Message,
    MessageKind, Parsed, Pong, Text, TextPart, Utf8Bytes,
};
pub use opcode::OpCode;
pub use overflow::Overflow;
pub use principal::Principal;
pub use protocol_error::{Limited, ProtocolError};
pub use registration::{
    ConfigProblem, ConnectionFuture, EndpointDescriptor, Launch, Launcher, MadeBy, Registration,
    ServerEndpoint, ServerEndpointBuilder, ServerEndpointConfig, registrations,
};
pub use role::Role;
pub use session::{
    Answers, BatchGuard, Closing, Deployed, Error, Flow, HandlerConflict, HandlerEntry,
    HandlerGuard, Hub, Identified, MAX_PINGS, MessageHandler, MessageReader, MessageWriter,
    NativeType, PUBLISH_CAP, PathParamError, Request, SEND_HIGH_WATER, Session, SessionId,
    SessionState, States, Timeout, Traffic,
};
pub use ws_macros::{
    client_endpoint, handlers, on_close, on_closing, on_error, on_frame, on_message, on_open,
    requires, server_endpoint,
};

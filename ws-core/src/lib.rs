//! The WebSocket protocol, RFC 6455, without I/O; the engine that drives it over any tokio byte
//! stream; and the interface that endpoints are written against.

mod close;
pub mod codec;
mod config;
pub mod endpoint;
mod engine;
pub mod extension;
pub mod frame;
pub mod handshake;
mod limits;
pub mod mask;
mod message;
mod opcode;
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

pub use close::{
    CloseCode, CloseFrame, CloseReason, Initiator, InvalidCloseReason, MAX_PHRASE_LEN,
};
pub use codec::{BinaryDecoder, BinaryEncoder, FirstOf, TextDecoder, TextEncoder};
pub use config::{EndpointConfig, EndpointLimits};
pub use endpoint::{Endpoint, Reply};
pub use engine::{ByteStream, Start, Transport, serve, start};
pub use limits::Limits;
#[cfg(feature = "json")]
pub use message::Json;
pub use message::{
    Binary, BoxError, DecodeError, Encode, EncodeError, Incoming, Message, MessageKind, Pong, Text,
    Utf8Bytes,
};
pub use opcode::OpCode;
pub use protocol_error::{Limited, ProtocolError};
pub use registration::{ConnectionFuture, EndpointDescriptor, Registration, registrations};
pub use role::Role;
pub use session::{
    Closing, Deployed, Error, Hub, PUBLISH_CAP, PathParamError, Request, SEND_HIGH_WATER, Session,
    SessionId, SessionState, Timeout,
};
pub use ws_macros::{
    client_endpoint, handlers, on_close, on_error, on_frame, on_message, on_open, server_endpoint,
};

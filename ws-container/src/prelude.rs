//! What a program with endpoints begins with: `use ws_container::prelude::*;`.

pub use std::process::ExitCode;

#[cfg(feature = "json")]
pub use ws_core::Json;
#[cfg(feature = "msgpack")]
pub use ws_core::MsgPack;
pub use ws_core::codec::{
    BinaryDecoder, BinaryEncoder, BinaryStreamDecoder, BinaryStreamEncoder, FirstOf, TextDecoder,
    TextEncoder, TextStreamDecoder, TextStreamEncoder,
};
pub use ws_core::frame::Frame;
pub use ws_core::{
    Authenticator, BinaryPart, CloseCode, CloseReason, DecodeError, Encode, EncodeError,
    EndpointConfig, Error, Handshake, HandshakeRequest, HeaderValue, Message, MessageHandler,
    MessageReader, MessageWriter, OriginVerdict, Parsed, Pong, Principal, Reject, Replies,
    ServerConfigurator, ServerEndpointConfig, Session, State, StatusCode, TextPart, Utf8Bytes,
    async_trait,
};
pub use ws_core::{
    client_endpoint, handlers, on_close, on_closing, on_error, on_frame, on_message, on_open,
    requires, server_endpoint,
};

#[cfg(feature = "client")]
pub use crate::client::Client;
#[cfg(feature = "server")]
pub use crate::container::Container;

/// What handlers return; errors of any kind that `?` makes an [`Error`], unless another type is
/// named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

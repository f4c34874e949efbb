//! Attribute macros that declare WebSocket endpoints.

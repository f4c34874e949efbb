//! ws-container

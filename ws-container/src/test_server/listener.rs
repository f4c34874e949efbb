//! Listens, and never answers.

use tracing::debug;
use ws_container::prelude::*;

/// Logs what happens on sessions that agreed on no subprotocol; seen with `--verbose`.
#[server_endpoint("/")]
#[derive(Debug, Default)]
struct Listener;

#[handlers]
impl Listener {
    #[on_open]
    fn open(&mut self, session: &Session) {
        debug!(session = %session.id(), peer = ?session.peer_addr(), "open");
    }

    #[on_frame(max_size = "64 MiB")]
    fn frame(&mut self, session: &Session, frame: Frame<'_>) {
        let Frame { fin, opcode, payload, .. } = frame;
        debug!(session = %session.id(), ?opcode, fin, len = payload.len(), "frame");
    }

    #[on_message(max_size = "64 MiB")]
    fn text(&mut self, session: &Session, text: &str) {
        debug!(session = %session.id(), kind = "text", len = text.len(), "message");
    }

    #[on_message(max_size = "64 MiB")]
    fn binary(&mut self, session: &Session, payload: &[u8]) {
        debug!(session = %session.id(), kind = "binary", len = payload.len(), "message");
    }

    #[on_message]
    fn pong(&mut self, session: &Session, pong: Pong) {
        debug!(session = %session.id(), opcode = "Pong", len = pong.payload.len(), "control");
    }

    #[on_error]
    fn error(&mut self, session: &Session, error: &Error) {
        debug!(session = %session.id(), %error, "error");
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason) {
        debug!(session = %session.id(), code = %reason.code(), "close");
    }
}

//! The endpoint: shows what the server says.

use std::sync::Arc;

use tokio::sync::oneshot;
use ws_container::prelude::*;

use crate::connect::format;
use crate::connect::screen::Screen;

/// Shows everything, and says when it is over.
#[client_endpoint]
pub(super) struct Peer {
    screen: Arc<Screen>,
    ended: Option<oneshot::Sender<CloseReason>>,
}

impl Peer {
    /// An endpoint, and what tells why it ended.
    pub(super) fn new(screen: Arc<Screen>) -> (Self, oneshot::Receiver<CloseReason>) {
        let (sender, ended) = oneshot::channel();
        (Self { screen, ended: Some(sender) }, ended)
    }
}

#[handlers]
impl Peer {
    #[on_message]
    fn text(&mut self, text: &str) {
        self.screen.text(text);
    }

    #[on_message]
    fn binary(&mut self, payload: &[u8]) {
        self.screen.binary(payload);
    }

    #[on_message]
    fn pong(&mut self, pong: Pong) {
        let payload = format::control(&pong.payload);
        let took = pong.rtt.map(|rtt| format!(", {:.3} ms", rtt.as_secs_f64() * 1e3));
        self.screen.pong(&format!("pong{payload}{}", took.unwrap_or_default()));
    }

    #[on_close]
    fn close(&mut self, reason: &CloseReason) {
        if let Some(frame) = reason.received() {
            let code = frame.code.map(|code| format!(" {}", code.as_u16())).unwrap_or_default();
            let phrase = format::control(frame.phrase.as_bytes());
            self.screen.control(&format!("close{code}{phrase}"));
        }
        if let Some(sender) = self.ended.take() {
            // Nobody waits only where the program is ending.
            let _ = sender.send(reason.clone());
        }
    }

    /// The close reason tells it.
    #[on_error]
    fn error(&mut self, _error: &Error) {}
}

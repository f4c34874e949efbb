//! The endpoint: shows what the server says.

use std::sync::Arc;

use tokio::sync::oneshot;
use ws_container::endpoint::{Context, Declared, Endpoint, HandlerSet, Reply};
use ws_container::{Binary, CloseReason, Delivery, Error, Pong, Text};

use crate::connect::format;
use crate::connect::screen::Screen;

/// Shows everything, and says when it is over.
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

impl Declared for Peer {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = None;

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl Endpoint for Peer {
    const HANDLERS: HandlerSet = HandlerSet {
        text: Delivery::Whole,
        binary: Delivery::Whole,
        pong: true,
        error: true,
        ..HandlerSet::NONE
    };

    async fn on_text<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        self.screen.text(message.as_str());
        Ok(Reply::None)
    }

    async fn on_binary<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        message: Binary<'a>,
    ) -> Result<Reply<'a>, Error> {
        self.screen.binary(message.as_slice());
        Ok(Reply::None)
    }

    async fn on_pong<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        pong: Pong,
    ) -> Result<Reply<'a>, Error> {
        let payload = format::control(&pong.payload);
        let took = pong.rtt.map(|rtt| format!(", {:.3} ms", rtt.as_secs_f64() * 1e3));
        self.screen.control(&format!("pong{payload}{}", took.unwrap_or_default()));
        Ok(Reply::None)
    }

    async fn on_close<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<(), Error> {
        if let Some(frame) = reason.received() {
            let code = frame.code.map(|code| format!(" {}", code.as_u16())).unwrap_or_default();
            let phrase = format::control(frame.phrase.as_bytes());
            self.screen.control(&format!("close{code}{phrase}"));
        }
        if let Some(sender) = self.ended.take() {
            // Nobody waits only where the program is ending.
            let _ = sender.send(reason.clone());
        }
        Ok(())
    }

    async fn on_error<'a>(&'a mut self, _: Context<'a, Self>, _: &'a Error) -> Result<(), Error> {
        // The close reason tells it.
        Ok(())
    }
}

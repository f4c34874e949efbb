//! What serves a session for which there is no room.

use ws_core::endpoint::{Context, Declared, HandlerSet};
use ws_core::{CloseCode, CloseReason, Endpoint, Error, Launch, Reply, serve};

/// Closes every session with 1013.
struct Crowded;

impl Declared for Crowded {
    type Decoders = ();
    type Encoders = ();

    const PATH: Option<&'static str> = None;

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl Endpoint for Crowded {
    const HANDLERS: HandlerSet = HandlerSet::NONE;

    async fn on_open<'a>(&'a mut self, cx: Context<'a, Self>) -> Result<Reply<'a>, Error> {
        cx.session.close(CloseReason::new(CloseCode::TRY_AGAIN_LATER, "too many sessions")?);
        Ok(Reply::None)
    }
}

/// Opens the session and closes it: a browser is told the code of a Close, and no status.
pub(super) fn launch() -> Launch {
    Box::new(|start| Box::pin(serve(Crowded, start)))
}

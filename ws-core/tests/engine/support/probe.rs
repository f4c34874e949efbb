//! The endpoint under every test: it writes down each callback, then does what the test says.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use tokio::time::timeout;
use ws_core::__private::{Binary, Context, Declared, Pong, Text};
use ws_core::endpoint::HandlerSet;
use ws_core::{CloseReason, Delivery, Endpoint, Error, Message, Reply, Session};

use super::LONG;

/// A callback and what it was given.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Open,
    Text(String),
    Binary(Vec<u8>),
    Pong,
    Error,
    Close,
}

type Outcome = Pin<Box<dyn Future<Output = Result<Reply<'static>, Error>> + Send>>;

/// What an endpoint does in its callbacks.
pub(crate) type Hook = Arc<dyn Fn(Session, Call) -> Outcome + Send + Sync>;

/// A hook from an asynchronous closure.
pub(crate) fn hook<F>(act: impl Fn(Session, Call) -> F + Send + Sync + 'static) -> Hook
where
    F: Future<Output = Result<Reply<'static>, Error>> + Send + 'static,
{
    Arc::new(move |session, call| Box::pin(act(session, call)))
}

/// Does nothing.
pub(crate) fn quiet() -> Hook {
    hook(|_, _| async { Ok(Reply::None) })
}

/// Answers each message with itself.
pub(crate) fn echo() -> Hook {
    hook(|_, call| async { Ok(echoed(call)) })
}

fn echoed(call: Call) -> Reply<'static> {
    match call {
        Call::Text(text) => Reply::Message(Message::text(text)),
        Call::Binary(payload) => Reply::Message(Message::binary(payload)),
        _ => Reply::None,
    }
}

/// The callbacks of one session, in order.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<(Mutex<Vec<String>>, Notify)>);

impl Journal {
    pub(crate) fn add(&self, entry: impl Into<String>) {
        self.0.0.lock().unwrap().push(entry.into());
        self.0.1.notify_waiters();
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap().clone()
    }

    /// Whether an entry begins with `start`.
    pub(crate) fn has(&self, start: &str) -> bool {
        self.count(start) > 0
    }

    pub(crate) fn count(&self, start: &str) -> usize {
        self.0.0.lock().unwrap().iter().filter(|entry| entry.starts_with(start)).count()
    }

    /// Waits for the first entry that begins with `start`.
    #[track_caller]
    pub(crate) fn wait_for<'a>(&'a self, start: &'a str) -> impl Future<Output = ()> + 'a {
        let place = std::panic::Location::caller();
        async move {
            let found = async {
                loop {
                    let added = self.0.1.notified();
                    if self.has(start) {
                        return;
                    }
                    added.await;
                }
            };
            if timeout(LONG, found).await.is_err() {
                panic!("{place}: no `{start}` in {:?}", self.all());
            }
        }
    }
}

/// An endpoint that writes down its callbacks; `ERROR` says whether it has an error handler.
pub(crate) struct Probe<const ERROR: bool> {
    journal: Journal,
    hook: Hook,
}

impl<const ERROR: bool> Probe<ERROR> {
    pub(crate) fn new(journal: Journal, hook: Hook) -> Self {
        Self { journal, hook }
    }

    async fn call(
        &self,
        session: &Session,
        entry: String,
        call: Call,
    ) -> Result<Reply<'static>, Error> {
        self.journal.add(entry);
        (self.hook)(session.clone(), call).await
    }
}

impl<const ERROR: bool> Declared for Probe<ERROR> {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = Some("/");

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl<const ERROR: bool> Endpoint for Probe<ERROR> {
    const HANDLERS: HandlerSet = HandlerSet {
        text: Delivery::Whole,
        binary: Delivery::Whole,
        pong: true,
        error: ERROR,
        ..HandlerSet::NONE
    };

    async fn on_open<'a>(&'a mut self, cx: Context<'a, Self>) -> Result<Reply<'a>, Error> {
        self.call(cx.session, "open".into(), Call::Open).await
    }

    async fn on_text<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        let text = message.into_string();
        self.call(cx.session, format!("text {}", shown(&text)), Call::Text(text)).await
    }

    async fn on_binary<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Binary<'a>,
    ) -> Result<Reply<'a>, Error> {
        let payload = message.into_vec();
        self.call(cx.session, format!("binary {}", payload.len()), Call::Binary(payload)).await
    }

    async fn on_pong<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        pong: Pong,
    ) -> Result<Reply<'a>, Error> {
        let rtt = pong.rtt.map(|rtt| format!(" {} ms", rtt.as_millis())).unwrap_or_default();
        let entry = format!("pong {}{rtt}", pong.payload.escape_ascii());
        self.call(cx.session, entry, Call::Pong).await
    }

    async fn on_close<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<(), Error> {
        let clean = if reason.is_clean() { " clean" } else { "" };
        let code = reason.code().as_u16();
        let entry = format!("close {code} {:?}{clean}", reason.initiator());
        assert!(!cx.session.is_open());
        self.call(cx.session, entry, Call::Close).await.map(drop)
    }

    async fn on_error<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        error: &'a Error,
    ) -> Result<(), Error> {
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        let text = format!("{error}{source}");
        self.call(cx.session, format!("error {text}"), Call::Error).await.map(drop)
    }
}

/// A long text by its length.
fn shown(text: &str) -> String {
    if text.len() <= 40 { text.to_owned() } else { format!("of {}", text.len()) }
}

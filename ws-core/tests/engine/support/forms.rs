//! An endpoint that takes its messages in parts, through readers, or not at all.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use ws_core::__private::{Context, Declared};
use ws_core::endpoint::HandlerSet;
use ws_core::{
    BinaryPart, ByteStream, CloseReason, Delivery, Deployed, Endpoint, EndpointConfig, Error, Hub,
    MessageReader, Pong, Reply, Request, Role, Session, Start, TextPart, Transport, serve,
};

use super::{Journal, LONG, Peer, assert_lifecycle};

/// What a callback of [`Forms`] is given.
pub(crate) enum Given {
    Open,
    Text(String, bool),
    Binary,
    Stream(MessageReader),
    Pong,
    Closing,
}

type Outcome = Pin<Box<dyn Future<Output = Result<Reply<'static>, Error>> + Send>>;

pub(crate) type Act = Arc<dyn Fn(Session, Given) -> Outcome + Send + Sync>;

pub(crate) fn act<F>(act: impl Fn(Session, Given) -> F + Send + Sync + 'static) -> Act
where
    F: Future<Output = Result<Reply<'static>, Error>> + Send + 'static,
{
    Arc::new(move |session, given| Box::pin(act(session, given)))
}

pub(crate) const PARTS: u8 = Delivery::Parts as u8;
pub(crate) const STREAM: u8 = Delivery::Stream as u8;
pub(crate) const NONE: u8 = Delivery::None as u8;

/// Takes both kinds of messages in the form of `FORM`; `ERROR` says whether it has an error handler.
pub(crate) struct Forms<const FORM: u8, const ERROR: bool = true> {
    journal: Journal,
    act: Act,
}

const fn delivery(form: u8) -> Delivery {
    match form {
        PARTS => Delivery::Parts,
        STREAM => Delivery::Stream,
        _ => Delivery::None,
    }
}

impl<const FORM: u8, const ERROR: bool> Declared for Forms<FORM, ERROR> {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = Some("/");

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl<const FORM: u8, const ERROR: bool> Forms<FORM, ERROR> {
    async fn call(
        &self,
        session: &Session,
        entry: impl Into<String>,
        given: Given,
    ) -> Result<Reply<'static>, Error> {
        self.journal.add(entry);
        (self.act)(session.clone(), given).await
    }
}

impl<const FORM: u8, const ERROR: bool> Endpoint for Forms<FORM, ERROR> {
    const HANDLERS: HandlerSet = HandlerSet {
        text: delivery(FORM),
        binary: delivery(FORM),
        pong: FORM != NONE,
        closing: true,
        error: ERROR,
        ..HandlerSet::NONE
    };

    async fn on_open<'a>(&'a mut self, cx: Context<'a, Self>) -> Result<Reply<'a>, Error> {
        self.call(cx.session, "open", Given::Open).await
    }

    async fn on_text_part<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        part: TextPart<'a>,
    ) -> Result<Reply<'a>, Error> {
        let TextPart { text, last } = part;
        self.call(cx.session, format!("text {text} {last}"), Given::Text(text.into(), last)).await
    }

    async fn on_binary_part<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        part: BinaryPart<'a>,
    ) -> Result<Reply<'a>, Error> {
        let BinaryPart { payload, last } = part;
        let entry = format!("binary {} {last}", payload.len());
        self.call(cx.session, entry, Given::Binary).await
    }

    async fn on_text_stream<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> Result<Reply<'a>, Error> {
        self.call(cx.session, "text", Given::Stream(reader)).await
    }

    async fn on_binary_stream<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reader: MessageReader,
    ) -> Result<Reply<'a>, Error> {
        self.call(cx.session, "binary", Given::Stream(reader)).await
    }

    async fn on_pong<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        pong: Pong,
    ) -> Result<Reply<'a>, Error> {
        self.call(cx.session, format!("pong {}", pong.payload.escape_ascii()), Given::Pong).await
    }

    async fn on_closing<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<Reply<'a>, Error> {
        assert!(cx.session.is_open());
        self.call(cx.session, format!("closing {}", reason.code().as_u16()), Given::Closing).await
    }

    async fn on_close<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<(), Error> {
        let clean = if reason.is_clean() { " clean" } else { "" };
        let (code, initiator) = (reason.code().as_u16(), reason.initiator());
        self.journal.add(format!("close {code} {initiator:?}{clean}"));
        Ok(())
    }

    async fn on_error<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        error: &'a Error,
    ) -> Result<(), Error> {
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        self.journal.add(format!("error {error}{source}"));
        Ok(())
    }
}

/// A running connection with a [`Forms`].
pub(crate) struct FormsRig {
    pub(crate) peer: Peer,
    pub(crate) session: Session,
    pub(crate) journal: Journal,
    task: JoinHandle<()>,
}

/// Starts a connection with a [`Forms`] over a pipe of `pipe` bytes.
pub(crate) fn forms<const FORM: u8, const ERROR: bool>(
    config: EndpointConfig,
    pipe: usize,
    act: Act,
) -> FormsRig {
    let (ours, theirs) = tokio::io::duplex(pipe);
    forms_on::<FORM, ERROR>(config, ours, theirs, act)
}

/// Starts a connection with a [`Forms`] over `ours`, whose other end is `theirs`.
pub(crate) fn forms_on<const FORM: u8, const ERROR: bool>(
    config: EndpointConfig,
    ours: impl ByteStream + 'static,
    theirs: DuplexStream,
    act: Act,
) -> FormsRig {
    let deployed = Deployed::new(config, Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let journal = Journal::default();
    let endpoint = Forms::<FORM, ERROR> { journal: journal.clone(), act };
    let transport = Transport::Other(Box::new(ours));
    let start = Start::new(transport, Vec::new(), Role::Server, session.clone());
    let task = tokio::spawn(serve(endpoint, start));
    FormsRig { peer: Peer::new(theirs, Role::Server), session, journal, task }
}

impl FormsRig {
    /// Waits for the end of the connection: what was written down.
    pub(crate) async fn ended(self) -> Vec<String> {
        timeout(LONG, self.task).await.expect("the connection's task ends").unwrap();
        let all = self.journal.all();
        assert_lifecycle(&all);
        all
    }
}

//! A message written piece by piece (Jakarta `getSendStream`, `getSendWriter`).

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use crate::close::{CloseCode, CloseReason};
use crate::extension::SendOptions;
use crate::message::{EncodeError, MessageKind};
use crate::protocol_error::ProtocolError;
use crate::session::outbox::{Admitted, Fragment, Item};
use crate::session::{Error, Session, SessionState};
use crate::utf8::{self, Partial};

/// Payload of a frame of a message that is written piece by piece: 16 KiB.
const FRAME_LEN: usize = 16 * 1024;

/// A wait for room in the queue, which brings the number of the frame, or for the transport.
type Waiting<T> = Option<Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>>;

impl Session {
    /// Begins a text message that is written piece by piece, when no other is being sent so.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once the session is closing; [`Error::MessageInProgress`] when another
    /// message was begun in parts, and nothing more of it came for the send timeout.
    #[doc(alias = "getSendWriter")]
    pub async fn text_writer(&self) -> Result<MessageWriter, Error> {
        self.writer(Buffer::Text(String::new(), Partial::default())).await
    }

    /// Begins a binary message that is written piece by piece, when no other is being sent so.
    ///
    /// # Errors
    ///
    /// As [`text_writer`](Self::text_writer).
    #[doc(alias = "getSendStream")]
    pub async fn binary_writer(&self) -> Result<MessageWriter, Error> {
        self.writer(Buffer::Binary(Vec::new())).await
    }

    async fn writer(&self, buffer: Buffer) -> Result<MessageWriter, Error> {
        let turn = Box::pin(self.outbox().turn(self.send_timeout())).await?;
        turn.forget(); // the writer gives it back
        Ok(MessageWriter {
            session: self.clone(),
            buffer,
            options: SendOptions::new(),
            stage: Stage::Empty,
            emitted: false,
            number: 0,
            room: None,
            handing: None,
        })
    }
}

/// Writes one message piece by piece, for a message that is long or comes little by little.
///
/// It is an [`AsyncWrite`]; [`write_str`](Self::write_str) and [`write_bytes`](Self::write_bytes) do
/// the same without the traits of tokio. Text is checked: bytes that cannot be UTF-8 are an error,
/// and a code point may be cut between two writes.
///
/// What is written goes out in frames of 16 KiB, or less when it is flushed. Writing waits for room in
/// the session's queue, so that a slow peer slows the writer down.
///
/// While a writer lives, all other messages of the session wait, those of other tasks and of handlers
/// alike: the fragments of two messages may not mix (RFC 6455 §5.4). They wait as long as the message
/// goes on; when nothing is written for the send timeout, they fail with
/// [`Error::MessageInProgress`]. Pings, Pongs and the Close pass.
///
/// [`finish`](Self::finish) ends the message. A writer to which nothing was written sends none; one
/// write, were it of nothing, makes a message. A writer that is dropped with a message begun and not
/// finished closes the session with 1011, since half a message cannot be taken back.
///
/// # Examples
///
/// ```
/// # use ws_core::{Error, Session};
/// async fn table(session: &Session) -> Result<(), Error> {
///     let mut writer = session.text_writer().await?;
///     for n in 1..=1000 {
///         writer.write_str(&format!("{n};{}\n", n * n)).await?;
///     }
///     writer.finish().await
/// }
/// ```
pub struct MessageWriter {
    session: Session,
    buffer: Buffer,
    options: SendOptions,
    stage: Stage,
    /// The first frame is queued.
    emitted: bool,
    /// Number of the last frame that is queued.
    number: u64,
    /// A frame waits for room.
    room: Waiting<u64>,
    /// Frames are waited for until the transport has them.
    handing: Waiting<()>,
}

/// What is written and not yet in a frame.
enum Buffer {
    Text(String, Partial),
    Binary(Vec<u8>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// Nothing was written.
    Empty,
    /// A message is begun.
    Begun,
    /// It cannot be finished.
    Broken,
    /// Its last frame waits for room.
    Ending,
    /// Nothing is left to do.
    Over,
}

impl Buffer {
    const fn kind(&self) -> MessageKind {
        match self {
            Self::Text(..) => MessageKind::Text,
            Self::Binary(_) => MessageKind::Binary,
        }
    }

    const fn len(&self) -> usize {
        match self {
            Self::Text(text, _) => text.len(),
            Self::Binary(payload) => payload.len(),
        }
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), ProtocolError> {
        match self {
            Self::Text(text, partial) => utf8::append(text, partial, piece),
            Self::Binary(payload) => {
                payload.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// Whether the message may end here.
    const fn is_whole(&self) -> bool {
        match self {
            Self::Text(_, partial) => partial.is_empty(),
            Self::Binary(_) => true,
        }
    }

    fn take(&mut self) -> Bytes {
        match self {
            Self::Text(text, _) => std::mem::take(text).into(),
            Self::Binary(payload) => std::mem::take(payload).into(),
        }
    }
}

impl MessageWriter {
    /// Sends the message as `options` say. To be called before anything is written: what is begun
    /// goes on as it began.
    #[must_use]
    pub const fn with_options(mut self, options: SendOptions) -> Self {
        self.options = options;
        self
    }

    /// Whether it writes a text or a binary message.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.buffer.kind()
    }

    /// The session that it writes to.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Writes `text`; to a binary message, its UTF-8.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] once the session is closing.
    pub async fn write_str(&mut self, text: &str) -> Result<(), Error> {
        self.write_bytes(text.as_bytes()).await
    }

    /// Writes `piece`, all of it.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] for what no text can contain there, [`Error::Closed`] once the session is
    /// closing.
    pub async fn write_bytes(&mut self, piece: &[u8]) -> Result<(), Error> {
        let mut rest = piece;
        loop {
            let written = poll_fn(|cx| self.poll_piece(cx, rest)).await?;
            rest = &rest[written..];
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Ends the message. Done when it is handed to the transport, or held by a batch.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] when a text ends inside a code point, [`Error::Closed`] when the session ends
    /// before.
    pub async fn finish(mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_finish(cx)).await
    }

    /// Takes what fits in a frame of `piece`.
    fn poll_piece(&mut self, cx: &mut Context<'_>, piece: &[u8]) -> Poll<Result<usize, Error>> {
        ready!(self.poll_room(cx))?;
        match self.stage {
            Stage::Empty | Stage::Begun => self.stage = Stage::Begun,
            Stage::Broken => return Poll::Ready(Err(not_text())),
            Stage::Ending | Stage::Over => return Poll::Ready(Err(Error::Closed)),
        }
        if matches!(self.session.state(), SessionState::Closing | SessionState::Closed) {
            return Poll::Ready(Err(Error::Closed));
        }
        self.session.outbox().goes_on();
        let len = piece.len().min(FRAME_LEN.saturating_sub(self.buffer.len()));
        if self.buffer.append(&piece[..len]).is_err() {
            self.stage = Stage::Broken;
            return Poll::Ready(Err(not_text()));
        }
        // A code point cut at the end of a frame waits for the next.
        if self.buffer.len() + 3 >= FRAME_LEN {
            self.emit(false)?;
        }
        Poll::Ready(Ok(len))
    }

    /// Waits until the last full frame is queued.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if let Some(room) = &mut self.room {
            let number = ready!(room.as_mut().poll(cx));
            self.room = None;
            self.number = number?;
        }
        Poll::Ready(Ok(()))
    }

    /// Makes a frame of what is written, and queues it or begins to wait for room.
    fn emit(&mut self, last: bool) -> Result<(), Error> {
        let (kind, payload) = (self.buffer.kind(), self.buffer.take());
        let (first, options) = (!self.emitted, self.options);
        let item = Item::Fragment(Fragment { kind, first, last, options, payload });
        self.emitted = true;
        self.handing = None; // a flush that was given up waits for less than this
        match self.session.outbox().try_enqueue(item)? {
            Admitted::Yes(number) => self.number = number,
            Admitted::NotYet(item) => {
                let session = self.session.clone();
                self.room = Some(Box::pin(async move {
                    let limit = session.send_timeout();
                    session.outbox().wait_and_enqueue(item, limit).await
                }));
            }
        }
        Ok(())
    }

    /// Sends what is written, and waits until the transport has it.
    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_room(cx))?;
        if self.buffer.len() > 0 && self.stage == Stage::Begun {
            self.emit(false)?;
            ready!(self.poll_room(cx))?;
        }
        self.poll_handed(cx)
    }

    fn poll_handed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let (session, number) = (&self.session, self.number);
        let handing = self.handing.get_or_insert_with(|| {
            let session = session.clone();
            Box::pin(async move { session.outbox().handed_over(number).await })
        });
        let handed = ready!(handing.as_mut().poll(cx));
        self.handing = None;
        Poll::Ready(handed)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if matches!(self.stage, Stage::Begun | Stage::Broken) {
            ready!(self.poll_room(cx))?;
            if self.stage == Stage::Broken || !self.buffer.is_whole() {
                self.stage = Stage::Broken;
                return Poll::Ready(Err(not_text()));
            }
            self.emit(true)?;
            self.stage = Stage::Ending;
        }
        if self.stage == Stage::Ending {
            ready!(self.poll_room(cx))?;
            self.end_turn();
        }
        if self.stage == Stage::Empty {
            self.end_turn();
        }
        self.poll_handed(cx)
    }

    /// Lets the others send.
    fn end_turn(&mut self) {
        if self.stage != Stage::Over {
            self.stage = Stage::Over;
            self.session.outbox().end_turn();
        }
    }
}

/// What is no text cannot be sent as text.
fn not_text() -> Error {
    EncodeError::new::<str>(ProtocolError::InvalidUtf8).into()
}

impl Drop for MessageWriter {
    fn drop(&mut self) {
        if matches!(self.stage, Stage::Begun | Stage::Broken | Stage::Ending) {
            let reason = CloseReason::local(CloseCode::INTERNAL_ERROR, "message abandoned".into());
            self.session.close(reason);
        }
        self.end_turn();
    }
}

impl AsyncWrite for MessageWriter {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        piece: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_piece(cx, piece).map_err(into_io)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flushed(cx).map_err(into_io)
    }

    /// Ends the message, as [`finish`](MessageWriter::finish) does.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_finish(cx).map_err(into_io)
    }
}

fn into_io(error: Error) -> io::Error {
    let kind = match error {
        Error::Closed => io::ErrorKind::BrokenPipe,
        Error::Encode(_) => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

impl fmt::Debug for MessageWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageWriter")
            .field("session", &self.session)
            .field("kind", &self.kind())
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

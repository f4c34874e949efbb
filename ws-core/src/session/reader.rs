//! A message that is read while it comes.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use tokio::io::{AsyncRead, ReadBuf};

use crate::message::{MessageKind, Utf8Bytes};
use crate::session::error::Error;

/// Bytes of a message that may wait for its reader: 64 KiB. While so many wait, nothing more is
/// read from the peer.
pub(crate) const FEED_MAX: usize = 64 * 1024;

/// One message, read while it comes (Jakarta `Reader` and `InputStream` parameters of
/// `@OnMessage`): for messages that are larger than memory, or that are passed on.
///
/// The handler starts with the message's first bytes. At most 64 KiB wait for the reader; then
/// nothing more is read from the peer until some of them are taken. The limits of whole messages do
/// not apply.
///
/// Read it with [`chunk`](Self::chunk) or [`next_text`](Self::next_text), as an [`AsyncRead`], or
/// as a [`Stream`]; each of these may be given up and taken up again. It may go to another task,
/// but is over when its handler is: what was not read then is checked and thrown away. The same
/// becomes of the rest of a message whose reader is dropped.
///
/// # Examples
///
/// ```
/// use ws_core::{Error, MessageReader, handlers, server_endpoint};
///
/// #[server_endpoint("/count", crate = ws_core)]
/// #[derive(Default)]
/// struct Count;
///
/// #[handlers(crate = ws_core)]
/// impl Count {
///     /// Answers with the length of what it is sent, however long that is.
///     #[on_message]
///     async fn length(&mut self, mut message: MessageReader) -> Result<u64, Error> {
///         let mut length = 0;
///         while let Some(chunk) = message.chunk().await? {
///             length += chunk.len() as u64;
///         }
///         Ok(length)
///     }
/// }
/// ```
#[derive(Debug)]
#[doc(alias = "InputStream")]
#[doc(alias = "Reader")]
pub struct MessageReader {
    kind: MessageKind,
    shared: Arc<Shared>,
    /// What was taken from the feed and not yet handed out.
    rest: Bytes,
    /// As a [`Stream`] it ended with an error.
    failed: bool,
}

/// The engine's end of a [`MessageReader`]. Dropped before the end of the message it makes the
/// reader fail.
#[derive(Debug)]
pub(crate) struct Feed(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared(Mutex<Pipe>);

impl Shared {
    /// A panic while the lock is held leaves the pipe whole.
    fn lock(&self) -> MutexGuard<'_, Pipe> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Source {
    /// More is to come.
    #[default]
    Open,
    /// The message has ended.
    Complete,
    /// The message never ends.
    Cut,
}

#[derive(Debug, Default)]
struct Pipe {
    waiting: BytesMut,
    source: Source,
    /// The reader was dropped.
    abandoned: bool,
    reader: Option<Waker>,
    /// The task of the connection, while it waits for room.
    owner: Option<Waker>,
}

impl Feed {
    /// A message of `kind` that begins, and its reader.
    pub(crate) fn new(kind: MessageKind) -> (Self, MessageReader) {
        let shared = Arc::<Shared>::default();
        let feed = Self(Arc::clone(&shared));
        (feed, MessageReader { kind, shared, rest: Bytes::new(), failed: false })
    }

    /// Hands on what came of the message, of text whole code points; `last` with its end.
    ///
    /// A reader in the calling task is not woken: it is looked after there anyway.
    pub(crate) fn push(&self, part: &[u8], last: bool, task: &Waker) {
        let mut pipe = self.0.lock();
        if pipe.abandoned {
            return;
        }
        pipe.waiting.extend_from_slice(part);
        if last {
            pipe.source = Source::Complete;
        }
        pipe.wake_reader(task);
    }

    /// The message does not come to its end.
    pub(crate) fn cut(&self, task: &Waker) {
        let mut pipe = self.0.lock();
        if pipe.source == Source::Open {
            pipe.source = Source::Cut;
            pipe.wake_reader(task);
        }
    }

    /// Bytes that may be pushed now; with none, `task` is woken when there is room again.
    pub(crate) fn room(&self, task: &Waker) -> usize {
        let mut pipe = self.0.lock();
        let room = FEED_MAX.saturating_sub(pipe.waiting.len());
        if room == 0 && !pipe.owner.as_ref().is_some_and(|owner| owner.will_wake(task)) {
            pipe.owner = Some(task.clone());
        }
        room
    }

    /// Whether a reader waits for more.
    pub(crate) fn is_awaited(&self) -> bool {
        self.0.lock().reader.is_some()
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.lock().abandoned
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.cut(Waker::noop());
    }
}

impl Pipe {
    fn wake_reader(&mut self, task: &Waker) {
        if let Some(reader) = self.reader.take()
            && !reader.will_wake(task)
        {
            reader.wake();
        }
    }

    fn wake_owner(&mut self, task: &Waker) {
        if let Some(owner) = self.owner.take()
            && !owner.will_wake(task)
        {
            owner.wake();
        }
    }
}

impl MessageReader {
    /// Whether the message is text or binary.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// What came of the message since the last chunk, `None` at its end. Of text it is whole code
    /// points, as long as [`AsyncRead`] did not take a part of one.
    ///
    /// This future may be dropped before it is done: nothing is lost.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] when the message does not come to its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// As [`chunk`](Self::chunk), of a text message.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] as there, [`Error::Handler`] for a binary message, or when
    /// [`AsyncRead`] took a part of a code point.
    pub async fn next_text(&mut self) -> Result<Option<Utf8Bytes>, Error> {
        if self.kind == MessageKind::Binary {
            return Err(Error::Handler("the message is binary, not text".into()));
        }
        let Some(chunk) = self.chunk().await? else { return Ok(None) };
        let text = Utf8Bytes::try_from(chunk).map_err(|error| Error::Handler(error.into()))?;
        Ok(Some(text))
    }

    /// The rest of the message in one piece.
    ///
    /// # Errors
    ///
    /// [`Error::MessageTooLong`] when that is more than `limit` bytes, [`Error::Incomplete`] when
    /// the message does not come to its end.
    pub async fn read_to_end(&mut self, limit: usize) -> Result<Bytes, Error> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > limit - whole.len() {
                return Err(Error::MessageTooLong(limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Ok(Some(std::mem::take(&mut self.rest))));
        }
        let mut pipe = self.shared.lock();
        if !pipe.waiting.is_empty() {
            let chunk = pipe.waiting.split().freeze();
            pipe.wake_owner(cx.waker());
            return Poll::Ready(Ok(Some(chunk)));
        }
        match pipe.source {
            Source::Complete => Poll::Ready(Ok(None)),
            Source::Cut => Poll::Ready(Err(Error::Incomplete)),
            Source::Open => {
                if !pipe.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
                    pipe.reader = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

impl Drop for MessageReader {
    fn drop(&mut self) {
        let mut pipe = self.shared.lock();
        pipe.abandoned = true;
        pipe.waiting = BytesMut::new();
        pipe.wake_owner(Waker::noop());
    }
}

impl AsyncRead for MessageReader {
    /// Fails with [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the message does not come
    /// to its end.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let unfinished = |error| io::Error::new(io::ErrorKind::UnexpectedEof, error);
        let Some(mut chunk) = ready!(self.poll_chunk(cx)).map_err(unfinished)? else {
            return Poll::Ready(Ok(()));
        };
        let len = chunk.len().min(buf.remaining());
        buf.put_slice(&chunk[..len]);
        chunk.advance(len);
        self.rest = chunk;
        Poll::Ready(Ok(()))
    }
}

impl Stream for MessageReader {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let chunk = ready!(self.poll_chunk(cx));
        self.failed = chunk.is_err();
        Poll::Ready(chunk.transpose())
    }
}

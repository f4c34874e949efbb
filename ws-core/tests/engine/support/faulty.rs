//! A stream that does its work badly, the same way every time for one seed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What goes wrong once and for all at some call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The n-th read ends the stream.
    EndAtRead(usize),
    /// The n-th read fails.
    FailAtRead(usize),
    /// The n-th write fails.
    FailAtWrite(usize),
    /// Nothing.
    None,
}

/// Reads and writes a few bytes at a time, and makes callers wait for no reason.
pub(crate) struct Faulty<S> {
    inner: S,
    seed: u64,
    fault: Fault,
    reads: usize,
    writes: usize,
    met: Arc<AtomicBool>,
}

impl<S> Faulty<S> {
    /// Without a seed, only the fault happens. The flag says whether it did.
    pub(crate) fn new(inner: S, seed: u64, fault: Fault) -> (Self, Arc<AtomicBool>) {
        let met = Arc::new(AtomicBool::new(false));
        (Self { inner, seed, fault, reads: 0, writes: 0, met: Arc::clone(&met) }, met)
    }

    /// Xorshift: good enough to be bad.
    fn dice(&mut self) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        usize::try_from(self.seed >> 33).unwrap()
    }

    /// Whether the caller has to come again.
    fn stormy(&mut self, cx: &mut Context<'_>) -> bool {
        let storm = self.seed != 0 && self.dice().is_multiple_of(3);
        if storm {
            cx.waker().wake_by_ref();
        }
        storm
    }

    /// How many of `len` bytes pass.
    fn portion(&mut self, len: usize) -> usize {
        if self.seed == 0 { len } else { len.min(1 + self.dice() % 700) }
    }

    fn fails(&self, fault: Fault) -> bool {
        let fails = self.fault == fault;
        self.met.fetch_or(fails, Ordering::Relaxed);
        fails
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Faulty<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stormy(cx) {
            return Poll::Pending;
        }
        let portion = self.portion(buf.remaining());
        let mut bytes = vec![0; portion];
        let mut part = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        self.reads += 1;
        if self.fails(Fault::FailAtRead(self.reads)) {
            self.fault = Fault::FailAtRead(self.reads + 1);
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if self.fails(Fault::EndAtRead(self.reads)) {
            self.fault = Fault::EndAtRead(self.reads + 1);
            return Poll::Ready(Ok(()));
        }
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Faulty<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.stormy(cx) {
            return Poll::Pending;
        }
        if self.fails(Fault::FailAtWrite(self.writes + 1)) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let portion = self.portion(buf.len());
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &buf[..portion]))?;
        self.writes += 1;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

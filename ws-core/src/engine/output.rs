//! What is to be written and was not yet taken by the socket.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use crate::engine::buffers::Pool;
use crate::protocol::Buffers;

/// From this many bytes on a shared payload is written from where it is, not copied behind the rest.
pub(super) const SHARED_MIN: usize = 16 * 1024;

/// Most pieces of one vectored write.
const PIECES: usize = 16;

/// Pieces that others own too, and how many bytes they are.
#[derive(Debug, Default)]
struct Shared {
    pieces: VecDeque<Bytes>,
    len: usize,
}

impl Shared {
    fn push(&mut self, piece: Bytes) {
        self.len += piece.len();
        self.pieces.push_back(piece);
    }

    /// Drops `taken` bytes from the front: how many there were not.
    fn consume(&mut self, mut taken: usize) -> usize {
        while let Some(front) = self.pieces.front_mut() {
            let n = taken.min(front.len());
            front.advance(n);
            self.len -= n;
            taken -= n;
            if front.has_remaining() {
                return 0;
            }
            self.pieces.pop_front();
        }
        taken
    }
}

/// Bytes to be written: shared pieces first, then one growing buffer. Empty, it owns no memory.
#[derive(Debug, Default)]
pub(super) struct Output {
    shared: Option<Box<Shared>>,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that the socket took.
    written: usize,
    /// Bytes that the socket took altogether.
    taken: u64,
    /// The socket took something since the last look.
    progress: bool,
    /// The stream may hold back some of what it took, as TLS does while its socket is full.
    unflushed: bool,
}

impl Output {
    /// Bytes that wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        let shared = self.shared.as_ref().map_or(0, |shared| shared.len);
        shared + self.buffer.len() - self.written
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all is with the socket, and the stream holds nothing back.
    #[inline]
    pub(super) fn is_flushed(&self) -> bool {
        self.is_empty() && !self.unflushed
    }

    /// Bytes that the stream took so far; none of them while it may hold back the last ones.
    pub(super) fn taken(&self) -> u64 {
        if self.unflushed && self.is_empty() { 0 } else { self.taken }
    }

    /// Bytes that the socket will have taken when it has all that waits now.
    pub(super) fn end(&self) -> u64 {
        self.taken + self.len() as u64
    }

    /// Whether the socket took something since this was last asked.
    pub(super) fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.progress)
    }

    /// The buffer to append to.
    #[inline]
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.buffer.capacity() == 0 {
            self.buffer = Pool.take(0);
        }
        &mut self.buffer
    }

    /// Appends a payload that others share: copied when small.
    pub(super) fn push_shared(&mut self, payload: Bytes) {
        if payload.len() < SHARED_MIN {
            self.buffer().extend_from_slice(&payload);
            return;
        }
        self.freeze();
        self.shared.get_or_insert_default().push(payload);
    }

    /// Moves the buffer behind the shared pieces.
    fn freeze(&mut self) {
        if self.buffer.len() > self.written {
            let mut front = Bytes::from(std::mem::take(&mut self.buffer));
            front.advance(self.written);
            self.shared.get_or_insert_default().push(front);
        }
        self.written = 0;
        self.buffer.clear();
    }

    /// Drops what waits.
    pub(super) fn clear(&mut self) {
        *self = Self { taken: self.taken, ..Self::default() };
    }

    /// Writes until nothing waits.
    #[inline(always)] // two callers, and one of them for every read
    pub(super) fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        io: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let taken = if self.shared.is_none() {
                ready!(Pin::new(&mut *io).poll_write(cx, &self.buffer[self.written..]))?
            } else {
                ready!(self.poll_vectored(cx, io, &[]))?
            };
            self.consume(taken)?;
        }
        self.poll_held_back(cx, io)
    }

    /// Makes the stream pass on what it took and holds back.
    #[inline]
    fn poll_held_back(
        &mut self,
        cx: &mut Context<'_>,
        io: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        if self.unflushed {
            ready!(Pin::new(io).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what waits and, behind it, `payload` from where it lies; `sent` counts its bytes.
    pub(super) fn poll_write_through(
        &mut self,
        cx: &mut Context<'_>,
        io: &mut (impl AsyncWrite + Unpin),
        payload: &[u8],
        sent: &mut usize,
    ) -> Poll<io::Result<()>> {
        while *sent < payload.len() {
            let waiting = self.len();
            let taken = if waiting == 0 {
                ready!(Pin::new(&mut *io).poll_write(cx, &payload[*sent..]))?
            } else {
                ready!(self.poll_vectored(cx, io, &payload[*sent..]))?
            };
            let of_payload = taken.saturating_sub(waiting);
            self.consume(taken - of_payload)?;
            if of_payload > 0 {
                self.progress = true;
                self.unflushed = true;
            } else if waiting == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *sent += of_payload;
        }
        self.poll_held_back(cx, io)
    }

    fn poll_vectored(
        &self,
        cx: &mut Context<'_>,
        io: &mut (impl AsyncWrite + Unpin),
        payload: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let shared = self.shared.iter().flat_map(|shared| &shared.pieces);
        // The buffer and the payload go along only behind all shared pieces.
        let whole = shared.clone().count() <= PIECES - 2;
        let shared = shared.map(|piece| &piece[..]);
        let behind = [&self.buffer[self.written..], payload].into_iter().filter(|_| whole);
        let mut used = 0;
        for (slot, piece) in pieces.iter_mut().zip(shared.chain(behind)) {
            *slot = IoSlice::new(piece);
            used += 1;
        }
        Pin::new(io).poll_write_vectored(cx, &pieces[..used])
    }

    /// Drops `taken` bytes from the front.
    #[inline(always)] // as above
    fn consume(&mut self, taken: usize) -> io::Result<()> {
        if taken == 0 {
            // Only a caller with something to write comes here, or one whose payload was taken.
            return if self.is_empty() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) };
        }
        self.progress = true;
        self.unflushed = true;
        self.taken += taken as u64;
        self.written += match &mut self.shared {
            None => taken,
            Some(shared) => {
                let behind = shared.consume(taken);
                if shared.len > 0 {
                    return Ok(());
                }
                self.shared = None;
                behind
            }
        };
        if self.written == self.buffer.len() {
            self.written = 0;
            Pool.give(std::mem::take(&mut self.buffer));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncReadExt;

    use super::*;

    /// Everything arrives, in order, whatever the socket takes at a time.
    #[tokio::test]
    async fn keeps_the_order_through_a_narrow_pipe() {
        for width in [1, 7, 5000, 100_000] {
            let (mut ours, mut theirs) = tokio::io::duplex(width);
            let reader = tokio::spawn(async move {
                let mut all = Vec::new();
                theirs.read_to_end(&mut all).await.unwrap();
                all
            });
            let mut out = Output::default();
            let mut want = Vec::new();
            let piece = |n: u8, len: usize| vec![n; len];
            out.buffer().extend_from_slice(&piece(1, 10));
            out.push_shared(piece(2, SHARED_MIN).into());
            out.push_shared(piece(3, 5).into());
            out.push_shared(piece(4, SHARED_MIN + 1).into());
            out.buffer().extend_from_slice(&piece(5, 3));
            for (n, len) in [(1, 10), (2, SHARED_MIN), (3, 5), (4, SHARED_MIN + 1), (5, 3)] {
                want.extend(piece(n, len));
            }
            assert_eq!(out.len(), want.len());
            let payload = piece(6, 3 * SHARED_MIN);
            want.extend(&payload);
            let mut sent = 0;
            poll_fn(|cx| out.poll_write_through(cx, &mut ours, &payload, &mut sent)).await.unwrap();
            out.buffer().push(7);
            want.push(7);
            poll_fn(|cx| out.poll_flush(cx, &mut ours)).await.unwrap();
            assert!(out.is_empty() && out.buffer.capacity() == 0);
            drop(ours);
            assert_eq!(reader.await.unwrap(), want, "{width} bytes at a time");
        }
    }
}

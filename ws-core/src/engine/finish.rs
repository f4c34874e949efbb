//! The end of a connection: flush, FIN, and reading on so that the peer can read our Close.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{sleep_until, timeout};

use crate::engine::buffers::Lease;
use crate::engine::clock::now;
use crate::engine::deadlines::{close_timeout, patience};
use crate::engine::link::Link;
use crate::role::Role;

/// Bytes read and dropped after both Close frames, at most: 256 KiB.
const LINGER_MAX: usize = 256 * 1024;

/// Longest wait for a peer to take what is owed to it, whatever was set: 1 year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Link {
    /// Writes what waits, and ends our direction of the stream; a client leaves that to the server
    /// (RFC 6455 §7.1.1).
    ///
    /// A peer that takes nothing for the close timeout is given up. One that takes some has the send
    /// timeout for all of it, or the close timeout where that is longer. An abort ends the wait.
    pub(super) async fn finish(&mut self) {
        if self.close_sent().is_none() {
            return; // no Close, no farewell: the connection was cut
        }
        let wait = close_timeout(self.session.config()).min(LONGEST);
        let all = patience(self.session.send_timeout()).clamp(wait, LONGEST);
        let begun = now();
        let mut deadline = pin!(sleep_until(begun + wait));
        poll_fn(|cx| {
            if self.session.outbox().take_abort() {
                self.out.clear();
                self.io.cut();
                self.cut = true;
                return Poll::Ready(());
            }
            // A failure or a timeout here has nobody left to tell: the reason is known already.
            if self.poll_finish(cx).is_ready() {
                return Poll::Ready(());
            }
            if self.out.take_progress() {
                deadline.as_mut().reset((now() + wait).min(begun + all));
            }
            deadline.as_mut().poll(cx)
        })
        .await;
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.out.poll_flush(cx, &mut self.io);
        self.note_handed();
        ready!(flushed)?;
        match self.role {
            Role::Server => Pin::new(&mut self.io).poll_shutdown(cx),
            Role::Client => Poll::Ready(Ok(())),
        }
    }

    /// Reads and drops what still comes until the peer ends its direction. Closing a socket with
    /// unread bytes resets the connection, and the peer may never read our Close.
    pub(super) async fn linger(&mut self) {
        if self.close_sent().is_none() || self.cut {
            return;
        }
        let limit = self.session.config().linger_timeout;
        let mut dropped = 0;
        let drained = poll_fn(|cx| {
            let mut lease = Lease::take();
            while dropped <= LINGER_MAX {
                let mut buffer = ReadBuf::new(&mut lease);
                let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
                if read.is_err() || buffer.filled().is_empty() {
                    break;
                }
                dropped += buffer.filled().len();
            }
            Poll::Ready(())
        });
        let _ = timeout(limit, drained).await;
    }
}

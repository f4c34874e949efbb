//! The end of a connection: flush, FIN, and reading on so that the peer can read our Close.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::ready;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

use crate::engine::buffers::Lease;
use crate::engine::deadlines::MIN_CLOSE;
use crate::engine::link::Link;
use crate::role::Role;

/// Bytes read and dropped after both Close frames, at most: 256 KiB.
const LINGER_MAX: usize = 256 * 1024;

impl Link {
    /// Writes what waits, and ends our direction of the stream; a client leaves that to the server
    /// (RFC 6455 §7.1.1). What is not written within the close timeout is given up.
    pub(super) async fn finish(&mut self) {
        let deadline = self.session.config().close_timeout.max(MIN_CLOSE);
        if self.close_sent().is_none() {
            return; // no Close, no farewell: the connection was cut
        }
        let server = self.role == Role::Server;
        let done = poll_fn(|cx| {
            let flushed = self.out.poll_flush(cx, &mut self.io);
            self.note_handed();
            ready!(flushed)?;
            if server {
                Pin::new(&mut self.io).poll_shutdown(cx)
            } else {
                std::task::Poll::Ready(Ok(()))
            }
        });
        // A failure or a timeout here has nobody left to tell: the reason is known already.
        let _ = timeout(deadline, done).await;
    }

    /// Reads and drops what still comes until the peer ends its direction. Closing a socket with
    /// unread bytes resets the connection, and the peer may never read our Close.
    pub(super) async fn linger(&mut self) {
        if self.close_sent().is_none() {
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
            std::task::Poll::Ready(())
        });
        let _ = timeout(limit, drained).await;
    }
}

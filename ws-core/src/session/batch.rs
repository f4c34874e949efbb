//! Holding messages back, so that many are written at once (Jakarta batching).

use crate::session::{Error, Session};

impl Session {
    /// Begins a batch: what is sent from now on is collected, and written when the batch is
    /// [flushed](BatchGuard::flush) or dropped, or when more than
    /// [`SEND_HIGH_WATER`](crate::SEND_HIGH_WATER) bytes are collected.
    ///
    /// A batch is the session's: it holds what any task sends, replies and published messages too,
    /// and [`send`](Self::send) is then done when its message is collected. It holds no Close, no
    /// [`ping`](Self::ping) that is waited for, and no answer to a peer's Ping. Of several batches at
    /// a time the last one to end lets everything go.
    ///
    /// A connection already writes once for all that its handlers reply to one read. A batch serves
    /// tasks that send many small messages on their own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_core::{Error, Session};
    /// async fn catch_up(session: &Session, missed: &[String]) -> Result<(), Error> {
    ///     let batch = session.batch();
    ///     for line in missed {
    ///         session.send(line).await?;
    ///     }
    ///     batch.flush().await
    /// }
    /// ```
    #[doc(alias = "setBatchingAllowed")]
    pub fn batch(&self) -> BatchGuard {
        self.outbox().begin_batch();
        BatchGuard { session: self.clone() }
    }

    /// Whether a batch is open.
    #[must_use]
    #[doc(alias = "getBatchingAllowed")]
    pub fn batching(&self) -> bool {
        self.outbox().is_batching()
    }
}

/// A batch of messages, see [`Session::batch`]. It ends when this is dropped, and what it holds is
/// written then.
#[derive(Debug)]
#[must_use = "a batch ends when its guard is dropped"]
pub struct BatchGuard {
    session: Session,
}

impl BatchGuard {
    /// Writes what the batch holds, and goes on with the batch. Done when all of it is handed to the
    /// transport.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] when the session ends before.
    #[doc(alias = "flushBatch")]
    pub async fn flush(&self) -> Result<(), Error> {
        self.session.flush().await
    }
}

impl Drop for BatchGuard {
    fn drop(&mut self) {
        self.session.outbox().end_batch();
    }
}

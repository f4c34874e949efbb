//! A session that runs.

use std::pin::Pin;
use std::task::{Context, Poll};

use ws_core::{ConnectionFuture, Identified, Session};

use crate::deploy::Seat;
use crate::meters::SessionMeter;

/// A session that runs, and what its end gives back. A type of its own, as each open connection has
/// one: an `async` block would have room for some of it twice.
pub(crate) struct Running<K> {
    pub(super) running: ConnectionFuture,
    /// Its first step is still to come: with it the session is among the open ones.
    pub(super) is_new: bool,
    pub(super) seat: Option<Seat>,
    pub(super) identified: Option<Box<(Identified, Session)>>,
    pub(super) _meter: SessionMeter,
    pub(super) _keep: K,
}

impl<K: Unpin> Future for Running<K> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled = self.running.as_mut().poll(cx);
        if std::mem::take(&mut self.is_new) {
            if let Some(seat) = &self.seat {
                seat.settle();
            }
            if let Some(known) = self.identified.take() {
                let (identified, session) = *known;
                identified.opened(&session);
            }
        }
        polled
    }
}

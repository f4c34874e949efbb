//! What the connection's task does besides the handler that it runs, and how it sends.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use crate::engine::buffers::{Lease, Pool};
use crate::engine::deadlines::MIN_CLOSE;
use crate::engine::link::{Busy, End, Link};
use crate::protocol::Receiver;
use crate::session::outbox::Attended;
use crate::session::{SEND_HIGH_WATER, SessionState};

/// Events that are delivered in a row before other tasks of the thread get their turn.
const TURN: u32 = 512;

/// How often a handler goes on in a row before other tasks of the thread get their turn.
pub(super) const REPOLLS: u32 = 64;

impl Link {
    /// Runs a handler. While it waits, this task goes on reading within a bound, answers Pings,
    /// writes what other tasks send and keeps the deadlines. `rest` are the bytes whose turn comes
    /// next; a handler runs between two frames, so that they begin with one.
    #[inline]
    pub(super) fn call<F: Future + ?Sized>(
        &mut self,
        mut handler: Pin<&mut F>,
        rest: &[u8],
    ) -> impl Future<Output = F::Output> {
        poll_fn(move |cx| self.poll_handler(cx, handler.as_mut(), rest))
    }

    /// Runs the handler of a message: as [`call`](Self::call), and the time of some is taken.
    #[inline]
    pub(super) fn call_sampled<F: Future + ?Sized>(
        &mut self,
        mut handler: Pin<&mut F>,
        rest: &[u8],
    ) -> impl Future<Output = F::Output> {
        let mut begun = self.sample();
        poll_fn(move |cx| {
            let polled = self.poll_handler(cx, handler.as_mut(), rest);
            if polled.is_ready()
                && let Some(begun) = begun.take()
            {
                self.took(begun);
            }
            polled
        })
    }

    #[inline]
    fn poll_handler<F: Future + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut handler: Pin<&mut F>,
        rest: &[u8],
    ) -> Poll<F::Output> {
        let mut polled = handler.as_mut().poll(cx);
        if polled.is_pending() {
            self.go_on(cx, handler, rest, &mut polled);
        }
        polled
    }

    /// Does what there is to do while the handler waits. When that is what it waited for, it goes on
    /// at once: to send on one's own session costs no round through the scheduler.
    #[cold]
    fn go_on<F: Future + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut handler: Pin<&mut F>,
        rest: &[u8],
        polled: &mut Poll<F::Output>,
    ) {
        // From here on; to say so before every handler would cost those that wait for nothing.
        let _attended = Attended::new(self.session.outbox());
        let mut turns = 0;
        while polled.is_pending() && turns < REPOLLS {
            // What it waits for is most often that its message goes out.
            self.own(cx);
            self.write(cx);
            if !self.take_news() {
                self.attend(cx, rest);
                if !self.take_news() {
                    break;
                }
            }
            *polled = handler.as_mut().poll(cx);
            turns += 1;
        }
        if turns > 0 {
            self.session.outbox().wake_due();
        }
        if turns == REPOLLS && polled.is_pending() {
            // What it queued last is still to be written.
            cx.waker().wake_by_ref();
        }
    }

    pub(super) fn attend(&mut self, cx: &mut Context<'_>, rest: &[u8]) {
        self.own(cx);
        self.write(cx);
        self.read_ahead(cx);
        self.look_ahead(rest);
        self.attend_socket(cx, Busy::Handling);
    }

    /// What a handler needs of the socket and the clock besides what is read.
    pub(super) fn attend_socket(&mut self, cx: &mut Context<'_>, busy: Busy) {
        self.flush(cx);
        self.poll_deadlines(cx, busy);
        if self.ended.is_some() || (self.close_seen().is_some() && self.close_sent().is_some()) {
            // The handler may wait for just this.
            self.session.advance(SessionState::Closed);
        }
    }

    /// Reads on while a handler is busy, up to one further buffer; TCP then holds the peer back.
    pub(super) fn read_ahead(&mut self, cx: &mut Context<'_>) {
        while self.ended.is_none() {
            let (mut lease, len) = self.take_ahead().unwrap_or_else(|| (Lease::take(), 0));
            if len == lease.len() {
                self.ahead().read = Some((lease, len));
                return;
            }
            let mut buffer = ReadBuf::new(&mut lease[len..]);
            let read = Pin::new(&mut self.io).poll_read(cx, &mut buffer);
            let more = buffer.filled().len();
            if len + more > 0 {
                self.ahead().read = Some((lease, len + more));
            }
            match read {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if more > 0 => self.heard(),
                Poll::Ready(Ok(())) => self.over_with(End::Eof),
                Poll::Ready(Err(error)) => self.over_with(End::Io(error)),
            }
        }
    }

    /// Writes what was sent before the session's end came, within the close timeout.
    pub(super) async fn settle(&mut self) {
        let limit = self.session.config().close_timeout.max(MIN_CLOSE);
        self.session.outbox().release();
        // What is left then is dropped with the queue.
        let _ = tokio::time::timeout(limit, self.make_room()).await;
    }

    /// Whether so many events were delivered that other tasks of the thread ought to get their turn,
    /// or the connection was cut, or the session's settings were changed.
    #[inline]
    pub(super) fn pause_is_due(&mut self) -> bool {
        self.events += 1;
        self.events >= TURN || self.cut || self.session.outbox().is_changed()
    }

    /// Writes what there is to write, and lets other tasks of the thread go first once; follows what
    /// was set on the session. Whether the connection was cut.
    #[cold]
    pub(super) async fn pause(&mut self, receiver: &mut Receiver<Pool>) -> bool {
        self.follow_changes(receiver);
        if self.events < TURN && !self.cut {
            return false;
        }
        self.events = 0;
        let mut gone = self.cut;
        poll_fn(|cx| {
            if std::mem::replace(&mut gone, true) {
                return Poll::Ready(self.cut);
            }
            self.own(cx);
            self.write(cx);
            self.poll_deadlines(cx, Busy::Handling);
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    /// Notes that the last event was at the end of the bytes: before its frame another message may
    /// have begun.
    #[inline]
    pub(super) fn all_taken(&mut self, receiver: &mut Receiver<Pool>) {
        if !receiver.is_resting() {
            self.all_delivered(receiver);
        }
    }

    /// Notes that all bytes were taken, with or without an event.
    pub(super) fn all_delivered(&mut self, receiver: &mut Receiver<Pool>) {
        if receiver.take_data_came() {
            self.note_bytes(receiver);
        }
    }

    /// Waits until everything queued is in the output, and that is short enough for more.
    #[cold]
    pub(super) async fn make_room(&mut self) {
        poll_fn(|cx| {
            self.own(cx);
            self.drain();
            if self.out.len() > SEND_HIGH_WATER {
                self.write(cx);
            }
            let queued = self.session.outbox().is_pending();
            if self.ended.is_some() || (!queued && self.out.len() <= SEND_HIGH_WATER) {
                return Poll::Ready(());
            }
            self.poll_deadlines(cx, Busy::Writing);
            if self.ended.is_some() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

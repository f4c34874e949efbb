//! What may change while a session is open, followed between two messages: limits, idle timeouts,
//! message handlers.

use tokio::time::Instant;

use crate::endpoint::Reply;
use crate::engine::buffers::Pool;
use crate::engine::clock::now;
use crate::engine::link::{End, Link};
use crate::message::MessageKind;
use crate::protocol::{Part, Receiver, Wants};
use crate::session::message_handler::{NativeType, Received};
use crate::session::{Error, IdleTimeouts};

/// What a message that is not finished may keep before it counts: 16 KiB.
const KEPT_FREE: usize = 16 * 1024;

impl Link {
    /// Follows what was set on the session.
    #[inline]
    pub(super) fn follow_changes(&mut self, receiver: &mut Receiver<Pool>) {
        if self.session.outbox().is_changed() {
            self.follow_changes_now(receiver);
        }
    }

    #[cold]
    fn follow_changes_now(&mut self, receiver: &mut Receiver<Pool>) {
        if !receiver.is_between_messages() {
            return; // what has begun goes on as it began
        }
        let settings = self.session.take_changes();
        self.watches_idle = settings.timeouts != IdleTimeouts::default();
        self.deadlines.idle_timeouts(settings.timeouts, now());
        self.rearm();
        let wants = Wants {
            text: settings.handlers.delivery(NativeType::Text),
            binary: settings.handlers.delivery(NativeType::Binary),
            frames: receiver.wants().frames,
        };
        receiver.change(wants, settings.limits);
        self.rare().handlers = Some(settings.handlers);
    }

    /// Calls the handler that was added to the session for what was received, if there is one.
    #[cold]
    pub(super) async fn call_added(
        &mut self,
        received: Received,
        rest: &[u8],
    ) -> Result<Reply<'static>, Error> {
        let added = self.rare.as_ref().and_then(|rare| rare.handlers.as_ref());
        let Some(mut answer) = added.and_then(|added| added.call(received)) else {
            return Ok(Reply::None);
        };
        let message = self.call(answer.as_mut(), rest).await?;
        Ok(message.map_or(Reply::None, Reply::Message))
    }

    /// The time, when the handler that is about to be called is one of those whose time is taken: one
    /// in 64, as to look at the clock is no small part of a short handler's time.
    #[inline]
    pub(super) fn sample(&mut self) -> Option<Instant> {
        self.calls = self.calls.wrapping_add(1);
        self.calls.is_multiple_of(64).then(now)
    }

    /// Such a handler is done.
    #[cold]
    pub(super) fn took(&self, begun: Instant) {
        self.session.endpoint().times().add(now() - begun);
    }

    /// Part of a message is sent, perhaps its end.
    #[inline]
    pub(super) fn note_data(&mut self, kind: MessageKind, bytes: usize, last: bool) {
        self.session.counts().sent(kind, bytes, last);
        if self.watches_idle {
            self.deadlines.sent(now());
        }
    }

    /// A message for a handler was received, or part of one, perhaps its end.
    #[inline]
    pub(super) fn note_message(&mut self, kind: MessageKind, bytes: usize, last: bool) {
        self.session.counts().received(kind, bytes, last);
        self.note_received();
    }

    /// As [`note_message`](Self::note_message), for what is delivered part by part.
    pub(super) fn note_part(&mut self, part: &Part<'_>) {
        match part {
            Part::Text(part) => self.note_message(MessageKind::Text, part.text.len(), part.last),
            Part::Binary(part) => {
                self.note_message(MessageKind::Binary, part.payload.len(), part.last);
            }
        }
    }

    /// Bytes of a data frame were received. When its message is not over, the rest is waited for, and
    /// what is kept of it counts.
    pub(super) fn note_bytes(&mut self, receiver: &Receiver<Pool>) {
        self.note_received();
        if receiver.is_between_messages() {
            return self.finished();
        }
        let now = now();
        if self.deadlines.unfinished(now) {
            // As a rule another deadline is nearer; to wind the clock for each message takes time.
            let set = self.sleep.as_ref().map(|sleep| sleep.deadline());
            let at = now.checked_add(self.session.config().message_timeout);
            if at.is_some_and(|at| set.is_none_or(|set| at < set)) {
                self.rearm();
            }
        }
        let kept = receiver.kept();
        if kept >= KEPT_FREE && !self.reserve(kept) {
            self.fail(End::Overloaded);
        }
    }

    /// Whether a message that is not finished may keep so many bytes.
    fn reserve(&mut self, bytes: usize) -> bool {
        let Self { reservation, session, .. } = self;
        reservation.get_or_insert_with(|| session.config().message_budget.open()).grow(bytes)
    }

    /// No message is waited for any more.
    pub(super) fn finished(&mut self) {
        self.deadlines.finished();
        self.reservation = None;
    }

    /// A data frame was received.
    #[inline]
    pub(super) fn note_received(&mut self) {
        if self.watches_idle {
            self.deadlines.received(now());
        }
    }
}

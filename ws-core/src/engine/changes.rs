//! What may change while a session is open, followed between two messages: limits, idle timeouts,
//! message handlers.

use crate::endpoint::Reply;
use crate::engine::buffers::Pool;
use crate::engine::clock::now;
use crate::engine::link::Link;
use crate::protocol::{Receiver, Wants};
use crate::session::message_handler::{NativeType, Received};
use crate::session::{Error, IdleTimeouts};

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

    /// A data frame is sent.
    #[inline]
    pub(super) fn note_data(&mut self) {
        if self.watches_idle {
            self.deadlines.sent(now());
        }
    }

    /// Bytes of a data frame were received. When its message is not over, the rest is waited for.
    pub(super) fn note_bytes(&mut self, receiver: &Receiver<Pool>) {
        self.note_received();
        if receiver.is_between_messages() {
            self.deadlines.finished();
        } else if self.deadlines.unfinished(now()) {
            self.rearm();
        }
    }

    /// A data frame was received.
    #[inline]
    pub(super) fn note_received(&mut self) {
        if self.watches_idle {
            self.deadlines.received(now());
        }
    }
}

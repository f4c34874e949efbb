//! Looking after a connection's deadlines, on its own task.

use std::pin::pin;
use std::task::Context;

use tokio::task::unconstrained;
use tokio::time::{Instant, sleep_until};

use crate::close::Initiator;
use crate::engine::clock::now;
use crate::engine::control::KEEP_ALIVE;
use crate::engine::deadlines::Due;
use crate::engine::link::{Busy, End, Link};
use crate::opcode::OpCode;
use crate::protocol::State;
use crate::session::Timeout;

impl Link {
    /// Bytes came.
    #[inline]
    pub(super) fn heard(&mut self) {
        if self.watches_silence && self.deadlines.heard(now()) {
            self.rearm();
        }
    }

    /// Whether no deadline was over when bytes came last. If that was in this poll, the timer had not
    /// ended before it, and will still wake this task: there is no need to ask it, which lies elsewhere.
    #[inline]
    pub(super) fn heard_before_alarm(&self) -> bool {
        self.armed
            && self.watches_silence
            && self.alarm.is_none_or(|alarm| self.deadlines.last_heard() < alarm)
    }

    /// Something goes before the Close: the wait for that begins anew. Behind a Close of ours it does
    /// so for as long as the send timeout; an answer that is owed to a peer that closed has the time
    /// of any other, as long as the peer takes some of it. Whether it did.
    fn delay_close(&mut self, now: Instant) -> bool {
        if self.state == State::Open {
            self.deadlines.close_later(now);
            return true;
        }
        let send_timeout = self.session.send_timeout();
        self.deadlines.put_close_off(self.session.config(), send_timeout)
    }

    /// A deadline may have come nearer.
    pub(super) fn rearm(&mut self) {
        self.armed = false;
    }

    /// Looks after the deadlines. Cheap while none is over.
    #[inline]
    pub(super) fn poll_deadlines(&mut self, cx: &mut Context<'_>, busy: Busy) {
        if self.armed && !self.sleep.as_ref().is_some_and(|sleep| sleep.is_elapsed()) {
            return;
        }
        self.poll_deadlines_now(cx, busy);
    }

    fn poll_deadlines_now(&mut self, cx: &mut Context<'_>, busy: Busy) {
        while self.ended.is_none() {
            let send_timeout = self.session.send_timeout();
            let next = self.deadlines.next(self.session.config(), send_timeout);
            let Some((at, due)) = next else {
                self.sleep = None;
                self.alarm = None;
                self.armed = true;
                return;
            };
            let now = now();
            if at <= now {
                self.over(cx, due, busy, now);
                continue;
            }
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if sleep.deadline() != at {
                sleep.as_mut().reset(at);
            }
            // With or without budget: a timer that is not asked does not know whom to wake.
            if pin!(unconstrained(sleep.as_mut())).poll(cx).is_pending() {
                self.alarm = Some(at);
                self.armed = true;
                return;
            }
        }
    }

    /// A deadline is over.
    fn over(&mut self, cx: &mut Context<'_>, due: Due, busy: Busy, now: Instant) {
        let deaf = busy == Busy::Writing || self.deadlines.is_stalled() || self.is_far_ahead();
        match due {
            // We do not read now, or our Ping would wait behind what the peer does not take: silence
            // says nothing of the peer, and the send timeout watches over it.
            Due::Ping | Due::Pong if deaf => {
                self.deadlines.heard(now);
            }
            Due::Idle if busy != Busy::No => self.deadlines.excuse_idle(now),
            Due::Ping => {
                let key = self.key();
                self.sender.control(OpCode::Ping, KEEP_ALIVE, key, self.out.buffer());
                self.keeps_alive = true;
                self.deadlines.pinged(now);
                self.flush(cx);
            }
            Due::Message if busy != Busy::No => {
                self.deadlines.unfinished(now);
            }
            Due::Message => self.fail(End::Timeout(Timeout::Message)),
            Due::Pong => self.fail(End::Timeout(Timeout::Pong)),
            Due::Idle => self.fail(End::Timeout(Timeout::Idle)),
            Due::Send => self.fail(End::Timeout(Timeout::Send)),
            Due::Close
                if (busy == Busy::Writing || !self.out.is_flushed()) && self.delay_close(now) => {}
            Due::Close if self.state != State::Open => self.fail(End::CloseTimeout),
            Due::Close => {
                // A handler keeps the peer's Close from its turn for too long. One that is wrong is
                // reported when its turn comes.
                if let Some(frame) = self.close_seen().cloned() {
                    self.send_close(frame, Initiator::Peer);
                }
                self.deadlines.rest();
                self.flush(cx);
            }
        }
    }
}

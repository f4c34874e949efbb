//! Moves a message to its reader while its handler runs.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{self, Poll};

use crate::engine::attend::REPOLLS;
use crate::engine::buffers::{Lease, Pool};
use crate::engine::link::{BUDGET, Busy, Link, Read};
use crate::engine::run::Exit;
use crate::message::{MessageKind, Pong};
use crate::protocol::{Event, Other, Part, Receiver};
use crate::session::MessageReader;
use crate::session::outbox::Attended;
use crate::session::reader::Feed;

/// Pongs that wait for the end of a handler that reads a message; the oldest give way.
const PONGS_KEPT: usize = 64;

/// The beginning of a message for a reader.
pub(super) struct Beginning {
    pub(super) kind: MessageKind,
    part: Vec<u8>,
    last: bool,
}

impl Beginning {
    pub(super) fn new(part: Part<'_>) -> Self {
        match part {
            Part::Text(part) => {
                Self { kind: MessageKind::Text, part: part.text.into(), last: part.last }
            }
            Part::Binary(part) => {
                Self { kind: MessageKind::Binary, part: part.payload.into(), last: part.last }
            }
        }
    }

    /// Counts it.
    pub(super) fn note(&self, link: &mut Link) {
        link.note_message(self.kind, self.part.len(), self.last);
    }
}

/// Moves a message to its reader.
pub(super) struct Pump<'p> {
    receiver: &'p mut Receiver<Pool>,
    rest: &'p mut [u8],
    /// Bytes taken of `rest`.
    pub(super) taken: usize,
    /// The reader's other end, until the message ends or nobody reads it.
    feed: Option<Feed>,
    /// The message did not come to its end.
    pub(super) was_cut: bool,
    /// Pongs that came meanwhile.
    pub(super) pongs: VecDeque<Pong>,
    /// What ends the session as soon as the handler is done.
    pub(super) exit: Option<Box<Exit>>,
}

impl<'p> Pump<'p> {
    pub(super) fn new(
        receiver: &'p mut Receiver<Pool>,
        rest: &'p mut [u8],
        beginning: &Beginning,
    ) -> (Self, MessageReader) {
        let (feed, reader) = Feed::new(beginning.kind);
        feed.push(&beginning.part, beginning.last, task::Waker::noop());
        let feed = (!beginning.last).then_some(feed);
        let pongs = VecDeque::new();
        (Self { receiver, rest, taken: 0, feed, was_cut: false, pongs, exit: None }, reader)
    }

    /// What is left of the bytes it began with.
    pub(super) fn behind(&self) -> &[u8] {
        &self.rest[self.taken..]
    }

    /// Runs a handler to its end, and feeds it meanwhile.
    pub(super) async fn run<F: Future>(
        &mut self,
        link: &mut Link,
        mut handler: Pin<&mut F>,
    ) -> F::Output {
        poll_fn(|cx| {
            let _attended = Attended::new(link.session.outbox());
            let mut polled = handler.as_mut().poll(cx);
            let mut turns = 0;
            while polled.is_pending() && self.attend(link, cx) {
                if turns == REPOLLS {
                    cx.waker().wake_by_ref();
                    break;
                }
                turns += 1;
                polled = handler.as_mut().poll(cx);
            }
            if turns > 0 {
                link.session.outbox().wake_due();
            }
            polled
        })
        .await
    }

    /// Does what there is to do besides the handler. Whether that is worth another look at it.
    fn attend(&mut self, link: &mut Link, cx: &mut task::Context<'_>) -> bool {
        if self.feed.as_ref().is_some_and(Feed::is_abandoned) {
            self.receiver.discard();
            self.feed = None;
        }
        let fed = self.feed.is_some() && self.fill(link, cx);
        if link.spent >= BUDGET {
            // Other tasks of the thread go first.
            link.spent = 0;
            cx.waker().wake_by_ref();
        } else if fed {
            return true;
        }
        let Some(feed) = &self.feed else {
            self.look_from_here(link);
            link.attend(cx, self.behind());
            return link.take_news();
        };
        if feed.room(cx.waker()) == 0 {
            self.look_from_here(link);
            link.attend(cx, self.behind());
            return link.take_news();
        }
        // The peer is waited for, if the handler waits for its message.
        let busy = if feed.is_awaited() { Busy::No } else { Busy::Handling };
        link.attend_socket(cx, busy);
        let left = self.taken < self.rest.len() || link.has_ahead();
        let over = link.ended.is_some() && !left;
        if over {
            self.cut(cx.waker());
        }
        over || link.take_news()
    }

    /// Makes looking ahead begin where the receiver is: in the middle of a message.
    fn look_from_here(&self, link: &mut Link) {
        link.seed(|| self.receiver.lookahead());
    }

    /// Moves what there is to the reader, as long as that has room. Whether it got something.
    fn fill(&mut self, link: &mut Link, cx: &mut task::Context<'_>) -> bool {
        link.own(cx);
        link.write(cx);
        let mut fed = false;
        while let Some(feed) = &self.feed {
            let room = feed.room(cx.waker());
            if link.cut {
                self.cut(cx.waker());
                return true;
            }
            if room == 0 || link.spent >= BUDGET {
                break;
            }
            if self.taken < self.rest.len() {
                fed |= self.take_rest(link, room, cx.waker());
                continue;
            }
            let read = match link.take_ahead() {
                Some((lease, len)) => Read::Bytes(lease, len),
                None if link.ended.is_some() => break,
                None => match link.poll_read(cx, self.receiver, None) {
                    Poll::Ready(read) => read,
                    Poll::Pending => {
                        link.spent = 0;
                        break;
                    }
                },
            };
            match read {
                Read::Bytes(lease, len) => fed |= self.take_lease(link, lease, len, cx.waker()),
                Read::Direct(_) => {} // whole messages only
                Read::End(end) => link.over_with(end),
            }
        }
        fed
    }

    /// Moves on by one event in the bytes it began with.
    fn take_rest(&mut self, link: &mut Link, room: usize, task: &task::Waker) -> bool {
        let rest = std::mem::take(&mut self.rest);
        let end = rest.len().min(self.taken + room);
        let (used, fed) = self.take(link, &mut rest[self.taken..end], task);
        self.taken += used;
        self.rest = rest;
        fed
    }

    /// Takes what was read, as long as the reader has room; what is left counts as read ahead.
    fn take_lease(
        &mut self,
        link: &mut Link,
        mut lease: Lease,
        len: usize,
        task: &task::Waker,
    ) -> bool {
        let (mut at, mut fed) = (0, false);
        while at < len
            && let Some(feed) = &self.feed
        {
            let end = len.min(at + feed.room(task));
            if at == end {
                break;
            }
            let (used, got) = self.take(link, &mut lease[at..end], task);
            at += used;
            fed |= got;
        }
        if at < len {
            lease.copy_within(at..len, 0);
            link.ahead().read = Some((lease, len - at));
        }
        fed
    }

    /// Takes one event from the front of `bytes`. How many of them it is, and whether the reader got
    /// something.
    fn take(&mut self, link: &mut Link, bytes: &mut [u8], task: &task::Waker) -> (usize, bool) {
        let before = bytes.len();
        let (event, behind) = match self.receiver.receive(bytes) {
            Ok(received) => received,
            Err(error) => {
                self.leave(link, Exit::broken(error), task);
                return (before, true);
            }
        };
        let used = before - behind.len();
        link.delivered(used);
        let Some(Event::Other(event)) = event else {
            if self.receiver.take_data_came() {
                link.note_bytes(self.receiver);
            }
            return (used, false);
        };
        if let Other::Part { part, .. } = event {
            link.note_part(&part);
            let (bytes, last) = match part {
                Part::Text(part) => (part.text.as_bytes(), part.last),
                Part::Binary(part) => (part.payload, part.last),
            };
            if let Some(feed) = &self.feed {
                feed.push(bytes, last, task);
            }
            if last {
                self.feed = None;
            }
            link.note_bytes(self.receiver);
            return (used, true);
        }
        match link.control(event) {
            Ok(None) => {}
            Ok(Some(pong)) => {
                if self.pongs.len() == PONGS_KEPT {
                    self.pongs.pop_front();
                }
                self.pongs.push_back(pong);
            }
            Err(exit) => self.leave(link, exit, task),
        }
        (used, self.exit.is_some())
    }

    /// The session ends as soon as the handler is done.
    fn leave(&mut self, link: &mut Link, exit: Box<Exit>, task: &task::Waker) {
        if let Exit::Close(frame) = &*exit {
            link.note_close(Some((**frame).clone()));
        }
        // What still comes is not looked at.
        link.ahead().over = true;
        self.exit = Some(exit);
        self.cut(task);
    }

    /// The message does not come to its end.
    fn cut(&mut self, task: &task::Waker) {
        if let Some(feed) = self.feed.take() {
            feed.cut(task);
            self.was_cut = true;
        }
    }

    /// The handler is done: what it did not read is thrown away when it comes.
    pub(super) fn stop(&mut self, link: &mut Link) {
        if self.feed.take().is_some() {
            self.receiver.discard();
        }
        self.look_from_here(link);
    }
}

//! Sending what a handler returned.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use crate::endpoint::Reply;
use crate::engine::link::{Busy, End, Link};
use crate::engine::output::SHARED_MIN;
use crate::message::{Message, MessageKind};
use crate::protocol::{Sender, State};
use crate::session::outbox::Item;
use crate::session::{Error, SEND_HIGH_WATER};

/// Writes a payload from where it lies.
struct Through<'a> {
    link: &'a mut Link,
    payload: &'a [u8],
    sent: usize,
}

impl Future for Through<'_> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { link, payload, sent } = self.get_mut();
        link.poll_through(cx, payload, sent).map(Ok)
    }
}

/// How a handler's result is sent.
enum Sending<'a> {
    /// It is sent, or nothing is to be.
    Over(Result<(), Error>),
    /// From where it lies.
    Through(Through<'a>),
    /// Behind other things.
    Behind(Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>),
}

impl Link {
    /// Sends what a handler returned if that needs no waiting; gives it back otherwise.
    #[inline(always)] // the way of nearly every reply; two callers a handler at most
    pub(super) fn reply_at_once<'a>(&mut self, reply: Reply<'a>) -> Option<Reply<'a>> {
        let (kind, payload) = match &reply {
            Reply::Message(Message::Text(text)) => (MessageKind::Text, text.as_bytes()),
            Reply::Message(Message::Binary(payload)) => (MessageKind::Binary, &payload[..]),
            Reply::None => return None,
            _ => return Some(reply),
        };
        if payload.len() >= SHARED_MIN
            || self.state != State::Open
            || !self.session.outbox().is_idle()
            || self.out.len() > SEND_HIGH_WATER
            || self.ended.is_some()
        {
            return Some(reply);
        }
        self.note_data(kind, payload.len(), true);
        let key = self.key();
        self.sender.message(kind, payload, key, self.out.buffer());
        if let Reply::Message(Message::Text(Cow::Borrowed(_)) | Message::Binary(Cow::Borrowed(_))) =
            reply
        {
            // It owns nothing; to find that out while dropping it is a call, for every message.
            std::mem::forget(reply);
        }
        None
    }

    /// Sends what a handler returned; what it failed with comes back.
    pub(super) fn send_result<'a>(
        &'a mut self,
        result: Result<Reply<'a>, Error>,
        rest: &'a [u8],
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a {
        let mut sending = match result {
            Err(error) => Sending::Over(Err(error)),
            Ok(reply) => match self.reply_at_once(reply) {
                None => Sending::Over(Ok(())),
                Some(reply) => match self.long(reply) {
                    Ok((kind, payload)) => Sending::Through(self.write_long(kind, payload)),
                    // Rare: not worth room in each open connection.
                    Err(reply) => Sending::Behind(Box::pin(self.reply(reply, rest))),
                },
            },
        };
        poll_fn(move |cx| match &mut sending {
            Sending::Over(result) => Poll::Ready(std::mem::replace(result, Ok(()))),
            Sending::Through(through) => Pin::new(through).poll(cx),
            Sending::Behind(reply) => reply.as_mut().poll(cx),
        })
    }

    /// Sends what a handler returned, behind what it sent itself. `rest` are the bytes whose turn
    /// comes next, as for [`call`](Self::call).
    pub(super) async fn reply(&mut self, reply: Reply<'_>, rest: &[u8]) -> Result<(), Error> {
        let reply = match reply {
            Reply::None => return Ok(()),
            // Rare ways wait in boxes: each open connection has room for the largest of the others.
            Reply::Work(mut work) => return Box::pin(self.call(work.as_mut(), rest)).await,
            reply => reply,
        };
        if self.session.outbox().is_pending() || self.out.len() > SEND_HIGH_WATER {
            self.make_room().await;
        }
        if self.state != State::Open || self.ended.is_some() {
            return Err(Error::Closed);
        }
        let reply = match self.long(reply) {
            Ok((kind, payload)) => return self.write_long(kind, payload).await,
            Err(reply) => reply,
        };
        match reply {
            Reply::None | Reply::Work(_) => {}
            // Frames, and what would come between the frames of another message, take the queue:
            // it keeps their order.
            Reply::Frame(frame) => {
                return Box::pin(self.enqueue(Item::Frame(frame.into_owned()), rest)).await;
            }
            Reply::Message(message) if !self.session.outbox().is_idle() => {
                let item = Item::Message(message.into_owned());
                if item.weight() >= SEND_HIGH_WATER {
                    return Box::pin(self.enqueue(item, rest)).await;
                }
                return self.session.outbox().push(item);
            }
            Reply::Message(Message::Text(Cow::Borrowed(text))) => {
                self.copy(MessageKind::Text, text.as_bytes());
            }
            Reply::Message(Message::Binary(Cow::Borrowed(payload))) => {
                self.copy(MessageKind::Binary, payload);
            }
            Reply::Message(message) => self.write_message(message.into_owned()),
        }
        Ok(())
    }

    /// Appends a payload to the output.
    fn copy(&mut self, kind: MessageKind, payload: &[u8]) {
        self.note_data(kind, payload.len(), true);
        let key = self.key();
        self.sender.message(kind, payload, key, self.out.buffer());
    }

    /// Queues `item`, waiting for its turn and for room as any sender does.
    #[cold]
    async fn enqueue(&mut self, item: Item, rest: &[u8]) -> Result<(), Error> {
        let session = self.session.clone();
        let queued = session.outbox().enqueue(item, session.send_timeout());
        self.call(pin!(queued), rest).await.map(drop)
    }

    /// The payload of a reply that is worth being written from where it lies, when nothing goes
    /// before it; else the reply.
    pub(super) fn long<'a>(&self, reply: Reply<'a>) -> Result<(MessageKind, &'a [u8]), Reply<'a>> {
        let (kind, payload) = match &reply {
            Reply::Message(Message::Text(Cow::Borrowed(text))) => {
                (MessageKind::Text, text.as_bytes())
            }
            Reply::Message(Message::Binary(Cow::Borrowed(payload))) => {
                (MessageKind::Binary, *payload)
            }
            _ => return Err(reply),
        };
        let may_go = payload.len() >= SHARED_MIN
            && self.sender.is_verbatim()
            && self.state == State::Open
            && self.session.outbox().is_idle()
            && self.out.len() <= SEND_HIGH_WATER
            && self.ended.is_none();
        if may_go { Ok((kind, payload)) } else { Err(reply) }
    }

    /// Writes such a payload.
    fn write_long<'a>(&'a mut self, kind: MessageKind, payload: &'a [u8]) -> Through<'a> {
        self.note_data(kind, payload.len(), true);
        Sender::header(kind, payload.len(), self.out.buffer());
        Through { link: self, payload, sent: 0 }
    }

    /// Writes of such a payload what the socket takes now: how many bytes.
    pub(super) fn write_what_goes(
        &mut self,
        cx: &mut Context<'_>,
        kind: MessageKind,
        payload: &[u8],
    ) -> usize {
        let mut through = self.write_long(kind, payload);
        // A failure is the connection's end, which is seen when it is next read from.
        let _ = Pin::new(&mut through).poll(cx);
        through.sent
    }

    /// Writes `payload` behind what waits, from where it lies.
    pub(super) fn poll_through(
        &mut self,
        cx: &mut Context<'_>,
        payload: &[u8],
        sent: &mut usize,
    ) -> Poll<()> {
        self.own(cx);
        if self.session.outbox().take_abort() {
            self.fail(End::Abort);
            return Poll::Ready(());
        }
        let written = self.out.poll_write_through(cx, &mut self.io, payload, sent);
        self.note_handed();
        if let Poll::Ready(Err(error)) = written {
            self.fail(End::Io(error));
            return Poll::Ready(());
        }
        if written.is_pending() || self.deadlines.is_stalled() {
            self.note_stall(written.is_pending());
        }
        if written.is_ready() {
            return Poll::Ready(());
        }
        self.poll_deadlines(cx, Busy::Writing);
        if self.ended.is_some() { Poll::Ready(()) } else { Poll::Pending }
    }
}

//! Messages whose handlers wait for nothing. They are dealt with as they are read, on the stack: the
//! future of each connection is cold memory to a thread that serves many.

use std::ops::Range;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;

use crate::endpoint::{Endpoint, Reply};
use crate::engine::buffers::Lease;
use crate::engine::link::{End, Link, Read};
use crate::engine::output::SHARED_MIN;
use crate::engine::run::{Connection, Exit};
use crate::message::MessageKind;
use crate::protocol::Event;
use crate::session::Error;

/// What a handler left behind that is not sent yet.
type Late = Result<Reply<'static>, Error>;

/// What is left of the input.
pub(super) enum Input {
    /// These bytes of a leased buffer.
    Bytes(Lease, Range<usize>),
    /// The same, behind the message of a handler whose result is not dealt with.
    Late(Lease, Range<usize>, Box<Late>),
    /// Bytes that went straight to the message they belong to.
    Direct(usize),
    /// The connection is over.
    End(End),
    /// The peer broke the protocol.
    Broken(Box<Exit>),
}

/// What became of the bytes of a read.
enum Dealt {
    /// So many are left.
    Left(usize),
    /// The same, behind the message of a handler whose result is not dealt with.
    Late(usize, Box<Late>),
    /// They break the protocol.
    Broken(Box<Exit>),
}

impl<E: Endpoint> Connection<E> {
    /// Waits for input that needs more than handlers which wait for nothing.
    #[inline(always)] // one caller an endpoint, for every read
    pub(super) fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        let mut spent = None;
        loop {
            let Self { link, receiver, .. } = self;
            link.follow_changes(receiver);
            let (mut lease, len) = match ready!(link.poll_input(cx, receiver, spent.take())) {
                Read::Bytes(lease, len) => (lease, len),
                Read::Direct(len) => return Poll::Ready(Input::Direct(len)),
                Read::End(end) => return Poll::Ready(Input::End(end)),
            };
            return Poll::Ready(match self.deal_with(cx, &mut lease[..len]) {
                Dealt::Left(0) => {
                    spent = Some(lease);
                    continue;
                }
                Dealt::Left(left) => Input::Bytes(lease, len - left..len),
                Dealt::Late(left, late) => Input::Late(lease, len - left..len, late),
                Dealt::Broken(exit) => Input::Broken(exit),
            });
        }
    }

    /// Deals with the messages at the front of `bytes`, as long as that takes no waiting.
    #[inline(always)] // the way of nearly every message
    fn deal_with(&mut self, cx: &mut Context<'_>, bytes: &mut [u8]) -> Dealt {
        let Self { served, link, receiver } = self;
        let set = const { E::HANDLERS };
        let mut rest = bytes;
        while (set.text_at_once || set.binary_at_once) && !rest.is_empty() && !link.pause_is_due() {
            let before = rest.len();
            // A long one may be answered with as much, from where it lies.
            let received = receiver.receive_whole(rest, |kind, len| {
                len < SHARED_MIN
                    && match kind {
                        MessageKind::Text => set.text_at_once,
                        MessageKind::Binary => set.binary_at_once,
                    }
            });
            let event = match received {
                Ok((None, rest)) => return Dealt::Left(rest.len()),
                Ok((Some(event), behind)) => {
                    rest = behind;
                    event
                }
                Err(error) => return Dealt::Broken(Exit::broken(error)),
            };
            link.delivered(before - rest.len());
            let begun = link.sample();
            let (endpoint, context) = served.split();
            let result = match event {
                Event::Text(text) => {
                    link.note_message(MessageKind::Text, text.len(), true);
                    result_of(pin!(endpoint.on_text(context, text)))
                }
                Event::Binary(payload) => {
                    link.note_message(MessageKind::Binary, payload.len(), true);
                    result_of(pin!(endpoint.on_binary(context, payload)))
                }
                Event::Other(_) => continue, // none is a message
            };
            begun.into_iter().for_each(|begun| link.took(begun));
            let late = match result {
                Ok(reply) => match link.reply_at_once(reply) {
                    None => continue,
                    Some(reply) => match link.reply_from_here(cx, reply) {
                        None => continue,
                        Some(late) => late,
                    },
                },
                Err(error) => Err(error),
            };
            return Dealt::Late(rest.len(), Box::new(late));
        }
        Dealt::Left(rest.len())
    }
}

/// The result of a handler that waits for nothing.
#[inline(always)]
fn result_of<T>(handler: Pin<&mut impl Future<Output = Result<T, Error>>>) -> Result<T, Error> {
    match handler.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Panic("a handler that is to be done at once waits".into())),
    }
}

impl Link {
    /// Sends a reply that owns nothing and is too long to be copied, if nothing goes before it: only
    /// what the socket does not take is copied. Gives back others, as what may wait.
    #[cold]
    fn reply_from_here(&mut self, cx: &mut Context<'_>, reply: Reply<'_>) -> Option<Late> {
        let reply = match self.long(reply) {
            Ok((kind, payload)) => {
                let sent = self.write_what_goes(cx, kind, payload);
                if sent < payload.len() && self.ended.is_none() {
                    self.out.push_shared(Bytes::copy_from_slice(&payload[sent..]));
                }
                return None;
            }
            Err(reply) => reply,
        };
        Some(match reply {
            Reply::None => Ok(Reply::None),
            Reply::Message(message) => Ok(Reply::Message(message.into_owned())),
            Reply::Frame(frame) => Ok(Reply::Frame(frame.into_owned())),
            Reply::Work(_) => Err(Error::Panic("a reply that is to be sent at once waits".into())),
        })
    }
}

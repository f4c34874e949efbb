//! What session handles queued, made bytes of the output.

use crate::close::Initiator;
use crate::engine::clock::now;
use crate::engine::link::{End, Link};
use crate::engine::output::SHARED_MIN;
use crate::extension::SendOptions;
use crate::frame::Frame;
use crate::message::{Message, MessageKind};
use crate::opcode::OpCode;
use crate::protocol::{Piece, Sender};
use crate::session::SEND_HIGH_WATER;
use crate::session::outbox::{Fragment, Item, Published};

impl Link {
    /// Moves what session handles queued to the output, as long as that is short enough.
    #[inline]
    pub(super) fn drain(&mut self) {
        if self.session.outbox().is_pending() {
            self.drain_items();
        }
    }

    #[cold]
    fn drain_items(&mut self) {
        if self.session.outbox().take_abort() {
            self.fail(End::Abort);
        }
        while self.out.len() <= SEND_HIGH_WATER
            && self.ended.is_none()
            && self.session.outbox().is_pending()
            && let Some((item, number)) = self.session.outbox().pop()
        {
            self.write_item(item);
            self.went_out(number);
        }
    }

    fn write_item(&mut self, item: Item) {
        match item {
            Item::Message(message) => self.write_message(message),
            Item::MessageWith(message) => self.write_message_with(*message),
            Item::Published(published) => self.write_published(&published),
            Item::Frame(frame) => self.write_frame(&frame),
            Item::Fragment(fragment) => self.write_fragment(fragment),
            Item::Ping(payload, id) => {
                let key = self.key();
                self.sender.control(OpCode::Ping, &payload, key, self.out.buffer());
                id.into_iter().for_each(|id| self.session.pings().sent(id, now()));
            }
            Item::Pong(payload) => {
                let key = self.key();
                self.sender.control(OpCode::Pong, &payload, key, self.out.buffer());
            }
            Item::Close(reason) => self.send_close(reason.to_frame(), Initiator::Local),
            Item::Abort => self.fail(End::Abort),
        }
    }

    /// Queues a message that owns its payload.
    pub(super) fn write_message(&mut self, message: Message<'static>) {
        let kind = message.kind();
        self.note_data(kind, message.payload().len(), true);
        if message.payload().len() >= SHARED_MIN && self.sender.is_verbatim() {
            Sender::header(kind, message.payload().len(), self.out.buffer());
            self.out.push_shared(message.into_bytes());
        } else {
            let key = self.key();
            self.sender.message(kind, message.payload(), key, self.out.buffer());
        }
    }

    #[cold]
    fn write_message_with(&mut self, (message, options): (Message<'static>, SendOptions)) {
        if self.sender.is_verbatim() {
            return self.write_message(message); // no extension heeds the options
        }
        let (kind, key) = (message.kind(), self.key());
        self.note_data(kind, message.payload().len(), true);
        self.sender.message_with(options, kind, message.payload(), key, self.out.buffer());
    }

    fn write_published(&mut self, published: &Published) {
        let (kind, payload) = (published.kind(), published.payload());
        self.note_data(kind, payload.len(), true);
        if self.sender.is_verbatim() {
            self.out.push_shared(published.wire().clone());
            return;
        }
        let key = self.key();
        match self.sender.share_key().cloned() {
            Some(share) => {
                let sender = &mut self.sender;
                let encode = |out: &mut Vec<u8>| sender.message(kind, payload, key, out);
                self.out.push_shared(published.coded(&share, encode));
            }
            None => self.sender.message(kind, payload, key, self.out.buffer()),
        }
    }

    fn write_frame(&mut self, frame: &Frame<'_>) {
        let kind = kind_of(frame.opcode, &mut self.frames_sent);
        self.note_data(kind, frame.payload.len(), frame.fin);
        let key = self.key();
        self.sender.frame(frame, key, self.out.buffer());
    }

    /// Queues a frame of a message that is written piece by piece.
    fn write_fragment(&mut self, fragment: Fragment) {
        let Fragment { kind, first, last, options, payload } = fragment;
        self.note_data(kind, payload.len(), last);
        let piece = Piece { kind, first, last, options };
        if payload.len() >= SHARED_MIN && self.sender.is_verbatim() {
            Sender::piece_header(piece, payload.len(), self.out.buffer());
            self.out.push_shared(payload);
        } else {
            let key = self.key();
            self.sender.piece(piece, &payload, key, self.out.buffer());
        }
    }
}

/// The kind of the message that a data frame belongs to: a Continuation is of the kind `before`.
pub(super) const fn kind_of(opcode: OpCode, before: &mut MessageKind) -> MessageKind {
    match opcode {
        OpCode::Text => *before = MessageKind::Text,
        OpCode::Binary => *before = MessageKind::Binary,
        _ => {}
    }
    *before
}

//! One connection's side of the wire: the socket, what is to be written, what was read ahead, and
//! the deadlines. Only the task of the connection touches it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::budget::Reservation;
use crate::close::{CloseFrame, Initiator};
use crate::engine::ahead::Ahead;
use crate::engine::buffers::{Lease, Pool};
use crate::engine::clock::now;
use crate::engine::deadlines::Deadlines;
use crate::engine::handing::Handing;
use crate::engine::keys::masking_key;
use crate::engine::output::Output;
use crate::engine::rate::Rate;
use crate::engine::transport::Transport;
use crate::message::MessageKind;
use crate::protocol::{Receiver, Sender, State};
use crate::role::Role;
use crate::session::{Handlers, SEND_HIGH_WATER, Session, SessionState, Timeout};

/// Bytes read without a pause before other tasks of the thread get their turn: 256 KiB.
pub(super) const BUDGET: usize = 256 * 1024;

/// What ended a connection from below.
#[derive(Debug)]
pub(super) enum End {
    /// The peer ended the stream.
    Eof,
    /// The transport failed.
    Io(io::Error),
    /// A wait was over.
    Timeout(Timeout),
    /// No memory is left for a message that is not finished.
    Overloaded,
    /// Our Close found no answer.
    CloseTimeout,
    /// The application asked for it.
    Abort,
}

/// What a wait for input brought.
pub(super) enum Read {
    /// Bytes in a leased buffer.
    Bytes(Lease, usize),
    /// Bytes that went straight to the message they belong to.
    Direct(usize),
    /// The connection is over.
    End(End),
}

/// What the task does besides waiting for a deadline.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Busy {
    /// Nothing.
    No,
    /// A handler runs.
    Handling,
    /// A reply is written, or waits for room; nothing is read meanwhile.
    Writing,
}

/// What most connections have none of for most of the time.
#[derive(Default)]
pub(super) struct Rare {
    /// The Close that we sent.
    pub(super) sent: Option<CloseFrame>,
    /// The peer's Close, seen ahead of its turn.
    pub(super) close_seen: Option<CloseFrame>,
    /// The answer to the last Ping that came while the socket took no bytes.
    pub(super) waiting_pong: Option<Box<[u8]>>,
    /// The message handlers, when some were added.
    pub(super) handlers: Option<Handlers>,
    /// How many control frames the peer may still send.
    pub(super) controls: Rate,
}

pub(super) struct Link {
    pub(super) io: Transport,
    pub(super) out: Output,
    pub(super) sender: Sender,
    pub(super) state: State,
    pub(super) deadlines: Deadlines,
    pub(super) session: Session,
    pub(super) role: Role,
    /// Who closed first, once somebody did.
    pub(super) initiator: Option<Initiator>,
    pub(super) ended: Option<End>,
    /// Bytes whose turn has not come; made when a handler waits for the first time.
    pub(super) ahead: Option<Box<Ahead>>,
    pub(super) rare: Option<Box<Rare>>,
    pub(super) handing: Option<Box<Handing>>,
    /// Somebody waited for what was handed over meanwhile, perhaps the handler that runs.
    pub(super) news: bool,
    /// Made when there is something to wait for.
    pub(super) sleep: Option<Pin<Box<Sleep>>>,
    /// When that ends.
    pub(super) alarm: Option<Instant>,
    /// The sleep knows our waker and the next deadline.
    pub(super) armed: bool,
    owner: Option<Waker>,
    /// A Ping of our own may still find its answer.
    pub(super) keeps_alive: bool,
    /// Silent peers are pinged.
    pub(super) watches_silence: bool,
    /// There is an idle timeout.
    pub(super) watches_idle: bool,
    /// The connection was cut: nothing more is delivered.
    pub(super) cut: bool,
    /// What the single frames are part of that are sent, and those that are received.
    pub(super) frames_sent: MessageKind,
    pub(super) frames_received: MessageKind,
    /// What a long message that is not finished may keep.
    pub(super) reservation: Option<Reservation>,
    /// Handlers called, from a random number on: of all sessions one in 64 is timed, of short ones
    /// too.
    pub(super) calls: u8,
    /// Events delivered since the last pause.
    pub(super) events: u32,
    pub(super) spent: usize,
}

impl Link {
    pub(super) fn new(io: Transport, role: Role, sender: Sender, session: Session) -> Self {
        let deadlines = Deadlines::new(now());
        let watches_idle = session.config().idle_timeout.is_some();
        let watches_silence = session.config().keep_alive.is_some();
        let calls = session.id().any_byte();
        Self {
            io,
            out: Output::default(),
            sender,
            state: State::Open,
            deadlines,
            session,
            role,
            initiator: None,
            ended: None,
            ahead: None,
            rare: None,
            handing: None,
            news: false,
            sleep: None,
            alarm: None,
            armed: false,
            owner: None,
            keeps_alive: false,
            watches_silence,
            watches_idle,
            cut: false,
            frames_sent: MessageKind::Binary,
            frames_received: MessageKind::Binary,
            reservation: None,
            calls,
            events: 0,
            spent: 0,
        }
    }

    /// Whether our Close went out, or the connection is over.
    pub(super) fn is_closing(&self) -> bool {
        self.state != State::Open || self.ended.is_some()
    }

    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// The Close that we sent.
    pub(super) fn close_sent(&self) -> Option<&CloseFrame> {
        self.rare.as_ref()?.sent.as_ref()
    }

    /// The peer's Close, seen ahead of its turn.
    pub(super) fn close_seen(&self) -> Option<&CloseFrame> {
        self.rare.as_ref()?.close_seen.as_ref()
    }

    #[inline]
    pub(super) fn key(&self) -> [u8; 4] {
        match self.role {
            // Not masked; the configuration is not even looked at.
            Role::Server => [0; 4],
            Role::Client => masking_key(self.session.config()),
        }
    }

    /// Lets session handles wake this task.
    #[inline]
    pub(super) fn own(&mut self, cx: &Context<'_>) {
        if !self.owner.as_ref().is_some_and(|owner| owner.will_wake(cx.waker())) {
            self.session.outbox().set_owner(cx.waker());
            self.owner = Some(cx.waker().clone());
            self.armed = false;
        }
    }

    /// Waits for input, writing meanwhile whatever there is to write. `lease` is for what is read, and
    /// given back on every way out but that.
    #[inline(always)] // one caller an endpoint, for every read
    pub(super) fn poll_input(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver<Pool>,
        lease: Option<Lease>,
    ) -> Poll<Read> {
        // Its bytes came in this poll, unless they were read ahead, which see.
        let just_heard = lease.is_some();
        self.own(cx);
        self.write(cx);
        if let Some((lease, len)) = self.take_ahead() {
            // They came in an earlier poll: the deadlines are to be looked at behind them.
            self.rearm();
            return Poll::Ready(Read::Bytes(lease, len));
        }
        if let Some(end) = self.ended.take() {
            return Poll::Ready(Read::End(end));
        }
        if self.spent >= BUDGET {
            // The deadlines are looked after all the same: a peer that never gives us a quiet moment
            // does not put them off.
            cx.waker().wake_by_ref();
        } else if self.out.len() <= SEND_HIGH_WATER
            && let Poll::Ready(read) = self.poll_read(cx, receiver, lease)
        {
            return Poll::Ready(read);
        }
        self.spent = 0;
        self.events = 0;
        if self.deadlines.is_unfinished() && receiver.is_between_messages() {
            self.finished();
        }
        if !just_heard || !self.heard_before_alarm() {
            self.poll_deadlines(cx, Busy::No);
        }
        self.ended.take().map_or(Poll::Pending, |end| Poll::Ready(Read::End(end)))
    }

    #[inline(always)] // as above
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver<Pool>,
        lease: Option<Lease>,
    ) -> Poll<Read> {
        let (result, lease) = if let Some((buffer, missing)) = receiver.direct() {
            let mut buffer = buffer.limit(usize::try_from(missing).unwrap_or(usize::MAX));
            let read = std::pin::pin!(self.io.read_buf(&mut buffer)).poll(cx);
            (std::task::ready!(read), None)
        } else {
            let mut lease = lease.unwrap_or_else(Lease::take);
            let mut buffer = ReadBuf::new(&mut lease);
            let read = Pin::new(&mut self.io).poll_read(cx, &mut buffer);
            let len = buffer.filled().len();
            (std::task::ready!(read).map(|()| len), Some(lease))
        };
        let len = match result {
            Ok(0) => return Poll::Ready(Read::End(End::Eof)),
            Ok(len) => len,
            Err(error) => return Poll::Ready(Read::End(End::Io(error))),
        };
        self.spent += len;
        self.heard();
        Poll::Ready(lease.map_or(Read::Direct(len), |lease| Read::Bytes(lease, len)))
    }

    /// Writes what session handles queued, until there is no more or the socket takes no more. To
    /// stop earlier would be to wait for a wake-up that nobody owes us.
    #[inline]
    pub(super) fn write(&mut self, cx: &mut Context<'_>) {
        if !self.out.is_flushed() || self.session.outbox().is_pending() || self.was_stalled() {
            self.write_all(cx);
        }
    }

    /// Whether the socket took no bytes when it was last asked, or something waits for that to end.
    #[inline]
    fn was_stalled(&self) -> bool {
        let pong_waits = self.rare.as_ref().is_some_and(|rare| rare.waiting_pong.is_some());
        self.deadlines.is_stalled() || pong_waits
    }

    fn write_all(&mut self, cx: &mut Context<'_>) {
        loop {
            self.drain();
            self.flush(cx);
            let more = self.session.outbox().is_pending() && self.ended.is_none();
            if !more || !self.out.is_empty() {
                return;
            }
        }
    }

    /// Writes what the socket takes; a failure ends the connection.
    #[inline]
    pub(super) fn flush(&mut self, cx: &mut Context<'_>) {
        if !self.out.is_flushed()
            && let Poll::Ready(Err(error)) = self.out.poll_flush(cx, &mut self.io)
        {
            self.fail(End::Io(error));
        }
        self.note_handed();
        if !self.out.is_flushed() || self.was_stalled() {
            self.after_stall(cx);
        }
    }

    /// Remembers whether writing goes on; a Pong that had to wait for that goes out.
    #[cold]
    fn after_stall(&mut self, cx: &mut Context<'_>) {
        self.note_stall(!self.out.is_flushed());
        if self.out.is_flushed()
            && let Some(ping) = self.rare.as_mut().and_then(|rare| rare.waiting_pong.take())
        {
            self.answer(&ping);
            self.flush(cx);
        }
    }

    /// Remembers whether writing goes on.
    pub(super) fn note_stall(&mut self, waiting: bool) {
        let (known, progress) = (self.deadlines.is_stalled(), self.out.take_progress());
        let now = now();
        self.deadlines.writing(waiting, progress, now);
        if progress {
            self.deadlines.sent(now);
        }
        if !known && waiting {
            self.armed = false;
        }
    }

    /// The connection is over, and nothing more is written; the first reason counts.
    pub(super) fn fail(&mut self, end: End) {
        // A Close follows some: a frame that is half written before it has to be ended.
        if !matches!(end, End::Overloaded | End::Timeout(Timeout::Idle | Timeout::Message)) {
            self.out.clear();
        }
        if matches!(end, End::Abort | End::Timeout(Timeout::Send | Timeout::Pong)) {
            self.io.cut();
            self.cut = true;
        }
        self.over_with(end);
    }

    /// The connection is over. Who waits for room to send, perhaps the handler that runs, is told.
    pub(super) fn over_with(&mut self, end: End) {
        self.ended.get_or_insert(end);
        self.session.outbox().close();
        self.session.end();
        self.session.advance(SessionState::Closing);
    }
}

//! Control frames: Pings answered, Pongs passed on, the closing handshake.

use bytes::Bytes;

use crate::close::{CloseFrame, Initiator};
use crate::engine::clock::now;
use crate::engine::link::Link;
use crate::engine::run::Exit;
use crate::message::Pong;
use crate::opcode::OpCode;
use crate::protocol::{Input, Other, State};
use crate::protocol_error::ProtocolError;
use crate::session::SessionState;

/// Payload of the engine's own Pings; their Pongs are not shown to the application.
pub(super) const KEEP_ALIVE: &[u8] = b"keep-alive";

impl Link {
    /// Deals with a control frame: a Pong for the application, if there is one.
    #[cold]
    pub(super) fn control(&mut self, event: Other<'_>) -> Result<Option<Pong>, Box<Exit>> {
        self.between_frames();
        tracing::trace!(session = %self.session.id(), ?event, "<");
        match event {
            Other::Ping(payload) => {
                self.admit_control()?;
                self.pong(payload);
            }
            Other::Pong(payload) => return self.take_pong(payload),
            Other::Close(frame) => return Err(Box::new(Exit::Close(frame))),
            Other::Frame(_) | Other::Part { .. } => {}
        }
        Ok(None)
    }

    /// Answers a Ping whose turn has come, unless that was done ahead.
    fn pong(&mut self, payload: &[u8]) {
        if !self.was_answered() {
            self.answer(payload);
        }
    }

    /// The Pong for the application; `None` for the answer to a keep-alive Ping.
    fn take_pong(&mut self, payload: &[u8]) -> Result<Option<Pong>, Box<Exit>> {
        let rtt = self.round_trip(payload);
        if rtt.is_none() {
            if payload == KEEP_ALIVE && std::mem::take(&mut self.keeps_alive) {
                return Ok(None);
            }
            self.admit_control()?; // nobody asked for it
        }
        Ok(Some(Pong::new(Bytes::copy_from_slice(payload), rtt)))
    }

    /// Counts a control frame: a peer that goes on sending more than it may breaks a limit.
    fn admit_control(&mut self) -> Result<(), Box<Exit>> {
        let limits = self.session.limits();
        if self.rare().controls.admit(now(), limits.max_control_rate, limits.max_control_burst) {
            return Ok(());
        }
        Err(Exit::broken(ProtocolError::TooManyControlFrames(limits.max_control_rate)))
    }

    /// Begins the closing handshake from our side, or answers the peer's Close.
    pub(super) fn send_close(&mut self, frame: CloseFrame, initiator: Initiator) {
        let Some(next) = self.state.next(Input::SendClose) else { return };
        self.state = next;
        self.initiator.get_or_insert(initiator);
        self.session.outbox().close();
        self.session.advance(SessionState::Closing);
        let key = self.key();
        self.sender.close(&frame, key, self.out.buffer());
        tracing::trace!(session = %self.session.id(), code = ?frame.code, "> Close");
        self.rare().sent = Some(frame);
        self.deadlines.closing(now());
        self.armed = false;
    }

    /// Queues a Pong with the Ping's payload. While the socket takes no bytes only one waits: a
    /// later Ping's answer replaces it (RFC 6455 §5.5.3).
    pub(super) fn answer(&mut self, ping: &[u8]) {
        if self.state == State::Closed {
            return; // §5.5.2: until the peer's Close came, also behind our own
        }
        if self.deadlines.is_stalled() {
            self.rare().waiting_pong = Some(ping.into());
        } else {
            let key = self.key();
            self.sender.control(OpCode::Pong, ping, key, self.out.buffer());
        }
    }

    /// The peer's Close was seen while a handler is busy: it waits for that, but not for ever.
    pub(super) fn note_close(&mut self, frame: Option<CloseFrame>) {
        self.rare().close_seen = frame;
        self.deadlines.closing(now());
        self.rearm();
    }
}

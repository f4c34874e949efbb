//! The endpoint of a client: takes replies, counts them, and sends the next message.
//!
//! It runs in the connection's own task. With one message on its way at a time a round costs one
//! read and one write: what it returns goes out with the write that follows its handler.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use ws_container::endpoint::{Context, Declared, Endpoint, HandlerSet, Reply};
use ws_container::frame::Frame;
use ws_container::{Binary, CloseReason, Delivery, Error, OpCode, Pong, Session, Text};

use crate::flags::Failure;
use crate::test_client::incoming::Incoming;
use crate::test_client::output::{Direction, Output};
use crate::test_client::plan::{Body, Kind, Pace, Plan};
use crate::test_client::progress::Progress;
use crate::test_client::tally::Tally;

/// Messages whose reply may be missing while a client sends at a pace of its own; then it waits.
const MAX_OUTSTANDING: usize = 65_536;

/// One client's endpoint. With `FRAMES` it sees each frame; without, whole messages, which costs
/// less: see [`Plan::looks_at_frames`].
pub(super) struct Pinger<const FRAMES: bool> {
    plan: Arc<Plan>,
    body: Body,
    output: Arc<Output>,
    /// Which client it is, from 1.
    number: u32,
    /// When the messages went out that replies are missing for, as [`Progress::nanos`] counts; those of
    /// the other end come here as they are needed.
    outstanding: VecDeque<u64>,
    started: mpsc::Receiver<u64>,
    /// Those that have not come from there yet.
    to_start: u64,
    /// Messages that it sends by itself, one for each reply.
    left: u64,
    incoming: Incoming,
    tally: Tally,
    progress: Arc<Progress>,
    ended: Option<oneshot::Sender<Ended>>,
}

/// The other end of a [`Pinger`], for whoever drives it.
pub(super) struct Controls {
    pub(super) body: Body,
    /// Takes the time of each message before it is sent, as [`Progress::nanos`] counts.
    pub(super) starting: mpsc::Sender<u64>,
    pub(super) progress: Arc<Progress>,
    pub(super) ended: oneshot::Receiver<Ended>,
}

/// What a connection leaves behind.
pub(super) struct Ended {
    pub(super) tally: Tally,
    pub(super) reason: CloseReason,
    pub(super) at: Instant,
}

impl<const FRAMES: bool> Pinger<FRAMES> {
    /// A client, and what it is driven by.
    ///
    /// # Errors
    ///
    /// A system without randomness.
    pub(super) fn new(
        plan: &Arc<Plan>,
        output: &Arc<Output>,
        number: u32,
    ) -> Result<(Self, Controls), Failure> {
        let body = Body::random(plan.kind, plan.size)?;
        let (starting, started) = mpsc::channel(MAX_OUTSTANDING);
        let (sender, ended) = oneshot::channel();
        let progress = Arc::new(Progress::new());
        let left = match plan.pace {
            Pace::Every(_) => 0,
            Pace::Replies(_) => plan.count.unwrap_or(u64::MAX) - plan.first(),
        };
        let pinger = Self {
            plan: Arc::clone(plan),
            body: body.clone(),
            output: Arc::clone(output),
            number,
            outstanding: VecDeque::new(),
            started,
            to_start: plan.first(),
            left,
            incoming: Incoming::default(),
            tally: Tally::default(),
            progress: Arc::clone(&progress),
            ended: Some(sender),
        };
        Ok((pinger, Controls { body, starting, progress, ended }))
    }

    /// When the message went out that is answered now; `None` when all were answered.
    fn sent(&mut self) -> Option<u64> {
        // Before any is added that goes out from here: they are answered in the order in which they
        // went out.
        while self.to_start > 0 && self.outstanding.len() < MAX_OUTSTANDING {
            let Ok(at) = self.started.try_recv() else { break };
            self.to_start -= 1;
            self.outstanding.push_back(at);
        }
        self.outstanding.pop_front()
    }

    /// A message or a Pong is complete: counts it. Whether another message is to be sent now.
    fn complete(&mut self, session: &Session, came: &Incoming) -> bool {
        let now = self.progress.nanos(Instant::now());
        let same = came.is(&self.body) || (self.plan.kind == Kind::Ping && came.same);
        let sent = if same || !self.plan.by_content { self.sent() } else { None };
        let Some(sent) = sent else {
            self.tally.others += 1;
            return false;
        };
        self.tally.changed += u64::from(!same);
        let round_trip = now.saturating_sub(sent);
        self.tally.reply(round_trip, came.frames, came.len);
        let replies = self.tally.messages_received;
        let mut leaving = now;
        if self.output.shows_replies() {
            let round_trip = Duration::from_nanos(round_trip);
            let line = (came.len, came.frames, replies, round_trip, came.opcode);
            self.output.reply(&self.plan, self.number, line);
            // A terminal takes its time, which is not the server's.
            leaving = self.progress.nanos(Instant::now());
        }
        let again = self.left > 0 && session.is_open();
        if again {
            self.left -= 1;
            self.outstanding.push_back(leaving);
            self.tally.messages_sent += 1;
            self.tally.frames_sent += self.plan.frames();
        }
        self.progress.reply(now, replies, replies.saturating_sub(self.tally.messages_sent));
        if again {
            return true;
        }
        if self.plan.count == Some(replies) {
            session.close(CloseReason::default());
        }
        false
    }

    /// A whole message came: the next one. One that lay whole in the read buffer was a single frame;
    /// of others it is not known.
    fn whole(
        &mut self,
        session: &Session,
        opcode: OpCode,
        payload: &[u8],
        in_place: bool,
    ) -> Reply<'_> {
        let mut came = Incoming::default();
        came.add(opcode, payload, &self.body);
        self.tally.frames_at_least |= !in_place;
        if self.complete(session, &came) {
            Reply::Message(self.body.message())
        } else {
            Reply::None
        }
    }

    /// The last message that was counted as sent was not.
    fn unsent(&mut self) {
        self.outstanding.pop_back();
        self.left += 1;
        self.tally.messages_sent = self.tally.messages_sent.saturating_sub(1);
        self.tally.frames_sent = self.tally.frames_sent.saturating_sub(self.plan.frames());
    }
}

/// Sends the message once more, or a Ping. Done when it is queued.
///
/// # Errors
///
/// [`Error::Closed`] once the session is closing.
pub(super) async fn send(plan: &Plan, body: &Body, session: &Session) -> Result<(), Error> {
    match plan.kind {
        Kind::Ping => session.send_ping(body.bytes()).await,
        Kind::Text | Kind::Binary if plan.frames() == 1 => session.enqueue(body.shared()).await,
        Kind::Text | Kind::Binary => {
            let mut opcode = body.opcode();
            let mut rest = body.as_bytes();
            while !rest.is_empty() {
                let (part, behind) = rest.split_at(rest.len().min(plan.fragment));
                let fin = behind.is_empty();
                session.send_frame(Frame { fin, opcode, ..Frame::binary(part) }).await?;
                (rest, opcode) = (behind, OpCode::Continuation);
            }
            Ok(())
        }
    }
}

impl<const FRAMES: bool> Declared for Pinger<FRAMES> {
    type Decoders = ();
    type Encoders = ();
    const PATH: Option<&'static str> = None;

    fn codecs() -> ((), ()) {
        ((), ())
    }
}

impl<const FRAMES: bool> Endpoint for Pinger<FRAMES> {
    const HANDLERS: HandlerSet = HandlerSet {
        text: if FRAMES { Delivery::None } else { Delivery::Whole },
        binary: if FRAMES { Delivery::None } else { Delivery::Whole },
        text_at_once: !FRAMES,
        binary_at_once: !FRAMES,
        frame: FRAMES,
        pong: true,
        error: true,
        ..HandlerSet::NONE
    };

    async fn on_text<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Text<'a>,
    ) -> Result<Reply<'a>, Error> {
        let in_place = matches!(message, Text::Borrowed(_));
        Ok(self.whole(cx.session, OpCode::Text, message.as_str().as_bytes(), in_place))
    }

    async fn on_binary<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        message: Binary<'a>,
    ) -> Result<Reply<'a>, Error> {
        let in_place = matches!(message, Binary::Borrowed(_));
        Ok(self.whole(cx.session, OpCode::Binary, message.as_slice(), in_place))
    }

    async fn on_frame<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        frame: Frame<'a>,
    ) -> Result<Reply<'a>, Error> {
        self.incoming.add(frame.opcode, &frame.payload, &self.body);
        if self.output.shows_frames() {
            let (fin, len) = (frame.fin, frame.payload.len());
            self.output.frame(Direction::In, self.number, frame.opcode, (fin, len));
        }
        if !frame.fin {
            return Ok(Reply::None);
        }
        let came = std::mem::take(&mut self.incoming);
        if self.plan.kind == Kind::Ping {
            self.tally.others += 1;
            return Ok(Reply::None);
        }
        if !self.complete(cx.session, &came) {
            return Ok(Reply::None);
        }
        if self.output.shows_frames() {
            self.output.message(&self.plan, self.number, &self.body);
        }
        if self.plan.frames() == 1 {
            return Ok(Reply::Message(self.body.message()));
        }
        Ok(Reply::Work(Box::pin(send(&self.plan, &self.body, cx.session))))
    }

    async fn on_pong<'a>(
        &'a mut self,
        cx: Context<'a, Self>,
        pong: Pong,
    ) -> Result<Reply<'a>, Error> {
        if self.output.shows_frames() {
            self.output.frame(Direction::In, self.number, OpCode::Pong, (true, pong.payload.len()));
        }
        if self.plan.kind != Kind::Ping {
            self.tally.others += 1;
            return Ok(Reply::None);
        }
        let mut came = Incoming::default();
        came.add(OpCode::Pong, &pong.payload, &self.body);
        came.same &= came.len == self.plan.size;
        if self.complete(cx.session, &came) {
            if self.output.shows_frames() {
                self.output.message(&self.plan, self.number, &self.body);
            }
            send(&self.plan, &self.body, cx.session).await?;
        }
        Ok(Reply::None)
    }

    async fn on_close<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        reason: &'a CloseReason,
    ) -> Result<(), Error> {
        let tally = std::mem::take(&mut self.tally);
        let ended = Ended { tally, reason: reason.clone(), at: self.progress.last() };
        if let Some(sender) = self.ended.take() {
            // Nobody waits only where the program is ending.
            let _ = sender.send(ended);
        }
        Ok(())
    }

    async fn on_error<'a>(
        &'a mut self,
        _: Context<'a, Self>,
        error: &'a Error,
    ) -> Result<(), Error> {
        // Any other error ends the session, and its reason tells it.
        if matches!(error, Error::Closed) {
            self.unsent();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_client::tests::flags;

    /// The endpoint of a client with these flags, and its other end.
    fn pinger(arguments: &str) -> (Pinger<false>, Controls) {
        let flags = flags(&arguments.split(' ').collect::<Vec<_>>()).unwrap();
        let plan = Arc::new(Plan::new(&flags).unwrap());
        let output = Arc::new(Output::new(&plan));
        Pinger::new(&plan, &output, 1).unwrap()
    }

    #[test]
    fn messages_are_answered_in_the_order_in_which_they_went_out() {
        let (mut pinger, controls) = pinger("-P echo -q -d 0 --in-flight 2 -c 10");
        // The first is back, and another went out for it, before the second went out.
        controls.starting.try_send(1).unwrap();
        assert_eq!(pinger.sent(), Some(1));
        pinger.outstanding.push_back(2);
        controls.starting.try_send(3).unwrap();
        assert_eq!(pinger.sent(), Some(2));
        pinger.outstanding.push_back(4);
        assert_eq!(pinger.sent(), Some(3), "not the one that went out later");
        assert_eq!((pinger.sent(), pinger.sent()), (Some(4), None));
    }
}

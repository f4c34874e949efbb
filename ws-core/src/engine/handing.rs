//! Tells senders that the transport has what they sent, and askers that their Pong came.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::clock::now;
use crate::engine::link::Link;

/// How far the transport is with what session handles sent. One mark at a time: while many messages
/// wait in the output, their senders are told in groups.
#[derive(Debug, Default)]
pub(super) struct Handing {
    mark: Option<Mark>,
    /// Number of the last entry that went to the output.
    popped: u64,
    /// Somebody waited for what was handed over meanwhile, perhaps the handler that runs.
    news: bool,
    pongs: Option<Box<PongsAhead>>,
}

/// When the transport took so many bytes of the output, it has all entries up to a number.
#[derive(Clone, Copy, Debug)]
struct Mark {
    taken: u64,
    number: u64,
}

/// Pongs that were seen before their turn. Their askers know; the Pong handler is told later.
#[derive(Debug, Default)]
struct PongsAhead {
    /// Pongs that were seen ahead.
    seen: usize,
    /// How many of these had their turn.
    delivered: usize,
    /// The answers among them: which it was, and the round trip.
    answers: VecDeque<(usize, Duration)>,
}

impl Link {
    /// All entries up to `number` went to the output.
    pub(super) fn went_out(&mut self, number: u64) {
        self.handing.popped = number;
        self.mark();
    }

    /// Notes what the transport has to take until it has all entries that went to the output.
    fn mark(&mut self) {
        if self.handing.mark.is_none() {
            let (taken, number) = (self.out.end(), self.handing.popped);
            self.handing.mark = Some(Mark { taken, number });
        }
    }

    /// The transport may have taken something.
    #[inline]
    pub(super) fn note_handed(&mut self) {
        if let Some(mark) = self.handing.mark {
            self.hand_over(mark);
        }
    }

    fn hand_over(&mut self, mark: Mark) {
        if self.out.taken() < mark.taken {
            return;
        }
        let popped = self.handing.popped;
        let number = if self.out.is_empty() { popped } else { mark.number };
        self.handing.news |= self.session.outbox().hand_over(number);
        self.handing.mark = None;
        if number < popped {
            self.mark();
        }
    }

    /// Whether the handler that runs may have waited for what was handed over since the last look.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.handing.news)
    }

    /// A Pong was found before its turn.
    pub(super) fn pong_ahead(&mut self, payload: &[u8]) {
        let answer = self.session.pings().answered(payload, now());
        let ahead = self.handing.pongs.get_or_insert_default();
        if let Some(round_trip) = answer {
            ahead.answers.push_back((ahead.seen, round_trip));
            self.handing.news = true;
        }
        ahead.seen += 1;
    }

    /// The round trip of the Ping that a Pong answers, whose turn has come.
    pub(super) fn round_trip(&mut self, payload: &[u8]) -> Option<Duration> {
        let Some(ahead) = &mut self.handing.pongs else {
            return self.session.pings().answered(payload, now());
        };
        let nth = ahead.delivered;
        ahead.delivered += 1;
        let known = match ahead.answers.front() {
            Some((seen, _)) if *seen == nth => ahead.answers.pop_front(),
            _ => None,
        };
        if ahead.delivered == ahead.seen {
            self.handing.pongs = None;
        }
        known.map(|(_, round_trip)| round_trip)
    }
}

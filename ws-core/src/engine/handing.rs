//! Tells senders that the transport has what they sent, and askers that their Pong came.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::clock::now;
use crate::engine::link::Link;

/// Marks of single messages. Behind so many the last one stands for all that follows: when the peer
/// takes little, and much is sent, senders are told in groups.
const MARKS: usize = 64;

/// How far the transport is with what session handles sent. A connection has it while something is
/// on its way, and no longer.
#[derive(Debug, Default)]
pub(super) struct Handing {
    marks: VecDeque<Mark>,
    pongs: Option<PongsAhead>,
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
    /// The entry `number` went to the output.
    pub(super) fn went_out(&mut self, number: u64) {
        let mark = Mark { taken: self.out.end(), number };
        let marks = &mut self.handing.get_or_insert_default().marks;
        if marks.len() == MARKS {
            marks.pop_back();
        }
        marks.push_back(mark);
    }

    /// The transport may have taken something.
    #[inline]
    pub(super) fn note_handed(&mut self) {
        if self.handing.is_some() {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let taken = self.out.taken();
        let Some(handing) = &mut self.handing else { return };
        let mut number = None;
        while let Some(mark) = handing.marks.front()
            && mark.taken <= taken
        {
            number = Some(mark.number);
            handing.marks.pop_front();
        }
        if handing.marks.is_empty() && handing.pongs.is_none() {
            self.handing = None;
        }
        if let Some(number) = number {
            self.news |= self.session.outbox().hand_over(number);
        }
    }

    /// Whether the handler that runs may have waited for what was handed over since the last look.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// A Pong was found before its turn.
    pub(super) fn pong_ahead(&mut self, payload: &[u8]) {
        let answer = self.session.pings().answered(payload, now());
        self.news |= answer.is_some();
        let ahead = self.handing.get_or_insert_default().pongs.get_or_insert_default();
        if let Some(round_trip) = answer {
            ahead.answers.push_back((ahead.seen, round_trip));
        }
        ahead.seen += 1;
    }

    /// The round trip of the Ping that a Pong answers, whose turn has come.
    pub(super) fn round_trip(&mut self, payload: &[u8]) -> Option<Duration> {
        let Some(ahead) = self.handing.as_mut().and_then(|handing| handing.pongs.as_mut()) else {
            return self.session.pings().answered(payload, now());
        };
        let nth = ahead.delivered;
        ahead.delivered += 1;
        let known = match ahead.answers.front() {
            Some((seen, _)) if *seen == nth => ahead.answers.pop_front(),
            _ => None,
        };
        if ahead.delivered == ahead.seen
            && let Some(handing) = &mut self.handing
        {
            handing.pongs = None;
        }
        known.map(|(_, round_trip)| round_trip)
    }
}

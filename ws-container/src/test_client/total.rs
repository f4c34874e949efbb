//! What came of all clients, put together.

use std::collections::BTreeMap;
use std::time::Instant;

use ws_container::Initiator;

use crate::flags;
use crate::test_client::pinger::Ended;
use crate::test_client::plan::Plan;
use crate::test_client::tally::Tally;

/// Different problems that are told one by one.
const MAX_PROBLEMS: usize = 10;

/// What became of one client.
pub(super) struct Done {
    pub(super) number: u32,
    /// What was counted; `None` when even that was lost.
    pub(super) ended: Option<Ended>,
    /// Messages sent here, besides those of the endpoint.
    pub(super) sent: u64,
    pub(super) why: Why,
}

/// Why a client ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Why {
    /// It closed, or the server did.
    Closed,
    /// No reply came for too long.
    Silence,
    /// Somebody asked for it.
    Stopped,
}

/// What all clients did.
pub(super) struct Total {
    pub(super) tally: Tally,
    /// When the last reply came.
    pub(super) last: Instant,
    /// Every client sent all it should, or was told to stop.
    pub(super) complete: bool,
}

impl Total {
    pub(super) fn new(begun: Instant) -> Self {
        Self { tally: Tally::default(), last: begun, complete: true }
    }

    pub(super) fn add(&mut self, plan: &Plan, done: Done, problems: &mut Problems) {
        let Done { number, ended, sent, why } = done;
        let Some(Ended { mut tally, reason, at }) = ended else {
            self.complete = false;
            return problems.note(format!("client {number} ended without a trace"));
        };
        tally.messages_sent += sent;
        tally.frames_sent += sent * plan.frames();
        let all_sent = plan.count == Some(tally.messages_sent);
        self.complete &= all_sent || why == Why::Stopped;
        let missing = !all_sent || tally.lost() > 0;
        if missing && why == Why::Silence {
            problems.note(format!("no reply for {:?}", plan.wait));
        } else if missing && reason.initiator() != Initiator::Local {
            problems.note(flags::ended(&reason));
        }
        self.last = self.last.max(at);
        self.tally.add(&tally);
    }
}

/// What went wrong, each with how often it did.
#[derive(Debug, Default)]
pub(super) struct Problems {
    told: BTreeMap<String, u32>,
    /// How often something else did.
    more: u32,
}

impl Problems {
    pub(super) fn note(&mut self, problem: String) {
        // Clients fail alike; what differs in each of very many is not worth the room.
        if self.told.len() < MAX_PROBLEMS || self.told.contains_key(&problem) {
            *self.told.entry(problem).or_default() += 1;
        } else {
            self.more += 1;
        }
    }

    /// Says them on standard error.
    pub(super) fn tell(&self) {
        for line in self.lines() {
            flags::to_stderr(format_args!("error: {line}"));
        }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let told = self.told.iter().map(|(problem, times)| match times {
            1 => problem.clone(),
            _ => format!("{problem} ({times} connections)"),
        });
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        told.chain(more)
    }
}

#[cfg(test)]
mod tests {
    use ws_container::CloseReason;

    use super::*;
    use crate::test_client::tests::flags;

    /// One client that sent `sent` messages of three, of which `received` came back, and was silent.
    fn silent(sent: u64, received: u64) -> (Total, Problems) {
        let plan = Plan::new(&flags(&["-P", "echo", "-c", "3"]).unwrap()).unwrap();
        let (mut total, mut problems) = (Total::new(Instant::now()), Problems::default());
        let mut tally = Tally::default();
        for _ in 0..received {
            tally.reply(1_000_000, 1, 64);
        }
        let ended = Ended { tally, reason: CloseReason::default(), at: Instant::now() };
        let done = Done { number: 1, ended: Some(ended), sent, why: Why::Silence };
        total.add(&plan, done, &mut problems);
        (total, problems)
    }

    #[test]
    fn silence_is_a_problem_only_where_something_is_missing() {
        let (total, problems) = silent(3, 3);
        assert!(total.complete && problems.lines().next().is_none(), "{problems:?}");
        let (total, problems) = silent(3, 2);
        assert!(total.complete && problems.lines().next().is_some());
        let (total, problems) = silent(2, 2);
        assert!(!total.complete && problems.lines().next().is_some());
    }

    #[test]
    fn problems_are_told_once_and_all_are_counted() {
        let mut problems = Problems::default();
        for number in 0..=MAX_PROBLEMS + 2 {
            problems.note(format!("problem {number:02}"));
            problems.note("problem 00".to_owned());
        }
        let lines: Vec<_> = problems.lines().collect();
        assert_eq!(lines.len(), MAX_PROBLEMS + 1);
        assert_eq!(lines[0], format!("problem 00 ({} connections)", MAX_PROBLEMS + 4));
        assert_eq!(lines[MAX_PROBLEMS - 1], format!("problem {:02}", MAX_PROBLEMS - 1));
        assert_eq!(lines[MAX_PROBLEMS], "and 3 more");
    }
}

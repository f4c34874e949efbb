//! Bytes whose turn has not come, while a handler keeps those before them waiting.

use crate::close::CloseFrame;
use crate::engine::buffers::Lease;
use crate::engine::link::Link;
use crate::protocol::{Found, Lookahead};

/// What a connection knows of them.
#[derive(Default)]
pub(super) struct Ahead {
    /// Those that were read while a handler was busy.
    pub(super) read: Option<(Lease, usize)>,
    /// Where looking at them has come to, and how many bytes that is beyond those delivered.
    look: Option<Lookahead>,
    scanned: usize,
    /// Bytes to be passed over before a frame begins, where looking begins inside of one.
    skip: u64,
    /// `look` says where to begin.
    seeded: bool,
    /// Nothing is to be found any more.
    pub(super) over: bool,
    /// Pings answered ahead of their turn.
    answered: usize,
}

impl Ahead {
    /// Where to go on looking, in a place of its own for as long as that takes.
    fn begin(&mut self) -> Lookahead {
        match self.look.take() {
            Some(look) if self.scanned > 0 || self.seeded => look,
            _ => Lookahead::new(self.skip),
        }
    }
}

impl Link {
    /// What is known of bytes whose turn has not come; room is made for it.
    pub(super) fn ahead(&mut self) -> &mut Ahead {
        self.ahead.get_or_insert_default()
    }

    /// Takes what was read ahead.
    #[inline]
    pub(super) fn take_ahead(&mut self) -> Option<(Lease, usize)> {
        self.ahead.as_mut()?.read.take()
    }

    /// Whether something was read ahead.
    pub(super) fn has_ahead(&self) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.read.is_some())
    }

    /// Whether there is no room to read more ahead.
    pub(super) fn is_far_ahead(&self) -> bool {
        let read = self.ahead.as_ref().and_then(|ahead| ahead.read.as_ref());
        read.is_some_and(|(lease, len)| *len == lease.len())
    }

    /// Answers the Pings among the bytes whose turn has not come, and notes a Close. `rest` are
    /// those in front of what was read ahead.
    pub(super) fn look_ahead(&mut self, rest: &[u8]) {
        let ahead = self.ahead();
        if ahead.over {
            return;
        }
        let mut look = ahead.begin();
        let read = ahead.read.take();
        let seen = ahead.scanned;
        let bytes = read.as_ref().map_or(&[][..], |(lease, len)| &lease[..*len]);
        let seen_of_rest = seen.min(rest.len());
        let seen_of_bytes = (seen - seen_of_rest).min(bytes.len());
        for part in [&rest[seen_of_rest..], &bytes[seen_of_bytes..]] {
            look.scan(part, |found| self.found(found));
        }
        let ahead = self.ahead();
        ahead.scanned = rest.len() + bytes.len();
        ahead.read = read;
        ahead.look = Some(look);
    }

    fn found(&mut self, found: Found<'_>) {
        match found {
            Found::Ping(payload) => {
                self.ahead().answered += 1;
                self.answer(payload);
            }
            Found::Pong(payload) => self.pong_ahead(payload),
            Found::Close(body) => {
                // A body that is wrong is reported when its turn comes.
                self.note_close(CloseFrame::parse(body).ok());
            }
        }
    }

    /// Whether a Ping whose turn has come was answered ahead of it.
    pub(super) fn was_answered(&mut self) -> bool {
        match &mut self.ahead {
            Some(ahead) if ahead.answered > 0 => {
                ahead.answered -= 1;
                true
            }
            _ => false,
        }
    }

    /// Makes looking ahead begin with what `look` makes, unless it has begun: bytes that come next
    /// are in the middle of something.
    pub(super) fn seed(&mut self, look: impl FnOnce() -> Lookahead) {
        let ahead = self.ahead();
        if ahead.scanned == 0 {
            ahead.seeded = true;
            ahead.look = Some(look());
        }
    }

    /// Looking ahead begins `missing` bytes before a frame does.
    pub(super) fn inside_frame(&mut self, missing: u64) {
        if missing > 0 {
            self.ahead().skip = missing;
        } else {
            self.between_frames();
        }
    }

    /// Looking ahead begins between two frames.
    pub(super) fn between_frames(&mut self) {
        if let Some(ahead) = &mut self.ahead {
            ahead.skip = 0;
        }
    }

    /// A message that was read while it came is over: what was found out in the middle of it holds no
    /// more.
    pub(super) fn unseed(&mut self) {
        if let Some(ahead) = &mut self.ahead {
            ahead.seeded = false;
        }
    }

    /// Bytes were delivered: looking ahead is that much less ahead.
    #[inline]
    pub(super) fn delivered(&mut self, len: usize) {
        if let Some(ahead) = &mut self.ahead {
            ahead.scanned = ahead.scanned.saturating_sub(len);
        }
    }
}

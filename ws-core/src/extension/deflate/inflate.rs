//! Undoes compression, RFC 7692 §7.2.2.

use std::cell::RefCell;

use zlib_rs::{Inflate, InflateFlush, Status};

use crate::budget::Reservation;
use crate::extension::deflate::history::History;
use crate::extension::interface::{Decoder, Part, Scope};
use crate::protocol_error::ProtocolError;

/// Decompressors that a thread keeps for its connections; each has 46 KiB.
const KEPT: usize = 16;

/// Bytes that are decompressed at once: the least and the most.
const STEPS: (usize, usize) = (512, 16 * 1024);

/// What stands behind the bytes of a message: the end of the empty stored block that the sender took
/// away, and an empty last block. Only data that is complete makes a last block of the latter.
const TAIL: [u8; 6] = [0, 0, 0xFF, 0xFF, 0x03, 0x00];

/// Most final blocks in a message, with the one that is put behind it. Each lets the decompressor begin
/// anew with the history, which for two bytes on the wire is a lot of work; nobody needs more than one.
const MAX_FINAL_BLOCKS: u8 = 32;

const CORRUPT: ProtocolError = ProtocolError::InvalidPayload("compressed data is corrupt");

thread_local! {
    static POOL: RefCell<Vec<Inflate>> = const { RefCell::new(Vec::new()) };
}

/// Decompresses the messages, or frames, of one connection.
///
/// A decompressor of the thread is in use from the first byte of a message to its last. What the
/// next one may refer to is kept as its last bytes alone, and given to the decompressor again.
pub(super) struct Decompressor {
    scope: Scope,
    /// Whether a message may refer to those before it.
    takeover: bool,
    history: History,
    /// In use by the message that has begun.
    inflate: Option<Inflate>,
    /// The decompressor has taken nothing since the begin of the message or the last final block.
    fresh: bool,
    /// Final blocks of the message so far.
    final_blocks: u8,
    _reservation: Option<Reservation>,
}

impl Decompressor {
    pub(super) const fn new(
        scope: Scope,
        window: usize,
        takeover: bool,
        reservation: Option<Reservation>,
    ) -> Self {
        Self {
            scope,
            takeover,
            history: History::new(window),
            inflate: None,
            fresh: true,
            final_blocks: 0,
            _reservation: reservation,
        }
    }

    /// Decompresses `input` until `out` has `most` bytes; those from `new` on are not in the history
    /// yet.
    fn run(
        &mut self,
        inflate: &mut Inflate,
        mut input: &[u8],
        out: &mut Vec<u8>,
        new: &mut usize,
        most: usize,
    ) -> Result<(), ProtocolError> {
        loop {
            if out.len() >= most || (input.is_empty() && self.fresh) {
                return Ok(());
            }
            if self.fresh {
                // A final block may end before the message does (RFC 7692 §7.2.3.4).
                self.history.push(&out[*new..]);
                *new = out.len();
                inflate.reset(false);
                if !self.history.as_slice().is_empty() {
                    inflate.set_dictionary(self.history.as_slice()).map_err(|_| CORRUPT)?;
                }
                self.fresh = false;
            }
            let room = (4 * input.len()).clamp(STEPS.0, STEPS.1).min(most - out.len());
            let at = out.len();
            out.resize(at + room, 0);
            let before = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(input, &mut out[at..], InflateFlush::SyncFlush);
            let taken = usize::try_from(inflate.total_in() - before.0).unwrap_or(0);
            let made = usize::try_from(inflate.total_out() - before.1).unwrap_or(0);
            out.truncate(at + made);
            input = &input[taken..];
            match status {
                Ok(Status::StreamEnd) => {
                    self.fresh = true;
                    self.final_blocks += 1;
                    if self.final_blocks > MAX_FINAL_BLOCKS {
                        return Err(ProtocolError::InvalidPayload("too many final blocks"));
                    }
                }
                Ok(Status::Ok | Status::BufError) if made == room => {}
                Ok(Status::Ok | Status::BufError) if input.is_empty() => return Ok(()),
                Ok(Status::Ok) if taken + made > 0 => {}
                Ok(Status::Ok | Status::BufError) | Err(_) => return Err(CORRUPT),
            }
        }
    }

    fn part(
        &mut self,
        inflate: &mut Inflate,
        input: &[u8],
        end: bool,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError> {
        let mut new = out.len();
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let most = new.saturating_add(most).saturating_add(1);
        self.run(inflate, input, out, &mut new, most)?;
        // With nothing behind a final block, or nothing at all, there is no block to end.
        if end && !self.fresh {
            self.run(inflate, &TAIL, out, &mut new, most)?;
            if !self.fresh && out.len() < most {
                return Err(CORRUPT);
            }
        }
        if self.takeover || !end {
            self.history.push(&out[new..]);
        }
        Ok(())
    }
}

impl Decoder for Decompressor {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn decode(
        &mut self,
        part: Part<'_>,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), ProtocolError> {
        let end = match self.scope {
            Scope::Message => part.fin,
            Scope::Frame => part.frame_end,
        };
        let mut inflate = self.inflate.take().unwrap_or_else(|| {
            (self.fresh, self.final_blocks) = (true, 0);
            let kept = POOL.try_with(|pool| pool.borrow_mut().pop()).ok().flatten();
            kept.unwrap_or_else(|| Inflate::new(false, 15))
        });
        let result = self.part(&mut inflate, part.payload, end, out, limit);
        if end || result.is_err() {
            give_back(inflate);
            if !self.takeover {
                self.history.clear();
            }
        } else {
            self.inflate = Some(inflate);
        }
        result
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        if let Some(inflate) = self.inflate.take() {
            give_back(inflate);
        }
    }
}

fn give_back(inflate: Inflate) {
    // During a thread's end there is no pool any more: it is freed.
    let _ = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        if pool.len() < KEPT {
            pool.push(inflate);
        }
    });
}

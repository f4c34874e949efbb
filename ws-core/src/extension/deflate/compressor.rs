//! Compresses what is sent, RFC 7692 §7.2.1.

use std::sync::Arc;

use crate::budget::Reservation;
use crate::extension::deflate::compress::{End, compress};
use crate::extension::deflate::history::History;
use crate::extension::deflate::terms::WindowBits;
use crate::extension::interface::{Encoder, SendOptions};

/// How messages are compressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// From 1, fastest, to 9, smallest.
    pub(super) level: u8,
    /// Messages with fewer bytes are left as they are.
    pub(super) threshold: usize,
}

/// Compresses the messages of one connection, with the compressor of the thread.
pub(super) struct MessageCompressor {
    manner: Manner,
    window: WindowBits,
    takeover: bool,
    history: History,
    share_key: Option<Arc<str>>,
    _reservation: Option<Reservation>,
}

impl MessageCompressor {
    pub(super) fn new(
        manner: Manner,
        window: WindowBits,
        takeover: bool,
        reservation: Option<Reservation>,
    ) -> Self {
        let Manner { level, threshold } = manner;
        let key = || format!("deflate {} {level} {threshold}", window.get()).into();
        Self {
            manner,
            window,
            takeover,
            history: History::new(window.len()),
            share_key: (!takeover).then(key),
            _reservation: reservation,
        }
    }

    fn compress(&self, payload: &[u8], end: End, out: &mut Vec<u8>) {
        compress(self.history.as_slice(), payload, self.window, self.manner.level, end, out);
    }
}

impl Encoder for MessageCompressor {
    fn encode(&mut self, payload: &[u8], options: SendOptions, out: &mut Vec<u8>) -> bool {
        if !options.compress() || payload.len() < self.manner.threshold {
            return false;
        }
        out.reserve(payload.len() / 2);
        self.compress(payload, End::Message, out);
        if out.len() >= payload.len() {
            // What does not get smaller goes out as it is, and is no part of the history then.
            return false;
        }
        if self.takeover {
            self.history.push(payload);
        }
        true
    }

    fn begin(&mut self, options: SendOptions) -> bool {
        if !self.takeover {
            self.history.clear();
        }
        options.compress()
    }

    fn encode_part(&mut self, part: &[u8], fin: bool, out: &mut Vec<u8>) {
        if fin {
            self.compress(part, End::Message, out);
        } else if !part.is_empty() {
            self.compress(part, End::Flush, out);
        }
        if self.takeover || !fin {
            self.history.push(part);
        } else {
            self.history.clear();
        }
    }

    fn share_key(&self) -> Option<Arc<str>> {
        self.share_key.clone()
    }
}

//! The protocol machine: bytes in, events out; commands in, bytes out. No I/O, no clock, no
//! randomness: bytes and masking keys are arguments.
//!
//! * [`Receiver`] turns bytes into [`Event`]s. It parses, unmasks and checks them in place, in the
//!   caller's buffer; events borrow from it, and only an incomplete header or an unfinished message
//!   is kept.
//! * [`Sender`] turns messages and control frames into bytes.
//! * [`State`] is the closing handshake as a table.
//! * [`Lookahead`] finds control frames in bytes whose turn has not come.

mod buffers;
mod event;
mod lookahead;
mod message;
mod receive;
mod send;
mod state;

pub use buffers::{Buffers, Heap};
pub use event::{Event, Other, Part};
pub use lookahead::{Found, Lookahead};
pub use receive::{Receiver, Wants};
pub use send::{FrameParts, Piece, Sender};
pub use state::{Input, State};

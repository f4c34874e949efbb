//! Endpoints that tests talk to, written as any user's. Those that report have the path variable
//! `case`, by which their [`Journal`] is found.

mod plain;
mod refusing;
mod reporting;

pub use plain::{BinaryOnly, Echo, Exact, Small, Variables, Where};
pub use refusing::{BareNumber, Number, Refusing};
pub use reporting::{Bare, Reporting};

use ws_container::prelude::*;

use crate::journal::Journal;

/// `close CODE REASON by WHO`, with what the session says of itself meanwhile.
pub fn note_close(journal: &Journal, session: &Session, reason: &CloseReason) {
    assert!(!session.is_open(), "a session is not open in on_close");
    let (code, phrase) = (reason.code().as_u16(), reason.phrase());
    let clean = if reason.is_clean() { "clean" } else { "unclean" };
    journal.note(format!("close {code} {phrase:?} by {:?}, {clean}", reason.initiator()));
}

/// The name of an error's variant.
#[must_use]
pub fn kind(error: &Error) -> String {
    let debug = format!("{error:?}");
    debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

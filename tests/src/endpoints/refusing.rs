//! Endpoints that fail by themselves.

use ws_container::prelude::*;

use crate::endpoints::{kind, note_close};
use crate::journal::Journal;

/// Takes text as a number, and reports what does not decode.
#[server_endpoint("/number/{case}")]
#[derive(Debug, Default)]
pub struct Number;

#[handlers]
impl Number {
    #[on_message]
    fn twice(&mut self, number: i32) -> i64 {
        i64::from(number) * 2
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        Journal::of(case).note(format!("error {}", kind(error)));
    }
}

/// As [`Number`], without an error handler.
#[server_endpoint("/bare-number/{case}")]
#[derive(Debug, Default)]
pub struct BareNumber;

#[handlers]
impl BareNumber {
    #[on_message]
    fn twice(&mut self, number: i32) -> i64 {
        i64::from(number) * 2
    }
}

/// Refuses every session in `#[on_open]`.
#[server_endpoint("/refusing/{case}")]
#[derive(Debug, Default)]
pub struct Refusing;

#[handlers]
impl Refusing {
    #[on_open]
    fn open(&mut self) -> Result<(), std::num::ParseIntError> {
        "no number".parse::<i32>().map(drop)
    }

    #[on_message]
    fn text(&mut self, text: &str, #[path_param] case: &str) {
        Journal::of(case).note(format!("text {text}"));
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason, #[path_param] case: &str) {
        note_close(&Journal::of(case), session, reason);
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] case: &str) {
        Journal::of(case).note(format!("error {}", kind(error)));
    }
}

//! Endpoints that tests talk to, written as any user's. Every one has the path variable `case`, by
//! which its [`Journal`] is found.

use std::sync::Arc;

use ws_container::prelude::*;

use crate::journal::Journal;

/// Reports every callback, and does what a text message says:
///
/// | message | what happens |
/// |---|---|
/// | `close CODE REASON` | the session closes with that |
/// | `fail` | the handler returns an error |
/// | `panic` | the handler panics |
/// | `abort` | the session ends without a closing handshake |
/// | `send TEXT` | the session sends it, and how that went is reported |
/// | anything else | nothing |
#[server_endpoint("/journal/{case}")]
#[derive(Debug, Default)]
pub struct Reporting {
    journal: Arc<Journal>,
}

#[handlers]
impl Reporting {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.note("open");
    }

    #[on_message]
    async fn text(&mut self, session: &Session, text: &str) -> Result<()> {
        self.journal.note(format!("text {text}"));
        obey(&self.journal, session, text).await
    }

    #[on_message]
    fn binary(&mut self, payload: &[u8]) {
        self.journal.note(format!("binary {payload:?}"));
    }

    #[on_message]
    fn pong(&mut self, pong: Pong) {
        self.journal.note(format!("pong {:?}", pong.payload));
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason) {
        note_close(&self.journal, session, reason);
    }

    #[on_error]
    fn error(&mut self, error: &Error) {
        self.journal.note(format!("error {}", kind(error)));
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

/// As [`Reporting`], without an error handler.
#[server_endpoint("/bare/{case}")]
#[derive(Debug, Default)]
pub struct Bare {
    journal: Arc<Journal>,
}

#[handlers]
impl Bare {
    #[on_open]
    fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.note("open");
    }

    #[on_message]
    async fn text(&mut self, session: &Session, text: &str) -> Result<()> {
        self.journal.note(format!("text {text}"));
        obey(&self.journal, session, text).await
    }

    #[on_close]
    fn close(&mut self, session: &Session, reason: &CloseReason) {
        note_close(&self.journal, session, reason);
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

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

/// Returns messages up to 64 MiB as they came.
#[server_endpoint("/echo")]
#[derive(Debug, Default)]
pub struct Echo;

#[handlers]
impl Echo {
    #[on_message(max_size = "64 MiB")]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message(max_size = "64 MiB")]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

/// Returns messages up to a small limit.
#[server_endpoint("/small")]
#[derive(Debug, Default)]
pub struct Small;

#[handlers]
impl Small {
    #[on_message(max_size = 1000)]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message(max_size = "1 KiB")]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

/// Counts the bytes of binary messages and has no handler for text.
#[server_endpoint("/binary-only")]
#[derive(Debug, Default)]
pub struct BinaryOnly;

#[handlers]
impl BinaryOnly {
    #[on_message]
    fn binary(&mut self, payload: &[u8]) -> usize {
        payload.len()
    }
}

/// Sends its path variables.
#[server_endpoint("/path/{first}/{second}")]
#[derive(Debug, Default)]
pub struct Variables;

#[handlers]
impl Variables {
    #[on_open]
    async fn open(
        &mut self,
        session: &Session,
        #[path_param] first: String,
        #[path_param] second: &str,
    ) -> Result<()> {
        session.send(format!("{first},{second}")).await
    }
}

/// Its path is exact where that of [`Variables`] has a variable.
#[server_endpoint("/path/exact/{second}")]
#[derive(Debug, Default)]
pub struct Exact;

#[handlers]
impl Exact {
    #[on_open]
    async fn open(&mut self, session: &Session, #[path_param] second: &str) -> Result<()> {
        session.send(format!("exact {second}")).await
    }
}

async fn obey(journal: &Journal, session: &Session, text: &str) -> Result<()> {
    let (command, argument) = text.split_once(' ').unwrap_or((text, ""));
    match command {
        "close" => {
            let (code, reason) = argument.split_once(' ').unwrap_or((argument, ""));
            let code = code.parse().ok().and_then(CloseCode::new).expect("a close code");
            session.close(CloseReason::new(code, reason.to_owned())?);
        }
        "fail" => return Err(Error::from_handler("the handler failed".into())),
        "panic" => panic!("the handler panicked"),
        "abort" => session.abort(),
        "send" => match session.send(argument).await {
            Ok(()) => journal.note("sent"),
            Err(error) => journal.note(format!("not sent: {}", kind(&error))),
        },
        _ => {}
    }
    Ok(())
}

/// `close CODE REASON by WHO`, with what the session says of itself meanwhile.
fn note_close(journal: &Journal, session: &Session, reason: &CloseReason) {
    assert!(!session.is_open(), "a session is not open in on_close");
    let (code, phrase) = (reason.code().as_u16(), reason.phrase());
    let clean = if reason.is_clean() { "clean" } else { "unclean" };
    journal.note(format!("close {code} {phrase:?} by {:?}, {clean}", reason.initiator()));
}

/// The name of an error's variant.
fn kind(error: &Error) -> String {
    let debug = format!("{error:?}");
    debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

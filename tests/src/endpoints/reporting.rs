//! Endpoints that report every callback, and do what messages say.

use std::sync::Arc;
use std::time::Duration;

use ws_container::prelude::*;

use crate::endpoints::{kind, note_close};
use crate::journal::Journal;

/// Reports every callback, and does what a text message says; several commands are separated by
/// `"; "`:
///
/// | message | what happens |
/// |---|---|
/// | `close CODE REASON` | the session closes with that |
/// | `fail` | the handler returns an error |
/// | `panic` | the handler panics |
/// | `abort` | the session ends without a closing handshake |
/// | `send TEXT` | the session sends it, and how that went is reported |
/// | `send-until-closed` | the session sends until it cannot, and why is reported |
/// | `ping LEN`, `pong LEN` | the session sends a Ping or a Pong of that many bytes, and how that went is reported |
/// | `reason CODE LEN` | whether there is such a code, and a reason of it with a phrase of that many bytes, is reported |
/// | `state` | where the session stands is reported |
/// | `wait` | the handler waits for [`Journal::release`] and reports that |
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

async fn obey(journal: &Journal, session: &Session, text: &str) -> Result<()> {
    for command in text.split("; ") {
        let (command, argument) = command.split_once(' ').unwrap_or((command, ""));
        match command {
            "close" => {
                let (code, reason) = argument.split_once(' ').unwrap_or((argument, ""));
                let code = code.parse().ok().and_then(CloseCode::new).expect("a close code");
                session.close(CloseReason::new(code, reason.to_owned())?);
            }
            "fail" => return Err(Error::from_handler("the handler failed".into())),
            "panic" => panic!("the handler panicked"),
            "abort" => session.abort(),
            "send" => note_sent(journal, session.send(argument).await),
            "send-until-closed" => {
                while session.send("more").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                note_sent(journal, session.send("more").await);
            }
            "pong" => {
                let payload = vec![0; argument.parse().expect("a length")];
                note_sent(journal, session.pong(payload).await);
            }
            "ping" => {
                let payload = vec![0; argument.parse().expect("a length")];
                note_sent(journal, session.ping(payload).await.map(drop));
            }
            "reason" => journal.note(reason(argument)),
            "state" => journal.note(format!("state {:?}", session.state())),
            "wait" => journal.pass().await,
            _ => {}
        }
    }
    Ok(())
}

fn note_sent(journal: &Journal, result: Result<()>) {
    match result {
        Ok(()) => journal.note("sent"),
        Err(error) => journal.note(format!("not sent: {}", kind(&error))),
    }
}

/// What becomes of `CODE LEN`.
fn reason(argument: &str) -> String {
    let (code, len) = argument.split_once(' ').expect("a code and a length");
    let Some(code) = CloseCode::new(code.parse().expect("a number")) else {
        return "no such code".to_owned();
    };
    match CloseReason::new(code, "x".repeat(len.parse().expect("a length"))) {
        Ok(reason) => format!("reason {}", reason.code()),
        Err(error) => format!("no such reason: {error:?}"),
    }
}

//! The conversation: what is typed is sent, until one side ends it.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep_until, timeout};
use ws_container::{CloseCode, CloseReason, Error, Initiator, Session};

use crate::connect::command::{self, Action, HELP};
use crate::connect::keyboard::{Keyboard, Typed};
use crate::connect::screen::Screen;
use crate::connect::{Flags, format};
use crate::flags;

/// Longest wait for the end of a session that was closed. Its close timeout is over before that.
const END: Duration = Duration::from_secs(10);

/// Why no more is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Over {
    /// The session ended.
    Ended,
    /// There are no more lines.
    NoMore,
    /// Somebody wants to leave at once.
    Interrupted,
    /// Lines cannot be read, or nothing be shown.
    Broken,
}

/// Talks until it is over. Whether it ended in order.
pub(super) async fn talk(
    flags: &Flags,
    session: &Session,
    screen: &Screen,
    keyboard: Keyboard,
    mut ended: oneshot::Receiver<CloseReason>,
) -> bool {
    let interactive = keyboard.interactive;
    let mut talk = Talk { flags, session, screen, mistakes: false };
    let mut reason = None;
    let mut over = tokio::select! {
        biased;
        told = &mut ended => {
            reason = told.ok();
            Over::Ended
        }
        over = talk.send_all(keyboard) => over,
        _ = tokio::signal::ctrl_c() => Over::Interrupted,
        why = screen.failure() => broken(why),
    };
    if over == Over::NoMore && !interactive {
        tokio::select! {
            biased;
            told = &mut ended => {
                reason = told.ok();
                over = Over::Ended;
            }
            () = talk.silence() => {}
            _ = tokio::signal::ctrl_c() => over = Over::Interrupted,
            why = screen.failure() => over = broken(why),
        }
    }
    if over != Over::Ended {
        session.close(CloseReason::default());
        reason = timeout(END, ended).await.ok().and_then(Result::ok);
    }
    let in_order = tell(screen, reason.as_ref());
    in_order && over != Over::Broken && (interactive || !talk.mistakes)
}

fn broken(why: &str) -> Over {
    // A reader that has what it wanted says no word about it either.
    if !why.contains("Broken pipe") {
        flags::warn(why);
    }
    Over::Broken
}

/// Says how it ended. Whether that was in order.
fn tell(screen: &Screen, reason: Option<&CloseReason>) -> bool {
    let Some(reason) = reason else {
        screen.note("closed without an answer of the server");
        return false;
    };
    screen.note(&flags::ended(reason));
    let usual = [CloseCode::NORMAL_CLOSURE, CloseCode::GOING_AWAY, CloseCode::NO_STATUS_RECEIVED];
    let asked = reason.initiator() == Initiator::Local && reason.cause().is_none();
    reason.is_clean() && (asked || usual.contains(&reason.code()))
}

/// Sends what is typed.
struct Talk<'a> {
    flags: &'a Flags,
    session: &'a Session,
    screen: &'a Screen,
    /// A command was wrong, or something could not be sent.
    mistakes: bool,
}

impl Talk<'_> {
    async fn send_all(&mut self, mut keyboard: Keyboard) -> Over {
        while let Some(typed) = keyboard.lines.recv().await {
            let line = match typed {
                Typed::Line(line) => line,
                Typed::Failed(why) => {
                    self.screen.note(&why);
                    return Over::Broken;
                }
            };
            // Who only presses the key wants nothing sent.
            if keyboard.interactive && line.is_empty() {
                continue;
            }
            let action =
                if self.flags.no_commands { Ok(Action::Text(line)) } else { command::parse(&line) };
            let done = match action {
                Ok(action) => self.act(action).await,
                Err(mistake) => Err(mistake),
            };
            if let Err(mistake) = done {
                self.mistakes = true;
                self.screen.note(&mistake);
            }
        }
        Over::NoMore
    }

    /// Does what a line asks for.
    ///
    /// # Errors
    ///
    /// Why it was not done.
    async fn act(&self, action: Action) -> Result<(), String> {
        let Self { session, screen, .. } = self;
        match action {
            Action::Text(text) => self.text(text).await,
            Action::TextFile(file) => self.text(command::read_text(&file)?).await,
            Action::Binary(bytes) => self.binary(bytes).await,
            Action::BinaryFile(file) => self.binary(command::read(&file)?).await,
            Action::Ping(payload) => {
                let line = format!("ping{}", format::control(payload.as_bytes()));
                screen.sent([line]);
                sent(session.send_ping(payload).await)
            }
            Action::Close(reason) => {
                let phrase = format::control(reason.phrase().as_bytes());
                screen.sent([format!("close {}{phrase}", reason.code().as_u16())]);
                session.close(reason);
                Ok(())
            }
            Action::Help => {
                screen.help(HELP);
                Ok(())
            }
        }
    }

    async fn text(&self, text: String) -> Result<(), String> {
        self.screen.sent(format::text(&text, false));
        sent(self.session.send(text).await)
    }

    async fn binary(&self, bytes: Vec<u8>) -> Result<(), String> {
        self.screen.sent(format::binary(&bytes));
        sent(self.session.send(bytes).await)
    }

    /// Waits until nothing was said for long enough.
    async fn silence(&self) {
        loop {
            let at = self.screen.silent_at(self.flags.wait);
            if at <= std::time::Instant::now() {
                return;
            }
            sleep_until(at.into()).await;
        }
    }
}

fn sent(result: Result<(), Error>) -> Result<(), String> {
    result.map_err(|error| format!("not sent: {}", flags::chain(&error)))
}

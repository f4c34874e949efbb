//! What is shown, and written to the transcript.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned};
use tokio::sync::Notify;
use ws_container::Session;

use crate::connect::layout::Layout;
use crate::connect::{Flags, format};
use crate::flags::{self, Failure};

/// Who says something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mark {
    /// The server.
    In,
    /// We.
    Out,
    /// This program.
    Note,
}

impl Mark {
    const fn sign(self) -> char {
        match self {
            Self::In => '<',
            Self::Out => '>',
            Self::Note => '*',
        }
    }

    /// Its colour, as a terminal is told.
    const fn colour(self) -> &'static str {
        match self {
            Self::In => "\x1b[36m",
            Self::Out => "\x1b[32m",
            Self::Note => "\x1b[2m",
        }
    }
}

/// Prints lines above the one that is being edited.
pub(super) type Printer = Box<dyn FnMut(String) -> std::io::Result<()> + Send>;

/// What is shown, and where.
pub(super) struct Screen {
    json: bool,
    plain: bool,
    interactive: bool,
    coloured: bool,
    out: Mutex<Printer>,
    transcript: Option<Mutex<File>>,
    /// When a message or a Pong was last sent or received. Pings of a server that keeps connections
    /// alive would keep a pipe open for ever.
    active: Mutex<Instant>,
    /// Nobody reads what is shown, or nothing more can be written to the transcript.
    failed: OnceLock<String>,
    failing: Notify,
    /// How the terminal was before lines were edited.
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Screen {
    /// A screen as `flags` say.
    ///
    /// # Errors
    ///
    /// The transcript cannot be written.
    pub(super) fn new(flags: &Flags, interactive: bool) -> Result<Self, Failure> {
        let transcript = flags.transcript.as_ref().map(|path| {
            let mut options = OpenOptions::new();
            options.append(true).create(true);
            // What is said may be confidential.
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(path);
            file.map_err(|error| format!("cannot write {}: {error}", path.display()))
        });
        let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Ok(Self {
            json: flags.json,
            plain: flags.plain,
            interactive,
            coloured,
            out: Mutex::new(Box::new(|text| {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
            })),
            transcript: transcript.transpose()?.map(Mutex::new),
            active: Mutex::new(Instant::now()),
            failed: OnceLock::new(),
            failing: Notify::new(),
            #[cfg(unix)]
            before: interactive
                .then(|| rustix::termios::tcgetattr(std::io::stdin()).ok())
                .flatten(),
        })
    }

    /// Prints by `printer` from now on.
    pub(super) fn print_by(&self, printer: Printer) {
        *lock(&self.out) = printer;
    }

    /// The connection is open.
    pub(super) fn connected(&self, session: &Session) {
        let uri = flags::without_secrets(session.uri());
        let subprotocol = session.subprotocol().map(|name| format!(", subprotocol {name}"));
        let help = if self.interactive { "; /help lists commands" } else { "" };
        let text = format!("connected to {uri}{}", subprotocol.unwrap_or_default());
        self.note_as(&text, help);
    }

    /// A text message came.
    pub(super) fn text(&self, text: &str) {
        self.touch();
        self.record(Mark::In, format::text(text, self.json));
        self.show(Mark::In, format::text(text, self.json));
    }

    /// A binary message came.
    pub(super) fn binary(&self, payload: &[u8]) {
        self.touch();
        let lines = format::binary(payload);
        self.record(Mark::In, &lines);
        self.show(Mark::In, &lines);
    }

    /// A Pong came.
    pub(super) fn pong(&self, text: &str) {
        self.touch();
        self.control(text);
    }

    /// A control frame came. By itself it says that the server is there, not that it has more to say.
    pub(super) fn control(&self, text: &str) {
        self.record(Mark::In, [text]);
        if !self.plain {
            self.show(Mark::In, [text]);
        }
    }

    /// Something was sent. On a terminal it was seen as it was typed.
    pub(super) fn sent<L: AsRef<str>>(&self, lines: impl IntoIterator<Item = L>) {
        self.touch();
        self.record(Mark::Out, lines);
    }

    /// This program has something to say.
    pub(super) fn note(&self, text: &str) {
        self.note_as(text, "");
    }

    /// As [`note`](Self::note), with an end that is of no interest later.
    fn note_as(&self, text: &str, hint: &str) {
        let text = flags::printable(text);
        self.record(Mark::Note, [&text]);
        if self.interactive {
            self.show(Mark::Note, [format!("{text}{hint}")]);
        } else if !self.plain {
            flags::to_stderr(format_args!("{} {text}{hint}", Mark::Note.sign()));
        }
    }

    /// Lines of help.
    pub(super) fn help(&self, text: &str) {
        if self.interactive {
            self.show(Mark::Note, text.lines());
        } else {
            flags::to_stderr(format_args!("{text}"));
        }
    }

    /// Shows lines: the first with time and mark, others below it.
    fn show<L: AsRef<str>>(&self, mark: Mark, lines: impl IntoIterator<Item = L>) {
        let time = Zoned::now().strftime("%H:%M:%S%.3f").to_string();
        let columns = time.len() + 3;
        let layout = if self.plain {
            Layout::plain()
        } else if self.coloured {
            let first = format!("{time} {}{}\x1b[0m ", mark.colour(), mark.sign());
            Layout::behind(first, columns)
        } else {
            Layout::behind(format!("{time} {} ", mark.sign()), columns)
        };
        if let Err(error) = layout.print(lines, &mut *lock(&self.out)) {
            self.fail(format!("cannot show what came: {error}"));
        }
    }

    /// Writes lines to the transcript.
    fn record<L: AsRef<str>>(&self, mark: Mark, lines: impl IntoIterator<Item = L>) {
        let Some(transcript) = &self.transcript else { return };
        let time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let columns = time.len() + 3;
        let layout = Layout::behind(format!("{time} {} ", mark.sign()), columns);
        let mut file = lock(transcript);
        if let Err(error) = layout.print(lines, |text| file.write_all(text.as_bytes())) {
            self.fail(format!("cannot write the transcript: {error}"));
        }
    }

    fn fail(&self, why: String) {
        if self.failed.set(why).is_ok() {
            self.failing.notify_one();
        }
    }

    /// Done when nothing can be shown any more: why.
    pub(super) async fn failure(&self) -> &str {
        loop {
            if let Some(why) = self.failed.get() {
                return why;
            }
            self.failing.notified().await;
        }
    }

    fn touch(&self) {
        *lock(&self.active) = Instant::now();
    }

    /// When nothing will have been sent or received for `wait`.
    pub(super) fn silent_at(&self, wait: Duration) -> Instant {
        *lock(&self.active) + wait
    }

    /// Gives the terminal the modes back that it had, without writing to it.
    pub(super) fn restore(&self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let when = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(std::io::stdin(), when, before);
        }
    }

    /// Leaves the terminal as it was: the editor may still be at work.
    pub(super) fn finish(&self) {
        #[cfg(unix)]
        if self.before.is_some() {
            // What was given to the editor is drawn by its thread.
            std::thread::sleep(Duration::from_millis(50));
            let mut out = std::io::stdout().lock();
            // The editor's prompt goes, and so does what it asked the terminal for.
            let _ = out.write_all(b"\r\x1b[K\x1b[?2004l").and_then(|()| out.flush());
        }
        self.restore();
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What is shown, and written to the transcript.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned};
use tokio::sync::Notify;
use ws_container::Session;

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
    /// When something was last sent or received.
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
        self.received(&format::text(text, self.json));
    }

    /// A binary message came.
    pub(super) fn binary(&self, payload: &[u8]) {
        self.received(&format::binary(payload));
    }

    fn received(&self, lines: &[String]) {
        self.touch();
        self.record(Mark::In, lines);
        self.show(Mark::In, lines);
    }

    /// A control frame came.
    pub(super) fn control(&self, text: &str) {
        self.touch();
        let lines = [text.to_owned()];
        self.record(Mark::In, &lines);
        if !self.plain {
            self.show(Mark::In, &lines);
        }
    }

    /// Something was sent. On a terminal it was seen as it was typed.
    pub(super) fn sent(&self, lines: &[String]) {
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
        self.record(Mark::Note, &[text.clone().into_owned()]);
        if self.interactive {
            self.show(Mark::Note, &[format!("{text}{hint}")]);
        } else if !self.plain {
            self.to_stderr(&format!("{} {text}{hint}", Mark::Note.sign()));
        }
    }

    /// Lines of help.
    pub(super) fn help(&self, text: &str) {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        if self.interactive {
            self.show(Mark::Note, &lines);
        } else {
            self.to_stderr(text);
        }
    }

    #[expect(clippy::print_stderr, reason = "standard output is for what the server says")]
    #[expect(clippy::unused_self, reason = "a part of the screen")]
    fn to_stderr(&self, text: &str) {
        eprintln!("{text}");
    }

    /// Shows lines: the first with time and mark, others below it.
    fn show(&self, mark: Mark, lines: &[String]) {
        let mut text = String::new();
        let time = Zoned::now().strftime("%H:%M:%S%.3f").to_string();
        for (index, line) in lines.iter().enumerate() {
            if self.plain {
                text.push_str(line);
            } else if index > 0 {
                text.push_str(&" ".repeat(time.len() + 3));
                text.push_str(line);
            } else if self.coloured {
                text.push_str(&format!("{time} {}{}\x1b[0m {line}", mark.colour(), mark.sign()));
            } else {
                text.push_str(&format!("{time} {} {line}", mark.sign()));
            }
            text.push('\n');
        }
        if let Err(error) = lock(&self.out)(text) {
            self.fail(format!("cannot show what came: {error}"));
        }
    }

    /// Writes lines to the transcript.
    fn record(&self, mark: Mark, lines: &[String]) {
        let Some(transcript) = &self.transcript else { return };
        let time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let mut text = String::new();
        for (index, line) in lines.iter().enumerate() {
            match index {
                0 => text.push_str(&format!("{time} {} ", mark.sign())),
                _ => text.push_str(&" ".repeat(time.len() + 3)),
            }
            text.push_str(line);
            text.push('\n');
        }
        if let Err(error) = lock(transcript).write_all(text.as_bytes()) {
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

    /// Leaves the terminal as it was: the editor may still be at work.
    pub(super) fn finish(&self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            // What was given to the editor is drawn by its thread.
            std::thread::sleep(Duration::from_millis(50));
            let mut out = std::io::stdout().lock();
            // The editor's prompt goes, and so does what it asked the terminal for.
            let _ = out.write_all(b"\r\x1b[K\x1b[?2004l").and_then(|()| out.flush());
            let when = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(std::io::stdin(), when, before);
        }
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

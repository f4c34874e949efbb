//! Where lines come from: an editor at a terminal, or a pipe.

use std::fs;
use std::io::{BufRead as _, Read as _};
use std::path::PathBuf;
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History as _};
use rustyline::{Config, Editor, ExternalPrinter as _};
use tokio::sync::mpsc;

use crate::connect::screen::Screen;
use crate::flags::{self, Failure};

/// Lines that may wait to be sent; the keyboard waits then.
const MAX_WAITING: usize = 16;

/// Longest line of a pipe: 64 MiB.
const MAX_LINE: u64 = 64 << 20;

/// Lines of history that are kept.
const MAX_HISTORY: usize = 1000;

/// What is typed.
#[derive(Debug)]
pub(super) enum Typed {
    Line(String),
    /// Reading failed; why.
    Failed(String),
}

/// Lines, as they come; after the last there are no more.
pub(super) struct Keyboard {
    pub(super) lines: mpsc::Receiver<Typed>,
    /// Somebody types them.
    pub(super) interactive: bool,
}

impl Keyboard {
    /// Lines of a pipe, or a file.
    pub(super) fn pipe() -> Self {
        let (sender, lines) = mpsc::channel(MAX_WAITING);
        // It ends with the program: reading cannot be interrupted.
        thread::spawn(move || read_pipe(&sender));
        Self { lines, interactive: false }
    }

    /// Lines that are edited at the terminal; `screen` prints above them from now on.
    ///
    /// # Errors
    ///
    /// The terminal cannot be used.
    pub(super) fn editor(with_history: bool, screen: &Screen) -> Result<Self, Failure> {
        let config = Config::builder()
            .max_history_size(MAX_HISTORY)?
            .history_ignore_space(true)
            .history_ignore_dups(true)?
            .build();
        let mut editor = Editor::<(), FileHistory>::with_config(config)?;
        let history = if with_history { history_file() } else { None };
        if let Some(file) = &history
            && file.exists()
            && let Err(error) = editor.load_history(file)
        {
            screen.note(&format!("no history: {error}"));
        }
        let mut printer = editor.create_external_printer()?;
        screen.print_by(Box::new(move |text| printer.print(text).map_err(std::io::Error::other)));
        let (sender, lines) = mpsc::channel(MAX_WAITING);
        thread::spawn(move || edit(&mut editor, history.as_ref(), &sender));
        Ok(Self { lines, interactive: true })
    }
}

/// Reads lines until there are no more, or nobody takes them.
fn read_pipe(sender: &mpsc::Sender<Typed>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let typed = match (&mut input).take(MAX_LINE + 1).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(len) if len as u64 > MAX_LINE => {
                Typed::Failed("a line is longer than 64 MiB".into())
            }
            Ok(_) => match String::from_utf8(line) {
                Ok(line) => Typed::Line(without_end(line)),
                Err(_) => Typed::Failed(
                    "a line is no UTF-8 text; /binary @FILE sends the bytes of a file".into(),
                ),
            },
            Err(error) => Typed::Failed(format!("cannot read standard input: {error}")),
        };
        let failed = matches!(typed, Typed::Failed(_));
        if sender.blocking_send(typed).is_err() || failed {
            return;
        }
    }
}

/// The line without what ends it.
fn without_end(mut line: String) -> String {
    if line.ends_with('\n') {
        line.pop();
        if line.ends_with('\r') {
            line.pop();
        }
    }
    line
}

/// Lets lines be edited until Ctrl-D or Ctrl-C, or nobody takes them.
fn edit(
    editor: &mut Editor<(), FileHistory>,
    history: Option<&PathBuf>,
    sender: &mpsc::Sender<Typed>,
) {
    loop {
        let typed = match editor.readline("> ") {
            Ok(line) => {
                if editor.add_history_entry(&line).unwrap_or(false)
                    && let Some(file) = history
                {
                    // At once: the program may end while the next line is edited. Nothing is lost
                    // but a line of history when it fails.
                    let _ = editor.history_mut().append(file);
                }
                Typed::Line(line)
            }
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => return,
            Err(error) => Typed::Failed(format!("cannot read the terminal: {error}")),
        };
        let failed = matches!(typed, Typed::Failed(_));
        if sender.blocking_send(typed).is_err() || failed {
            return;
        }
    }
}

/// The file of the history, its folder made; `None` where there is no home for it.
fn history_file() -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    let folder = state.join("ws-container");
    if let Err(error) = fs::create_dir_all(&folder) {
        flags::warn(&format!("no history: cannot make {}: {error}", folder.display()));
        return None;
    }
    Some(folder.join("history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_on_any_system() {
        for (line, want) in
            [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\r", "a\r"), ("\n", ""), ("a\n\n", "a\n")]
        {
            assert_eq!(without_end(line.to_owned()), want, "{line:?}");
        }
    }
}

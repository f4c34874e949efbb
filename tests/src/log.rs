//! What is logged in this process.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex};

use tracing_subscriber::fmt;

use crate::wait;

static LINES: LazyLock<Mutex<String>> = LazyLock::new(Mutex::default);

/// Where log lines go.
struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = LINES.lock().expect("no holder of this lock panics");
        lines.push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on keeps what is logged, by any thread of this process.
pub fn keep() {
    let log = fmt().with_ansi(false).with_writer(|| Sink).with_max_level(tracing::Level::INFO);
    // Another test of this process was first: good as well.
    let _ = log.try_init();
}

/// Waits for a line in which all of `parts` are, and returns it.
#[track_caller]
#[must_use]
pub fn wait_for(parts: &[&str]) -> String {
    wait::some("the log says so", || {
        let lines = LINES.lock().expect("no holder of this lock panics");
        let found = lines.lines().find(|line| parts.iter().all(|part| line.contains(part)));
        found.map(str::to_owned)
    })
}

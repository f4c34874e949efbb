//! What endpoints report of their callbacks, one journal a case.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use crate::wait;

static JOURNALS: LazyLock<Mutex<HashMap<String, Arc<Journal>>>> = LazyLock::new(Mutex::default);

/// The lines that the endpoints of one case have reported, in order.
#[derive(Debug, Default)]
pub struct Journal {
    lines: Mutex<Vec<String>>,
}

impl Journal {
    /// The journal of `case`, which endpoints know as the path variable of that name.
    #[must_use]
    pub fn of(case: &str) -> Arc<Self> {
        let mut journals = JOURNALS.lock().expect("no holder of this lock panics");
        Arc::clone(journals.entry(case.to_owned()).or_default())
    }

    /// Adds a line.
    pub fn note(&self, line: impl Into<String>) {
        self.lines.lock().expect("no holder of this lock panics").push(line.into());
    }

    /// The lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no holder of this lock panics").clone()
    }

    /// Waits for a line that begins with `beginning`, and returns it.
    #[track_caller]
    pub fn wait_for(&self, beginning: &str) -> String {
        let mut seen = Vec::new();
        let found = wait::within(wait::DEADLINE, || {
            seen = self.lines();
            seen.iter().find(|line| line.starts_with(beginning)).cloned()
        });
        found.unwrap_or_else(|| panic!("no line {beginning:?} in {seen:#?}"))
    }

    /// Waits for the end of the session, and checks all lines.
    #[track_caller]
    pub fn assert_whole(&self, want: &[&str]) {
        self.wait_for("end");
        assert_eq!(self.lines(), [want, &["end"]].concat());
    }
}

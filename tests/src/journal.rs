//! What endpoints report of their callbacks, one journal a case.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use tokio::sync::Semaphore;

use crate::wait;

static JOURNALS: LazyLock<Mutex<HashMap<String, Arc<Journal>>>> = LazyLock::new(Mutex::default);

/// The lines that the endpoints of one case have reported, in order.
#[derive(Debug)]
pub struct Journal {
    lines: Mutex<Vec<String>>,
    /// Shut; what waits here is let through one by one.
    gate: Semaphore,
}

impl Default for Journal {
    fn default() -> Self {
        Self { lines: Mutex::default(), gate: Semaphore::new(0) }
    }
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

    /// Waits in a handler until the test says [`release`](Self::release), and reports both.
    pub async fn pass(&self) {
        self.note("waiting");
        self.gate.acquire().await.expect("the gate is never closed").forget();
        self.note("released");
    }

    /// Lets one handler go on.
    pub fn release(&self) {
        self.gate.add_permits(1);
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

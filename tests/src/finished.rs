//! A built program that runs to its end, as a user runs it in a pipe.

use std::io::{Read, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::wait;

/// Longest run; generous, because machines are busy.
const LIMIT: Duration = Duration::from_secs(100);

/// What a program left behind.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

impl Finished {
    /// Runs `program` with `args`, and `input` as its standard input, to its end.
    #[must_use]
    #[track_caller]
    pub fn run(program: &str, args: &[&str], input: &[u8]) -> Self {
        let mut command = Command::new(program);
        for variable in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(variable).env_remove(variable.to_uppercase());
        }
        let mut child = command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{program}: {e}"));
        let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
        // A program that ends early takes less.
        thread::spawn(move || stdin.write_all(&input));
        let output = collect(child.stdout.take().unwrap());
        let errors = collect(child.stderr.take().unwrap());
        let Some(status) = wait::within(LIMIT, || child.try_wait().unwrap()) else {
            let _ = child.kill();
            panic!("{program} {args:?} runs for {LIMIT:?}: {}", errors.join().unwrap());
        };
        let (output, errors) = (output.join().unwrap(), errors.join().unwrap());
        Self { code: status.code(), output, errors }
    }
}

/// Reads a pipe to its end.
fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8(bytes).expect("programs write UTF-8")
    })
}

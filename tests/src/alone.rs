//! A test in a process of its own, for what is counted by process: threads, open files, memory.

use std::process::{Child, Command, Stdio};
use std::{env, thread};

use crate::wait;

/// Set in the process that a test has to itself, to the test's name.
const MARK: &str = "WS_TEST_ALONE";

/// How many [deadlines](wait::DEADLINE) such a process has.
const PATIENCE: u32 = 15;

/// Runs `body` in a process of its own. `test` is the full name of the test that calls this, without
/// its crate.
#[track_caller]
pub fn alone(test: &str, body: impl FnOnce()) {
    alone_with(test, &[], body);
}

/// What in the environment sends connections through proxies.
const PROXIES: [&str; 8] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// As [`alone`], with these variables in the environment, and no others that name proxies.
#[track_caller]
#[expect(clippy::print_stdout, reason = "what that process printed belongs to the test")]
pub fn alone_with(test: &str, variables: &[(&str, &str)], body: impl FnOnce()) {
    if env::var(MARK).is_ok_and(|mark| mark == test) {
        body();
        return;
    }
    let program = env::current_exe().expect("the test knows its program");
    let mut command = Command::new(program);
    for name in PROXIES {
        command.env_remove(name);
    }
    let child = command
        .args([test, "--exact", "--nocapture", "--include-ignored"])
        .env(MARK, test)
        // Threads come and go in tests; what their arenas keep is not what is asked for.
        .env("MALLOC_ARENA_MAX", "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a second process");
    let output = finish(child);
    print!("{output}");
    // No test of that name would end well too.
    assert!(output.contains("test result: ok. 1 passed"), "`{test}` failed in its own process");
}

/// What `child` prints until it ends, at most for the deadline.
#[track_caller]
fn finish(mut child: Child) -> String {
    let mut pipe = child.stdout.take().expect("it is piped");
    let output = thread::spawn(move || std::io::read_to_string(&mut pipe).unwrap_or_default());
    let ended = wait::within(wait::DEADLINE * PATIENCE, || child.try_wait().unwrap());
    if ended.is_none() {
        // Fails only when it has just ended.
        let _ = child.kill();
        let _ = child.wait();
    }
    let output = output.join().expect("the reader does not panic");
    assert!(ended.is_some(), "not over within {:?}: {output}", wait::DEADLINE * PATIENCE);
    output
}

//! A built program, run as a user runs it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::wait;

/// A running program that serves; ended when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    addr: SocketAddr,
    output: Arc<Mutex<String>>,
    errors: Arc<Mutex<String>>,
}

impl Program {
    /// Starts `program` with `args` and waits for its line `listening on ws://ADDR:PORT`, or
    /// `wss://..`.
    #[must_use]
    #[track_caller]
    pub fn start(program: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{program}: {e}"));
        let output = collect(child.stdout.take().unwrap());
        let errors = collect(child.stderr.take().unwrap());
        let addr = wait::within(wait::DEADLINE, || {
            let ended = child.try_wait().unwrap();
            let addr = listening(&output.lock().unwrap());
            assert!(addr.is_some() || ended.is_none(), "{ended:?}: {}", errors.lock().unwrap());
            addr
        });
        let Some(addr) = addr else {
            let _ = child.kill();
            panic!("no line `listening on`: {}", errors.lock().unwrap());
        };
        Self { child, addr, output, errors }
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it wrote to standard output so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// What it wrote to standard error so far.
    #[must_use]
    pub fn errors(&self) -> String {
        self.errors.lock().unwrap().clone()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as `kill` does.
    #[cfg(unix)]
    pub fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Asks it to read its certificates again, as `kill -HUP` does.
    #[cfg(unix)]
    pub fn hang_up(&self) {
        self.signal(rustix::process::Signal::HUP);
    }

    /// Stops it in the middle of whatever it does, as `kill -STOP` does.
    #[cfg(unix)]
    pub fn pause(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets it go on, as `kill -CONT` does.
    #[cfg(unix)]
    pub fn resume(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait::some("the program ends", || self.child.try_wait().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first address of the `listening on` lines.
fn listening(output: &str) -> Option<SocketAddr> {
    let address = |line: &'_ str| {
        let url = line.strip_prefix("listening on ")?;
        let (_, address) = url.split_once("://")?;
        Some(address.to_owned())
    };
    let line = output.lines().find_map(address)?;
    output.contains(&format!("{line}\n")).then(|| line.parse().expect("an address and a port"))
}

/// Collects what comes from a pipe.
fn collect(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&text);
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = String::new();
        while pipe.read_line(&mut line).is_ok_and(|len| len > 0) {
            sink.lock().unwrap().push_str(&line);
            line.clear();
        }
    });
    text
}

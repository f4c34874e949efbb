//! S3, the tools where nobody reads what they print, and where they are interrupted before their time.
#![cfg(unix)]

use std::fs::File;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tests::{Program, wait};

use crate::test_server::BINARY;

/// A tool that runs; ended when dropped.
struct Tool(Child);

impl Tool {
    fn start(args: &[&str], stdout: Stdio, stderr: Stdio) -> Self {
        let mut command = Command::new(BINARY);
        command.args(args).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        Self(command.spawn().unwrap())
    }

    fn interrupt(&self) {
        // Refused when it has ended.
        let _ = kill_process(Pid::from_child(&self.0), Signal::INT);
    }

    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        wait::some("it ends", || self.0.try_wait().unwrap())
    }

    fn errors(&mut self) -> String {
        let mut errors = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        errors
    }

    fn output(&mut self) -> String {
        let mut output = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        output
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn server() -> Program {
    Program::start(BINARY, &["test-server", "--port", "0"])
}

#[test]
fn s3_6_a_full_disk_below_standard_error_is_no_panic() {
    let server = server();
    let echo = format!("ws://{}/echo", server.addr());
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for (code, args) in [
        (1, &["test-client", "--url", "ws://127.0.0.1:1/"][..]),
        (0, &["test-client", "--url", &echo, "-c", "1", "-P", "warned-of", "--insecure"]),
        (2, &["test-client", "-s", "126"]),
        (1, &["connect", "ws://127.0.0.1:1/"]),
        (0, &["connect", "--wait", "10ms", "--insecure", &echo]),
    ] {
        let mut tool = Tool::start(args, Stdio::null(), full().into());
        assert_eq!(tool.wait().code(), Some(code), "{args:?}");
    }
    // The same below standard output ends it.
    let mut tool = Tool::start(
        &["test-client", "--url", &echo, "-P", "echo", "-c", "0", "-d", "0"],
        full().into(),
        Stdio::null(),
    );
    assert_ne!(tool.wait().code(), Some(101), "a panic");
}

#[test]
fn s3_6_an_interrupt_while_it_connects_ends_it_with_the_summary() {
    // Connected by the system, and never answered.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let mut tool = Tool::start(
        &["test-client", "--url", &url, "-C", "2", "--connect-timeout", "60s"],
        Stdio::piped(),
        Stdio::piped(),
    );
    let (_first, _second) = (listener.accept().unwrap(), listener.accept().unwrap());
    std::thread::sleep(Duration::from_millis(300));
    tool.interrupt();
    let status = tool.wait();
    let (output, errors) = (tool.output(), tool.errors());
    assert_eq!(status.code(), Some(1), "{output} {errors}");
    assert!(output.contains("statistics, 0 of 2 connections"), "{output}");
    assert_eq!(errors, "error: interrupted before all connections were open\n");
}

#[test]
fn s3_6_a_second_interrupt_ends_what_nobody_reads() {
    let server = server();
    let echo = format!("ws://{}/echo", server.addr());
    let lines = "x\n".repeat(100_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines");
    std::fs::write(&file, lines).unwrap();
    let endless = ["test-client", "--url", &echo, "-P", "any", "-c", "0", "-d", "0"];
    let talking = ["connect", &echo, "--wait", "60s"];
    for args in [&endless[..], &talking] {
        let mut command = Command::new(BINARY);
        command.args(args).stdin(File::open(&file).unwrap()).stderr(Stdio::null());
        let mut tool = Tool(command.stdout(Stdio::piped()).spawn().unwrap());
        // Until the pipe is full.
        std::thread::sleep(Duration::from_secs(1));
        assert!(tool.0.try_wait().unwrap().is_none(), "{args:?}");
        let status = wait::some("it ends", || {
            tool.interrupt();
            std::thread::sleep(Duration::from_millis(200));
            tool.0.try_wait().unwrap()
        });
        assert_eq!(status.code(), Some(130), "{args:?}");
    }
}

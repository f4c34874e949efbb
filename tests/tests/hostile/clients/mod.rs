//! Clients that mean no good to a server: each attack is answered with its status or close code, the
//! client can read it, the next client is served, and nothing is left behind.

mod bombs;
mod floods;
mod framing;
mod handshakes;
mod stalls;

use std::panic::{AssertUnwindSafe, catch_unwind};

use tests::{Frame, RawClient, TestServer, alone, vitals, wait};
use ws_container::prelude::*;

/// Most memory that all attacks of a kind may ever make the process hold beyond what it held before,
/// in bytes; that of the attackers, who are part of the process, included.
const BOUND: usize = 48 << 20;

/// Most that may still be held when they are over, likewise.
const LEFT: usize = 24 << 20;

/// Fewest attacks that there shall be.
const FEWEST: usize = 100;

/// Returns messages as they came, within the limits of its container.
#[server_endpoint("/target")]
#[derive(Debug, Default)]
struct Target;

#[handlers]
impl Target {
    #[on_message]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

/// What an attacker does, and checks to be answered.
type Attack = Box<dyn Fn(&TestServer)>;

/// An attack, and what it is called.
struct Case {
    name: String,
    attack: Attack,
}

impl Case {
    fn new(name: &str, attack: impl Fn(&TestServer) + 'static) -> Self {
        Self { name: name.to_owned(), attack: Box::new(attack) }
    }
}

/// A connection to the target.
#[track_caller]
fn open(server: &TestServer) -> RawClient {
    RawClient::open(server.addr(), "/target")
}

/// Checks that who comes now is served.
#[track_caller]
fn assert_serves(server: &TestServer) {
    let mut client = open(server);
    client.assert_echo("served");
    client.close(1000, "");
}

/// Runs attacks of one kind against `server`, and checks what they leave; all that fail are told.
#[expect(clippy::print_stdout, reason = "says which attack a failure belongs to")]
fn withstands(server: &TestServer, cases: &[Case]) {
    // What is made once, such as the buffers of threads, is made now.
    assert_serves(server);
    settled(server, usize::MAX);
    let (files, memory) = (vitals::open_files(), vitals::resident());
    let wrong: Vec<_> = cases
        .iter()
        .filter(|case| {
            println!("{}", case.name);
            let run = || {
                (case.attack)(server);
                assert_serves(server);
            };
            catch_unwind(AssertUnwindSafe(run)).is_err()
        })
        .map(|case| case.name.as_str())
        .collect();
    assert!(wrong.is_empty(), "{} of {} attacks: {wrong:#?}", wrong.len(), cases.len());
    settled(server, files);
    let held = vitals::peak_resident().saturating_sub(memory);
    assert!(held <= BOUND, "the attacks made it hold {held} bytes");
    let left = vitals::resident().saturating_sub(memory);
    assert!(left <= LEFT, "the attacks left {left} bytes");
}

/// Waits until no session is left, and no more than so many files.
fn settled(server: &TestServer, files: usize) {
    wait::until("sessions and files are as they were", || {
        server.handle().hub().is_empty() && vitals::open_files() <= files
    });
}

/// As [`withstands`], in a process of its own. `test` is the full name of the test.
fn alone_withstands(test: &str, server: fn() -> TestServer, cases: fn() -> Vec<Case>) {
    alone(test, || withstands(&server(), &cases()));
}

#[test]
fn handshakes_that_are_none_are_refused() {
    let test = "clients::handshakes_that_are_none_are_refused";
    alone_withstands(test, TestServer::start, handshakes::cases);
}

#[test]
fn frames_that_are_none_are_failed() {
    let test = "clients::frames_that_are_none_are_failed";
    alone_withstands(test, TestServer::start, framing::cases);
}

#[test]
fn floods_are_stopped_or_served() {
    alone_withstands("clients::floods_are_stopped_or_served", TestServer::start, floods::cases);
}

#[test]
fn bombs_cost_no_more_than_the_limit() {
    alone_withstands("clients::bombs_cost_no_more_than_the_limit", TestServer::start, bombs::cases);
}

#[test]
fn stalls_end() {
    alone_withstands("clients::stalls_end", stalls::impatient, stalls::cases);
}

#[test]
fn there_are_at_least_a_hundred_attacks() {
    let kinds: [fn() -> Vec<Case>; 5] =
        [handshakes::cases, framing::cases, floods::cases, bombs::cases, stalls::cases];
    let mut names: Vec<_> =
        kinds.iter().flat_map(|cases| cases()).map(|Case { name, .. }| name).collect();
    let all = names.len();
    assert!(all >= FEWEST, "{all} attacks");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "two attacks of one name");
}

/// The frames of an attack in one piece.
fn wire(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::masked).collect()
}

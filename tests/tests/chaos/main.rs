//! Many connections at once that do what connections do at their worst: fragments, Pings, slow
//! readers, half-closes, kills. Nothing that is owed is lost, reordered, doubled or corrupted, and the
//! server is afterwards as it was before.
//!
//! The ordinary form takes ten seconds with a hundred connections. The long one has 2,000:
//! `cargo test --release -p tests --test chaos -- --ignored --nocapture`. Both print their seed, and take
//! another from the environment variable `WS_CHAOS_SEED`.
#![cfg(target_os = "linux")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod life;
mod message;
mod random;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tests::{Program, RawClient, vitals, wait};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use life::{ENDS, Life, Outcome};
use random::Random;

/// No connection lives as long as this.
const LONGEST: Duration = Duration::from_secs(120);

/// Most connections that are being opened at the same time: of an address that has more of them, the
/// container gives up those that are slow.
const OPENING: usize = 32;

/// Memory that the server may hold after a round beyond what it held after the one before it, bytes.
const GROWTH: usize = 16 << 20;

/// So many connections at any time, each followed by another until the time is over.
struct Soak {
    connections: usize,
    time: Duration,
}

#[test]
fn nothing_owed_is_lost_among_a_hundred_connections() {
    Soak { connections: 100, time: Duration::from_secs(4) }.run();
}

#[test]
#[ignore = "takes ten minutes"]
fn nothing_owed_is_lost_among_two_thousand_connections() {
    Soak { connections: 2_000, time: Duration::from_secs(300) }.run();
}

impl Soak {
    /// Two rounds: what only the first needs is memory that is kept, what both need is a leak.
    #[expect(clippy::print_stdout, reason = "says how to repeat the run")]
    fn run(&self) {
        let seed = seed();
        println!("WS_CHAOS_SEED={seed}");
        rlimit::increase_nofile_limit(u64::MAX).unwrap();
        let binary = env!("CARGO_BIN_EXE_ws-container-under-test");
        let mut server = Program::start(binary, &["test-server", "-p", "0"]);
        RawClient::open(server.addr(), "/echo").close(1000, "");
        let files = wait::some("the first connection is gone", || {
            let files = vitals::open_files_of(server.id());
            std::thread::sleep(Duration::from_millis(200));
            (vitals::open_files_of(server.id()) == files).then_some(files)
        });
        let mut held = Vec::new();
        for round in 0..2 {
            let outcomes = self.round(server.addr(), seed ^ (round << 32));
            let count = |end| outcomes.iter().filter(|outcome| outcome.end == end).count();
            let ends: BTreeMap<_, _> = ENDS.map(|end| (end, count(end))).into();
            let sent: u32 = outcomes.iter().map(|outcome| outcome.sent).sum();
            let echoed: u32 = outcomes.iter().map(|outcome| outcome.echoed).sum();
            println!("{} connections: {ends:?}, {sent} sent, {echoed} echoed", outcomes.len());
            assert!(ends.values().all(|count| *count >= self.connections / 10), "{ends:?}");
            assert!(echoed as usize >= self.connections * 5, "{echoed} messages");
            wait::until("descriptors are as they were", || {
                vitals::open_files_of(server.id()) <= files
            });
            held.push(vitals::resident_of(server.id()));
        }
        println!("memory after each round: {held:?}");
        assert!(held[1] <= held[0] + GROWTH, "memory grows: {held:?}");
        RawClient::open(server.addr(), "/echo").assert_echo("well");
        server.terminate();
        assert!(server.wait().success());
    }

    /// Keeps so many connections alive until the time is over.
    fn round(&self, addr: SocketAddr, seed: u64) -> Vec<Outcome> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut seeds = Random::new(seed);
            let mut lives = JoinSet::new();
            let mut outcomes = Vec::new();
            let begun = Instant::now();
            let opening = Arc::new(Semaphore::new(OPENING));
            let mut begin = |lives: &mut JoinSet<Outcome>| {
                let life = Life::new(seeds.next());
                let opening = Arc::clone(&opening);
                lives.spawn(async move {
                    let living = timeout(LONGEST, life.clone().live(addr, &opening)).await;
                    living.unwrap_or_else(|_| panic!("{life:?} does not end"))
                });
            };
            for _ in 0..self.connections {
                begin(&mut lives);
            }
            while let Some(ended) = lives.join_next().await {
                outcomes.push(ended.expect("a life without fault"));
                if begun.elapsed() < self.time {
                    begin(&mut lives);
                }
            }
            outcomes
        })
    }
}

fn seed() -> u64 {
    match std::env::var("WS_CHAOS_SEED") {
        Ok(seed) => seed.parse().expect("a number"),
        Err(_) => getrandom::u64().expect("the system has randomness"),
    }
}

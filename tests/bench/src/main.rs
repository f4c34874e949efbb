//! Runs this container and other WebSocket servers in turn under the same load, and prints what a
//! message costs each: see `docs/benchmarks.md`.
//!
//! ```text
//!  build ──► start all servers ──► for each round, each row, each server: load ──► medians ──► tables
//! ```
//!
//! All servers run all the time, each on one thread and pinned to the first processor; this process,
//! which is the load, is pinned to another. Rounds are interleaved, so that whatever else the machine
//! does meets all servers alike.

mod load;
mod programs;
mod rows;
mod server;
mod table;
mod wire;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::load::Counted;
use crate::rows::{ROWS, Row};
use crate::server::{OURS, PEERS, Server};
use crate::table::Results;

type Failure = Box<dyn Error>;

/// Compare WebSocket servers under the same load
#[derive(Parser)]
struct Options {
    /// Four rows in two rounds of half a second: about a minute
    #[arg(long)]
    quick: bool,
    /// How often each server is measured in each row; the medians are shown
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Only these servers besides ours, separated by commas
    #[arg(long, value_delimiter = ',')]
    only: Option<Vec<String>>,
    /// Only these rows, separated by commas
    #[arg(long, value_delimiter = ',')]
    rows: Option<Vec<String>>,
    /// Name the servers and the rows, and end
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        println!("servers: {OURS} {}", PEERS.join(" "));
        println!("rows: {}", ROWS.map(|row| row.name).join(" "));
        return ExitCode::SUCCESS;
    }
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    let peers = chosen(&PEERS, options.only.as_deref())?;
    let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    let wanted = chosen(&names, options.rows.as_deref())?;
    let quick = options.quick && options.rows.is_none();
    let rows: Vec<&Row> =
        ROWS.iter().filter(|row| wanted.contains(&row.name) && (row.quick || !quick)).collect();
    let (rounds, seconds) =
        if options.quick { (2, 0.5) } else { (options.rounds, options.seconds) };
    let time = Duration::try_from_secs_f64(seconds)?;

    eprintln!("building, which takes some minutes the first time");
    let programs = programs::build(&peers)?;
    let pinned = server::pin(1)?;
    load::raise_file_limit()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut results = Results::default();
    runtime.block_on(async {
        let mut servers = Vec::new();
        for name in std::iter::once(OURS).chain(peers) {
            let server = Server::start(name, &programs).await?;
            load::check(&server).await.map_err(|error| format!("{name}: {error}"))?;
            servers.push(server);
        }
        for round in 0..rounds {
            for row in &rows {
                eprintln!("round {} of {rounds}: {}", round + 1, row.title);
                for at in 0..servers.len() {
                    let server = &servers[(at + round as usize) % servers.len()];
                    let counted: Counted = load::echo(server, row, time).await?;
                    results.add(row, server.name, counted);
                }
            }
        }
        drop(servers);
        for name in results.names() {
            let idle = load::idle(&Server::start(name, &programs).await?).await?;
            results.add_idle(name, idle);
        }
        Ok::<_, Failure>(())
    })?;
    if !pinned {
        println!("(One processor: the load shares it with the servers.)\n");
    }
    print!("{results}");
    Ok(())
}

/// Those of `all` that are wanted.
fn chosen<'a>(all: &[&'a str], wanted: Option<&[String]>) -> Result<Vec<&'a str>, Failure> {
    let Some(wanted) = wanted else { return Ok(all.to_vec()) };
    if let Some(unknown) = wanted.iter().find(|wanted| !all.contains(&wanted.as_str())) {
        return Err(format!("there is no `{unknown}`; there are {}", all.join(", ")).into());
    }
    Ok(all.iter().copied().filter(|it| wanted.iter().any(|wanted| wanted == it)).collect())
}

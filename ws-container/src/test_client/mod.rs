//! `test-client`: measures a server by messages that come back, as Jetty's `TestClient` does.
//!
//! ```text
//!  run ──► connect each client ──► drive: sends, watches for silence ──┐ one task a client
//!                                  pinger: takes replies, sends more ──┤ the engine's task
//!                                                                      ▼
//!                                                    tally of each ──► summary
//! ```

mod alarm;
mod drive;
mod incoming;
mod output;
mod pinger;
mod plan;
mod progress;
mod summary;
mod tally;
mod total;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, ArgMatches, Args, Command, FromArgMatches as _, value_parser};
use ws_container::cli::Extra;

use crate::flags::{self, Failure, Reach};
use crate::test_client::plan::Plan;

const ABOUT: &str = "Send messages, or Pings, and measure how they come back";

const MORE: &str = "\
Without --protocol it sends Ping frames and counts the Pongs. With one it offers that subprotocol \
and sends text, or with --binary bytes, in frames of at most --fragment bytes; an echo server sends \
them back.

With a delay messages go out at that pace, whether or not the last one came back. With `--delay 0` \
the next goes out as soon as one has come back.

Ctrl-C ends early and prints the summary; once more, it ends at once with status 130. The exit status is 0 when all came back as it was, 1 when \
something was lost or changed or a connection failed, and 2 for a wrong command line.";

/// The subcommand.
pub(crate) fn command() -> Extra {
    // `-h` is the host, as in Jetty's client.
    let command = Command::new("test-client").disable_help_flag(true);
    let command = Flags::augment_args(command).about(ABOUT).long_about(None).after_help(MORE);
    Extra::Program { command: Box::new(command), run }
}

/// The command line.
#[derive(Args)]
struct Flags {
    /// Connect to this URL, ws:// or wss://, instead of host and port
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "port"])]
    url: Option<String>,
    /// Host to connect to
    #[arg(short = 'h', long, default_value = "localhost")]
    host: String,
    /// Port to connect to
    #[arg(short = 'p', long, default_value_t = 8080)]
    port: u16,
    /// Send binary messages instead of text
    #[arg(short = 'b', long)]
    binary: bool,
    /// Print each frame too
    #[arg(short = 'v', long)]
    verbose: bool,
    /// Print the summary only
    #[arg(short = 'q', long, conflicts_with = "verbose")]
    quiet: bool,
    /// Messages that each client sends; 0 goes on until Ctrl-C
    #[arg(short = 'c', long, value_name = "N", default_value_t = 10)]
    count: u64,
    /// Bytes of each message; of a Ping at most 125
    #[arg(short = 's', long, value_name = "BYTES", default_value = "64", value_parser = flags::size)]
    size: u64,
    /// Most bytes of a message in one frame
    #[arg(short = 'f', long, value_name = "BYTES", default_value = "4000", value_parser = flags::size)]
    fragment: u64,
    /// Offer this subprotocol, such as echo, echo-assemble, echo-fragment or echo-broadcast, and send
    /// messages instead of Pings
    #[arg(short = 'P', long, value_name = "NAME")]
    protocol: Option<String>,
    /// Connections at a time
    #[arg(short = 'C', long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=1_000_000))]
    clients: u32,
    /// Milliseconds between two messages of a client
    #[arg(short = 'd', long, value_name = "MS", default_value_t = 1000)]
    delay: u64,
    /// With `--delay 0`: messages of a client that may be on their way at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=10_000))]
    in_flight: u32,
    /// Take what has not come back after so long without any reply for lost
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = flags::duration)]
    wait: Duration,
    /// Threads; one is best for measuring a single connection
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// Print the summary as one line of JSON, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,
    /// Print this help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
    #[command(flatten)]
    reach: Reach,
}

fn run(matches: &ArgMatches) -> ExitCode {
    let flags = match Flags::from_arg_matches(matches) {
        Ok(flags) => flags,
        Err(error) => return flags::usage(&error),
    };
    let prepared = Plan::new(&flags).and_then(|plan| Ok((plan, plan_config(&flags)?)));
    let (plan, config) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return flags::usage(&*error),
    };
    flags::exit_on_second_interrupt();
    // One connection is one file.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    match runtime(flags.threads).and_then(|runtime| runtime.block_on(drive::run(plan, config))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            flags::report(&*error);
            ExitCode::FAILURE
        }
    }
}

/// How to connect. What comes back is as long as what was sent, or a part of it.
fn plan_config(flags: &Flags) -> Result<ws_container::client::ClientEndpointConfig, Failure> {
    let longest = flags.size.max(MIN_LIMIT);
    let limits = ws_container::Limits {
        max_text_len: longest,
        max_binary_len: longest,
        max_frame_len: longest,
        ..ws_container::Limits::default()
    };
    let mut config = ws_container::client::ClientEndpointConfig::builder()
        .subprotocols(&flags.protocol)
        .limits(limits)
        .close_timeout(CLOSE_TIMEOUT);
    if flags.delay == 0 {
        // There is no pause that Pings could bridge, silence is found by `--wait`, and the timer would
        // be paid for with each message.
        config = config.keep_alive(None);
    }
    Ok(flags.reach.apply(config)?.build()?)
}

/// Bytes of others' messages that are taken in at least.
const MIN_LIMIT: u64 = 64 << 20;

/// How long the server may take to answer our Close, in the end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

fn runtime(threads: u16) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = if threads == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    // The thread that looked up the host is not to stay: with one thread system calls are cheaper.
    builder.thread_keep_alive(Duration::from_millis(1));
    Ok(builder.worker_threads(usize::from(threads)).enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn flags(arguments: &[&str]) -> Result<Flags, clap::Error> {
        let Extra::Program { command, .. } = command() else { panic!("another kind of command") };
        let matches = command.try_get_matches_from(["test-client"].iter().chain(arguments))?;
        Flags::from_arg_matches(&matches)
    }

    #[test]
    fn the_flags_are_those_of_jetty_with_its_defaults() {
        let all = flags(&[]).unwrap();
        assert_eq!((all.host.as_str(), all.port, all.count), ("localhost", 8080, 10));
        assert_eq!((all.size, all.fragment, all.clients, all.delay), (64, 4000, 1, 1000));
        assert!(!all.binary && !all.verbose && !all.quiet && all.protocol.is_none());
        let short = "-h example -p 9 -b -v -c 1 -s 2 -f 3 -P echo -C 4 -d 5";
        let short = flags(&short.split(' ').collect::<Vec<_>>()).unwrap();
        assert_eq!((short.host.as_str(), short.port, short.count), ("example", 9, 1));
        assert_eq!((short.size, short.fragment, short.clients, short.delay), (2, 3, 4, 5));
        assert!(short.binary && short.verbose && short.protocol.as_deref() == Some("echo"));
        let long = "--host e --port 9 --binary --quiet --count 1 --size 2 --fragment 3 \
                    --protocol echo --clients 4 --delay 5";
        assert!(flags(&long.split_whitespace().collect::<Vec<_>>()).unwrap().quiet);
    }

    #[test]
    fn help_is_long_only_and_lists_the_flags() {
        let help = flags(&["--help"]).err().unwrap();
        assert_eq!(help.exit_code(), 0);
        for flag in ["-h, --host", "-p, --port", "-P, --protocol", "-H, --header", "--cacert"] {
            assert!(help.to_string().contains(flag), "{flag}: {help}");
        }
        for wrong in [&["-q", "-v"][..], &["--url", "ws://a", "-p", "1"], &["-C", "0"], &["-h"]] {
            assert_eq!(flags(wrong).err().unwrap().exit_code(), 2, "{wrong:?}");
        }
    }
}

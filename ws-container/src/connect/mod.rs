//! `connect`: talks to a server line by line, at a terminal or in a pipe.
//!
//! ```text
//!  keyboard ──lines──► talk ──messages──► session
//!  (its own thread)     │ notes              │ events
//!                       ▼                    ▼
//!                     screen ◄───────────── peer (the endpoint)
//! ```

mod command;
mod format;
mod keyboard;
mod layout;
mod peer;
mod pings;
mod screen;
mod talk;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use ws_container::cli::Extra;
use ws_container::client::{Client, ClientEndpointConfig};

use crate::connect::keyboard::Keyboard;
use crate::connect::peer::Peer;
use crate::connect::screen::Screen;
use crate::flags::{self, Failure, Reach};

const ABOUT: &str = "Connect to a server and talk to it line by line";

const MORE: &str = "\
Each line is sent as a text message. A line that begins with / is a command; /help lists them, and \
// sends a line that begins with /. At a terminal lines can be edited, and the arrow keys find \
earlier ones; Ctrl-D or Ctrl-C closes.

From a pipe, every line is sent, and when there are no more the connection is closed with 1000 as \
soon as no message and no Pong came for --wait. Ctrl-C closes; once more, it ends at once with status \
130.

What the server says is shown with < and the time. Text is made printable: no escape sequence of the \
server's reaches the terminal.

The exit status is 0 when the connection was closed in order, 1 when it failed or was closed for \
another reason than 1000 or 1001, and 2 for a wrong command line.";

/// The subcommand.
pub(crate) fn command() -> Extra {
    let command = Flags::augment_args(Command::new("connect"));
    let command = command.about(ABOUT).long_about(None).after_help(MORE);
    Extra::Program { command: Box::new(command), run }
}

/// The command line.
#[derive(Args)]
struct Flags {
    /// Where to connect: a URL with ws:// or wss://, or a Unix socket's ws+unix:
    url: String,
    /// Offer this subprotocol; several times for several, best first
    #[arg(short = 's', long = "subprotocol", value_name = "NAME")]
    subprotocols: Vec<String>,
    /// Send this Origin, as a page of that origin would
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// Indent text messages that are JSON
    #[arg(long)]
    json: bool,
    /// Show messages alone, without time and mark, and nothing else
    #[arg(long)]
    plain: bool,
    /// Send lines that begin with / as they are, too
    #[arg(long)]
    no_commands: bool,
    /// Append what is sent and received to this file
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Longest message to take in
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = flags::size)]
    max_size: u64,
    /// Neither read nor write the history of lines
    #[arg(long)]
    no_history: bool,
    /// Silence after the end of a pipe before the connection is closed
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = flags::duration)]
    wait: Duration,
    #[command(flatten)]
    reach: Reach,
}

fn run(matches: &ArgMatches) -> ExitCode {
    let flags = match Flags::from_arg_matches(matches) {
        Ok(flags) => flags,
        Err(error) => return flags::usage(&error),
    };
    let config = match config(&flags) {
        Ok(config) => config,
        Err(error) => return flags::usage(&*error),
    };
    match try_run(&flags, &config) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            flags::report(&*error);
            ExitCode::FAILURE
        }
    }
}

fn config(flags: &Flags) -> Result<ClientEndpointConfig, Failure> {
    let mut config = ClientEndpointConfig::builder()
        .subprotocols(&flags.subprotocols)
        .max_text_len(flags.max_size)
        .max_binary_len(flags.max_size);
    if let Some(origin) = &flags.origin {
        config = config.origin(origin);
    }
    Ok(flags.reach.apply(config)?.build()?)
}

/// Connects and talks. Whether it all ended in order.
fn try_run(flags: &Flags, config: &ClientEndpointConfig) -> Result<bool, Failure> {
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let screen = Arc::new(Screen::new(flags, interactive)?);
    let restored = Arc::clone(&screen);
    flags::exit_on_second_interrupt_after(move || restored.restore());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    pings::show(&screen);
    let in_order = runtime.block_on(async {
        let (peer, ended) = Peer::new(Arc::clone(&screen));
        let session = tokio::select! {
            session = Client::new().connect_with(config, peer, &flags.url) => {
                session.map_err(|error| flags::explain(&error))?
            }
            interrupt = tokio::signal::ctrl_c() => {
                interrupt?;
                return Err("interrupted before the connection was open".into());
            }
        };
        screen.connected(&session);
        let keyboard = if interactive {
            Keyboard::editor(!flags.no_history, &screen)?
        } else {
            Keyboard::pipe()
        };
        Ok::<_, Failure>(talk::talk(flags, &session, &screen, keyboard, ended).await)
    });
    // The thread that reads lines may wait for one for ever.
    runtime.shutdown_background();
    screen.finish();
    in_order
}

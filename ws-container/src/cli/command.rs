//! What the command line can say.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, value_parser};

use crate::cli::Extra;
use crate::config::Options;

/// What the command line said.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// Serve the program's endpoints.
    Serve(ArgMatches),
    /// List them.
    Endpoints,
    /// The subcommand at this place among the extra ones.
    Extra(usize, ArgMatches),
}

/// Reads `arguments`, the program's name first.
///
/// # Errors
///
/// What is wrong with them; or help, when they ask for it.
pub(crate) fn parse(
    extras: &[Extra],
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Invocation, clap::Error> {
    let matches = command(extras).try_get_matches_from(arguments)?;
    Ok(match matches.subcommand() {
        None => Invocation::Serve(matches),
        Some(("serve", matches)) => Invocation::Serve(matches.clone()),
        Some(("endpoints", _)) => Invocation::Endpoints,
        Some((name, matches)) => {
            let named = |extra: &Extra| match extra {
                Extra::Server { name: own, .. } => *own == name,
                Extra::Program { command, .. } => command.get_name() == name,
            };
            let index = extras.iter().position(named).unwrap_or_default();
            Invocation::Extra(index, matches.clone())
        }
    })
}

fn command(extras: &[Extra]) -> Command {
    // Usage lines name the program as it was called.
    let about = "Serves WebSocket endpoints, and static files beside them";
    let command = serving(Command::new("ws-container"), about)
        .args_conflicts_with_subcommands(true)
        .subcommand(serving(
            Command::new("serve"),
            "Serve the endpoints (what happens without a command)",
        ))
        .subcommand(Command::new("endpoints").about("List the endpoints in this program"));
    extras.iter().fold(command, |command, extra| {
        command.subcommand(match extra {
            Extra::Server { name, about, .. } => serving(Command::new(*name), about),
            Extra::Program { command, .. } => command.as_ref().clone(),
        })
    })
}

/// Adds the flags of a command that serves, and what it is for.
fn serving(command: Command, about: &'static str) -> Command {
    let file = Arg::new("config").long("config").env("WS_CONFIG").value_name("FILE");
    let file = file.value_parser(value_parser!(PathBuf)).help("Settings in TOML");
    let print = Arg::new("print_config").long("print-config").action(ArgAction::SetTrue);
    let sample = Arg::new("print_sample_config").long("print-sample-config");
    let sample = sample.action(ArgAction::SetTrue);
    let check = Arg::new("check").long("check").visible_alias("check-config");
    let check = check.action(ArgAction::SetTrue);
    // The flags bring a description along, that of their struct.
    Options::augment_args(command)
        .about(about)
        .long_about(None)
        .arg(file)
        .arg(print.help("Print every setting and where it came from, and end"))
        .arg(sample.help("Print a commented configuration file with every setting, and end"))
        .arg(check.help("Look at settings, endpoints and files, and end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arguments: &[&str]) -> Result<Invocation, clap::Error> {
        let extras = [Extra::Server {
            name: "test-server",
            about: "Test",
            module: "app::test",
            pages: Vec::new(),
        }];
        parse(&extras, ["app"].iter().chain(arguments).map(OsString::from))
    }

    #[test]
    fn the_definition_is_sound() {
        command(&[]).debug_assert();
    }

    #[test]
    fn commands() {
        let port = |matches: &ArgMatches| matches.get_one::<u16>("port").copied();
        for arguments in [&["-p", "9"][..], &["--port", "9"], &["serve", "-p", "9"]] {
            match run(arguments) {
                Ok(Invocation::Serve(matches)) => assert_eq!(port(&matches), Some(9)),
                other => panic!("{arguments:?}: {other:?}"),
            }
        }
        match run(&["test-server", "--port", "0", "-d", "www", "-v"]) {
            Ok(Invocation::Extra(0, matches)) => assert_eq!(port(&matches), Some(0)),
            other => panic!("{other:?}"),
        }
        assert!(matches!(run(&["endpoints"]), Ok(Invocation::Endpoints)));
    }

    #[test]
    fn mistakes_are_named() {
        for (arguments, mention) in [
            (&["--prot", "9"][..], "--port"),
            (&["--port", "x"], "invalid value 'x' for '--port <N>'"),
            (&["--port", "65536"], "65536"),
            (&["--max-text-message", "1 TB"], "write bytes as in `65536`"),
            (&["--grace", "off"], "`off` is no duration"),
            (&["--listen", "::1:80"], "write `HOST:PORT`"),
            (&["server"], "serve"),
        ] {
            let error = run(arguments).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{arguments:?}");
            assert!(error.to_string().contains(mention), "{arguments:?}: {error}");
        }
    }

    #[test]
    fn help_is_no_failure_and_lists_the_flags() {
        let help = run(&["test-server", "--help"]).unwrap_err();
        assert_eq!(help.exit_code(), 0);
        for flag in ["-p, --port", "-d, --docroot", "-v, --verbose", "--help", "WS_PORT"] {
            assert!(help.to_string().contains(flag), "{help}");
        }
    }
}

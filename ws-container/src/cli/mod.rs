//! The command line: turns any program with endpoints into a server.

#[cfg(feature = "tls")]
mod certificate;
mod command;
mod endpoints;
mod listeners;
mod log;
mod sample;
mod serve;
mod settings;
mod signals;
mod try_page;

use std::process::ExitCode;

use clap::ArgMatches;
use ws_core::{EndpointDescriptor, registrations};

use crate::cli::command::Invocation;
use crate::cli::serve::Offer;
use crate::container::{Builder, Container};
use crate::files::Page;

/// What a program does besides `serve` and `endpoints`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Extra {
    /// A subcommand that serves endpoints of its own: those declared in one module and below, which
    /// `serve` then leaves out.
    Server {
        /// The subcommand's name.
        name: &'static str,
        /// What it is for, in one line.
        about: &'static str,
        /// The path of the module, as `module_path!()` says it there.
        module: &'static str,
        /// The pages it serves where it has no docroot.
        pages: Vec<Page>,
    },
    /// A subcommand of any other kind.
    Program {
        /// Its name, flags and help.
        command: Box<clap::Command>,
        /// Runs it.
        run: fn(&ArgMatches) -> ExitCode,
    },
}

impl Extra {
    /// Whether `endpoint` belongs to this subcommand alone.
    fn owns(&self, endpoint: &EndpointDescriptor) -> bool {
        match self {
            Self::Server { module, .. } => {
                endpoint.type_name.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"))
            }
            Self::Program { .. } => false,
        }
    }
}

/// Runs this program as its command line says: serves the endpoints that are linked into it, or
/// lists them.
///
/// ```text
/// APP [serve] [-p|--port N] [--listen ADDR]... [-d|--docroot DIR] [--config FILE] ...
/// APP endpoints
/// ```
///
/// `--help` lists every setting. Each is a flag, an environment variable `WS_...`, and a key of the
/// TOML file named by `--config`; flags go before the environment, and that before the file.
/// `SIGTERM` and `SIGINT` drain the server; a second one ends the program at once.
///
/// # Examples
///
/// ```no_run
/// use ws_container::prelude::*;
///
/// fn main() -> ExitCode {
///     ws_container::main()
/// }
/// ```
#[must_use]
pub fn main() -> ExitCode {
    main_with(&[])
}

/// As [`main`](crate::main()), with more subcommands.
#[must_use]
pub fn main_with(extras: &[Extra]) -> ExitCode {
    let others = extras.to_vec();
    let own = move |it: &EndpointDescriptor| !others.iter().any(|extra| extra.owns(it));
    run(Container::builder().discover().filter(own), extras)
}

impl Builder {
    /// Makes a program of what it collected: as [`main`](crate::main()), which is
    /// `Container::builder().discover().main()`, for programs whose endpoints take state, or whose
    /// peers say who they are.
    ///
    /// Settings come from the command line, the environment and the file; those given to
    /// [`Builder::settings`] are not looked at. A root given here holds unless one is given there.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use ws_container::prelude::*;
    ///
    /// struct Prices;
    ///
    /// fn main() -> ExitCode {
    ///     Container::builder().discover().state(Prices).main()
    /// }
    /// ```
    #[must_use]
    pub fn main(self) -> ExitCode {
        run(self, &[])
    }
}

fn run(application: Builder, extras: &[Extra]) -> ExitCode {
    let invocation = match command::parse(extras, std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => {
            // Help goes to standard output and is no failure.
            let printed = error.print().is_ok();
            return if printed && error.exit_code() == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match invocation {
        Invocation::Endpoints => endpoints::list(&application, extras),
        Invocation::Serve(arguments) => serve::run(&arguments, Offer::application(application)),
        Invocation::Extra(index, arguments) => match &extras[index] {
            extra @ Extra::Server { pages, .. } => {
                let own = registrations().into_iter().filter(|it| extra.owns(it));
                let builder = Container::builder().endpoints(own);
                let builder = pages.iter().fold(builder, |it, page| it.page(page.clone()));
                serve::run(&arguments, Offer::test(builder))
            }
            Extra::Program { run, .. } => run(&arguments),
        },
    }
}

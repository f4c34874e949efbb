//! Where log lines go.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, Options};

/// What is logged unless something else is asked for.
const QUIET: &str = "info";

/// What `--verbose` means.
const VERBOSE: &str = "info,ws_container=debug,ws_core=debug";

/// Begins to log to standard error.
///
/// # Errors
///
/// [`ConfigError::Log`] when the filter is none.
pub(crate) fn start(options: &Options) -> Result<(), ConfigError> {
    let verbose = options.verbose.unwrap_or_default();
    let filter = options.log.as_deref().unwrap_or(if verbose { VERBOSE } else { QUIET });
    let mut filter = EnvFilter::try_new(filter).map_err(|_| ConfigError::Log(filter.to_owned()))?;
    if options.trace_handshake == Some(true)
        && let Ok(handshakes) = "ws_container::handshake=debug".parse()
    {
        filter = filter.add_directive(handshakes);
    }
    // Refused only where the program has set up its own already: that one stays.
    let _ = tracing_subscriber::fmt()
        // A log that takes nothing, on a full disk say, stops nothing; to say so there would panic.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    Ok(())
}

//! Serving, from the settings to the end.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::cli::listeners::listen;
use crate::cli::log;
use crate::cli::sample::sample;
use crate::cli::settings::{defaults, settings};
use crate::cli::signals::{Asked, Signals};
use crate::cli::try_page::try_page;
#[cfg(not(feature = "docroot"))]
use crate::config::ConfigError;
use crate::config::{Effective, Options};
use crate::container::{Builder, Container};
use crate::lifecycle::Handle;

/// Descriptors that connections leave to files, logs and libraries; a quarter where there are few.
const RESERVED_FILES: u64 = 64;

/// Any failure, for the one place that prints it.
type Failure = Box<dyn std::error::Error>;

/// What is there to be served.
#[derive(Debug)]
pub(crate) struct Offer {
    builder: Builder,
    /// Whether a page to try the endpoints with is a part of it.
    try_them: bool,
    defaults: Options,
}

impl Offer {
    /// An application, and a page to try its endpoints with unless `/` is taken.
    pub(crate) fn application(builder: Builder) -> Self {
        let try_them = !builder.has_page("/");
        Self { builder, try_them, defaults: defaults() }
    }

    /// A test server: directories are listed.
    pub(crate) fn test(builder: Builder) -> Self {
        let defaults = Options { list: Some(true), ..defaults() };
        Self { builder, try_them: false, defaults }
    }
}

/// Serves `offer` as `arguments` say.
pub(crate) fn run(arguments: &ArgMatches, offer: Offer) -> ExitCode {
    match try_run(arguments, offer) {
        Ok(code) => code,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error what failed, and why; the log may not be running.
fn report(error: &dyn std::error::Error) {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    // Where nobody takes it, nobody is to be told.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn try_run(arguments: &ArgMatches, offer: Offer) -> Result<ExitCode, Failure> {
    let file = arguments.get_one::<PathBuf>("config");
    let effective = Effective::load(arguments, file.map(PathBuf::as_path), &offer.defaults)?;
    if arguments.get_flag("print_sample_config") {
        std::io::stdout().write_all(sample(&offer.defaults)?.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.get_flag("print_config") {
        std::io::stdout().write_all(effective.to_string().as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = &effective.options;
    log::start(options)?;
    let mut builder = offer.builder;
    if let Some(root) = &options.root {
        builder = builder.root(root);
    }
    builder = match &options.docroot {
        #[cfg(feature = "docroot")]
        Some(docroot) => {
            let list = options.list.unwrap_or_default();
            builder.without_pages().static_files(docroot).list(list)
        }
        #[cfg(not(feature = "docroot"))]
        Some(_) => return Err(ConfigError::WithoutFiles.into()),
        None if offer.try_them => {
            let page = try_page(&builder.chosen(), builder.root_path());
            builder.page(page)
        }
        None => builder,
    };
    builder = listen(builder, &effective)?;
    let mut settings = settings(options)?;
    settings.max_connections = Some(connection_limit());
    let container = builder.settings(settings).build()?;
    if arguments.get_flag("check") {
        tracing::info!("settings, endpoints and files are in order");
        return Ok(ExitCode::SUCCESS);
    }
    let reloads = options.tls_cert.is_some();
    let runtime = runtime(options)?;
    let served = runtime.block_on(serve(container, reloads));
    // All is drained: a file that is still being read must not keep the program from its end.
    runtime.shutdown_background();
    served
}

/// Raises the limit of open files as far as it goes, and says how many connections fit.
fn connection_limit() -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot raise the limit of open files");
        1_024
    });
    let connections = (files - RESERVED_FILES.min(files / 4)).max(1);
    tracing::info!(files, connections, "limit of open files");
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// A thread for each processor that this process may use; on a single one, no other thread.
fn runtime(options: &Options) -> std::io::Result<Runtime> {
    let threads = options.threads.or_else(|| std::thread::available_parallelism().ok());
    let threads = threads.map_or(1, std::num::NonZeroUsize::get);
    let mut builder = if threads == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    builder.worker_threads(threads).enable_all().build()
}

async fn serve(container: Container, reloads: bool) -> Result<ExitCode, Failure> {
    // Before the line that says that the server is there: a signal may come right after it.
    let signals = Signals::new(reloads)?;
    let handle = container.start().await?;
    announce(&handle)?;
    drain_on(signals, &handle).await;
    Ok(ExitCode::SUCCESS)
}

/// Says on standard output where the server listens.
fn announce(handle: &Handle) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for url in handle.urls() {
        writeln!(out, "listening on {url}")?;
    }
    if let Some(address) = handle.admin_addr() {
        tracing::info!(url = %format_args!("http://{address}"), "health and metrics");
    }
    out.flush()
}

/// Reads certificates again as often as it is asked to, and drains when it is to end; a second
/// signal then ends the program at once.
async fn drain_on(mut signals: Signals, handle: &Handle) {
    // Files may take long to read, and signals must not wait for them; one is remembered meanwhile.
    let again = Notify::new();
    let reloading = async {
        loop {
            again.notified().await;
            // The log says what came of it.
            #[cfg(feature = "tls")]
            drop(handle.reload_tls().await);
        }
    };
    tokio::select! {
        () = reloading => {}
        () = obey(&mut signals, handle, &again) => {}
    }
}

/// Follows `signals` until the container is drained; `again` is told to read certificates.
async fn obey(signals: &mut Signals, handle: &Handle, again: &Notify) {
    let name = loop {
        match signals.next().await {
            Asked::End(name) => break name,
            Asked::Reload => again.notify_one(),
        }
    };
    tracing::info!(signal = name, "draining; another signal ends at once");
    let ended = async { while signals.next().await == Asked::Reload {} };
    tokio::select! {
        _ = handle.shutdown() => {}
        () = ended => std::process::exit(1),
    }
}

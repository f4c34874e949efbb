//! Serving, from the settings to the end.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;
use tokio::runtime::Runtime;
#[cfg(feature = "deflate")]
use ws_core::extension::{Budget, PerMessageDeflate};
use ws_core::handshake::{Origin, OriginPolicy, SubprotocolOrder};

use crate::cli::log;
use crate::cli::try_page::try_page;
#[cfg(feature = "deflate")]
use crate::config::{ByteSize, Level, Window};
use crate::config::{ConfigError, Effective, Options, Settings, Side};
use crate::container::{Builder, Container};
use crate::lifecycle::Handle;

/// Descriptors that connections leave to files, logs and libraries.
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

/// Says on standard error what failed, and why.
#[expect(clippy::print_stderr, reason = "the log may not be running")]
fn report(error: &dyn std::error::Error) {
    eprint!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
}

fn try_run(arguments: &ArgMatches, offer: Offer) -> Result<ExitCode, Failure> {
    let file = arguments.get_one::<PathBuf>("config");
    let effective = Effective::load(arguments, file.map(PathBuf::as_path), &offer.defaults)?;
    if arguments.get_flag("print_config") {
        std::io::stdout().write_all(effective.to_string().as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = &effective.options;
    if options.tls_cert.is_some() || options.tls_key.is_some() {
        let key = if options.tls_cert.is_some() { "tls_cert" } else { "tls_key" };
        return Err(ConfigError::WithoutTls(key).into());
    }
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
    for (host, port) in effective.addresses()? {
        builder = builder.bind(host, port);
    }
    let mut settings = settings(options)?;
    settings.max_connections = Some(connection_limit());
    let container = builder.settings(settings).build()?;
    if arguments.get_flag("check") {
        tracing::info!("settings, endpoints and files are in order");
        return Ok(ExitCode::SUCCESS);
    }
    runtime(options)?.block_on(serve(container))
}

/// The settings that flags, environment and file go before.
fn defaults() -> Options {
    let Settings {
        max_text_message,
        max_binary_message,
        idle_timeout,
        keep_alive,
        pong_timeout,
        close_timeout,
        send_timeout,
        handshake_timeout,
        grace,
        ..
    } = Settings::default();
    Options {
        port: Some(8080),
        list: Some(false),
        max_text_message: Some(max_text_message.into()),
        max_binary_message: Some(max_binary_message.into()),
        idle_timeout: Some(idle_timeout.into()),
        keep_alive: Some(keep_alive.into()),
        pong_timeout: Some(pong_timeout.into()),
        close_timeout: Some(close_timeout.into()),
        send_timeout: Some(send_timeout.into()),
        handshake_timeout: Some(handshake_timeout.into()),
        grace: Some(grace.into()),
        subprotocol_order: Some(Side::Client),
        verbose: Some(false),
        #[cfg(feature = "deflate")]
        deflate: Some(true),
        #[cfg(feature = "deflate")]
        deflate_level: Some(Level(PerMessageDeflate::DEFAULT_LEVEL)),
        #[cfg(feature = "deflate")]
        deflate_threshold: Some((PerMessageDeflate::DEFAULT_THRESHOLD as u64).into()),
        #[cfg(feature = "deflate")]
        deflate_server_window: Some(Window(None)),
        #[cfg(feature = "deflate")]
        deflate_client_window: Some(Window(None)),
        #[cfg(feature = "deflate")]
        deflate_budget: Some((Budget::DEFAULT as u64).into()),
        ..Options::default()
    }
}

/// The container's settings that `options` hold.
fn settings(options: &Options) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    macro_rules! take {
        ($($name:ident)*) => {$(
            if let Some(value) = options.$name {
                settings.$name = value.0;
            }
        )*};
    }
    take! {
        max_text_message max_binary_message idle_timeout keep_alive pong_timeout close_timeout
        send_timeout handshake_timeout grace
    }
    #[cfg(feature = "deflate")]
    {
        settings.deflate = deflate(options);
    }
    settings.origins = origins(&options.allowed_origins)?;
    settings.subprotocol_order = match options.subprotocol_order {
        Some(Side::Server) => SubprotocolOrder::Server,
        Some(Side::Client) | None => SubprotocolOrder::Client,
    };
    Ok(settings)
}

/// The compression that `options` ask for.
#[cfg(feature = "deflate")]
fn deflate(options: &Options) -> Option<PerMessageDeflate> {
    if options.deflate == Some(false) {
        return None;
    }
    let bytes = |size: ByteSize| usize::try_from(size.0).unwrap_or(usize::MAX);
    let mut deflate = PerMessageDeflate::default();
    if let Some(Level(level)) = options.deflate_level {
        deflate = deflate.level(level);
    }
    if let Some(size) = options.deflate_threshold {
        deflate = deflate.threshold(bytes(size));
    }
    if let Some(Window(Some(window))) = options.deflate_server_window {
        deflate = deflate.server_context_takeover(window);
    }
    if let Some(Window(Some(window))) = options.deflate_client_window {
        deflate = deflate.client_context_takeover(window);
    }
    if let Some(size) = options.deflate_budget {
        deflate = deflate.budget(Budget::new(bytes(size)));
    }
    Some(deflate)
}

/// The server's own origin, and those of `allowed`.
fn origins(allowed: &[String]) -> Result<OriginPolicy, ConfigError> {
    if allowed.is_empty() {
        return Ok(OriginPolicy::Same);
    }
    if allowed.iter().any(|origin| origin == "*") {
        return Ok(OriginPolicy::Any);
    }
    let parse = |text: &String| text.parse().map_err(|_| ConfigError::Origin(text.clone()));
    let allowed = allowed.iter().map(parse).collect::<Result<Vec<Origin>, _>>()?;
    Ok(OriginPolicy::Custom(std::sync::Arc::new(move |origin: Option<&str>, host: &str| {
        let Some(origin) = origin else { return true };
        let Ok(origin) = origin.parse::<Origin>() else { return false };
        // Without TLS here, a proxy may still have served the page with it.
        let own = ["http", "https"].map(|scheme| format!("{scheme}://{host}").parse());
        own.contains(&Ok(origin.clone())) || allowed.contains(&origin)
    })))
}

/// Raises the limit of open files as far as it goes, and says how many connections fit.
fn connection_limit() -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot raise the limit of open files");
        1_024
    });
    let connections = files.saturating_sub(RESERVED_FILES).max(1);
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

async fn serve(container: Container) -> Result<ExitCode, Failure> {
    // Before the line that says that the server is there: a signal may come right after it.
    let signals = Signals::new()?;
    let handle = container.start().await?;
    announce(&handle)?;
    drain_on(signals, &handle).await;
    Ok(ExitCode::SUCCESS)
}

/// Says on standard output where the server listens.
fn announce(handle: &Handle) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for address in handle.local_addrs() {
        writeln!(out, "listening on ws://{address}")?;
    }
    out.flush()
}

/// Drains at the first signal; a second one ends the program at once.
async fn drain_on(mut signals: Signals, handle: &Handle) {
    let name = signals.next().await;
    tracing::info!(signal = name, "draining; another signal ends at once");
    tokio::select! {
        _ = handle.shutdown() => {}
        _ = signals.next() => std::process::exit(1),
    }
}

/// The signals that end a program.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// The key that ends a program.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "as elsewhere")]
    const fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}

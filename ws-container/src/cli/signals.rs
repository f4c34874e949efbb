//! The signals that a program listens to.

/// The signals that end a program, and the one that makes it read its certificates again.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: Option<tokio::signal::unix::Signal>,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// To end; the signal's name.
    End(&'static str),
    /// To read certificates again.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no such signal"))]
    Reload,
}

#[cfg(unix)]
impl Signals {
    /// Listens to them. SIGHUP is left alone unless there is something to read again: it ends a
    /// program whose terminal was closed.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub(super) fn new(reloads: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: reloads.then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    pub(super) async fn next(&mut self) -> Asked {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => drop(hang_up.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => Asked::End("SIGTERM"),
            _ = self.interrupt.recv() => Asked::End("SIGINT"),
            () = hang_up => Asked::Reload,
        }
    }
}

/// The key that ends a program.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "as elsewhere")]
    pub(super) const fn new(_: bool) -> std::io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Asked {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Asked::End("Ctrl-C")
    }
}

//! Watches the clients from a thread of its own: finds out who is silent, and moves the progress bar.
//!
//! A timer in the runtime of the connections would cost each message two looks at the clock, and the
//! system a wait that has an end: too much for a program that measures.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::flags::Failure;
use crate::test_client::output::Output;
use crate::test_client::progress::Progress;

/// How often the progress bar moves.
const REDRAW: Duration = Duration::from_millis(100);

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches clients. Who waits longer than `wait` for a reply is told, see [`Progress::silence`].
    ///
    /// # Errors
    ///
    /// The system has no thread to spare.
    pub(super) fn start(
        clients: Vec<Arc<Progress>>,
        wait: Duration,
        output: &Arc<Output>,
    ) -> Result<Self, Failure> {
        let (stop, stopped) = mpsc::channel();
        let output = Arc::clone(output);
        let run = move || {
            let mut pause = Duration::ZERO;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = find_silent(&clients, wait);
                if let Some(bar) = output.bar() {
                    bar.set_position(clients.iter().map(|client| client.replies()).sum());
                    pause = pause.min(REDRAW);
                }
            }
        };
        let thread = thread::Builder::new().name("watch".into()).spawn(run)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It would have told of its panic itself.
            let _ = thread.join();
        }
    }
}

/// Tells clients that have waited for a reply for `wait`; how long no other will.
fn find_silent(clients: &[Arc<Progress>], wait: Duration) -> Duration {
    let now = Instant::now();
    let mut pause = wait;
    for client in clients {
        // What is sent from now on is not late before `wait` is over.
        let Some(since) = client.silent_since() else { continue };
        match (since + wait).checked_duration_since(now) {
            None | Some(Duration::ZERO) => client.tell_silence(),
            Some(rest) => pause = pause.min(rest),
        }
    }
    pause
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_client::plan::Plan;
    use crate::test_client::tests::flags;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_looks_again_when_the_next_client_may_be_silent() {
        let clients = [Arc::new(Progress::new()), Arc::new(Progress::new())];
        assert_eq!(find_silent(&clients, SECOND), SECOND, "nobody waits");
        let (begun, hour) = (Instant::now(), Duration::from_hours(1));
        clients[0].sending(begun);
        let pause = find_silent(&clients, hour);
        assert!(pause <= hour && pause + begun.elapsed() >= hour, "{pause:?}");
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told() {
        let clients = [Arc::new(Progress::new()), Arc::new(Progress::new())];
        clients[1].sending(Instant::now());
        let plan = Plan::new(&flags(&["-P", "echo", "-q"]).unwrap()).unwrap();
        let output = Arc::new(Output::new(&plan));
        let _watch = Watch::start(clients.to_vec(), Duration::from_millis(5), &output).unwrap();
        clients[1].silence().await;
    }
}

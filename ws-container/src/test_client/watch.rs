//! Watches the clients: finds out who is silent, and moves the progress bar.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, spawn};

use crate::flags::Failure;
use crate::test_client::alarm::Alarm;
use crate::test_client::output::Output;
use crate::test_client::progress::Progress;

/// How often the progress bar moves.
const REDRAW: Duration = Duration::from_millis(100);

/// The task; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch(JoinHandle<()>);

impl Watch {
    /// Watches clients. Who waits longer than `wait` for a reply is told, see [`Progress::silence`].
    ///
    /// # Errors
    ///
    /// The system has no timer to spare.
    pub(super) fn start(
        clients: Vec<Arc<Progress>>,
        wait: Duration,
        output: &Arc<Output>,
    ) -> Result<Self, Failure> {
        let mut alarm = Alarm::new()?;
        let output = Arc::clone(output);
        Ok(Self(spawn(async move {
            let mut pause = Duration::ZERO;
            // A timer that fails cannot be waited for: clients then end with their connections.
            while alarm.wait(pause).await.is_ok() {
                pause = find_silent(&clients, wait);
                if let Some(bar) = output.bar() {
                    bar.set_position(clients.iter().map(|client| client.replies()).sum());
                    pause = pause.min(REDRAW);
                }
            }
        })))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
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

//! Runs the clients: connects them, sends at their pace, watches for silence, sums up.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use ws_container::client::{Client, ClientEndpointConfig};
use ws_container::{CloseReason, Session};

use crate::flags::{self, Failure};
use crate::test_client::CLOSE_TIMEOUT;
use crate::test_client::output::Output;
use crate::test_client::pinger::{Controls, Pinger, send};
use crate::test_client::plan::{Body, Pace, Plan};
use crate::test_client::progress::Progress;
use crate::test_client::summary::Summary;
use crate::test_client::total::{Done, Problems, Total, Why};
use crate::test_client::watch::Watch;

/// Connections that are being made at a time.
const CONNECTING: usize = 64;

/// An open connection.
struct Connected {
    number: u32,
    session: Session,
    controls: Controls,
}

/// Does what `plan` says. Whether all went well; the summary is printed.
///
/// # Errors
///
/// No connection was opened.
pub(super) async fn run(plan: Plan, config: ClientEndpointConfig) -> Result<bool, Failure> {
    let plan = Arc::new(plan);
    let output = Arc::new(Output::new(&plan));
    let mut problems = Problems::default();
    output.begin(&plan);
    let mut connected = Vec::new();
    let interrupted = tokio::select! {
        all = connect_all(&plan, &output, &config, &mut problems, &mut connected) => {
            all?;
            false
        }
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            problems.note("interrupted before all connections were open".into());
            true
        }
    };
    let count = u32::try_from(connected.len())?;
    if count == 0 && !interrupted {
        problems.tell();
        return Ok(false);
    }
    agreed(&plan, &output, &connected);
    let begun = Instant::now();
    let mut total = Total::new(begun);
    let done = |done| total.add(&plan, done, &mut problems);
    run_all(&plan, &output, connected, interrupted, done).await?;
    let took = match total.last - begun {
        Duration::ZERO => begun.elapsed(),
        took => took,
    };
    let Total { tally, complete, .. } = total;
    let summary = Summary { plan: &plan, connected: count, tally, took, complete };
    problems.tell();
    output.end(&summary);
    Ok(summary.is_success())
}

/// Opens the connections of all clients, to `connected`; those that fail are among the problems.
async fn connect_all(
    plan: &Arc<Plan>,
    output: &Arc<Output>,
    config: &ClientEndpointConfig,
    problems: &mut Problems,
    connected: &mut Vec<Connected>,
) -> Result<(), Failure> {
    let client = Client::new();
    let mut connecting = JoinSet::new();
    let mut next = 1;
    loop {
        while next <= plan.clients && connecting.len() < CONNECTING {
            let (attempt, controls) = if plan.looks_at_frames() {
                let (pinger, controls) = Pinger::<true>::new(plan, output, next)?;
                (client.connect_with(config, pinger, &plan.uri), controls)
            } else {
                let (pinger, controls) = Pinger::<false>::new(plan, output, next)?;
                (client.connect_with(config, pinger, &plan.uri), controls)
            };
            let number = next;
            connecting.spawn(async move {
                attempt.await.map(|session| Connected { number, session, controls })
            });
            next += 1;
        }
        match connecting.join_next().await {
            None => return Ok(()),
            Some(Ok(Ok(client))) => connected.push(client),
            Some(Ok(Err(error))) => problems.note(flags::explain(&error)),
            Some(Err(panic)) => return Err(panic.into()),
        }
    }
}

/// Says what was agreed on, and warns where that is nothing.
fn agreed(plan: &Plan, output: &Output, connected: &[Connected]) {
    for Connected { number, session, .. } in connected {
        let subprotocol = session.subprotocol().unwrap_or("none");
        output.verbose(&format!("client {number} is connected, subprotocol {subprotocol}"));
    }
    if let Some(wanted) = &plan.protocol
        && connected.iter().any(|client| client.session.subprotocol().is_none())
    {
        flags::warn(&format!("the server did not agree on the subprotocol `{wanted}`"));
    }
}

/// Runs all clients, until they are done or somebody stops them, which may be so from the start.
async fn run_all(
    plan: &Arc<Plan>,
    output: &Arc<Output>,
    connected: Vec<Connected>,
    interrupted: bool,
    mut done: impl FnMut(Done),
) -> Result<(), Failure> {
    let progress: Vec<_> =
        connected.iter().map(|client| Arc::clone(&client.controls.progress)).collect();
    let _watch = Watch::start(progress, plan.wait, output)?;
    let (stop, stopped) = watch::channel(interrupted);
    let mut running = JoinSet::new();
    for client in connected {
        running.spawn(drive(Arc::clone(plan), Arc::clone(output), client, stopped.clone()));
    }
    let mut interrupt = Box::pin(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            biased;
            client = running.join_next() => match client {
                None => return Ok(()),
                Some(client) => done(client?),
            },
            interrupted = &mut interrupt => {
                interrupted?;
                // The next one ends the program.
                interrupt = Box::pin(tokio::signal::ctrl_c());
                stop.send_replace(true);
            }
            () = output.unread() => {
                stop.send_replace(true);
            }
        }
    }
}

/// Runs one client to the end of its connection.
async fn drive(
    plan: Arc<Plan>,
    output: Arc<Output>,
    client: Connected,
    mut stopped: watch::Receiver<bool>,
) -> Done {
    let Connected { number, session, mut controls } = client;
    let mut sent = 0;
    let progress = &controls.progress;
    let work = Work { plan: &plan, output: &output, number, session: &session, progress };
    let mut ended = None;
    let why = tokio::select! {
        biased;
        told = &mut controls.ended => {
            ended = told.ok();
            Why::Closed
        }
        _ = stopped.wait_for(|stopped| *stopped) => Why::Stopped,
        () = work.run(&controls.body, &controls.starting, &mut sent) => Why::Silence,
    };
    if why != Why::Closed {
        // Replies that are on their way still come, before the server's Close.
        session.close(CloseReason::default());
        ended = timeout(2 * CLOSE_TIMEOUT, controls.ended).await.ok().and_then(Result::ok);
    }
    Done { number, ended, sent, why }
}

/// What a client does on its own.
struct Work<'a> {
    plan: &'a Plan,
    output: &'a Output,
    number: u32,
    session: &'a Session,
    progress: &'a Progress,
}

impl Work<'_> {
    /// Sends what is not sent by replies, until no reply comes for too long.
    async fn run(&self, body: &Body, starting: &mpsc::Sender<u64>, sent: &mut u64) {
        let mut silence = pin!(self.progress.silence());
        tokio::select! {
            biased;
            () = &mut silence => return,
            () = self.send_all(body, starting, sent) => {}
        }
        silence.await;
    }

    async fn send_all(&self, body: &Body, starting: &mpsc::Sender<u64>, sent: &mut u64) {
        let Self { plan, output, number, session, progress } = self;
        let mut pace = match plan.pace {
            Pace::Every(delay) => Some(interval(delay)),
            Pace::Replies(_) => None,
        };
        for _ in 0..plan.first() {
            if let Some(pace) = &mut pace {
                pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
                pace.tick().await;
            }
            // There is room unless very many replies are missing.
            let Ok(room) = starting.reserve().await else { return };
            let now = Instant::now();
            room.send(progress.nanos(now));
            progress.sending(now);
            if output.shows_frames() {
                output.message(plan, *number, body);
            }
            if send(plan, body, session).await.is_err() {
                return;
            }
            *sent += 1;
        }
    }
}

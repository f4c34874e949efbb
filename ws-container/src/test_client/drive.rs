//! Runs the clients: connects them, sends at their pace, watches for silence, sums up.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep_until, timeout};
use ws_container::client::{Client, ClientEndpointConfig};
use ws_container::{CloseReason, Initiator, Session};

use crate::flags::{self, Failure};
use crate::test_client::CLOSE_TIMEOUT;
use crate::test_client::output::Output;
use crate::test_client::pinger::{Controls, Ended, Pinger, Progress, send};
use crate::test_client::plan::{Body, Pace, Plan};
use crate::test_client::summary::Summary;
use crate::test_client::tally::Tally;

/// Connections that are being made at a time.
const CONNECTING: usize = 64;

/// How often the progress bar moves.
const REDRAW: Duration = Duration::from_millis(100);

/// Different problems that are told one by one.
const MAX_PROBLEMS: usize = 10;

/// An open connection.
struct Connected {
    number: u32,
    session: Session,
    controls: Controls,
}

/// What became of one client.
struct Done {
    number: u32,
    /// What was counted; `None` when even that was lost.
    ended: Option<Ended>,
    /// Messages sent here, besides those of the endpoint.
    sent: u64,
    why: Why,
}

/// Why a client ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Why {
    /// It closed, or the server did.
    Closed,
    /// No reply came for too long.
    Silence,
    /// Somebody asked for it.
    Stopped,
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
    let connected = tokio::select! {
        connected = connect_all(&plan, &output, &config, &mut problems) => connected?,
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            return Err("interrupted before all connections were open".into());
        }
    };
    let count = u32::try_from(connected.len())?;
    if count == 0 {
        problems.tell();
        return Ok(false);
    }
    agreed(&plan, &output, &connected);
    let begun = Instant::now();
    let mut total = Total { tally: Tally::default(), last: begun, complete: true };
    run_all(&plan, &output, connected, |done| total.add(&plan, done, &mut problems)).await?;
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

/// Opens the connections of all clients; those that fail are among the problems.
async fn connect_all(
    plan: &Arc<Plan>,
    output: &Arc<Output>,
    config: &ClientEndpointConfig,
    problems: &mut Problems,
) -> Result<Vec<Connected>, Failure> {
    let client = Client::new();
    let mut connecting = JoinSet::new();
    let mut connected = Vec::new();
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
            None => return Ok(connected),
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

/// Runs all clients, until they are done or somebody stops them.
async fn run_all(
    plan: &Arc<Plan>,
    output: &Arc<Output>,
    connected: Vec<Connected>,
    mut done: impl FnMut(Done),
) -> Result<(), Failure> {
    let progress: Vec<_> =
        connected.iter().map(|client| Arc::clone(&client.controls.progress)).collect();
    let (stop, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    for client in connected {
        running.spawn(drive(Arc::clone(plan), Arc::clone(output), client, stopped.clone()));
    }
    let mut redraw = interval(REDRAW);
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
                interrupt = Box::pin(tokio::signal::ctrl_c());
                if stop.send_replace(true) {
                    return Err("interrupted before the connections were closed".into());
                }
            }
            () = output.unread() => {
                stop.send_replace(true);
            }
            _ = redraw.tick(), if output.bar().is_some() => {
                if let Some(bar) = output.bar() {
                    bar.set_position(progress.iter().map(|it| it.replies()).sum());
                }
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
    let work = Work { plan: &plan, output: &output, number, session: &session };
    let mut ended = None;
    let why = tokio::select! {
        biased;
        told = &mut controls.ended => {
            ended = told.ok();
            Why::Closed
        }
        _ = stopped.wait_for(|stopped| *stopped) => Why::Stopped,
        () = work.run(&controls.body, &controls.starting, &controls.progress, &mut sent) => Why::Silence,
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
}

impl Work<'_> {
    /// Sends what is not sent by replies, then waits for silence.
    async fn run(
        &self,
        body: &Body,
        starting: &mpsc::Sender<Instant>,
        progress: &Progress,
        sent: &mut u64,
    ) {
        let Self { plan, output, number, session } = self;
        let mut pace = match plan.pace {
            Pace::Every(delay) => Some(interval(delay)),
            Pace::Replies(_) => None,
        };
        let mut last = Instant::now();
        for _ in 0..plan.first() {
            if let Some(pace) = &mut pace {
                pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
                pace.tick().await;
            }
            last = Instant::now();
            // There is room unless very many replies are missing.
            if !matches!(timeout(plan.wait, starting.send(last)).await, Ok(Ok(()))) {
                break;
            }
            if output.shows_frames() {
                output.message(plan, *number, body);
            }
            if send(plan, body, session).await.is_err() {
                break;
            }
            *sent += 1;
        }
        loop {
            let reply = progress.last().max(last);
            sleep_until((reply + plan.wait).into()).await;
            if progress.last() <= reply {
                return;
            }
        }
    }
}

/// What all clients did.
struct Total {
    tally: Tally,
    /// When the last reply came.
    last: Instant,
    complete: bool,
}

impl Total {
    fn add(&mut self, plan: &Plan, done: Done, problems: &mut Problems) {
        let Done { number, ended, sent, why } = done;
        let Some(Ended { mut tally, reason, at }) = ended else {
            self.complete = false;
            return problems.note(format!("client {number} ended without a trace"));
        };
        tally.messages_sent += sent;
        tally.frames_sent += sent * plan.frames();
        let all_sent = plan.count == Some(tally.messages_sent);
        self.complete &= all_sent || why == Why::Stopped;
        let missing = !all_sent || tally.lost() > 0;
        if why == Why::Silence {
            problems.note(format!("no reply for {:?}", plan.wait));
        } else if missing && reason.initiator() != Initiator::Local {
            problems.note(lost(&reason));
        }
        self.last = self.last.max(at);
        self.tally.add(&tally);
    }
}

/// Why a connection was lost.
fn lost(reason: &CloseReason) -> String {
    let by = match reason.initiator() {
        Initiator::Peer => "the server closed the connection",
        _ => "the connection was lost",
    };
    let cause = reason.cause().map(|cause| {
        let cause: &(dyn Error + 'static) = cause;
        format!(": {}", flags::chain(cause))
    });
    flags::printable(&format!("{by}: {reason}{}", cause.unwrap_or_default())).into_owned()
}

/// What went wrong, each with how often it did.
#[derive(Debug, Default)]
struct Problems(BTreeMap<String, u32>);

impl Problems {
    fn note(&mut self, problem: String) {
        // Clients fail alike; what differs in each of very many is not worth the room.
        if self.0.len() < MAX_PROBLEMS || self.0.contains_key(&problem) {
            *self.0.entry(problem).or_default() += 1;
        }
    }

    /// Says them on standard error.
    #[expect(clippy::print_stderr, reason = "standard output is for results")]
    fn tell(&self) {
        for (problem, times) in &self.0 {
            match times {
                1 => eprintln!("error: {problem}"),
                _ => eprintln!("error: {problem} ({times} connections)"),
            }
        }
    }
}

//! What is printed while messages go back and forth.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::sync::Notify;
use ws_container::OpCode;

use crate::flags;
use crate::test_client::plan::{Body, Kind, Plan, Show};
use crate::test_client::summary::{Summary, millis};

/// Which way a frame went.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    In,
    Out,
}

/// What a reply's line says: bytes, frames, the number of the reply, how long it took, and the opcode.
pub(super) type Line = (usize, u64, u64, Duration, OpCode);

/// Standard output, and the progress bar on standard error.
#[derive(Debug)]
pub(super) struct Output {
    show: Show,
    /// Lines name the client.
    several: bool,
    /// Nobody reads standard output any more.
    broken: AtomicBool,
    /// Told when that shows.
    unread: Notify,
    bar: Option<ProgressBar>,
}

impl Output {
    pub(super) fn new(plan: &Plan) -> Self {
        let bar =
            (plan.show == Show::Summary && std::io::stderr().is_terminal()).then(|| bar(plan));
        Self {
            show: plan.show,
            several: plan.clients > 1,
            broken: AtomicBool::new(false),
            unread: Notify::new(),
            bar,
        }
    }

    pub(super) const fn shows_replies(&self) -> bool {
        matches!(self.show, Show::Replies | Show::Frames)
    }

    pub(super) const fn shows_frames(&self) -> bool {
        matches!(self.show, Show::Frames)
    }

    /// The bar that shows how far it has come, on a terminal where nothing else does.
    pub(super) const fn bar(&self) -> Option<&ProgressBar> {
        self.bar.as_ref()
    }

    /// Done when nobody reads what is printed.
    pub(super) async fn unread(&self) {
        self.unread.notified().await;
    }

    /// What is going to happen.
    pub(super) fn begin(&self, plan: &Plan) {
        if self.show == Show::Json {
            return;
        }
        let (size, name) = (plan.size, plan.protocol.as_deref().unwrap_or_default());
        let what = match plan.kind {
            Kind::Ping => format!("Pings of {size} bytes"),
            Kind::Text => format!("{size} bytes of text ({name})"),
            Kind::Binary => format!("{size} bytes, binary ({name})"),
        };
        let plural = if plan.clients == 1 { "" } else { "s" };
        let uri = flags::without_secrets(&plan.uri);
        let what = flags::printable(&what).into_owned();
        self.line(format_args!(
            "{} with {what}, {} connection{plural}",
            flags::printable(&uri),
            plan.clients
        ));
    }

    /// A reply came.
    pub(super) fn reply(&self, plan: &Plan, client: u32, line: Line) {
        let (len, frames, number, round_trip, opcode) = line;
        let time = millis(round_trip);
        let client = if self.several { format!(" client={client}") } else { String::new() };
        self.line(format_args!(
            "{len} bytes from {}: frames={frames} seq={number} time={time:.3} ms opcode={:#X}{client}",
            plan.host,
            opcode.bits()
        ));
    }

    /// A frame came or went.
    pub(super) fn frame(
        &self,
        direction: Direction,
        client: u32,
        opcode: OpCode,
        (fin, len): (bool, usize),
    ) {
        let mark = match direction {
            Direction::In => '<',
            Direction::Out => '>',
        };
        let fin = if fin { " fin" } else { "" };
        let client = if self.several { format!(" client={client}") } else { String::new() };
        self.line(format_args!("{mark} {opcode:?} {len} bytes{fin}{client}"));
    }

    /// The frames of a message go out.
    pub(super) fn message(&self, plan: &Plan, client: u32, body: &Body) {
        if plan.kind == Kind::Ping {
            return self.frame(Direction::Out, client, OpCode::Ping, (true, plan.size));
        }
        let frames = plan.frames();
        for number in 1..=frames {
            let opcode = if number == 1 { body.opcode() } else { OpCode::Continuation };
            let last = number == frames;
            let len = if last {
                plan.size - plan.fragment.min(plan.size) * usize::try_from(frames - 1).unwrap_or(0)
            } else {
                plan.fragment
            };
            self.frame(Direction::Out, client, opcode, (last, len));
        }
    }

    /// Something that only `--verbose` wants to know.
    pub(super) fn verbose(&self, what: &str) {
        if self.shows_frames() {
            self.line(format_args!("{}", flags::printable(what)));
        }
    }

    /// What became of it all.
    pub(super) fn end(&self, summary: &Summary<'_>) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.show == Show::Json {
            self.line(format_args!("{}", summary.to_json()));
        } else {
            self.line(format_args!("{summary}"));
        }
    }

    /// Prints a line, until nobody reads them.
    fn line(&self, line: fmt::Arguments<'_>) {
        let printed = writeln!(std::io::stdout().lock(), "{line}");
        if printed.is_err() && !self.broken.swap(true, Ordering::Relaxed) {
            self.unread.notify_one();
        }
    }
}

fn bar(plan: &Plan) -> ProgressBar {
    let total = plan.count.map(|count| count.saturating_mul(plan.clients.into()));
    let template = match total {
        Some(_) => "{wide_bar} {pos}/{len} replies, {rate}, {eta} left",
        None => "{spinner} {pos} replies, {rate}",
    };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
    // Its own rate has places that nobody reads.
    let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    bar.with_style(style.with_key("rate", rate))
}

//! Medians, as tables in Markdown.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::load::Counted;
use crate::rows::Row;
use crate::server::OURS;

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    rows: Vec<(&'static str, Vec<Cell>)>,
    idle: Vec<(&'static str, u64)>,
}

/// A server in a row, in all rounds.
#[derive(Debug)]
struct Cell {
    name: &'static str,
    cpu: Vec<Duration>,
    rates: Vec<f64>,
    round_trips: Histogram<u64>,
}

impl Results {
    /// Adds what was measured in one round.
    pub(crate) fn add(&mut self, row: &Row, name: &'static str, counted: Counted) {
        let at = self.rows.iter().position(|(title, _)| *title == row.title);
        let at = at.unwrap_or_else(|| {
            self.rows.push((row.title, Vec::new()));
            self.rows.len() - 1
        });
        let cells = &mut self.rows[at].1;
        let Counted { cpu, messages_per_second, round_trips } = counted;
        match cells.iter_mut().find(|cell| cell.name == name) {
            Some(cell) => {
                cell.cpu.push(cpu);
                cell.rates.push(messages_per_second);
                // Both are as fine, and grow by themselves.
                let _ = cell.round_trips.add(round_trips);
            }
            None => cells.push(Cell {
                name,
                cpu: vec![cpu],
                rates: vec![messages_per_second],
                round_trips,
            }),
        }
    }

    /// Adds bytes for each idle connection.
    pub(crate) fn add_idle(&mut self, name: &'static str, bytes: u64) {
        self.idle.push((name, bytes));
    }

    /// The servers, ours first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .rows
            .first()
            .map(|(_, cells)| cells.iter().map(|cell| cell.name).collect())
            .unwrap_or_default();
        names.sort_by_key(|name| *name != OURS);
        names
    }

    fn table(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        value: impl Fn(&Cell) -> f64,
        show: impl Fn(f64) -> String,
    ) -> fmt::Result {
        let names = self.names();
        head(f, title, &names)?;
        for (row, cells) in &self.rows {
            write!(f, "| {row} |")?;
            let of = |name| cells.iter().find(|cell| cell.name == name).map(&value);
            let ours = of(OURS);
            for name in &names {
                match (of(name), ours) {
                    (Some(value), Some(ours)) if *name != OURS => {
                        write!(f, " {} ({:.2}) |", show(value), value / ours)?;
                    }
                    (Some(value), _) => write!(f, " {} |", show(value))?,
                    (None, _) => write!(f, " |")?,
                }
            }
            writeln!(f)?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "In parentheses: the ratio to {OURS}.\n")?;
        let cpu = |cell: &Cell| median(cell.cpu.iter().map(Duration::as_secs_f64));
        self.table(f, "server CPU time per message", cpu, time)?;
        let rate = |cell: &Cell| median(cell.rates.iter().copied());
        self.table(f, "messages per second", rate, |rate| format!("{rate:.0}"))?;
        for (title, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            let value = |cell: &Cell| cell.round_trips.value_at_quantile(quantile) as f64 / 1e9;
            self.table(f, &format!("round trip, {title}"), value, time)?;
        }
        if let Some(&(_, ours)) = self.idle.iter().find(|(name, _)| *name == OURS) {
            let names: Vec<_> = self.idle.iter().map(|(name, _)| *name).collect();
            head(f, "memory", &names)?;
            write!(f, "| per idle connection |")?;
            for (name, bytes) in &self.idle {
                let kib = *bytes as f64 / 1024.0;
                if *name == OURS {
                    write!(f, " {kib:.1} KiB |")?;
                } else {
                    write!(f, " {kib:.1} KiB ({:.1}) |", *bytes as f64 / ours.max(1) as f64)?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn head(f: &mut fmt::Formatter<'_>, title: &str, names: &[&str]) -> fmt::Result {
    writeln!(f, "| {title} | {} |", names.join(" | "))?;
    writeln!(f, "|---|{}", "---:|".repeat(names.len()))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// Seconds, in the unit that suits.
fn time(seconds: f64) -> String {
    match seconds {
        ..1e-6 => format!("{:.0} ns", seconds * 1e9),
        ..1e-5 => format!("{:.2} µs", seconds * 1e6),
        ..1e-4 => format!("{:.1} µs", seconds * 1e6),
        ..1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ => format!("{:.2} ms", seconds * 1e3),
    }
}

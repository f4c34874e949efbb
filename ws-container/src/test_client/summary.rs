//! What is printed in the end.

use std::fmt;
use std::time::Duration;

use serde_json::json;

use crate::flags;
use crate::test_client::plan::Plan;
use crate::test_client::tally::{RoundTrips, Tally};

/// All that happened.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) plan: &'a Plan,
    /// Connections that were opened.
    pub(super) connected: u32,
    pub(super) tally: Tally,
    /// From the first message to the last reply, or to when it was given up.
    pub(super) took: Duration,
    /// Every client sent all it should, or was told to stop.
    pub(super) complete: bool,
}

impl Summary<'_> {
    /// Whether everything came back as it was sent.
    pub(super) const fn is_success(&self) -> bool {
        self.connected == self.plan.clients
            && self.complete
            && self.tally.lost() == 0
            && self.tally.changed == 0
    }

    /// Of the messages sent, in percent.
    fn loss(&self) -> f64 {
        percent(self.tally.lost(), self.tally.messages_sent)
    }

    /// Replies a second.
    fn rate(&self) -> f64 {
        per_second(self.tally.messages_received, self.took)
    }

    /// Bits of replies' payload a second.
    fn bits(&self) -> f64 {
        per_second(self.tally.bytes_received * 8, self.took)
    }

    /// One object, times in milliseconds.
    pub(super) fn to_json(&self) -> String {
        let Self { plan, connected, tally, took, .. } = self;
        let round_trips = tally.round_trips().map(|times| {
            let RoundTrips { min, avg, max, p50, p99 } = times;
            let [min, avg, max, p50, p99] =
                [min, avg, max, p50, p99].map(|it| rounded(millis(it), 6));
            json!({ "min": min, "avg": avg, "max": max, "p50": p50, "p99": p99 })
        });
        json!({
            "url": flags::without_secrets(&plan.uri),
            "protocol": plan.protocol,
            "clients": plan.clients,
            "connected": connected,
            "size": plan.size,
            "frames": {
                "sent": tally.frames_sent,
                "received": tally.frames_received,
                "exact": !tally.frames_at_least,
            },
            "messages": { "sent": tally.messages_sent, "received": tally.messages_received },
            "changed": tally.changed,
            "others": tally.others,
            "loss_percent": rounded(self.loss(), 3),
            "time_ms": rounded(millis(*took), 3),
            "messages_per_second": rounded(self.rate(), 1),
            "bits_per_second": rounded(self.bits(), 0),
            "rtt_ms": round_trips,
            "ok": self.is_success(),
        })
        .to_string()
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, connected, tally, took, .. } = self;
        write!(f, "--- {} statistics, {connected}", plan.host)?;
        if *connected != plan.clients {
            write!(f, " of {}", plan.clients)?;
        }
        writeln!(f, " connection{} ---", if plan.clients == 1 { "" } else { "s" })?;
        write!(
            f,
            "{}/{}{} frames sent/received, {}/{} messages sent/received, {}% loss",
            tally.frames_sent,
            if tally.frames_at_least { "at least " } else { "" },
            tally.frames_received,
            tally.messages_sent,
            tally.messages_received,
            rounded(self.loss(), 3)
        )?;
        if tally.changed > 0 {
            write!(f, ", {} changed on the way", tally.changed)?;
        }
        if tally.others > 0 {
            write!(f, ", {} that are no replies", tally.others)?;
        }
        write!(
            f,
            "\ntime {:.0} ms, {:.1} messages/s, {}",
            millis(*took),
            self.rate(),
            Bits(self.bits())
        )?;
        if let Some(times) = tally.round_trips() {
            let RoundTrips { min, avg, max, p50, p99 } = times;
            let [min, avg, max, p50, p99] = [min, avg, max, p50, p99].map(millis);
            write!(
                f,
                "\nrtt min/avg/max = {min:.3}/{avg:.3}/{max:.3} ms, p50/p99 = {p50:.3}/{p99:.3} ms"
            )?;
        }
        Ok(())
    }
}

/// Bits a second, as people read them.
struct Bits(f64);

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (factor, unit) in [(1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")] {
            if self.0 >= factor {
                return write!(f, "{:.2} {unit}", self.0 / factor);
            }
        }
        write!(f, "{:.0} bit/s", self.0)
    }
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// `value` with at most so many places behind the point.
fn rounded(value: f64, places: i32) -> f64 {
    let factor = 10_f64.powi(places);
    (value * factor).round() / factor
}

/// Counts of this program are far below where a float is no longer exact.
#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { count as f64 / time.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_client::tests::flags;

    fn summary(plan: &Plan, sent: u64, received: u64) -> Summary<'_> {
        let mut tally = Tally::default();
        (tally.messages_sent, tally.frames_sent) = (sent, 3 * sent);
        for _ in 0..received {
            tally.reply(1_500_000, 1, 10_000);
        }
        Summary { plan, connected: 1, tally, took: Duration::from_millis(40), complete: true }
    }

    #[test]
    fn it_reads_like_that_of_ping() {
        let plan = Plan::new(&flags(&["-P", "echo-assemble", "-c", "3"]).unwrap()).unwrap();
        let good = summary(&plan, 3, 3);
        assert!(good.is_success());
        assert_eq!(
            good.to_string(),
            "--- localhost statistics, 1 connection ---\n\
             9/3 frames sent/received, 3/3 messages sent/received, 0% loss\n\
             time 40 ms, 75.0 messages/s, 6.00 Mbit/s\n\
             rtt min/avg/max = 1.500/1.500/1.500 ms, p50/p99 = 1.500/1.500 ms"
        );
        let bad = summary(&plan, 3, 1);
        assert!(!bad.is_success());
        assert!(bad.to_string().contains("3/1 messages sent/received, 66.667% loss"), "{bad}");
        let none = summary(&plan, 1, 0);
        assert!(
            none.to_string().contains("100% loss") && !none.to_string().contains("rtt"),
            "{none}"
        );
    }

    #[test]
    fn machines_read_one_object() {
        let plan = Plan::new(&flags(&["--url", "ws://h/p?secret", "-P", "e"]).unwrap()).unwrap();
        let line = summary(&plan, 4, 3).to_json();
        assert!(!line.contains('\n') && !line.contains("secret"), "{line}");
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["messages"], json!({ "sent": 4, "received": 3 }));
        assert_eq!(object["loss_percent"], 25.0);
        assert_eq!(object["rtt_ms"]["p99"], 1.5);
        assert_eq!(object["ok"], false);
    }

    #[test]
    fn what_did_not_connect_or_changed_is_no_success() {
        let plan = Plan::new(&flags(&["-C", "2"]).unwrap()).unwrap();
        let half = summary(&plan, 1, 1);
        assert!(!half.is_success());
        assert!(half.to_string().contains("1 of 2 connections"), "{half}");
        let changed = |it: &mut Summary<'_>| (it.connected, it.tally.changed) = (2, 1);
        let mut summary = summary(&plan, 1, 1);
        changed(&mut summary);
        assert!(!summary.is_success() && summary.to_string().contains("1 changed"));
    }
}

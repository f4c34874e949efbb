//! What passes through sessions, summed up by endpoint when it is asked for.

use std::collections::BTreeMap;
use std::fmt::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use ws_core::{Deployed, Flow, HandlerTimes, Session, Traffic};

/// The endpoints that had sessions, by path, of which each may have several.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows(Arc<Mutex<Known>>);

type Known = BTreeMap<String, Vec<Arc<Deployed>>>;

/// Endpoints of one path that are remembered when nobody else does: deployed anew again and again,
/// they must not pile up. Prometheus takes a smaller sum for a new beginning.
const REMEMBERED: usize = 16;

/// What is known of an endpoint.
struct Endpoint {
    path: String,
    traffic: Traffic,
    queued: usize,
    times: HandlerTimes,
}

impl Flows {
    /// Lets the metrics show it.
    pub(super) fn register(&self, metrics: &mut Registry) {
        metrics.register_collector(Box::new(self.clone()));
    }

    /// A panic leaves no half of a change behind.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the endpoint of `session`.
    pub(super) fn opened(&self, session: &Session) {
        let (mut known, path) = (self.lock(), &session.config().path);
        if !known.contains_key(path) {
            known.insert(path.clone(), Vec::new());
        }
        let Some(at_path) = known.get_mut(path) else { return };
        if at_path.iter().any(|deployed| Arc::ptr_eq(deployed, session.endpoint())) {
            return;
        }
        if at_path.len() >= REMEMBERED {
            at_path.retain(|deployed| Arc::strong_count(deployed) > 1);
        }
        at_path.push(Arc::clone(session.endpoint()));
    }

    /// The sums as they are now.
    fn endpoints(&self) -> Vec<Endpoint> {
        let known = self.lock().clone();
        let sum = |(path, at_path): (String, Vec<Arc<Deployed>>)| {
            let (traffic, queued) = (Traffic::default(), 0);
            let mut sum = Endpoint { path, traffic, queued, times: HandlerTimes::default() };
            for deployed in at_path {
                let (traffic, queued) = deployed.traffic();
                sum.traffic.add(&traffic);
                sum.queued += queued;
                sum.times.add(&deployed.handler_times());
            }
            sum
        };
        known.into_iter().map(sum).collect()
    }
}

type Which = fn(&Traffic) -> Flow;

/// Every kind and direction, and its name in the labels.
const FLOWS: [(&str, &str, Which); 4] = [
    ("received", "text", |traffic| traffic.text_received),
    ("received", "binary", |traffic| traffic.binary_received),
    ("sent", "text", |traffic| traffic.text_sent),
    ("sent", "binary", |traffic| traffic.binary_sent),
];

impl Collector for Flows {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let sums = self.endpoints();
        let help = "Messages that passed, by endpoint, direction and kind";
        encode_flows(&mut encoder, &sums, ("messages", help, None), |flow| flow.messages)?;
        let help = "Bytes of payload of these messages, uncompressed";
        let name = ("message", help, Some(&Unit::Bytes));
        encode_flows(&mut encoder, &sums, name, |flow| flow.bytes)?;
        let count = MetricType::Counter;
        let help = "Published messages that gave way to later ones";
        let mut family = encoder.encode_descriptor("messages_dropped", help, None, count)?;
        for endpoint in &sums {
            let dropped = ConstCounter::new(endpoint.traffic.dropped);
            dropped.encode(family.encode_family(&[("endpoint", &endpoint.path[..])])?)?;
        }
        let (help, bytes) = ("Bytes that wait in the queues of open sessions", Some(&Unit::Bytes));
        let mut family = encoder.encode_descriptor("queued", help, bytes, MetricType::Gauge)?;
        for endpoint in &sums {
            let queued = ConstGauge::new(i64::try_from(endpoint.queued).unwrap_or(i64::MAX));
            queued.encode(family.encode_family(&[("endpoint", &endpoint.path[..])])?)?;
        }
        let (help, seconds) = ("Time that message handlers took, of one in 64", &Unit::Seconds);
        let kind = MetricType::Histogram;
        let mut family = encoder.encode_descriptor("handler", help, Some(seconds), kind)?;
        for endpoint in &sums {
            let (sum, classes) = classes(&endpoint.times);
            let count = classes.iter().map(|(_, count)| count).sum();
            let labels = [("endpoint", &endpoint.path[..])];
            let mut histogram = family.encode_family(&labels)?;
            histogram.encode_histogram::<[(&str, &str); 0]>(sum, count, &classes, None)?;
        }
        Ok(())
    }
}

/// One sum of every flow.
fn encode_flows(
    encoder: &mut DescriptorEncoder<'_>,
    endpoints: &[Endpoint],
    (name, help, unit): (&str, &str, Option<&Unit>),
    sum: fn(Flow) -> u64,
) -> Result<(), Error> {
    let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Counter)?;
    for endpoint in endpoints {
        for (direction, kind, flow) in FLOWS {
            let labels =
                [("endpoint", &endpoint.path[..]), ("direction", direction), ("kind", kind)];
            let sum = ConstCounter::new(sum(flow(&endpoint.traffic)));
            sum.encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

/// The sum and the classes, in seconds.
fn classes(times: &HandlerTimes) -> (f64, Vec<(f64, u64)>) {
    let seconds = |bound: Duration| match bound {
        Duration::MAX => f64::MAX,
        bound => bound.as_secs_f64(),
    };
    let classes = times.classes.iter().map(|(bound, count)| (seconds(*bound), *count));
    (times.sum.as_secs_f64(), classes.collect())
}

//! What passes through sessions, summed up by endpoint when it is asked for.

use std::collections::HashMap;
use std::fmt::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use ws_core::{Deployed, Flow, HandlerTimes, Session, SessionId, Traffic};

/// The sums, and the sessions that go on adding to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    live: HashMap<SessionId, Session>,
    endpoints: HashMap<String, Endpoint>,
}

/// What is known of an endpoint.
#[derive(Clone, Debug, Default)]
struct Endpoint {
    traffic: Traffic,
    queued: usize,
    deployed: Option<Arc<Deployed>>,
}

impl Flows {
    /// Lets the metrics show it.
    pub(super) fn register(&self, metrics: &mut Registry) {
        metrics.register_collector(Box::new(self.clone()));
    }

    /// A panic leaves no half of a change behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn opened(&self, session: &Session) {
        let mut state = self.lock();
        state.live.insert(session.id(), session.clone());
        if let Some(endpoint) = state.endpoints.get_mut(&session.config().path) {
            endpoint.deployed = Some(Arc::clone(session.endpoint()));
            return;
        }
        let deployed = Some(Arc::clone(session.endpoint()));
        let endpoint = Endpoint { deployed, ..Endpoint::default() };
        state.endpoints.insert(session.config().path.clone(), endpoint);
    }

    pub(super) fn closed(&self, session: &Session) {
        let mut state = self.lock();
        state.live.remove(&session.id());
        if let Some(endpoint) = state.endpoints.get_mut(&session.config().path) {
            endpoint.traffic.add(&session.traffic());
        }
    }

    /// The sums as they are now, by path.
    fn sums(&self) -> Vec<(String, Endpoint)> {
        let state = self.lock();
        let mut sums = state.endpoints.clone();
        for session in state.live.values() {
            if let Some(endpoint) = sums.get_mut(&session.config().path) {
                endpoint.traffic.add(&session.traffic());
                endpoint.queued += session.queued();
            }
        }
        drop(state);
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by(|(one, _), (other, _)| one.cmp(other));
        sums
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
        let sums = self.sums();
        let count = MetricType::Counter;
        let help = "Messages that passed, by endpoint, direction and kind";
        let mut family = encoder.encode_descriptor("messages", help, None, count)?;
        for (path, endpoint) in &sums {
            for (direction, kind, flow) in FLOWS {
                let labels = [("endpoint", &path[..]), ("direction", direction), ("kind", kind)];
                let messages = flow(&endpoint.traffic).messages;
                ConstCounter::new(messages).encode(family.encode_family(&labels)?)?;
            }
        }
        let help = "Bytes of payload of these messages, uncompressed";
        let mut family = encoder.encode_descriptor("message", help, Some(&Unit::Bytes), count)?;
        for (path, endpoint) in &sums {
            for (direction, kind, flow) in FLOWS {
                let labels = [("endpoint", &path[..]), ("direction", direction), ("kind", kind)];
                let bytes = flow(&endpoint.traffic).bytes;
                ConstCounter::new(bytes).encode(family.encode_family(&labels)?)?;
            }
        }
        let help = "Published messages that gave way to later ones";
        let mut family = encoder.encode_descriptor("messages_dropped", help, None, count)?;
        for (path, endpoint) in &sums {
            let dropped = ConstCounter::new(endpoint.traffic.dropped);
            dropped.encode(family.encode_family(&[("endpoint", &path[..])])?)?;
        }
        let (help, bytes) = ("Bytes that wait in the queues of open sessions", Some(&Unit::Bytes));
        let mut family = encoder.encode_descriptor("queued", help, bytes, MetricType::Gauge)?;
        for (path, endpoint) in &sums {
            let queued = ConstGauge::new(i64::try_from(endpoint.queued).unwrap_or(i64::MAX));
            queued.encode(family.encode_family(&[("endpoint", &path[..])])?)?;
        }
        let (help, seconds) = ("Time that message handlers took, of one in 64", &Unit::Seconds);
        let kind = MetricType::Histogram;
        let mut family = encoder.encode_descriptor("handler", help, Some(seconds), kind)?;
        for (path, endpoint) in &sums {
            let Some(deployed) = &endpoint.deployed else { continue };
            let (sum, classes) = classes(&deployed.handler_times());
            let count = classes.iter().map(|(_, count)| count).sum();
            let labels = [("endpoint", &path[..])];
            let mut histogram = family.encode_family(&labels)?;
            histogram.encode_histogram::<[(&str, &str); 0]>(sum, count, &classes, None)?;
        }
        Ok(())
    }
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

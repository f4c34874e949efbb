//! The counters themselves, and their text.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry as Metrics;
use ws_core::{CloseReason, Session};

use crate::meters::closes;
use crate::meters::flows::Flows;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Endpoint {
    endpoint: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Close {
    endpoint: String,
    code: Cow<'static, str>,
    by: &'static str,
    cause: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Refusal {
    status: u16,
    reason: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Limit {
    limit: &'static str,
}

type Count = Counter<u64, AtomicU64>;

#[derive(Debug)]
pub(super) struct Registry {
    metrics: Metrics,
    connections: Family<Kind, Gauge>,
    connections_opened: Family<Kind, Count>,
    connections_turned_away: Family<Reason, Count>,
    sessions: Family<Endpoint, Gauge>,
    sessions_opened: Family<Endpoint, Count>,
    sessions_closed: Family<Close, Count>,
    handshakes_refused: Family<Refusal, Count>,
    limits_hit: Family<Limit, Count>,
    flows: Flows,
}

impl Default for Registry {
    fn default() -> Self {
        let mut registry = Self {
            metrics: Metrics::with_prefix("ws"),
            connections: Family::default(),
            connections_opened: Family::default(),
            connections_turned_away: Family::default(),
            sessions: Family::default(),
            sessions_opened: Family::default(),
            sessions_closed: Family::default(),
            handshakes_refused: Family::default(),
            limits_hit: Family::default(),
            flows: Flows::default(),
        };
        registry.flows.register(&mut registry.metrics);
        macro_rules! register {
            ($($name:ident $help:literal;)*) => {$(
                registry.metrics.register(stringify!($name), $help, registry.$name.clone());
            )*};
        }
        register! {
            connections "Connections that are there, by kind of listener";
            connections_opened "Connections that came";
            connections_turned_away "Connections that ended before HTTP, by reason";
            sessions "Sessions that are open, by endpoint";
            sessions_opened "Sessions that were opened";
            sessions_closed "Sessions that ended, by close code, by who closed, and by cause";
            handshakes_refused "Opening handshakes that opened nothing, by status and reason";
            limits_hit "How often a limit was reached";
        }
        registry
    }
}

fn endpoint(path: &str) -> Endpoint {
    Endpoint { endpoint: path.to_owned() }
}

impl Registry {
    pub(super) fn connected(&self, kind: &'static str) {
        self.connections.get_or_create(&Kind { kind }).inc();
        self.connections_opened.get_or_create(&Kind { kind }).inc();
    }

    pub(super) fn disconnected(&self, kind: &'static str) {
        self.connections.get_or_create(&Kind { kind }).dec();
    }

    pub(super) fn turned_away(&self, reason: &'static str) {
        self.connections_turned_away.get_or_create(&Reason { reason }).inc();
    }

    pub(super) fn opened(&self, session: &Session) {
        let path = &session.config().path;
        self.flows.opened(session);
        self.sessions.get_or_create(&endpoint(path)).inc();
        self.sessions_opened.get_or_create(&endpoint(path)).inc();
    }

    /// A session ended; without a reason it was cut before it could say one.
    pub(super) fn closed(&self, session: &Session, reason: Option<&CloseReason>) {
        let path = &session.config().path;
        self.sessions.get_or_create(&endpoint(path)).dec();
        let endpoint = path.to_owned();
        let close = match reason {
            Some(reason) => Close {
                endpoint,
                code: closes::code(reason),
                by: closes::by(reason),
                cause: closes::cause(reason),
            },
            None => Close { endpoint, code: "1006".into(), by: "local", cause: "cut" },
        };
        self.sessions_closed.get_or_create(&close).inc();
    }

    pub(super) fn refused(&self, status: StatusCode, reason: &'static str) {
        let refusal = Refusal { status: status.as_u16(), reason };
        self.handshakes_refused.get_or_create(&refusal).inc();
    }

    pub(super) fn limit(&self, limit: &'static str) {
        self.limits_hit.get_or_create(&Limit { limit }).inc();
    }

    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        // A `String` takes all that is written to it.
        let _ = encode(&mut text, &self.metrics);
        text
    }
}

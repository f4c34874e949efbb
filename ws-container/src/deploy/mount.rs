//! What serves the requests of one path.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use ws_core::handshake::{Subprotocol, SubprotocolOrder};
use ws_core::{CloseReason, Deployed, Hub, Launcher, ServerConfigurator, ServerEndpointConfig};

use crate::deploy::settings::Defaults;

/// The endpoints at one path.
#[derive(Debug)]
pub(crate) struct Mount {
    /// The subprotocols of all of them.
    subprotocols: Vec<Subprotocol>,
    endpoints: Vec<Arc<Mounted>>,
}

/// One endpoint at a path.
pub(crate) struct Mounted {
    pub(crate) config: ServerEndpointConfig,
    pub(crate) subprotocols: Vec<Subprotocol>,
    /// Its own, or that of the container; `None` where there is neither.
    pub(crate) configurator: Option<Arc<dyn ServerConfigurator>>,
    pub(crate) launcher: Arc<dyn Launcher>,
    pub(crate) deployed: Arc<Deployed>,
    /// Sessions, from their 101 to the end of their sockets.
    seats: AtomicUsize,
    /// Why its sessions are to end, once it was undeployed.
    withdrawn: OnceLock<CloseReason>,
}

/// Which endpoint of a path is to answer a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selected<'m> {
    pub(crate) mounted: &'m Arc<Mounted>,
    /// Whether it speaks what the request offers; else every endpoint of the path needs a
    /// subprotocol, and the request offers none of them.
    pub(crate) speaks: bool,
}

impl Mount {
    /// At least one endpoint.
    pub(super) fn new(endpoints: Vec<Arc<Mounted>>) -> Self {
        let subprotocols =
            endpoints.iter().flat_map(|it| it.subprotocols.iter().cloned()).collect();
        Self { subprotocols, endpoints }
    }

    pub(crate) fn endpoints(&self) -> &[Arc<Mounted>] {
        &self.endpoints
    }

    /// The endpoint for a request with `headers`: the one that speaks the subprotocol on which both
    /// sides agree. Where there is none, that is the endpoint without subprotocols, or else the only
    /// one there is. A malformed field counts as empty: it is refused later, in its turn.
    pub(crate) fn select(&self, headers: &HeaderMap, order: SubprotocolOrder) -> Selected<'_> {
        let [first, others @ ..] = &self.endpoints[..] else {
            unreachable!("a path is mounted with an endpoint and unmounted with its last")
        };
        if others.is_empty() {
            return Selected { mounted: first, speaks: true };
        }
        let agreed = order.choose(headers, &self.subprotocols).unwrap_or_default();
        let found = self.endpoints.iter().find(|mounted| match agreed {
            Some(name) => mounted.subprotocols.contains(name),
            None => mounted.subprotocols.is_empty(),
        });
        Selected { mounted: found.unwrap_or(first), speaks: found.is_some() }
    }
}

impl Mounted {
    /// Deploys `config` on `hub`. Names of subprotocols that are none were reported before.
    pub(super) fn new(config: ServerEndpointConfig, defaults: &Defaults, hub: &Arc<Hub>) -> Self {
        let subprotocols = config.subprotocols().filter_map(|it| Subprotocol::new(it).ok());
        let deployed = Deployed::new(defaults.endpoint_config(&config), Arc::clone(hub));
        Self {
            subprotocols: subprotocols.collect(),
            configurator: config.configurator().or_else(|| defaults.configurator.clone()),
            launcher: config.launcher(),
            deployed,
            config,
            seats: AtomicUsize::new(0),
            withdrawn: OnceLock::new(),
        }
    }

    /// Takes room for one more session, if there is.
    pub(crate) fn seat(self: &Arc<Self>) -> Option<Seat> {
        let most = self.config.max_sessions().unwrap_or(usize::MAX);
        let more = |taken: usize| (taken < most).then_some(taken + 1);
        self.seats.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Seat(Arc::clone(self)))
    }

    /// Closes its sessions with `reason`, those too that are about to open.
    pub(super) fn withdraw(&self, reason: &CloseReason) {
        let reason = self.withdrawn.get_or_init(|| reason.clone());
        for session in self.deployed.sessions() {
            session.close(reason.clone());
        }
    }
}

impl std::fmt::Debug for Mounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mounted").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The room of one session; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Mounted>);

impl Seat {
    /// To be called when the session is among the open ones: one that opened while its endpoint was
    /// undeployed ends like the others.
    pub(crate) fn settle(&self) {
        if let Some(reason) = self.0.withdrawn.get() {
            self.0.withdraw(reason);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.seats.fetch_sub(1, Ordering::Relaxed);
    }
}

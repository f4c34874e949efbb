//! The endpoints that sessions of a client belong to.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ws_core::{Deployed, Endpoint, EndpointConfig, Hub};

/// Below so many entries, those without sessions may stay.
const FEW: usize = 64;

/// What sessions of the same endpoint at the same URI have in common, so that a thousand of them do
/// not keep it a thousand times. They are each other's peers (Jakarta `Session.getOpenSessions`).
#[derive(Debug, Default)]
pub(super) struct Endpoints(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By the endpoint's type and the URI.
    deployed: HashMap<(TypeId, String), Weak<Deployed>>,
    /// With so many entries, those without sessions are looked for next.
    full: usize,
}

impl Endpoints {
    /// The endpoint `E` at `config.path`. One that is configured otherwise is another.
    pub(super) fn deploy<E: Endpoint>(
        &self,
        config: EndpointConfig,
        hub: &Arc<Hub>,
    ) -> Arc<Deployed> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (TypeId::of::<E>(), config.path.clone());
        let found = known.deployed.get(&key).and_then(Weak::upgrade);
        if let Some(found) = found.filter(|it| is_same(&it.config, &config)) {
            return found;
        }
        if known.deployed.len() >= known.full.max(FEW) {
            known.deployed.retain(|_, deployed| deployed.strong_count() > 0);
            known.full = known.deployed.len() * 2;
        }
        let made = Deployed::new(config, Arc::clone(hub));
        known.deployed.insert(key, Arc::downgrade(&made));
        made
    }
}

/// Whether sessions of the one live as those of the other.
fn is_same(one: &EndpointConfig, other: &EndpointConfig) -> bool {
    let timeouts = |it: &EndpointConfig| {
        let closing = (it.close_timeout, it.linger_timeout, it.send_timeout);
        (it.idle_timeout, it.keep_alive, it.pong_timeout, it.message_timeout, closing)
    };
    let shares = one.message_budget.is(&other.message_budget) && one.overflow == other.overflow;
    let masking = match (&one.masking, &other.masking) {
        (None, None) => true,
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        _ => false,
    };
    masking && shares && one.limits == other.limits && timeouts(one) == timeouts(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Callbacks;
    use crate::client::websocket::Channel;

    fn config(uri: &str, max_text_len: u64) -> EndpointConfig {
        let mut config = EndpointConfig::new(uri);
        config.limits.max_text_len = max_text_len;
        config
    }

    #[test]
    fn only_what_is_the_same_is_shared() {
        let (endpoints, hub) = (Endpoints::default(), Hub::new());
        let deploy = |uri, len| endpoints.deploy::<Callbacks>(config(uri, len), &hub);
        let first = deploy("ws://a/", 1);
        assert!(Arc::ptr_eq(&first, &deploy("ws://a/", 1)));
        assert!(!Arc::ptr_eq(&first, &deploy("ws://b/", 1)), "another URI");
        assert!(!Arc::ptr_eq(&first, &deploy("ws://a/", 2)), "another limit");
        let channel = endpoints.deploy::<Channel>(config("ws://a/", 1), &hub);
        assert!(!Arc::ptr_eq(&first, &channel), "another endpoint");
    }

    #[test]
    fn endpoints_without_sessions_are_forgotten() {
        let (endpoints, hub) = (Endpoints::default(), Hub::new());
        let kept = endpoints.deploy::<Callbacks>(config("ws://kept/", 1), &hub);
        for n in 0..10_000 {
            endpoints.deploy::<Callbacks>(config(&format!("ws://a/{n}"), 1), &hub);
        }
        assert!(endpoints.0.lock().unwrap().deployed.len() <= FEW);
        assert!(Arc::ptr_eq(&kept, &endpoints.deploy::<Callbacks>(config("ws://kept/", 1), &hub)));
    }
}

//! What all sessions of a container share: who is open, and who listens to which topic.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::close::CloseReason;
use crate::config::EndpointConfig;
use crate::message::Encode;
use crate::overflow::Overflow;
use crate::session::openings::Openings;
use crate::session::outbox::Published;
use crate::session::times::{HandlerTimes, Times};
use crate::session::topics::wait_for;
use crate::session::traffic::Traffic;
use crate::session::{Error, Session, SessionId, States, published};

/// Sessions by id.
type Members = Arc<Mutex<HashMap<SessionId, Session>>>;

/// The sessions and topics of one container.
#[derive(Debug, Default)]
pub struct Hub {
    open: Members,
    topics: Mutex<HashMap<Arc<str>, Members>>,
    overflows: Mutex<HashMap<Box<str>, Overflow>>,
    states: States,
    openings: Openings,
}

/// A map behind a poisoned lock is whole: each change is one insertion or removal.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A hub without sessions.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A hub without sessions whose handlers share `states`.
    #[must_use]
    pub fn with_states(states: States) -> Arc<Self> {
        Arc::new(Self { states, ..Self::default() })
    }

    /// The value that all handlers share as `State<T>`; `None` when the container was given none.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.states.get()
    }

    /// All values that handlers share.
    #[must_use]
    pub const fn states(&self) -> &States {
        &self.states
    }

    /// The session with this id, if it is open or closing.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<Session> {
        lock(&self.open).get(&id).cloned()
    }

    /// The number of sessions that are open or closing.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.open).len()
    }

    /// Whether no session is open or closing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sessions that are open or closing now.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        lock(&self.open).values().cloned().collect()
    }

    /// Closes every session with `reason`. Returns at once; sessions end on their own tasks.
    pub fn close_all(&self, reason: &CloseReason) {
        for session in self.sessions() {
            session.close(reason.clone());
        }
    }

    /// Ends every session without a closing handshake.
    pub fn abort_all(&self) {
        for session in self.sessions() {
            session.abort();
        }
    }

    pub(super) const fn openings(&self) -> &Openings {
        &self.openings
    }

    /// Closes every session of the principal called `name` with 1008: its identity is not valid any
    /// more (Jakarta WSC-7.2-3). Returns how many there were. A session whose opening handshake is
    /// under way follows as soon as it is open.
    pub fn revoke(&self, name: &str) -> usize {
        // First of all: whoever is not among the open ones yet looks for the mark when it is.
        self.openings.revoke(name);
        let of = |session: &Session| session.principal().is_some_and(|it| it.name() == name);
        let mut sessions = self.sessions();
        sessions.retain(of);
        sessions.iter().for_each(|session| drop(session.revoke()));
        sessions.len()
    }

    pub(crate) fn enter(&self, session: &Session) {
        lock(&self.open).insert(session.id(), session.clone());
    }

    pub(crate) fn leave(&self, session: &Session) {
        lock(&self.open).remove(&session.id());
    }

    pub(crate) fn subscribe(&self, topic: &str, session: &Session) -> Arc<str> {
        let mut topics = lock(&self.topics);
        let name = match topics.get_key_value(topic) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(topic),
        };
        let members = topics.entry(Arc::clone(&name)).or_default();
        lock(members).insert(session.id(), session.clone());
        name
    }

    pub(crate) fn unsubscribe(&self, topic: &str, session: &Session) {
        let mut topics = lock(&self.topics);
        let Some(members) = topics.get(topic) else { return };
        let empty = {
            let mut members = lock(members);
            members.remove(&session.id());
            members.is_empty()
        };
        if empty {
            topics.remove(topic);
        }
    }

    /// Says what happens to messages of `topic` that a subscriber does not take in time, whatever its
    /// endpoint says. It holds until it is changed, also while nobody is subscribed; so it is for
    /// topics that the program names, not for those that peers do.
    pub fn set_overflow(&self, topic: impl Into<Box<str>>, overflow: Overflow) {
        lock(&self.overflows).insert(topic.into(), overflow);
    }

    /// The subscribers of `topic`, if it has any.
    pub(crate) fn subscribed(&self, topic: &str) -> Option<Subscribed> {
        let (name, members) = {
            let topics = lock(&self.topics);
            let (name, members) = topics.get_key_value(topic)?;
            (Arc::clone(name), Arc::clone(members))
        };
        let overflow = lock(&self.overflows).get(topic).copied();
        Some(Subscribed { name, members, overflow })
    }
}

/// A topic, for one who publishes to it.
pub(crate) struct Subscribed {
    name: Arc<str>,
    members: Members,
    overflow: Option<Overflow>,
}

impl Subscribed {
    /// The topic's name.
    pub(crate) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Queues `message` for every subscriber; those whose room is to be waited for are returned. The
    /// topic is locked meanwhile, so that all receive messages of several publishers in the same
    /// order.
    pub(crate) fn deliver(&self, message: &Published) -> Vec<Session> {
        deliver_to(&self.members, message, self.overflow)
    }
}

/// Queues `message` for all of `members`; those whose room is to be waited for are returned.
fn deliver_to(members: &Members, message: &Published, overflow: Option<Overflow>) -> Vec<Session> {
    let members = lock(members);
    let late = members.values().filter(|session| session.deliver(message, overflow));
    late.cloned().collect()
}

/// A deployed endpoint: its configuration, and its open sessions.
#[derive(Debug)]
pub struct Deployed {
    /// Its configuration.
    pub config: EndpointConfig,
    hub: Arc<Hub>,
    open: Members,
    times: Times,
    /// What passed through the sessions that are over. Locked before `open`, where both are.
    ended: Mutex<Traffic>,
}

impl Deployed {
    /// Deploys an endpoint on `hub`.
    #[must_use]
    pub fn new(config: EndpointConfig, hub: Arc<Hub>) -> Arc<Self> {
        Arc::new(Self {
            config,
            hub,
            open: Members::default(),
            times: Times::default(),
            ended: Mutex::default(),
        })
    }

    /// The hub it is deployed on.
    #[must_use]
    pub const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Sends a message to every open session of this endpoint. The message is encoded once and its
    /// bytes are shared.
    ///
    /// All sessions get messages of several senders in the same order. What happens where one is slow,
    /// [`EndpointConfig::overflow`] says: by default it is closed with 1013 when more than
    /// [`PUBLISH_CAP`](crate::PUBLISH_CAP) bytes wait for it.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] for a value that does not encode.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ws_core::{Error, Session};
    /// async fn announce(session: &Session, text: &str) -> Result<(), Error> {
    ///     session.endpoint().broadcast(text).await
    /// }
    /// ```
    pub async fn broadcast<M>(&self, message: &M) -> Result<(), Error>
    where
        M: Encode + ?Sized,
    {
        let published = published(&message.encode()?);
        let late = deliver_to(&self.open, &published, None);
        wait_for(late, &published).await;
        Ok(())
    }

    /// A snapshot of its open sessions.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        lock(&self.open).values().filter(|session| session.is_open()).cloned().collect()
    }

    /// How long its message handlers took.
    #[must_use]
    pub fn handler_times(&self) -> HandlerTimes {
        self.times.snapshot()
    }

    pub(crate) const fn times(&self) -> &Times {
        &self.times
    }

    pub(crate) fn enter(&self, session: &Session) {
        lock(&self.open).insert(session.id(), session.clone());
        self.hub.enter(session);
    }

    /// What passed through all its sessions so far, and what waits in the queues of those that are
    /// open, in bytes.
    #[must_use]
    pub fn traffic(&self) -> (Traffic, usize) {
        let ended = lock(&self.ended);
        let (mut traffic, mut queued) = (*ended, 0);
        for session in lock(&self.open).values() {
            traffic.add(&session.traffic());
            queued += session.queued();
        }
        (traffic, queued)
    }

    pub(crate) fn leave(&self, session: &Session) {
        let mut ended = lock(&self.ended);
        if lock(&self.open).remove(&session.id()).is_some() {
            ended.add(&session.traffic());
        }
        drop(ended);
        self.hub.leave(session);
    }
}

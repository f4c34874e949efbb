//! A connection with an endpoint that writes down its callbacks, and a peer that plays by hand.

mod faulty;
mod forms;
mod peer;
mod probe;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use ws_core::extension::Stack;
use ws_core::{
    ByteStream, Deployed, EndpointConfig, Hub, Request, Role, Session, Start, Transport, serve,
};

pub(crate) use faulty::{Fault, Faulty};
pub(crate) use forms::{Act, FormsRig, Given, NONE, PARTS, STREAM, act, forms, forms_on};
pub(crate) use peer::{Frame, Peer, frame, masked};
pub(crate) use probe::{Call, Hook, Journal, Probe, echo, hook, quiet};

/// Bytes that each direction of the stream in memory holds.
pub(crate) const PIPE: usize = 64 * 1024;

/// A wait of virtual time that only something stuck needs.
pub(crate) const LONG: Duration = Duration::from_secs(24 * 3600);

/// How near to a deadline both of its sides are looked at.
pub(crate) const NEAR: Duration = Duration::from_millis(20);

pub(crate) const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[expect(clippy::disallowed_methods, reason = "tests measure the clock that they stopped")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// How a connection is set up.
pub(crate) struct Setup {
    pub(crate) config: EndpointConfig,
    /// Bytes that a direction of the pipe holds.
    pub(crate) pipe: usize,
    pub(crate) early: Vec<u8>,
    pub(crate) role: Role,
    pub(crate) hub: Arc<Hub>,
    pub(crate) deployed: Option<Arc<Deployed>>,
    pub(crate) extensions: Stack,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            config: EndpointConfig::new("/"),
            pipe: PIPE,
            early: Vec::new(),
            role: Role::Server,
            hub: Hub::new(),
            deployed: None,
            extensions: Stack::default(),
        }
    }
}

impl Setup {
    pub(crate) fn config(change: impl FnOnce(&mut EndpointConfig)) -> Self {
        let mut setup = Self::default();
        change(&mut setup.config);
        setup
    }

    pub(crate) fn pipe(pipe: usize) -> Self {
        Self { pipe, ..Self::default() }
    }

    /// Starts a connection with an endpoint that has an error handler.
    pub(crate) fn start(self, hook: Hook) -> Rig {
        let (ours, theirs) = tokio::io::duplex(self.pipe);
        self.start_on::<true>(ours, theirs, hook)
    }

    /// Starts a connection whose endpoint has no error handler.
    pub(crate) fn start_without_on_error(self, hook: Hook) -> Rig {
        let (ours, theirs) = tokio::io::duplex(self.pipe);
        self.start_on::<false>(ours, theirs, hook)
    }

    pub(crate) fn start_on<const ERROR: bool>(
        self,
        ours: impl ByteStream + 'static,
        theirs: DuplexStream,
        hook: Hook,
    ) -> Rig {
        let Self { config, early, role, hub, deployed, extensions, .. } = self;
        let deployed = deployed.unwrap_or_else(|| Deployed::new(config, Arc::clone(&hub)));
        let session = Session::new(deployed, Request::new("ws://localhost/"), None);
        let journal = Journal::default();
        let probe = Probe::<ERROR>::new(journal.clone(), hook);
        let transport = Transport::Other(Box::new(ours));
        let start = Start::new(transport, early, role, session.clone());
        let task = tokio::spawn(serve(probe, start.with_extensions(extensions)));
        Rig { peer: Peer::new(theirs, role), session, journal, hub, task, began: now() }
    }
}

/// A running connection.
pub(crate) struct Rig {
    pub(crate) peer: Peer,
    pub(crate) session: Session,
    pub(crate) journal: Journal,
    pub(crate) hub: Arc<Hub>,
    pub(crate) task: JoinHandle<()>,
    began: Instant,
}

impl Rig {
    /// Virtual time since the start.
    pub(crate) fn age(&self) -> Duration {
        now() - self.began
    }

    /// Lets the connection do what it can do now.
    pub(crate) async fn settle(&self) {
        sleep(Duration::from_millis(1)).await;
    }

    /// Waits until `age` after the start.
    pub(crate) async fn at(&self, age: Duration) {
        sleep_until(self.began + age).await;
    }

    /// Asserts that the session ends `age` after the start: there just before, gone just after.
    #[track_caller]
    pub(crate) fn assert_gone_at(&self, age: Duration) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            self.at(age - NEAR).await;
            assert!(!self.journal.has("close"), "{place}: too early: {:?}", self.journal.all());
            self.at(age + NEAR).await;
            assert!(self.journal.has("close"), "{place}: still there: {:?}", self.journal.all());
        }
    }

    /// Waits for the end of the connection's task, and asserts the order of the callbacks and that
    /// nothing of the session is left: what it wrote down.
    pub(crate) async fn ended(self) -> Vec<String> {
        self.ended_with_peer().await.0
    }

    pub(crate) async fn ended_with_peer(self) -> (Vec<String>, Peer) {
        let Self { peer, session, journal, hub, task, .. } = self;
        timeout(LONG, task).await.expect("the connection's task ends").unwrap();
        let all = journal.all();
        assert_lifecycle(&all);
        assert!(!hub.sessions().contains(&session), "the hub forgot the session");
        assert!(session.peers().is_empty() || !session.peers().contains(&session));
        assert!(session.send("late").await.is_err());
        (all, peer)
    }
}

/// `open` once and first, `close` exactly once and, but for what failed in it, last.
#[track_caller]
pub(crate) fn assert_lifecycle(all: &[String]) {
    let count = |name: &str| all.iter().filter(|entry| entry.starts_with(name)).count();
    assert_eq!(all.first().map(String::as_str), Some("open"), "{all:?}");
    assert_eq!((count("open"), count("close")), (1, 1), "{all:?}");
    let close = all.iter().position(|entry| entry.starts_with("close")).unwrap();
    let behind = &all[close + 1..];
    assert!(behind.iter().all(|entry| entry.starts_with("error")), "after close: {all:?}");
    assert!(behind.len() <= 1, "after close: {all:?}");
}

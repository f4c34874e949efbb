//! A container in this process, on a port of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder as RuntimeBuilder, Runtime};
use ws_container::{Builder, Container, EndpointDescriptor, Handle, Settings, registrations};

use crate::wait::DEADLINE;

/// A running container. Its sessions are cut when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    addr: SocketAddr,
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Serves every endpoint that is linked into the test.
    #[must_use]
    pub fn start() -> Self {
        Self::of(Container::builder().discover())
    }

    /// As [`start`](Self::start), with other settings.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        Self::of(Container::builder().discover().settings(settings))
    }

    /// Serves what `builder` describes.
    #[must_use]
    pub fn of(builder: Builder) -> Self {
        Self::on(runtime(), builder)
    }

    /// As [`start`](Self::start), on several threads.
    #[must_use]
    pub fn threaded(threads: usize) -> Self {
        let runtime = RuntimeBuilder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .expect("a runtime");
        Self::on(runtime, Container::builder().discover())
    }

    fn on(runtime: Runtime, builder: Builder) -> Self {
        let container = builder.bind("127.0.0.1", 0).build().expect("the container is sound");
        let (sender, started) = mpsc::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let handle = container.start().await.expect("a free port");
                sender.send(handle.clone()).expect("the test waits");
                handle.stopped().await;
            });
        });
        let handle = started.recv_timeout(DEADLINE).expect("the container starts");
        Self { addr: handle.local_addrs()[0], handle, thread: Some(thread) }
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The container, from outside.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Begins to shut down, in the background; the number of sessions that had to be cut comes
    /// through the thread.
    pub fn begin_shutdown(&self) -> JoinHandle<usize> {
        let handle = self.handle.clone();
        thread::spawn(move || runtime().block_on(handle.shutdown()))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.handle.hub().abort_all();
        let stopped = self.begin_shutdown().join().is_ok();
        let ended = self.thread.take().is_none_or(|thread| thread.join().is_ok());
        assert!(thread::panicking() || (stopped && ended), "the container panicked");
    }
}

/// The endpoint that is declared at `found`, at `path` instead.
#[must_use]
pub fn moved(found: &str, path: impl Into<String>) -> &'static EndpointDescriptor {
    let all = registrations();
    let found = all.iter().find(|it| it.path == found).expect("it is linked into this test");
    let mut descriptor = **found;
    descriptor.path = Box::leak(path.into().into_boxed_str());
    Box::leak(Box::new(descriptor))
}

fn runtime() -> Runtime {
    RuntimeBuilder::new_current_thread().enable_all().build().expect("a runtime")
}

//! The client container as tests use it: with deadlines, and deaf to the environment.

use std::future::poll_fn;

use tokio::runtime::{Builder as RuntimeBuilder, Runtime};
use tokio::time::timeout;
use ws_container::client::{Client, ClientEndpointConfig, ClientEndpointConfigBuilder};

use crate::wait::DEADLINE;

/// A configuration that no environment changes, as `make` wants it.
#[must_use]
pub fn config(
    make: impl FnOnce(ClientEndpointConfigBuilder) -> ClientEndpointConfigBuilder,
) -> ClientEndpointConfig {
    make(ClientEndpointConfig::builder().no_proxy()).build().expect("a legal configuration")
}

/// A client that no environment changes.
#[must_use]
pub fn client() -> Client {
    Client::builder().defaults(config(|it| it)).build()
}

/// A runtime of the thread that calls.
#[must_use]
pub fn runtime() -> Runtime {
    RuntimeBuilder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Runs `test` in a runtime of its own.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    runtime().block_on(test)
}

/// What comes of `future` within the deadline.
pub async fn soon<F: IntoFuture>(future: F) -> F::Output {
    timeout(DEADLINE, future).await.expect("it happens within the deadline")
}

/// Waits until `condition` holds; panics after the deadline and says `what` did not happen.
pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let mut interval = tokio::time::interval(std::time::Duration::from_millis(5));
    let waiting = async {
        while !condition() {
            poll_fn(|cx| interval.poll_tick(cx)).await;
        }
    };
    timeout(DEADLINE, waiting)
        .await
        .unwrap_or_else(|_| panic!("within {DEADLINE:?} this did not happen: {what}"));
}

//! How an instance of an endpoint comes to a connection.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use crate::endpoint::{Endpoint, Shared, SharedEndpoint};
use crate::engine::{Start, run};
use crate::handshake::HandshakeRequest;
use crate::message::BoxError;

/// A connection that runs until its session has ended and its socket is closed.
pub type ConnectionFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An instance that waits for its connection.
pub type Launch = Box<dyn FnOnce(Start) -> ConnectionFuture + Send>;

/// Makes the instance of an endpoint for each connection (Jakarta `getEndpointInstance`).
#[doc(alias = "getEndpointInstance")]
pub trait Launcher: Send + Sync {
    /// Makes the instance for the connection that `request` asks for; called before the 101, once
    /// everything else is agreed.
    ///
    /// # Errors
    ///
    /// Why there is none: the answer is 500, and the error goes to the log.
    fn prepare(&self, request: &HandshakeRequest) -> Result<Launch, BoxError>;
}

/// `endpoint`, ready for its connection. Its codecs are made here, where it can still be refused when
/// that panics.
pub(crate) fn launch<E: Endpoint>(endpoint: E) -> Launch {
    let codecs = E::codecs();
    Box::new(move |start| Box::pin(run(endpoint, codecs, start)))
}

/// What a factory may return: an `E`, or a `Result` with one.
#[diagnostic::on_unimplemented(
    message = "the factory makes a `{Self}`, and no `{E}`",
    label = "makes another type",
    note = "return a `{E}`, or a `Result` with one whose error is a `std::error::Error`"
)]
pub trait MadeBy<E> {
    /// The instance.
    ///
    /// # Errors
    ///
    /// The factory's own.
    fn made(self) -> Result<E, BoxError>;
}

impl<E> MadeBy<E> for E {
    fn made(self) -> Result<E, BoxError> {
        Ok(self)
    }
}

impl<E, X: Into<BoxError>> MadeBy<E> for Result<E, X> {
    fn made(self) -> Result<E, BoxError> {
        self.map_err(Into::into)
    }
}

/// A new `E` for each connection, by its `Default`.
pub(crate) fn launch_default<E: Endpoint + Default>() -> Arc<dyn Launcher> {
    launch_factory::<E, _, _>(|_: &HandshakeRequest| E::default())
}

/// `instance` for all connections.
pub(crate) fn launch_shared<E: SharedEndpoint>(instance: Arc<E>) -> Arc<dyn Launcher> {
    let shared = Shared(instance);
    launch_factory::<Shared<E>, _, _>(move |_: &HandshakeRequest| shared.clone())
}

/// What `factory` makes of each request.
pub(crate) fn launch_factory<E, F, R>(factory: F) -> Arc<dyn Launcher>
where
    E: Endpoint,
    F: Fn(&HandshakeRequest) -> R + Send + Sync + 'static,
    R: MadeBy<E> + 'static,
{
    Arc::new(Factory { factory, made: PhantomData::<fn() -> (R, E)> })
}

struct Factory<F, R, E> {
    factory: F,
    made: PhantomData<fn() -> (R, E)>,
}

impl<E, F, R> Launcher for Factory<F, R, E>
where
    E: Endpoint,
    F: Fn(&HandshakeRequest) -> R + Send + Sync,
    R: MadeBy<E>,
{
    fn prepare(&self, request: &HandshakeRequest) -> Result<Launch, BoxError> {
        Ok(launch((self.factory)(request).made()?))
    }
}

//! Calls of the application's code: none of them ends more than its handshake.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use ws_core::Reject;

use crate::opening::refusal::Refusal;

/// A hook of an application that may wait.
type Hook<'h, T> = Pin<Box<dyn Future<Output = Result<T, Reject>> + Send + 'h>>;

/// The time that the hooks of one handshake have together. The clock is read when one is called.
#[derive(Debug)]
pub(super) struct Patience {
    longest: Duration,
    deadline: Option<Instant>,
}

impl Patience {
    pub(super) const fn new(longest: Duration) -> Self {
        Self { longest, deadline: None }
    }

    /// Runs `hook`, called `what`, within what is left of the time.
    ///
    /// # Errors
    ///
    /// The application's refusal; 500 when it panics; 503 when the time is over.
    pub(super) async fn run<T>(
        &mut self,
        what: &'static str,
        mut hook: Hook<'_, T>,
    ) -> Result<T, Refusal> {
        let longest = self.longest;
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + longest);
        let guarded =
            poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| hook.as_mut().poll(cx))) {
                Ok(polled) => polled.map(Ok),
                Err(panic) => Poll::Ready(Err(Refusal::fault(what, &message(&*panic)))),
            });
        match timeout_at(deadline, guarded).await {
            Ok(answer) => Ok(answer??),
            Err(_) => Err(Refusal::too_slow(what)),
        }
    }
}

/// What `hook`, called `what`, returns.
///
/// # Errors
///
/// 500 when it panics.
pub(super) fn call<T>(what: &'static str, hook: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(hook)).map_err(|panic| Refusal::fault(what, &message(&*panic)))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "no message".to_owned()))
}

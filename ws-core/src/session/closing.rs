//! Waiting for the end of a session.

use std::pin::Pin;

use crate::session::{Session, SessionState};

/// A session that was asked to close. Await it to wait for the end of the closing handshake, or
/// drop it: the session closes either way.
#[derive(Debug)]
pub struct Closing {
    session: Session,
}

impl Closing {
    pub(crate) const fn new(session: Session) -> Self {
        Self { session }
    }
}

impl IntoFuture for Closing {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            loop {
                let mut changed = std::pin::pin!(self.session.closed().notified());
                changed.as_mut().enable();
                if self.session.state() == SessionState::Closed {
                    return;
                }
                changed.await;
            }
        })
    }
}

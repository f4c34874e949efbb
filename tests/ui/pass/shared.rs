#![deny(warnings)]
//! One instance for all connections; and that others are shareable by chance, or not at all.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll, Waker};

use ws_container::endpoint::{Context, Declared, Endpoint, Shared, SharedEndpoint};
use ws_container::prelude::*;
use ws_container::{Deployed, Hub, Reply, Request, Text};

#[server_endpoint("/count", instance = "shared")]
#[derive(Default)]
pub struct Count {
    seen: AtomicUsize,
}

#[handlers]
impl Count {
    #[on_message]
    async fn text(&self, _: &str) -> usize {
        self.seen.fetch_add(1, Ordering::Relaxed) + 1
    }

    #[on_error]
    fn format(&self, _: &std::fmt::Error) {}
}

/// Waits for nothing.
#[server_endpoint("/plain", instance = "shared")]
#[derive(Default)]
pub struct Plain;

#[handlers]
impl Plain {
    #[on_message]
    fn text<'a>(&'a self, text: &'a str) -> &'a str {
        text
    }
}

/// Not `Sync`, and no shared endpoint.
#[server_endpoint("/own", instance = "per_connection")]
#[derive(Default)]
pub struct Own {
    seen: Cell<usize>,
}

#[handlers]
impl Own {
    #[on_message]
    fn text(&self, _: &str) -> usize {
        self.seen.replace(self.seen.get() + 1)
    }
}

/// These handlers wait for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("pending"),
    }
}

fn say<E: Endpoint<Decoders = (), Encoders = ()>>(endpoint: &mut E) -> String {
    let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let mut decoders = ();
    let cx = Context::new(&session, &mut decoders, &());
    match now(endpoint.on_text(cx, Text::Borrowed("hi"))) {
        Ok(Reply::Message(Message::Text(text))) => text.into_owned(),
        other => panic!("{other:?}"),
    }
}

fn assert_shared<E: SharedEndpoint>() {
    assert!(E::SHARED);
}

fn main() {
    assert_shared::<Count>();
    assert_shared::<Plain>();
    assert!(!Own::SHARED);

    let count = Arc::new(Count::default());
    let (mut one, mut other) = (Shared(Arc::clone(&count)), Shared(count));
    assert_eq!((say(&mut one), say(&mut other)), ("1".to_owned(), "2".to_owned()));
    assert_eq!(say(&mut Count::default()), "1");
    assert_eq!(say(&mut Shared(Arc::new(Plain))), "hi");
    assert_eq!(say(&mut Plain), "hi");
    assert_eq!(say(&mut Own::default()), "0");

    for error in [Error::Closed, Error::from_handler(Box::new(std::fmt::Error))] {
        let want = error.find::<std::fmt::Error>().is_some();
        assert_eq!(<Count as SharedEndpoint>::handles_error(&error), want);
        assert_eq!(<Shared<Count> as Endpoint>::handles_error(&error), want);
        assert_eq!(<Count as Endpoint>::handles_error(&error), want);
    }
}

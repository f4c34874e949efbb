//! What belongs to a session, and what to the application.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::ui::assert_explained;
use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;
use ws_container::{BuildError, Container, MessageHandler, ServerEndpointConfig};

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("2.1.2-2", user_data_is_there_until_close_has_ended),
    ("2.1.3-2", a_second_handler_for_a_kind_is_an_error),
    ("7.1.1-1", endpoints_get_what_the_application_gives),
];

/// Counts a session's messages.
#[derive(Clone)]
struct Count(usize);

#[server_endpoint("/jakarta/data/{case}")]
#[derive(Default)]
struct Data;

#[handlers]
impl Data {
    #[on_open]
    fn open(&mut self, session: &Session) {
        session.set_data(Count(0));
    }

    #[on_message]
    fn text(&mut self, session: &Session, _text: &str) -> usize {
        let Count(before) = session.data().expect("it was set when the session opened");
        session.set_data(Count(before + 1));
        before + 1
    }

    #[on_close]
    async fn close(&mut self, session: &Session, #[path_param] case: &str) {
        let journal = Journal::of(case);
        let note = |when: &str| {
            let count = session.data().map(|Count(count)| count);
            journal.note(format!("{when} {count:?}"));
        };
        note("close");
        tokio::task::yield_now().await;
        note("end");
    }
}

fn user_data_is_there_until_close_has_ended() {
    let server = TestServer::start();
    let mut other = RawClient::open(server.addr(), "/jakarta/data/other");
    for (case, reset) in [("data-close", false), ("data-rst", true)] {
        let mut client = RawClient::open(server.addr(), &format!("/jakarta/data/{case}"));
        for number in 1..=3 {
            client.send_text("");
            client.assert_next(&Frame::text(number.to_string()));
        }
        if reset {
            client.reset()
        } else {
            client.close(1000, "")
        }
        let journal = Journal::of(case);
        journal.wait_for("end");
        assert_eq!(journal.lines(), ["close Some(3)", "end Some(3)"]);
    }
    other.send_text("");
    other.assert_next(&Frame::text("1"));
}

/// Adds handlers to its session.
#[server_endpoint("/jakarta/adding/{case}")]
#[derive(Default)]
struct Adding;

#[handlers]
impl Adding {
    #[on_open]
    fn open(&mut self, session: &Session, #[path_param] case: &str) {
        let journal = Journal::of(case);
        let text = || MessageHandler::text(|text: String| async move { Some(Message::text(text)) });
        let added = session.add_message_handler(text());
        journal.note(format!("text {}", added.is_ok()));
        for second in [
            text(),
            MessageHandler::text_parts(|_, _| async {}),
            MessageHandler::binary(|_| async {}),
        ] {
            let conflict = session.add_message_handler(second).expect_err("there is one");
            let kind = conflict.native_type();
            journal.note(format!("second {kind}: {conflict}"));
        }
        journal.note(format!(
            "pong {}",
            session.add_message_handler(MessageHandler::pong(|_| async {})).is_ok()
        ));
    }

    #[on_message]
    fn binary(&mut self, payload: &[u8]) -> usize {
        payload.len()
    }
}

fn a_second_handler_for_a_kind_is_an_error() {
    assert_explained("two_text_handlers", "an endpoint has at most one handler for them");
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/jakarta/adding/second-handler");
    client.assert_echo("the first stays");
    client.send(&Frame::binary([1, 2, 3]));
    client.assert_next(&Frame::text("3"));
    let lines = Journal::of("second-handler").lines();
    assert_eq!([&lines[0], &lines[4]], ["text true", "pong true"]);
    assert!(lines[1].starts_with("second text: "), "{lines:?}");
    assert!(lines[2].starts_with("second text: "), "{lines:?}");
    assert!(lines[3].starts_with("second binary: "), "{lines:?}");
}

/// What an application gives to all its endpoints.
#[derive(Default)]
struct Visits {
    count: AtomicUsize,
}

/// Wants it. Not found by itself, because it has a type parameter.
#[server_endpoint("/jakarta/visits")]
#[derive(Default)]
struct Visited<T> {
    _of: PhantomData<fn() -> T>,
}

#[handlers]
impl<T: 'static> Visited<T> {
    #[on_message]
    fn text(&mut self, visits: &State<Visits>, _text: &str) -> usize {
        visits.count.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn endpoints_get_what_the_application_gives() {
    let config = || ServerEndpointConfig::of::<Visited<()>>();
    let server = TestServer::of(Container::builder().deploy(config()).state(Visits::default()));
    for number in 1..=3 {
        let mut client = RawClient::open(server.addr(), "/jakarta/visits");
        client.send_text("");
        client.assert_next(&Frame::text(number.to_string()));
    }
    // What is missing is missed before anybody connects.
    let built = Container::builder().deploy(config()).build();
    let Err(BuildError::Deployment(error)) = built else { panic!("it was built") };
    assert!(error.to_string().contains("Visits"), "{error}");
}

//! Chapter 5.1: callbacks of one session come one at a time and in order, whatever the machine
//! does meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tests::{Frame, Journal, RawClient, TestServer};
use ws_container::prelude::*;

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("5.1-2", one_thread_at_a_time),
    ("5.1-3", open_ends_before_anything_else_is_called),
    ("5.1-4", close_is_last_and_beside_no_other),
    ("5.1.5", parts_of_messages_are_not_mixed),
];

/// How many callbacks run now.
#[derive(Debug, Default)]
struct Running(AtomicUsize);

impl Running {
    /// Runs for a while, as the only one.
    async fn alone(&self, journal: &Journal, event: &str) {
        if self.0.fetch_add(1, Ordering::SeqCst) != 0 {
            journal.note(format!("{event} beside another"));
        }
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.0.fetch_sub(1, Ordering::SeqCst);
        journal.note(event);
    }
}

/// Yields in every callback, so that another one could begin.
#[server_endpoint("/jakarta/serial/{case}")]
#[derive(Default)]
struct Serial {
    running: Running,
    journal: Arc<Journal>,
}

#[handlers]
impl Serial {
    #[on_open]
    async fn open(&mut self, session: &Session, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.running.alone(&self.journal, "open").await;
        // Another task sends and closes while messages come in.
        let session = session.clone();
        let journal = Arc::clone(&self.journal);
        tokio::spawn(async move {
            for number in 0..20 {
                if session.send(number).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            journal.note("sender done");
        });
    }

    #[on_message]
    async fn text(&mut self, text: &str) -> Result<(), &'static str> {
        let event = format!("text {text}");
        self.running.alone(&self.journal, &event).await;
        if text.ends_with('7') { Err("sevens fail") } else { Ok(()) }
    }

    #[on_message]
    async fn binary(&mut self, payload: &[u8]) {
        let event = format!("binary {}", payload.len());
        self.running.alone(&self.journal, &event).await;
    }

    #[on_message]
    async fn pong(&mut self, _pong: Pong) {
        self.running.alone(&self.journal, "pong").await;
    }

    #[on_close]
    async fn close(&mut self) {
        self.running.alone(&self.journal, "close").await;
    }

    #[on_error]
    async fn error(&mut self, _error: &Error) {
        self.running.alone(&self.journal, "error").await;
    }
}

impl Drop for Serial {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

const MESSAGES: usize = 50;

/// Some clients at the same time, on several threads: what each session's journal says.
fn journals(name: &str) -> Vec<Vec<String>> {
    let server = TestServer::threaded(4);
    let addr = server.addr();
    let run = |case: String| {
        let journal = Journal::of(&case);
        let mut client = RawClient::open(addr, &format!("/jakarta/serial/{case}"));
        for number in 0..MESSAGES {
            client.send_all(&[
                Frame::text(number.to_string()),
                Frame::ping(""),
                Frame::binary(vec![0; number]),
                Frame::pong(""),
            ]);
        }
        client.send(&Frame::close(1000, ""));
        while client.read().opcode != tests::wire::CLOSE {}
        drop(client);
        journal.wait_for("end");
        journal.wait_for("sender done");
        journal.lines()
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|client| {
                let run = &run;
                scope.spawn(move || run(format!("{name}-{client}")))
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn one_thread_at_a_time() {
    for lines in journals("serial") {
        assert!(!lines.iter().any(|line| line.ends_with("beside another")), "{lines:?}");
        let data = |kind: &str| -> Vec<usize> {
            let numbers = lines.iter().filter_map(|line| line.strip_prefix(kind));
            numbers.map(|number| number.parse().unwrap()).collect()
        };
        let all: Vec<_> = (0..MESSAGES).collect();
        assert_eq!(data("text "), all, "in order");
        assert_eq!(data("binary "), all, "in order");
        assert_eq!(lines.iter().filter(|line| *line == "pong").count(), MESSAGES);
        assert_eq!(lines.iter().filter(|line| *line == "error").count(), MESSAGES / 10);
    }
}

fn open_ends_before_anything_else_is_called() {
    let server = TestServer::start();
    let journal = Journal::of("wsc-slow-open");
    let early = [Frame::text("early"), Frame::binary([1]), Frame::pong("")];
    let early: Vec<u8> = early.iter().flat_map(Frame::masked).collect();
    let path = "/jakarta/slow-open/wsc-slow-open";
    let mut client = RawClient::open_with(server.addr(), path, "", &early);
    journal.wait_for("waiting");
    client.send(&Frame::ping("all read?"));
    client.assert_next(&Frame::pong("all read?"));
    journal.release();
    client.close(1000, "");
    journal.assert_whole(&["waiting", "released", "text", "binary", "pong", "close"]);
}

/// Takes its time to open.
#[server_endpoint("/jakarta/slow-open/{case}")]
#[derive(Default)]
struct SlowOpen {
    journal: Arc<Journal>,
}

#[handlers]
impl SlowOpen {
    #[on_open]
    async fn open(&mut self, #[path_param] case: &str) {
        self.journal = Journal::of(case);
        self.journal.pass().await;
    }

    #[on_message]
    fn text(&mut self, _text: &str) {
        self.journal.note("text");
    }

    #[on_message]
    fn binary(&mut self, _payload: &[u8]) {
        self.journal.note("binary");
    }

    #[on_message]
    fn pong(&mut self, _pong: Pong) {
        self.journal.note("pong");
    }

    #[on_close]
    fn close(&mut self) {
        self.journal.note("close");
    }
}

impl Drop for SlowOpen {
    fn drop(&mut self) {
        self.journal.note("end");
    }
}

fn close_is_last_and_beside_no_other() {
    for mut lines in journals("last") {
        lines.retain(|line| line != "sender done");
        assert_eq!(lines.iter().filter(|line| *line == "close").count(), 1);
        assert_eq!(lines[lines.len() - 2..], ["close", "end"]);
    }
    let server = TestServer::start();
    let journal = Journal::of("wsc-close-beside");
    let mut client = RawClient::open(server.addr(), "/journal/wsc-close-beside");
    client.send_text("wait");
    journal.wait_for("waiting");
    client.send_and_see_read(&Frame::close(1000, ""));
    journal.release();
    client.assert_next(&Frame::close(1000, ""));
    drop(client);
    let close = "close 1000 \"\" by Peer, clean";
    journal.assert_whole(&["open", "text wait", "waiting", "released", close]);
}

/// Sends back what it gets in two fragments, and lets another task send whole messages meanwhile.
#[server_endpoint("/jakarta/parts")]
#[derive(Default)]
struct Parts;

#[handlers]
impl Parts {
    #[on_open]
    fn open(&mut self, session: &Session) {
        let session = session.clone();
        tokio::spawn(async move {
            while session.send("whole").await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
    }

    #[on_message]
    async fn binary(&mut self, session: &Session, payload: &[u8]) -> Result<()> {
        let (first, second) = payload.split_at(payload.len() / 2);
        session.send_frame(ws_container::frame::Frame::binary(first).unfinished()).await?;
        tokio::task::yield_now().await;
        session.send_frame(ws_container::frame::Frame::continuation(second)).await
    }
}

/// Notes the parts that come.
#[server_endpoint("/jakarta/incoming-parts/{case}")]
#[derive(Default)]
struct IncomingParts;

#[handlers]
impl IncomingParts {
    #[on_message]
    async fn text(&mut self, text: &str, last: bool, #[path_param] case: &str) {
        tokio::task::yield_now().await;
        Journal::of(case).note(format!("{text}{}", if last { "." } else { "" }));
    }

    #[on_message]
    async fn binary(&mut self, payload: &[u8], last: bool, #[path_param] case: &str) {
        tokio::task::yield_now().await;
        let text = String::from_utf8_lossy(payload);
        Journal::of(case).note(format!("{text}{}", if last { "." } else { "" }));
    }

    #[on_close]
    fn close(&mut self, #[path_param] case: &str) {
        Journal::of(case).note("end");
    }
}

/// Parts of a message come one behind the other, and the next message behind the last of them.
fn parts_come_in_their_order() {
    let server = TestServer::threaded(4);
    let mut client = RawClient::open(server.addr(), "/jakarta/incoming-parts/incoming-parts");
    let (mut frames, mut want) = (Vec::new(), String::new());
    for number in 0..50 {
        let opcode = if number % 2 == 0 { tests::wire::TEXT } else { tests::wire::BINARY };
        frames.push(Frame::new(opcode, format!("<{number}")).unfinished());
        frames.push(Frame::ping("between"));
        frames.push(Frame::continuation("-").unfinished());
        frames.push(Frame::continuation(format!("{number}>")));
        want += &format!("<{number}-{number}>.");
    }
    client.send_all(&frames);
    client.send(&Frame::close(1000, ""));
    let journal = Journal::of("incoming-parts");
    journal.wait_for("end");
    let mut lines = journal.lines();
    lines.pop();
    assert_eq!(lines.concat(), want);
}

fn parts_of_messages_are_not_mixed() {
    parts_come_in_their_order();
    let server = TestServer::threaded(4);
    let mut client = RawClient::open(server.addr(), "/jakarta/parts");
    for number in 0..50 {
        client.send(&Frame::binary([number, number]));
    }
    let mut unfinished = None;
    let mut next = 0;
    while next < 50 {
        let frame = client.read();
        match unfinished.take() {
            Some(first) => {
                assert_eq!(frame, Frame::continuation([first]), "nothing between two parts");
                next += 1;
            }
            None if !frame.fin => {
                assert_eq!(frame, Frame::binary([next]).unfinished());
                unfinished = Some(next);
            }
            None => assert_eq!(frame, Frame::text("whole")),
        }
    }
}

//! S2-1: what an idle connection costs a client, beside what it costs a server.

use std::sync::mpsc;
use std::thread;

use tests::client::{client, runtime, soon, until};
use tests::{alone, vitals};
use ws_container::prelude::*;

const COUNT: usize = 1_000;

#[server_endpoint("/mission/idle")]
#[derive(Default)]
struct IdleThere;

#[client_endpoint]
struct IdleHere;

#[handlers]
impl IdleThere {
    #[on_message]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }
}

#[handlers]
impl IdleHere {
    #[on_message]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }
}

/// Bytes that this thread has allocated in `work`, and still has, for each connection.
fn kept(work: impl FnOnce()) -> i64 {
    allocation_counter::measure(work).bytes_current / i64::try_from(COUNT).unwrap()
}

#[test]
fn s2_1_an_idle_connection_costs_a_client_no_more_than_a_server() {
    alone("client_memory::s2_1_an_idle_connection_costs_a_client_no_more_than_a_server", || {
        let (sender, started) = mpsc::channel();
        let server = thread::spawn(move || {
            let runtime = runtime();
            let builder = Container::builder().discover().bind("127.0.0.1", 0);
            let handle = runtime
                .block_on(async { builder.build().unwrap().start().await })
                .expect("a free port");
            sender.send(handle.local_addrs()[0]).unwrap();
            let open = |count: usize| {
                runtime.block_on(until("all are open", || handle.hub().len() >= count));
            };
            open(1);
            let bytes = kept(|| open(COUNT + 1));
            handle.hub().abort_all();
            runtime.block_on(until("all are over", || handle.hub().is_empty()));
            bytes
        });
        let uri = format!("ws://{}/mission/idle", started.recv().unwrap());
        let (runtime, client) = (runtime(), client());
        let open = |count: usize| {
            runtime.block_on(async {
                for _ in 0..count {
                    soon(client.connect(IdleHere, &uri)).await.unwrap();
                }
            });
        };
        open(1);
        let resident = vitals::resident();
        let here = kept(|| open(COUNT));
        let grown = (vitals::resident() - resident) / COUNT;
        assert_eq!(client.sessions().len(), COUNT + 1);
        let there = server.join().unwrap();
        println!("an idle connection: {here} bytes of a client, {there} of a server");
        println!("both in one process: {grown} bytes resident");
        assert!(here * 10 <= there * 11, "{here} bytes of a client, {there} of a server");
    });
}

//! S1-6 and S2: how a client connects, with raw servers at the other end. `tests/interop/servers`
//! proves the same rows with foreign servers where there are any.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tests::client::{client, config, run, runtime, soon, until};
use tests::{Frame, RawServer, alone, vitals};
use tokio::sync::oneshot;
use tokio::time::sleep;
use ws_container::SessionState;
use ws_container::client::{Client, ConnectError, on};
use ws_container::prelude::*;

fn uri(addr: SocketAddr) -> String {
    format!("ws://{addr}/")
}

#[test]
fn s1_6_a_connection_goes_through_its_states_in_order() {
    use SessionState::{Closed, Closing, Connecting, Open};
    let (addr, peer) = RawServer::play(|mut raw| {
        raw.switch("");
        raw.assert_next(&Frame::close(1000, "bye"));
        raw.send(&Frame::close(1000, "bye"));
        raw.assert_ended();
    });
    run(async {
        let connecting = client().connect(on(), uri(addr));
        let state = connecting.state();
        let mut seen = vec![state.get()];
        let session = soon(connecting).await.unwrap();
        seen.push(state.get());
        let closing = session.close(CloseReason::new(CloseCode::NORMAL_CLOSURE, "bye").unwrap());
        seen.push(state.get());
        soon(closing).await;
        seen.push(state.get());
        assert_eq!(seen, [Connecting, Open, Closing, Closed]);
    });
    peer.join().unwrap();
    // Nobody listens there any more.
    run(async {
        let connecting = client().connect(on(), uri(addr));
        let state = connecting.state();
        assert_eq!(state.get(), Connecting);
        assert!(soon(connecting).await.is_err());
        assert_eq!(state.get(), Closed);
    });
}

/// A server that opens each connection and then only keeps it.
fn keeper(count: usize) -> (SocketAddr, std::thread::JoinHandle<Vec<RawServer>>) {
    let (listener, addr) = RawServer::listen();
    let kept = std::thread::spawn(move || {
        let open = |_| {
            let mut raw = RawServer::accept(&listener);
            raw.switch("");
            raw
        };
        (0..count).map(open).collect()
    });
    (addr, kept)
}

#[test]
fn s2_1_a_thousand_connections_of_one_client_share_its_threads() {
    alone("client_opening::s2_1_a_thousand_connections_of_one_client_share_its_threads", || {
        let (addr, kept) = keeper(1_001);
        let runtime = runtime();
        let client = client();
        let first =
            runtime.block_on(async { soon(client.connect(on(), uri(addr))).await.unwrap() });
        let before = vitals::threads();
        runtime.block_on(async {
            for _ in 0..1_000 {
                soon(client.connect(on(), uri(addr))).await.unwrap();
            }
        });
        // The keeper's own thread may be over.
        assert!(vitals::threads() <= before, "{} threads, {before} before", vitals::threads());
        assert_eq!(client.sessions().len(), 1_001);
        assert!(first.is_open());
        drop(kept.join().unwrap());
    });
}

#[test]
fn s2_2_clients_are_made_from_one_that_was_set_up() {
    let (addr, peer) = RawServer::play(|mut raw| {
        raw.switch("");
        raw
    });
    let client = Client::builder().defaults(config(|it| it.header("x-kiosk", "7"))).build();
    run(async {
        let session = soon(client.clone().connect(on(), uri(addr))).await.unwrap();
        assert_eq!(client.session(session.id()), Some(session), "a clone is the same client");
    });
    assert_eq!(peer.join().unwrap().header("X-Kiosk"), Some("7"));
}

#[test]
fn s2_3_an_open_connection_keeps_the_configuration_it_was_opened_with() {
    let (addr, kept) = keeper(2);
    run(async {
        let client = client();
        client.set_defaults(config(|it| it.max_text_len(4).keep_alive(None)));
        let first = soon(client.connect(on(), uri(addr))).await.unwrap();
        client.set_defaults(config(|it| it.max_text_len(8).keep_alive(None)));
        let second = soon(client.connect(on(), uri(addr))).await.unwrap();
        let mut peers = kept.join().unwrap();
        for peer in &mut peers {
            peer.send(&Frame::text("sixsix"));
        }
        until("the first is closed", || !first.is_open()).await;
        assert!(second.is_open());
        let closed = tokio::task::spawn_blocking(move || peers.remove(0).read().close_code());
        assert_eq!(closed.await.unwrap(), 1009);
    });
}

/// Notes what it is told.
#[client_endpoint]
struct Noting(Arc<Mutex<Vec<String>>>);

#[handlers]
impl Noting {
    #[on_open]
    fn open(&mut self, session: &Session) -> String {
        self.0.lock().unwrap().push(format!("open {}", session.id()));
        "hello".to_owned()
    }

    #[on_message]
    fn text(&mut self, text: &str) {
        self.0.lock().unwrap().push(format!("text {text}"));
    }

    #[on_close]
    fn close(&mut self, reason: &CloseReason) {
        self.0.lock().unwrap().push(format!("close {reason}"));
    }
}

/// Both forms; `examples/` has them as programs.
#[test]
fn s2_4_callbacks_come_as_a_type_or_as_closures() {
    let script = |mut raw: RawServer| {
        raw.switch("");
        raw.assert_next(&Frame::text("hello"));
        raw.send(&Frame::text("and back"));
        raw.send(&Frame::close(1001, ""));
        raw.assert_next(&Frame::close(1001, ""));
    };
    let [noted, of_closures] = [(); 2].map(|()| Arc::new(Mutex::new(Vec::new())));
    let (addr, peer) = RawServer::play(script);
    run(async {
        let session = soon(client().connect(Noting(Arc::clone(&noted)), uri(addr))).await.unwrap();
        until("it is over", || session.state() == SessionState::Closed).await;
        until("on_close was called", || noted.lock().unwrap().len() == 3).await;
    });
    peer.join().unwrap();

    let [a, b, c] = [(); 3].map(|()| Arc::clone(&of_closures));
    let endpoint = on()
        .open(move |session| {
            a.lock().unwrap().push(format!("open {}", session.id()));
            async move { session.send("hello").await }
        })
        .text(move |_, text| {
            b.lock().unwrap().push(format!("text {}", text.as_str()));
            async {}
        })
        .close(move |_, reason| {
            c.lock().unwrap().push(format!("close {reason}"));
            async {}
        });
    let (addr, peer) = RawServer::play(script);
    run(async {
        soon(client().connect(endpoint, uri(addr))).await.unwrap();
        until("on_close was called", || of_closures.lock().unwrap().len() == 3).await;
    });
    peer.join().unwrap();
    assert_eq!(noted.lock().unwrap()[1..], of_closures.lock().unwrap()[1..]);
    assert_eq!(noted.lock().unwrap()[1], "text and back");
}

const LIMIT: Duration = Duration::from_secs(1);

/// Connects to `addr`, which does not answer, and looks for what is left afterwards. A busy machine
/// may be late, but not each time.
fn gives_up(addr: SocketAddr) {
    let took = [(); 3].map(|()| given_up(addr));
    assert!(took.iter().any(|took| *took <= LIMIT.mul_f64(1.1)), "{took:?}");
}

/// How long it took.
fn given_up(addr: SocketAddr) -> Duration {
    let before = vitals::connections_to(addr);
    let opened = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&opened);
    let endpoint = on().open(move |_| {
        noted.store(true, Ordering::SeqCst);
        async {}
    });
    let took = run(async {
        let config = config(|it| it.connect_timeout(LIMIT));
        let begin = Instant::now();
        let attempt = tokio::spawn(client().connect_with(&config, endpoint, uri(addr)));
        // One look, for it takes time: the table is that of all processes.
        sleep(LIMIT / 2).await;
        let under_way = vitals::connections_to(addr) > before;
        assert!(under_way || attempt.is_finished(), "no attempt is under way");
        let result = soon(attempt).await.unwrap();
        let took = begin.elapsed();
        assert!(matches!(result, Err(ConnectError::Timeout(LIMIT))), "{result:?}");
        assert!(took >= LIMIT, "{took:?}");
        assert_eq!(vitals::connections_to(addr), before, "the socket is closed");
        took
    });
    assert!(!opened.load(Ordering::SeqCst), "it opens");
    took
}

#[test]
fn s2_5_the_connect_timeout_aborts_an_attempt_that_gets_no_answer() {
    // Accepted, and silent.
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 41), 0)).unwrap();
    gives_up(listener.local_addr().unwrap());
    // An answer that comes now opens nothing: the socket is gone.
    let (mut stream, _) = listener.accept().unwrap();
    let mut sent = Vec::new();
    stream.read_to_end(&mut sent).unwrap();
    assert!(sent.starts_with(b"GET / HTTP/1.1\r\n"));
}

#[test]
fn s2_5_the_connect_timeout_aborts_an_attempt_that_is_not_accepted() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, 42), 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let addr = socket.local_addr().unwrap().as_socket().unwrap();
    // Those that the system accepts by itself; whoever comes then gets no answer.
    let mut waiting = vec![TcpStream::connect(addr).unwrap()];
    while let Ok(more) = TcpStream::connect_timeout(&addr, Duration::from_millis(200)) {
        waiting.push(more);
        assert!(waiting.len() < 10, "the backlog has no end");
    }
    gives_up(addr);
}

#[test]
fn s2_6_the_session_that_connect_returns_is_the_one_that_opened() {
    let (addr, kept) = keeper(1);
    run(async {
        let (sender, opened) = oneshot::channel();
        let mut sender = Some(sender);
        let endpoint = on().open(move |session| {
            sender.take().expect("it opens once").send(session).unwrap();
            async {}
        });
        let client = client();
        let session = soon(client.connect(endpoint, uri(addr))).await.unwrap();
        assert_eq!(soon(opened).await.unwrap().id(), session.id());
        assert_eq!(client.sessions(), [session]);
    });
    drop(kept.join().unwrap());
}

//! What happens to a program from outside: it is stopped for a while, and its
//! certificate changes under load.

use std::fs;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tests::wire::PING;
use tests::{Frame, Program, RawClient, http, wait};
use ws_container::client::{Client, ClientEndpointConfig, ClientTls};

use super::{BINARY, certificate, echo_over_tls, start_after, ticks};

/// A session that answers Pings in a thread of its own, until it is told to stop.
struct Peer {
    pings: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Peer {
    fn start(server: &Program) -> Self {
        let mut client = RawClient::open(server.addr(), "/echo");
        let (pings, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&pings), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                // Nothing comes while the server is stopped.
                let Ok(frame) = client.try_read() else { continue };
                let frame = frame.expect("the session goes on");
                assert_eq!(frame.opcode, PING, "{frame:?}");
                counted.fetch_add(1, Ordering::Relaxed);
                client.send(&Frame::pong(frame.payload));
            }
            client.send_text("still there");
            while client.read() != Frame::text("still there") {}
        });
        Self { pings, stop, thread }
    }

    fn pings(&self) -> usize {
        self.pings.load(Ordering::Relaxed)
    }
}

/// Stops a server with 50 sessions for `outage`; when it goes on, deadlines that are long over are
/// acted on once, and nobody is taken for dead who could not be heard.
fn survives_being_stopped_for(outage: Duration) {
    let silence = Duration::from_millis(500);
    let deadlines = ["--keep-alive", "500ms", "--pong-timeout", "1s", "--head-timeout", "1s"];
    let args = [&["test-server", "-p", "0"], &deadlines[..]].concat();
    let mut server = Program::start(BINARY, &args);
    let peers: Vec<_> = (0..50).map(|_| Peer::start(&server)).collect();
    wait::until("all have been pinged", || peers.iter().all(|peer| peer.pings() > 0));
    let mut late = http::connect(server.addr());
    late.write_all(b"GET /echo HTTP/1.1\r\n").unwrap();

    server.pause();
    thread::sleep(outage);
    let before: Vec<_> = peers.iter().map(Peer::pings).collect();
    let (begun, used) = (Instant::now(), ticks(server.id()));
    server.resume();
    // The head was not there in time, and is told so once.
    let mut answer = String::new();
    late.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    thread::sleep(silence * 3);
    let used = ticks(server.id()) - used;
    let most = usize::try_from(begun.elapsed().as_millis() / silence.as_millis()).unwrap() + 1;
    for (peer, before) in peers.iter().zip(before) {
        let pings = peer.pings() - before;
        assert!((1..=most).contains(&pings), "{pings} pings in {:?}", begun.elapsed());
    }
    assert!(used < 50, "{used} ticks of processor time");
    RawClient::open(server.addr(), "/echo").assert_echo("served again");
    for peer in &peers {
        peer.stop.store(true, Ordering::Relaxed);
    }
    for peer in peers {
        peer.thread.join().expect("the session lives");
    }
    server.terminate();
    assert!(server.wait().success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_was_stopped_for_a_while_goes_on() {
    survives_being_stopped_for(Duration::from_secs(4));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes more than a minute"]
fn a_program_that_was_stopped_for_a_minute_goes_on() {
    survives_being_stopped_for(Duration::from_secs(60));
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_without_room_stops_nothing() {
    for log in ["info", "trace"] {
        let args = ["test-server", "-p", "0", "--log", log];
        let mut server = start_after("exec 2>/dev/full", &args);
        let mut session = RawClient::open(server.addr(), "/echo");
        for _ in 0..50 {
            let changes = &["Sec-WebSocket-Version: 7"];
            assert_eq!(http::request(server.addr(), "GET /echo HTTP/1.1", changes).status, 426);
            RawClient::open(server.addr(), "/echo").reset();
            session.assert_echo("on and on");
        }
        let used = ticks(server.id());
        thread::sleep(Duration::from_secs(1));
        assert!(ticks(server.id()) - used <= 5, "it burns the processor");
        session.close(1000, "");
        server.terminate();
        assert!(server.wait().success());
    }
}

#[test]
fn a_certificate_is_replaced_under_load_and_no_session_notices() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let mut current = certificate();
    fs::write(&cert, &current.0).unwrap();
    fs::write(&key, &current.1).unwrap();
    let (cert_arg, key_arg) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let args = ["test-server", "-p", "0", "--tls-cert", cert_arg, "--tls-key", key_arg];
    let mut server = Program::start(BINARY, &args);
    let stop = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..10).map(|_| talks(&server, &current.0, &stop)).collect();
    for round in 1..=5 {
        let next = certificate();
        fs::write(&cert, &next.0).unwrap();
        fs::write(&key, &next.1).unwrap();
        server.hang_up();
        wait::until("the log says it", || {
            server.errors().matches("certificate reloaded").count() == round
        });
        echo_over_tls(server.addr(), &next.0).unwrap();
        echo_over_tls(server.addr(), &current.0).unwrap_err();
        current = next;
    }
    stop.store(true, Ordering::Relaxed);
    for talking in load {
        let echoes = talking.join().expect("the session goes on");
        assert!(echoes > 20, "{echoes} echoes");
    }
    server.terminate();
    assert!(server.wait().success());
}

/// A session over TLS that sends and hears the same again and again, until it is told to stop.
fn talks(server: &Program, root: &str, stop: &Arc<AtomicBool>) -> thread::JoinHandle<usize> {
    let tls = ClientTls::builder().given_roots_only().root_pem(root).unwrap().build().unwrap();
    let config = ClientEndpointConfig::builder().tls(tls).build().unwrap();
    let uri = format!("wss://localhost:{}/echo", server.addr().port());
    let stop = Arc::clone(stop);
    let (opened, open) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        tests::client::run(async {
            let client = Client::builder().defaults(config).build();
            let mut socket = client.open(uri).await.unwrap();
            opened.send(()).unwrap();
            let mut echoes = 0;
            while !stop.load(Ordering::Relaxed) {
                let text = format!("message {echoes}");
                socket.send(&text).await.unwrap();
                let back = tests::client::soon(socket.recv()).await.unwrap().unwrap();
                assert_eq!(back.payload(), text.as_bytes());
                echoes += 1;
            }
            echoes
        })
    });
    open.recv_timeout(wait::DEADLINE).expect("the session opens");
    thread
}

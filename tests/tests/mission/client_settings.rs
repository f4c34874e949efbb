//! S2: what a client can be told, each setting with its effect on a raw server at the other end.

use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{fs, io};

use tests::client::{client, config, run, soon, until};
use tests::wire::{PING, TEXT};
use tests::{Frame, Offered, RawServer, alone, vitals};
use ws_container::client::{ClientEndpointConfig, ClientEndpointConfigBuilder, on};
use ws_container::extension::ExtensionParam;
use ws_container::mask::MaskGenerator;
use ws_container::prelude::*;
use ws_container::{Budget, Limits, SessionState, Timeout};

/// Opens a session with `config` and keeps it until it is over; why it ended.
fn ends(addr: SocketAddr, config: &ClientEndpointConfig) -> CloseReason {
    run(async {
        let connecting = client().connect_with(config, on(), format!("ws://{addr}/"));
        let session = soon(connecting).await.unwrap();
        until("the session ends", || session.close_reason().is_some()).await;
        session.close_reason().unwrap()
    })
}

/// A server that opens, says `wire`, and waits for a Close; its code.
fn close_code(wire: Vec<u8>) -> (SocketAddr, JoinHandle<u16>) {
    RawServer::play(move |mut raw| {
        raw.switch("");
        raw.say(wire);
        raw.read().close_code()
    })
}

#[test]
fn s2_7_a_session_is_used_to_send_and_to_configure() {
    let (addr, peer) = RawServer::play(|mut raw| {
        raw.switch("");
        for text in ["longer", "longer"] {
            raw.send(&Frame::text(text));
            let answer = raw.read();
            if answer.opcode != TEXT {
                return answer.close_code();
            }
        }
        panic!("it takes both");
    });
    run(async {
        let endpoint = on().text(|session, text| async move {
            let mut limits = session.limits();
            limits.max_text_len = 5;
            // Takes effect with the next message.
            session.set_limits(limits);
            session.set_idle_timeout(Some(Duration::from_secs(7)));
            session.send(text.as_str().to_uppercase()).await
        });
        let session = soon(client().connect(endpoint, format!("ws://{addr}/"))).await.unwrap();
        until("the session ends", || session.state() == SessionState::Closed).await;
        assert_eq!(session.idle_timeout(), Some(Duration::from_secs(7)));
    });
    assert_eq!(peer.join().unwrap(), 1009);
}

#[test]
fn s2_7b_lengths_are_limited_by_kind() {
    let long = [7; 9];
    for (config, frame) in [
        (config(|it| it.max_text_len(8)), Frame::text(long)),
        (config(|it| it.max_binary_len(8)), Frame::binary(long)),
        (
            config(|it| it.limits(Limits { max_binary_len: 8, ..Limits::default() })),
            Frame::binary(long),
        ),
    ] {
        let (addr, code) = close_code(frame.unmasked());
        assert_eq!(ends(addr, &config).code(), CloseCode::MESSAGE_TOO_BIG);
        assert_eq!(code.join().unwrap(), 1009);
    }
    let (addr, code) =
        close_code([Frame::text(long).unmasked(), Frame::close(1000, "").unmasked()].concat());
    assert!(ends(addr, &config(|it| it.max_binary_len(8))).is_clean(), "each kind has its own");
    assert_eq!(code.join().unwrap(), 1000);
}

#[test]
fn s2_7b_timeouts_end_sessions_each_for_its_own_reason() {
    let short = Duration::from_millis(150);
    let silent = |mut raw: RawServer| {
        raw.switch("");
        raw.assert_ended();
    };
    let (addr, peer) = RawServer::play(silent);
    let reason = ends(addr, &config(|it| it.idle_timeout(Some(short)).close_timeout(short)));
    assert!(reason.to_string().contains("idle timeout"), "{reason}");
    peer.join().unwrap();

    let (addr, peer) = RawServer::play(|mut raw| {
        raw.switch("");
        let pinged = raw.read().opcode;
        raw.assert_ended();
        pinged
    });
    let reason = ends(addr, &config(|it| it.keep_alive(Some(short)).pong_timeout(short)));
    let cause = reason.cause().and_then(|cause| cause.downcast_ref::<Error>());
    assert!(matches!(cause, Some(Error::Timeout(Timeout::Pong))), "{reason:?}");
    assert_eq!(peer.join().unwrap(), PING);

    let (addr, peer) = RawServer::play(silent);
    let begin = run(async {
        let config = config(|it| it.close_timeout(short));
        let connecting = client().connect_with(&config, on(), format!("ws://{addr}/"));
        let session = soon(connecting).await.unwrap();
        let begin = Instant::now();
        soon(session.close(CloseReason::default())).await;
        begin
    });
    assert!(begin.elapsed() >= short, "it waits for the Close of the server");
    peer.join().unwrap();
}

#[test]
fn s2_7b_a_server_that_takes_nothing_is_left_after_the_send_timeout() {
    let (addr, peer) = RawServer::play(|mut raw| {
        raw.switch("");
        raw
    });
    run(async {
        let config = config(|it| it.send_timeout(Duration::from_millis(200)));
        let connecting = client().connect_with(&config, on(), format!("ws://{addr}/"));
        let session = soon(connecting).await.unwrap();
        let kept = peer.join().unwrap();
        let sending = async { while session.send(vec![0; 1 << 20]).await.is_ok() {} };
        soon(sending).await;
        until("it is over", || session.close_reason().is_some()).await;
        let reason = session.close_reason().unwrap();
        assert_eq!(reason.code(), CloseCode::ABNORMAL_CLOSURE, "{reason}");
        drop(kept);
    });
}

/// Counts, so that each key tells which it is.
#[derive(Debug, Default)]
struct Counting(std::sync::atomic::AtomicU32);

impl MaskGenerator for Counting {
    fn masking_key(&self) -> [u8; 4] {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes()
    }
}

#[test]
fn s2_7b_the_request_and_the_frames_are_as_they_were_asked_for() {
    let bits = ExtensionParam::with_value("bits", "10").unwrap();
    let (addr, peer) = RawServer::play(|mut raw| {
        raw.switch("Sec-WebSocket-Protocol: b\r\n");
        let mut wire = [0; 7 * 2];
        io::Read::read_exact(raw.stream(), &mut wire).unwrap();
        let from = raw.stream().peer_addr().unwrap().ip().to_string();
        (wire, from, raw)
    });
    run(async {
        let config = config(|it| {
            it.subprotocols(["a", "b"])
                .extension(Offered("zip", vec![bits]))
                .origin("https://pages.example")
                .cookie("k", "v")
                .header("x-a", "1")
                .bind_address([127, 0, 0, 43])
                .mask_generator(Counting::default())
                .property(7_u64)
        });
        let connecting = client().connect_with(&config, on(), format!("ws://{addr}/"));
        let session = soon(connecting).await.unwrap();
        assert_eq!((session.subprotocol(), session.data::<u64>()), (Some("b"), Some(7)));
        for _ in 0..2 {
            session.send("x").await.unwrap();
        }
    });
    let (wire, from, raw) = peer.join().unwrap();
    assert_eq!(wire, *b"\x81\x81\0\0\0\0x\x81\x81\0\0\0\x01x");
    assert_eq!(from, "127.0.0.43");
    for (field, value) in [
        ("Sec-WebSocket-Protocol", "a, b"),
        ("Sec-WebSocket-Extensions", "zip; bits=10"),
        ("Origin", "https://pages.example"),
        ("Cookie", "k=v"),
        ("X-A", "1"),
    ] {
        assert_eq!(raw.header(field), Some(value), "{field}");
    }
}

/// What tests that are beside the code, or here, call.
#[test]
fn s2_7b_every_setting_of_a_client_has_a_test() {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ws-container/src/client");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let builder = read(&client.join("config/builder.rs"));
    let mut tests = read(Path::new(&format!(
        "{}/tests/mission/client_settings.rs",
        env!("CARGO_MANIFEST_DIR")
    )));
    for file in fs::read_dir(client.join("tests")).unwrap() {
        tests += &read(&file.unwrap().path());
    }
    let mut settings = 0;
    for line in builder.lines() {
        let line = line.trim_start();
        let Some(name) =
            line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub const fn "))
        else {
            continue;
        };
        let name = name.split(['(', '<']).next().unwrap();
        settings += 1;
        assert!(tests.contains(&format!(".{name}(")), "no test sets `{name}`");
    }
    assert!(settings > 20, "{settings} settings");
    // As they say it themselves.
    let _: fn(ClientEndpointConfigBuilder) -> _ = ClientEndpointConfigBuilder::build;
}

#[test]
fn s2_7_a_message_that_is_not_finished_has_a_time_and_a_budget() {
    let unfinished = || Frame::binary([7; 100_000]).unfinished().unmasked();
    let (addr, peer) = close_code(unfinished());
    let soon = Duration::from_millis(200);
    let reason = ends(addr, &config(|it| it.message_timeout(soon)));
    assert_eq!(reason.phrase(), "message timeout");
    assert_eq!((reason.code(), peer.join().unwrap()), (CloseCode::POLICY_VIOLATION, 1008));

    let (addr, peer) = close_code(unfinished());
    let budget = Budget::new(90_000);
    let reason = ends(addr, &config(|it| it.message_budget(budget.clone())));
    assert_eq!((reason.code(), peer.join().unwrap()), (CloseCode::TRY_AGAIN_LATER, 1013));
    run(until("it is given back", || budget.used() == 0));
}

#[test]
fn s2_8_the_longest_message_bounds_what_fragments_make_up() {
    alone("client_settings::s2_8_the_longest_message_bounds_what_fragments_make_up", || {
        // What is made once, such as the buffers of the thread, is made in the first round.
        let rounds = [(); 2].map(|()| {
            let before = vitals::resident();
            let (addr, peer) = RawServer::play(|mut raw| {
                raw.switch("");
                // A thousand more than the limit, one byte each.
                let mut wire = Frame::binary([0]).unfinished().unmasked();
                for _ in 0..10_000 + 1_000 {
                    wire.extend(Frame::continuation([0]).unfinished().unmasked());
                }
                // The client ends the connection in the middle of it.
                let _ = raw.try_say(wire);
                let code = raw.read().close_code();
                raw.send_fin();
                code
            });
            let reason = ends(addr, &config(|it| it.max_binary_len(10_000)));
            assert_eq!(reason.code(), CloseCode::MESSAGE_TOO_BIG, "{reason}");
            assert!(reason.phrase().contains("max_binary_message"), "{reason}");
            assert_eq!(peer.join().unwrap(), 1009);
            vitals::resident().saturating_sub(before)
        });
        let [_, grown] = rounds;
        assert!(grown < 256 * 1024, "{grown} bytes");
    });
}

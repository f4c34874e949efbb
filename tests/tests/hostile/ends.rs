//! Connections that end at every byte of the opening handshake.

use tests::client::config;
use tests::{RawServer, alone};
use ws_container::client::ConnectError;

use super::{Victim, play, told};

/// What ends a connection.
#[derive(Clone, Copy, Debug)]
enum End {
    Fin,
    Reset,
}

/// Answers a request with the first `len` bytes of a 101, and ends the connection.
fn cut(raw: &mut RawServer, len: usize, end: End) -> usize {
    let answer = raw.switching("X-A: 1\r\n");
    raw.say(&answer.as_bytes()[..len.min(answer.len())]);
    match end {
        End::Fin => raw.send_fin(),
        // Takes effect when the connection is dropped.
        End::Reset => raw.reset_when_dropped(),
    }
    answer.len()
}

#[test]
fn an_answer_that_ends_at_any_byte_is_an_error_and_leaves_nothing() {
    alone("ends::an_answer_that_ends_at_any_byte_is_an_error_and_leaves_nothing", || {
        let victim = Victim::with(config(|it| it.max_redirects(1)));
        for end in [End::Fin, End::Reset] {
            let mut len = 0;
            let mut whole = usize::MAX;
            // Each attempt is cut one byte behind the one before.
            victim.leaves_nothing(&format!("{end:?}"), 150, |victim| {
                if len >= whole {
                    return;
                }
                let (addr, peer) = RawServer::play(move |mut raw| cut(&mut raw, len, end));
                let error = victim.refused(addr);
                let reset = matches!((&error, end), (ConnectError::Io(_), End::Reset));
                let expected = reset || matches!(error, ConnectError::Ended);
                assert!(expected, "{end:?} at {len}: {error:?}");
                assert!(told(&error).contains("during the opening handshake"), "{error}");
                whole = peer.join().unwrap();
                len += 1;
            });
            assert!(len >= whole, "{len} of {whole} bytes");
        }
    });
}

/// Reads `len` bytes of the request, and ends the connection.
#[test]
fn a_request_that_is_taken_up_to_any_byte_is_an_error_and_leaves_nothing() {
    alone("ends::a_request_that_is_taken_up_to_any_byte_is_an_error_and_leaves_nothing", || {
        let victim = Victim::new();
        for end in [End::Fin, End::Reset] {
            let mut len = 0;
            victim.leaves_nothing(&format!("{end:?}"), 40, |victim| {
                let (listener, addr) = RawServer::listen();
                let peer = std::thread::spawn(move || {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut head = vec![0; len];
                    std::io::Read::read_exact(&mut stream, &mut head).unwrap();
                    if matches!(end, End::Reset) {
                        let socket = socket2::SockRef::from(&stream);
                        socket.set_linger(Some(std::time::Duration::ZERO)).unwrap();
                    }
                });
                let error = victim.refused(addr);
                let during = told(&error).contains("during the opening handshake");
                let expected = match &error {
                    ConnectError::Ended | ConnectError::Io(_) => during,
                    // The reset came before the client had looked at its socket.
                    ConnectError::Connect { .. } => len == 0,
                    _ => false,
                };
                assert!(expected && error.is_transient(), "{end:?} at {len}: {error:?}");
                victim.outlives(peer);
                len += 4;
            });
        }
    });
}

#[test]
fn what_comes_behind_the_answer_is_frames_or_an_error() {
    alone("ends::what_comes_behind_the_answer_is_frames_or_an_error", || {
        let victim = Victim::new();
        let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>";
        victim.leaves_nothing("a page behind a 101", 3, |victim| {
            let (addr, peer) = play(move |raw| raw.say(raw.switching("") + page));
            let reason = victim.ended(addr);
            assert_eq!(reason.code().as_u16(), 1002, "{reason:?}");
            // `H` begins an unfinished Close.
            let cause = told(reason.cause().expect("a cause"));
            assert!(cause.contains("Close frame is fragmented"), "{cause}");
            victim.outlives(peer);
        });
    });
}

//! The interactive client, which no row names: in a pipe, and at a terminal.

use tests::{Finished, Frame, Program, RawServer};

use crate::test_server::BINARY;

fn server() -> Program {
    Program::start(BINARY, &["test-server", "--port", "0"])
}

/// Runs `connect` with `input` in a pipe.
#[track_caller]
fn piped(url: &str, flags: &[&str], input: &str) -> Finished {
    wait_and_pipe("300ms", url, flags, input)
}

/// As [`piped`], closing after that much silence.
#[track_caller]
fn wait_and_pipe(wait: &str, url: &str, flags: &[&str], input: &str) -> Finished {
    let args = [&["connect", url, "--wait", wait], flags].concat();
    Finished::run(BINARY, &args, input.as_bytes())
}

/// What was shown, without the times.
fn shown(finished: &Finished) -> Vec<&str> {
    let timed = |line: &&str| line.as_bytes().get(8) == Some(&b'.');
    finished.output.lines().filter(timed).map(|line| &line[13..]).collect()
}

#[test]
fn connect_each_line_of_a_pipe_is_a_message() {
    let server = server();
    let url = format!("ws://{}/echo", server.addr());
    let finished = piped(&url, &[], "one\ntwo three\r\n\n//four\nfünf");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(
        shown(&finished),
        ["< one", "< two three", "< ", "< /four", "< fünf", "< close 1000"]
    );
    assert!(finished.errors.contains("* connected to ws://"), "{finished:?}");
    let plain = piped(&url, &["--plain"], "{\"a\": 1}\n");
    assert_eq!((plain.output.as_str(), plain.errors.as_str()), ("{\"a\": 1}\n", ""));
    let json = piped(&url, &["--plain", "--json"], "{\"b\":1.0,\"a\":[]}\n");
    assert_eq!(json.output, "{\n  \"b\": 1.0,\n  \"a\": []\n}\n");
    let verbatim = piped(&url, &["--plain", "--no-commands"], "/quit\n//x\n");
    assert_eq!(verbatim.output, "/quit\n//x\n");
}

#[test]
fn connect_commands_send_all_that_there_is() {
    let server = server();
    let url = format!("ws://{}/echo", server.addr());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "from a file").unwrap();
    let file = file.display();
    let input = format!(
        "/ping now\n/binary 00 ff 41\n/binary @{file}\n/text @{file}\n/text /x\n/close 4001 see you\n"
    );
    let finished = piped(&url, &[], &input);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines = shown(&finished);
    assert!(lines[0].starts_with("< pong now, ") && lines[0].ends_with(" ms"), "{finished:?}");
    assert_eq!(
        lines[1..],
        ["< 3 bytes", "< 11 bytes", "< from a file", "< /x", "< close 4001 see you"]
    );
    assert!(finished.output.contains("00 ff 41"), "{finished:?}");
    for (input, mention) in [
        ("/pong\n", "there is no command /pong"),
        ("/binary 0\n", "pairs of digits"),
        ("/close 1006\n", "1006"),
        ("/text @/no/such/file\n", "cannot read /no/such/file"),
        (
            "/ping aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
            "125",
        ),
    ] {
        let wrong = piped(&url, &[], input);
        assert_eq!(wrong.code, Some(1), "{wrong:?}");
        assert!(wrong.errors.contains(mention), "{wrong:?}");
    }
}

#[test]
fn connect_the_transcript_has_what_was_said_and_no_secret() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("transcript");
    let url = format!("ws://{}/echo?token=hush", server.addr());
    let flags = [
        "--transcript",
        file.to_str().unwrap(),
        "--user",
        "ann:hush",
        "--cookie",
        "id=hush",
        "-H",
        "X-Token: hush",
    ];
    let finished = piped(&url, &flags, "hello\n/binary 41\n");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let transcript = std::fs::read_to_string(&file).unwrap();
    for line in
        ["Z * connected to ws://", "Z > hello\n", "Z < hello\n", "Z > 1 byte\n", "Z * closed"]
    {
        assert!(transcript.contains(line), "{line} in {transcript}");
    }
    assert!(!transcript.contains("hush") && !format!("{finished:?}").contains("hush"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for nobody else to read");
    }
}

#[test]
fn connect_the_exit_status_says_how_it_ended() {
    let server = server();
    let small = piped(&format!("ws://{}/echo", server.addr()), &["--max-size", "4"], "12345\n");
    assert_eq!(small.code, Some(1), "{small:?}");
    assert!(small.errors.contains("1009"), "{small:?}");
    let refused = piped(&format!("ws://{}/nothing", server.addr()), &[], "");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.errors.contains("the server answered 404"), "{refused:?}");
    assert_eq!(piped("nonsense", &[], "").code, Some(1));
    let wrong = Finished::run(BINARY, &["connect"], b"");
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let wrong = piped("ws://127.0.0.1:1/", &["-s", "a b"], "");
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    for (frame, code) in
        [(Frame::close(1001, "bye"), 0), (Frame::close(1011, "oh"), 1), (Frame::text([0xFF]), 1)]
    {
        let (listener, addr) = RawServer::listen();
        let text = format!("{frame:?}");
        let serving = std::thread::spawn(move || {
            let mut peer = RawServer::accept(&listener);
            peer.switch("");
            peer.send(&frame);
            peer.read();
        });
        let finished = wait_and_pipe("20s", &format!("ws://{addr}/"), &[], "");
        assert_eq!(finished.code, Some(code), "{text}: {finished:?}");
        serving.join().unwrap();
    }
}

#[test]
fn connect_shows_the_control_frames_of_the_server() {
    let (listener, addr) = RawServer::listen();
    let serving = std::thread::spawn(move || {
        let mut peer = RawServer::accept(&listener);
        peer.switch("");
        peer.send(&Frame::ping("are you\x1b there"));
        peer.assert_next(&Frame::pong("are you\x1b there"));
        peer.send(&Frame::ping([0xFF]));
        peer.send(&Frame::pong(""));
        peer.send(&Frame::close(1000, ""));
        while peer.read().opcode != 8 {}
    });
    let finished = wait_and_pipe("20s", &format!("ws://{addr}/"), &[], "");
    let want = [r"< ping are you\u{1b} there", "< ping 0xff", "< pong", "< close 1000"];
    assert_eq!(shown(&finished), want, "{finished:?}");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    serving.join().unwrap();
}

#[test]
fn connect_pings_of_the_server_keep_no_pipe_open() {
    let (addr, serving) = RawServer::play(|mut peer| {
        peer.switch("");
        peer.send(&Frame::text("hello"));
        let mut pings = 0;
        while pings < 400 && peer.try_say(Frame::ping("still there").unmasked()).is_ok() {
            pings += 1;
            if peer.read().opcode == 8 {
                peer.send(&Frame::close(1000, ""));
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        pings
    });
    let finished = piped(&format!("ws://{addr}/"), &[], "");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(serving.join().unwrap() < 400, "as long as it is pinged: {finished:?}");
}

#[test]
fn connect_a_message_of_line_breaks_is_shown_up_to_a_bound() {
    const BREAKS: usize = 2 << 20;
    let serve = || {
        RawServer::play(|mut peer| {
            peer.switch("");
            peer.send(&Frame::text("\n".repeat(BREAKS)));
            peer.send(&Frame::close(1000, ""));
            peer.read();
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("transcript");
    let (addr, serving) = serve();
    let transcript = ["--transcript", file.to_str().unwrap()];
    let finished = wait_and_pipe("20s", &format!("ws://{addr}/"), &transcript, "");
    serving.join().unwrap();
    assert_eq!(finished.code, Some(0), "{}", finished.errors);
    let rest = format!("... {} lines more\n", BREAKS + 1 - 10_000);
    assert!(finished.output.contains(&rest) && finished.output.len() < 1 << 20);
    let transcript = std::fs::read_to_string(&file).unwrap();
    assert!(transcript.contains(&rest) && transcript.len() < 1 << 20);
    // Who takes messages alone takes all of them.
    let (addr, serving) = serve();
    let plain = wait_and_pipe("20s", &format!("ws://{addr}/"), &["--plain"], "");
    serving.join().unwrap();
    assert_eq!((plain.code, plain.output.len()), (Some(0), BREAKS + 1));
}

#[cfg(unix)]
mod terminal {
    //! At a pseudo terminal.

    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::process::{Child, Command};
    use std::sync::{Arc, Mutex};
    use std::thread;

    use rustix::pty;
    use tests::wait;

    use super::{BINARY, server};

    /// A program at a terminal, and who sits there.
    struct Terminal {
        child: Child,
        keys: File,
        screen: Arc<Mutex<String>>,
        state: tempfile::TempDir,
    }

    impl Terminal {
        fn start(args: &[&str]) -> Self {
            let state = tempfile::tempdir().unwrap();
            let master = pty::openpt(pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY).unwrap();
            pty::grantpt(&master).unwrap();
            pty::unlockpt(&master).unwrap();
            let name = pty::ptsname(&master, Vec::new()).unwrap();
            let name = name.into_string().unwrap();
            let slave = File::options().read(true).write(true).open(name).unwrap();
            let child = Command::new(BINARY)
                .args(args)
                .env("XDG_STATE_HOME", state.path())
                .env("TERM", "xterm")
                .env("NO_COLOR", "1")
                .stdin(slave.try_clone().unwrap())
                .stdout(slave.try_clone().unwrap())
                .stderr(slave)
                .spawn()
                .unwrap();
            let keys = File::from(master);
            let screen = Arc::new(Mutex::new(String::new()));
            let (mut reading, sink) = (keys.try_clone().unwrap(), Arc::clone(&screen));
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                // It fails when the program is gone.
                while let Ok(len @ 1..) = reading.read(&mut bytes) {
                    sink.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..len]));
                }
            });
            Self { child, keys, screen, state }
        }

        fn press(&mut self, keys: &str) {
            self.keys.write_all(keys.as_bytes()).unwrap();
        }

        /// Waits until the screen has shown `text` `times` times.
        #[track_caller]
        fn sees(&self, text: &str, times: usize) {
            let shown = wait::within(wait::DEADLINE, || {
                (self.screen.lock().unwrap().matches(text).count() >= times).then_some(())
            });
            assert!(shown.is_some(), "{text:?} in {:?}", self.screen.lock().unwrap());
        }

        #[track_caller]
        fn ends_with(&mut self, code: i32) {
            let status = wait::some("it ends", || self.child.try_wait().unwrap());
            assert_eq!(status.code(), Some(code), "{:?}", self.screen.lock().unwrap());
        }
    }

    impl Drop for Terminal {
        fn drop(&mut self) {
            // Both fail only when it has ended already.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[test]
    fn connect_lines_are_edited_remembered_and_sent() {
        let server = server();
        let url = format!("ws://{}/echo", server.addr());
        let mut terminal = Terminal::start(&["connect", &url]);
        terminal.sees("connected to ws://", 1);
        terminal.sees("> ", 1);
        terminal.press("heLLo\x7f\x7f\x7fllo\r");
        terminal.sees("< hello\r\n", 1);
        terminal.press("\x1b[A\r");
        terminal.sees("< hello\r\n", 2);
        terminal.press("/ping\r");
        terminal.sees("< pong, ", 1);
        terminal.press("/nonsense\r");
        terminal.sees("* there is no command /nonsense", 1);
        terminal.press("/help\r");
        terminal.sees("/close [CODE [REASON]]", 1);
        terminal.press("half a line\x03");
        terminal.sees("* closed: 1000", 1);
        terminal.ends_with(0);
        let history = terminal.state.path().join("ws-container/history");
        let history = std::fs::read_to_string(history).unwrap();
        assert!(history.contains("hello\n") && !history.contains("half"), "{history}");
    }

    #[test]
    fn connect_what_comes_meanwhile_leaves_the_line_alone() {
        let server = server();
        let url = format!("ws://{}/broadcast", server.addr());
        let mut terminal = Terminal::start(&["connect", &url, "--no-history"]);
        terminal.sees("> ", 1);
        terminal.press("first\r");
        terminal.sees("< first\r\n", 1);
        terminal.press("unfini");
        terminal.sees("unfini", 1);
        let mut other = tests::RawClient::open(server.addr(), "/broadcast");
        other.send_text("news \x1b[2J\u{202e}of others");
        terminal.sees(r"< news \u{1b}[2J\u{202e}of others", 1);
        // The line is drawn once more below the news, and can be finished.
        terminal.sees("> unfini", 1);
        terminal.press("shed\r");
        terminal.sees("< unfinished\r\n", 1);
        assert!(!terminal.screen.lock().unwrap().contains("\x1b[2J"), "no escapes of others");
        drop(server);
        terminal.sees("* the connection was lost: 1006", 1);
        terminal.ends_with(1);
        assert!(!terminal.state.path().join("ws-container").exists(), "no history");
    }

    #[test]
    fn connect_the_terminal_is_left_as_it_was() {
        let server = server();
        let url = format!("ws://{}/echo", server.addr());
        let mut terminal = Terminal::start(&["connect", &url]);
        terminal.sees("> ", 1);
        terminal.press("/close 4000 enough\r");
        terminal.sees("* closed: 4000 (enough)", 1);
        terminal.ends_with(0);
        let modes = rustix::termios::tcgetattr(&terminal.keys).unwrap().local_modes;
        assert!(
            modes.contains(rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO)
        );
    }
}

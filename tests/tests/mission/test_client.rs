//! S3, the test client: its flags, its output, and what it counts.

use std::time::{Duration, Instant};

use tests::{Finished, Program};

use crate::test_server::BINARY;

fn server() -> Program {
    Program::start(BINARY, &["test-server", "--port", "0"])
}

/// Runs the test client against `server`, with `args` as one would type them.
#[track_caller]
fn client(server: &Program, args: &str) -> Finished {
    let port = server.addr().port().to_string();
    let mut all = vec!["test-client", "-h", "127.0.0.1", "-p", &port];
    all.extend(args.split_whitespace());
    Finished::run(BINARY, &all, b"")
}

/// The lines of replies.
fn replies(finished: &Finished) -> Vec<&str> {
    finished.output.lines().filter(|line| line.contains(" bytes from ")).collect()
}

#[test]
fn s3_5_the_command_line_is_that_of_jetty() {
    let help = Finished::run(BINARY, &["test-client", "--help"], b"");
    assert_eq!(help.code, Some(0));
    for flag in [
        "--url",
        "-h, --host",
        "-p, --port",
        "-b, --binary",
        "-v, --verbose",
        "-q, --quiet",
        "-c, --count",
        "-s, --size",
        "-f, --fragment",
        "-P, --protocol",
        "-C, --clients",
        "-d, --delay",
        "-H, --header",
        "--cookie",
        "--user",
        "--proxy",
        "--cacert",
        "--insecure",
        "--json",
        "[default: localhost]",
        "[default: 8080]",
        "[default: 10]",
        "[default: 64]",
        "[default: 4000]",
        "[default: 1]",
        "[default: 1000]",
    ] {
        assert!(help.output.contains(flag), "{flag} in {}", help.output);
    }
    let server = server();
    let url = format!("ws://{}/", server.addr());
    let long = Finished::run(
        BINARY,
        &["test-client", "--url", &url, "--protocol", "echo", "--count", "2", "--delay", "1"],
        b"",
    );
    assert_eq!((long.code, replies(&long).len()), (Some(0), 2), "{long:?}");
    for wrong in [
        &["-P"][..],
        &["--sise", "1"],
        &["-s", "126"],
        &["-H", "no colon"],
        &["--cookie", "none"],
        &["--user", "ann"],
        &["--proxy", "ftp://x"],
        &["--cacert", "/no/such/file"],
        &["-f", "0", "-P", "echo"],
        &["-q", "-v"],
    ] {
        let finished = Finished::run(BINARY, &[&["test-client"], wrong].concat(), b"");
        assert_eq!(finished.code, Some(2), "{wrong:?}: {finished:?}");
        assert!(finished.errors.starts_with("error: "), "{finished:?}");
    }
}

#[test]
fn s3_6_the_output_is_like_that_of_ping() {
    let server = server();
    for (protocol, frames) in [("echo", 3), ("echo-assemble", 1), ("echo-fragment", 2)] {
        let finished = client(&server, &format!("-c 3 -d 10 -s 10000 -f 4000 -P {protocol}"));
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let lines = replies(&finished);
        assert_eq!(lines.len(), 3, "{finished:?}");
        for (line, number) in lines.iter().zip(1..) {
            let start = format!("10000 bytes from 127.0.0.1: frames={frames} seq={number} time=");
            assert!(line.starts_with(&start) && line.ends_with(" ms opcode=0x1"), "{line}");
        }
        for part in [
            format!("9/{} frames sent/received, 3/3 messages sent/received, 0% loss", 3 * frames),
            " messages/s".into(),
            "bit/s".into(),
            "rtt min/avg/max = ".into(),
            "p50/p99 = ".into(),
        ] {
            assert!(finished.output.contains(&part), "{part} in {}", finished.output);
        }
    }
    let binary = client(&server, "-c 1 -d 0 -s 9 -f 3 -b -v -P echo");
    for line in ["> Binary 3 bytes", "> Continuation 3 bytes fin", "< Continuation 3 bytes fin"] {
        assert!(binary.output.contains(line), "{line} in {}", binary.output);
    }
    assert!(binary.output.contains("opcode=0x2"), "{}", binary.output);
    let quiet = client(&server, "-c 2 -d 0 -q -P echo");
    assert!(replies(&quiet).is_empty() && quiet.output.contains("2/2 messages"), "{quiet:?}");
    assert_eq!(quiet.errors, "", "no progress bar where nobody sees it");
}

#[test]
fn s3_6_the_summary_is_json_for_machines() {
    let server = server();
    let finished = client(&server, "-c 4 -d 0 -C 3 -P echo --json");
    assert_eq!((finished.code, finished.output.lines().count()), (Some(0), 1), "{finished:?}");
    let object: serde_json::Value = serde_json::from_str(&finished.output).unwrap();
    assert_eq!(object["messages"]["sent"], 12);
    assert_eq!(object["messages"]["received"], 12);
    assert_eq!(object["loss_percent"], 0.0);
    assert_eq!(object["connected"], 3);
    assert_eq!(object["ok"], true);
    let rtt = ["min", "avg", "p50", "p99", "max"].map(|name| object["rtt_ms"][name].as_f64());
    let [min, avg, p50, p99, max] = rtt.map(Option::unwrap);
    assert!(0.0 < min && min <= avg && avg <= max && min <= p50 && p50 <= p99 && p99 <= max);
}

#[test]
fn s3_6_what_is_lost_is_told_by_the_exit_status() {
    let server = server();
    // Without a subprotocol that it knows, the server listens and never answers.
    let begun = Instant::now();
    let silent = client(&server, "-c 3 -d 5 -P unknown --wait 400ms");
    assert!(begun.elapsed() < Duration::from_secs(30), "a wait has an end");
    assert_eq!(silent.code, Some(1), "{silent:?}");
    assert!(silent.output.contains("3/0 messages sent/received, 100% loss"), "{silent:?}");
    assert!(silent.errors.contains("no reply for 400ms"), "{silent:?}");
    assert!(silent.errors.contains("did not agree on the subprotocol `unknown`"), "{silent:?}");
    let silent = client(&server, "-c 3 -d 0 -P unknown --wait 400ms");
    assert!(silent.output.contains("1/0 messages sent/received, 100% loss"), "{silent:?}");
    // It takes 64 KiB at most.
    let closed = client(&server, "-c 2 -d 0 -s 65537 -P echo-assemble");
    assert_eq!(closed.code, Some(1), "{closed:?}");
    assert!(closed.errors.contains("the server closed the connection: 1009"), "{closed:?}");
    let missing = client(&server, "--json -P echo -c 1 --connect-timeout 5s");
    assert_eq!(missing.code, Some(0), "{missing:?}");
    drop(server);
    let gone = Finished::run(BINARY, &["test-client", "--url", "ws://127.0.0.1:1/"], b"");
    assert_eq!(gone.code, Some(1), "{gone:?}");
    assert!(gone.errors.contains("cannot connect to `127.0.0.1:1`"), "{gone:?}");
    assert_eq!(gone.errors.lines().count(), 1, "{gone:?}");
}

#[test]
fn s3_6_silence_ends_it_at_any_pace() {
    let server = server();
    // All of them would take 20 s.
    let silent = client(&server, "-c 400 -d 50 -P unknown --wait 400ms -q");
    assert_eq!(silent.code, Some(1), "{silent:?}");
    assert!(silent.errors.contains("no reply for 400ms"), "{silent:?}");
    let (frames, _) = silent.output.split_once("/0 frames sent/received").expect("no reply");
    let sent: u32 = frames.lines().last().unwrap().parse().unwrap();
    assert!((1..200).contains(&sent), "{silent:?}");
    // Between a reply and the next message nobody owes anything.
    let paused = client(&server, "-c 2 -d 2500 -P echo --wait 1s");
    assert_eq!((paused.code, replies(&paused).len()), (Some(0), 2), "{paused:?}");
    assert_eq!(paused.errors, "", "{paused:?}");
}

#[test]
fn s3_6_clients_that_hear_each_other_count_their_own() {
    let server = server();
    let finished = client(&server, "-c 20 -d 0 -C 4 -q -P echo-broadcast");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.output.contains("80/80 messages sent/received, 0% loss"), "{finished:?}");
    assert!(finished.output.contains("that are no replies"), "{finished:?}");
    let several = client(&server, "-c 3 -d 0 -C 2 --in-flight 2 -P echo");
    assert!(several.output.contains("6/6 messages sent/received"), "{several:?}");
    assert!(several.output.contains("client=2"), "{several:?}");
}

/// As Ctrl-C does.
#[cfg(unix)]
#[test]
fn s3_6_an_interrupt_ends_it_with_the_summary() {
    use std::process::{Command, Stdio};

    use tests::wait;

    let server = server();
    let url = format!("ws://{}/", server.addr());
    let mut child = Command::new(BINARY)
        .args(["test-client", "--url", &url, "-c", "0", "-d", "0", "-P", "echo", "-q"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let status = wait::some("the client ends", || child.try_wait().unwrap());
    let mut output = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut output).unwrap();
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(output.contains(", 0% loss") && output.contains("rtt min/avg/max"), "{output}");
}

#[test]
fn s3_6b_without_a_subprotocol_it_pings() {
    let server = server();
    for delay in ["0", "10"] {
        let finished = client(&server, &format!("-c 3 -d {delay}"));
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let lines = replies(&finished);
        assert_eq!(lines.len(), 3, "{finished:?}");
        assert!(lines.iter().all(|line| line.starts_with("64 bytes from 127.0.0.1: frames=1")));
        assert!(lines.iter().all(|line| line.ends_with("opcode=0xA")), "Pongs: {finished:?}");
        assert!(finished.output.contains("3/3 messages sent/received"), "{finished:?}");
    }
}

#[test]
fn s1_4_a_hundred_thousand_messages_and_none_is_lost() {
    let server = server();
    let finished = client(&server, "-c 100000 -d 0 -q -P echo");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let all = "100000/100000 frames sent/received, 100000/100000 messages sent/received, 0% loss";
    assert!(finished.output.contains(all), "{finished:?}");
}

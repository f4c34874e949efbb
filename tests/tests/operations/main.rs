//! The program as its operators know it: certificates, signals, sockets that others opened, and too
//! few file descriptors.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod logs;
mod outages;

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::process::Command;
use std::time::{Duration, Instant};

use tests::{Program, RawClient, http, wait};
use ws_container::client::{Client, ClientEndpointConfig, ClientTls, on};

const BINARY: &str = env!("CARGO_BIN_EXE_ws-container-under-test");

/// Starts the program under `sh` after `command`, which may change what processes inherit.
fn start_after(command: &str, args: &[&str]) -> Program {
    let script = format!("{command}; exec \"$0\" \"$@\"");
    Program::start("sh", &[&["-c", &script, BINARY], args].concat())
}

/// A certificate for localhost, and its key.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// What comes back for `text` from `/echo` of the server at `addr`, whose certificate is `root`.
fn echo_over_tls(addr: SocketAddr, root: &str) -> Result<(), ws_container::client::ConnectError> {
    let tls = ClientTls::builder().given_roots_only().root_pem(root).unwrap().build().unwrap();
    let config = ClientEndpointConfig::builder().tls(tls).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let uri = format!("wss://localhost:{}/echo", addr.port());
        let session = Client::builder().build().connect_with(&config, on(), uri).await?;
        assert!(session.is_secure());
        session.send("over TLS").await.unwrap();
        Ok(())
    })
}

#[test]
fn a_certificate_is_replaced_on_sighup_and_a_broken_one_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let (old, new) = (certificate(), certificate());
    let write = |(chain, secret): &(String, String)| {
        fs::write(&cert, chain).unwrap();
        fs::write(&key, secret).unwrap();
    };
    write(&old);
    let (cert_arg, key_arg) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let args = ["test-server", "-p", "0", "--tls-cert", cert_arg, "--tls-key", key_arg];
    let mut server = Program::start(BINARY, &args);
    assert_eq!(server.output(), format!("listening on wss://{}\n", server.addr()));
    echo_over_tls(server.addr(), &old.0).unwrap();

    fs::write(&cert, "nothing").unwrap();
    server.hang_up();
    wait::until("the log says it", || server.errors().contains("certificate not reloaded"));
    echo_over_tls(server.addr(), &old.0).unwrap();

    write(&new);
    server.hang_up();
    wait::until("the log says it", || server.errors().contains("certificate reloaded"));
    echo_over_tls(server.addr(), &new.0).unwrap();
    echo_over_tls(server.addr(), &old.0).unwrap_err();

    server.terminate();
    assert!(server.wait().success());
}

#[test]
fn listeners_with_and_without_tls_side_by_side() {
    let args = ["test-server", "--tls-self-signed", "-p", "0", "--tls-listen", "127.0.0.1:0"];
    let server = Program::start(BINARY, &args);
    RawClient::open(server.addr(), "/echo").assert_echo("plain");
    wait::until("both lines", || server.output().lines().count() == 2);
    let output = server.output();
    let secure = output.lines().nth(1).unwrap().strip_prefix("listening on wss://").unwrap();
    let refused = echo_over_tls(secure.parse().unwrap(), &certificate().0).unwrap_err();
    assert!(format!("{refused:?}").contains("InvalidCertificate"), "{refused:?}");
    assert!(server.errors().contains("sha256"), "{}", server.errors());
}

#[test]
fn the_log_names_the_client_whose_tls_failed_and_not_the_proxy() {
    let args = ["test-server", "--tls-self-signed", "--proxy-protocol=all", "-p", "0"];
    let server = Program::start(BINARY, &args);
    let mut proxy = TcpStream::connect(server.addr()).unwrap();
    proxy.write_all(b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 8080\r\nGET / HTTP/1.1\r\n\r\n").unwrap();
    wait::until("the log says it", || server.errors().contains("TLS failed"));
    let errors = server.errors();
    let line = errors.lines().find(|line| line.contains("TLS failed")).unwrap();
    assert!(line.contains("peer=Some(192.0.2.1:4660)"), "{line}");
}

#[test]
fn a_certificate_that_cannot_be_read_yet_holds_neither_signals_nor_the_end_up() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = certificate();
    fs::write(&cert, &made.0).unwrap();
    fs::write(&key, &made.1).unwrap();
    let (cert_arg, key_arg) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let args = ["test-server", "-p", "0", "--tls-cert", cert_arg, "--tls-key", key_arg];
    let mut server = Program::start(BINARY, &[&args[..], &["--threads", "1"]].concat());
    // Nobody writes what is read from now on.
    fs::remove_file(&cert).unwrap();
    assert!(Command::new("mkfifo").arg(&cert).status().unwrap().success());
    server.hang_up();
    std::thread::sleep(Duration::from_millis(300));
    echo_over_tls(server.addr(), &made.0).unwrap();
    server.terminate();
    assert!(server.wait().success());
}

#[test]
fn what_is_wrong_with_the_certificate_is_said_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pem");
    fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for (args, mention) in [
        (&["--tls-cert", file][..], "`tls_cert` was given without `tls_key`"),
        (&["--tls-key", file], "`tls_key` was given without `tls_cert`"),
        (&["--tls-cert", "/no/such", "--tls-key", file], "cannot read /no/such"),
        (&["--tls-cert", file, "--tls-key", file], "it holds no certificate"),
        (&["--tls-self-signed", "--tls-cert", file], "`tls_self_signed` makes a certificate"),
        (&["--tls-self-signed", "--tls-client-auth", "required"], "`tls_client_ca`"),
        (&["--tls-listen", "127.0.0.1:0"], "`tls_listen` was given without"),
        (&["--admin", "127.0.0.1"], "no port"),
    ] {
        let args = [&["test-server", "-p", "0", "--check-config"], args].concat();
        let output = Command::new(BINARY).args(&args).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains(mention), "{args:?}: {errors}");
    }
}

/// Processor time that the process `id` used so far, in clock ticks of 10 ms.
fn ticks(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let mut fields = fields.split(' ').skip(11);
    let mut next = || fields.next().unwrap().parse::<u64>().unwrap();
    next() + next()
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_descriptors_stop_no_listener_and_burn_no_processor() {
    // With 20 the system refuses to accept; with 64 the server itself stops in time.
    for files in [20, 64] {
        let args = ["test-server", "-p", "0", "--admin", "127.0.0.1:0"];
        let server = start_after(&format!("ulimit -n {files}"), &args);
        let admin = admin_of(&server);
        RawClient::open(server.addr(), "/echo").assert_echo("alone");
        let clients: Vec<_> =
            (0..200).map(|_| TcpStream::connect(server.addr()).unwrap()).collect();
        std::thread::sleep(Duration::from_millis(500));
        let (before, begun) = (ticks(server.id()), Instant::now());
        std::thread::sleep(Duration::from_secs(2));
        let used = Duration::from_millis(10 * (ticks(server.id()) - before));
        assert!(used < begun.elapsed() / 20, "{files} files: {used:?} of processor time");
        drop(clients);
        RawClient::open(server.addr(), "/echo").assert_echo("recovered");
        let failures = failures_to_accept(admin);
        // Thousands if it tried again at once.
        let expected = if files == 20 { 3..=300 } else { 0..=0 };
        assert!(expected.contains(&failures), "{files} files: failed {failures} times");
    }
}

/// How often a server could not accept a connection, as its metrics say.
fn failures_to_accept(admin: SocketAddr) -> u64 {
    let metrics = http::get(admin, "/metrics", "");
    assert_eq!(metrics.status, 200);
    let line = metrics.text().lines().find(|line| line.contains("{limit=\"accept\"}"));
    line.map_or(0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
}

/// Where a server says in its log that its metrics are.
fn admin_of(server: &Program) -> SocketAddr {
    wait::some("the log names the address", || {
        let errors = server.errors();
        let (_, url) = errors.split_once("url=http://")?;
        url.split_whitespace().next()?.parse().ok()
    })
}

#[test]
fn a_socket_that_was_handed_over_is_listened_on() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    // A copy that the child inherits; its number has one digit, as the shell needs it.
    let copy = rustix::io::fcntl_dupfd_cloexec(&socket, 3).unwrap();
    rustix::io::fcntl_setfd(&copy, rustix::io::FdFlags::empty()).unwrap();
    let number = copy.as_raw_fd();
    assert!(number < 10, "{number}");
    let hand_over = format!("exec 3<&{number}; export LISTEN_PID=$$ LISTEN_FDS=1");
    let server = start_after(&hand_over, &["test-server", "--listen", "127.0.0.1:1"]);
    assert_eq!(server.addr(), socket.local_addr().unwrap());
    RawClient::open(server.addr(), "/echo").assert_echo("handed over");
    // Sockets for another process are left alone.
    let server = start_after("export LISTEN_PID=1 LISTEN_FDS=1", &["test-server", "-p", "0"]);
    RawClient::open(server.addr(), "/echo").assert_echo("its own");
}

#[test]
fn a_new_process_takes_over_from_an_old_one_at_the_same_port() {
    let mut old = Program::start(BINARY, &["test-server", "-p", "0", "--reuse-port"]);
    let mut session = RawClient::open(old.addr(), "/echo");
    let port = old.addr().port().to_string();
    let new = Program::start(BINARY, &["test-server", "-p", &port, "--reuse-port"]);
    assert_eq!(new.addr(), old.addr());
    session.assert_echo("still with the old one");
    old.terminate();
    session.assert_closed_cleanly(1001);
    assert!(old.wait().success());
    for _ in 0..10 {
        RawClient::open(new.addr(), "/echo").assert_echo("with the new one");
    }
    let taken = Command::new(BINARY).args(["test-server", "-p", &port]).output().unwrap();
    let errors = String::from_utf8(taken.stderr).unwrap();
    assert!(errors.contains("cannot listen on 127.0.0.1:"), "{errors}");
}

#[test]
fn it_says_that_it_is_not_ready_before_it_stops_accepting() {
    let args = ["test-server", "-p", "0", "--admin", "127.0.0.1:0", "--drain-delay", "1s"];
    let mut server = Program::start(BINARY, &[&args[..], &["--drain-code", "1012"]].concat());
    let admin = admin_of(&server);
    assert_eq!(http::get(admin, "/readyz", "").status, 200);
    let mut session = RawClient::open(server.addr(), "/echo");
    server.terminate();
    wait::until("not ready", || http::get(admin, "/readyz", "").status == 503);
    RawClient::open(server.addr(), "/echo").assert_echo("still accepted");
    let metrics = http::get(admin, "/metrics", "");
    assert!(metrics.text().contains("ws_sessions{endpoint=\"/echo\"}"), "{}", metrics.text());
    assert_eq!(session.assert_closed_cleanly(1012), "server is shutting down");
    assert!(server.wait().success());
    wait::until("the log says it", || server.errors().contains("cut=0"));
}

#[test]
fn the_sample_configuration_is_one() {
    let sample = Command::new(BINARY).arg("--print-sample-config").output().unwrap();
    assert!(sample.status.success());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&sample.stdout).unwrap();
    let path = file.path().to_str().unwrap();
    let checked = Command::new(BINARY).args(["--config", path, "--check-config"]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    fs::write(path, "port = 8080\ndrain_code = 1000\n").unwrap();
    let refused = Command::new(BINARY).args(["--config", path, "--check"]).output().unwrap();
    let errors = String::from_utf8(refused.stderr).unwrap();
    for mention in [path, "line 2", "drain_code = 1000", "1001, going away, or 1012"] {
        assert!(errors.contains(mention), "{mention} in {errors}");
    }
}

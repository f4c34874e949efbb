use std::io::Write as _;

use clap::{Args as _, Command};

use super::*;
use crate::config::layers::Origin;

/// The settings in force with `flags` and the file `file`.
fn load(flags: &[&str], file: Option<&str>) -> Result<Effective, ConfigError> {
    let matches = Options::augment_args(Command::new("app"))
        .try_get_matches_from(["app"].iter().chain(flags))
        .unwrap();
    let defaults = Options { port: Some(8080), list: Some(false), ..Options::default() };
    let Some(text) = file else { return Effective::load(&matches, None, &defaults) };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Effective::load(&matches, Some(file.path()), &defaults)
}

#[test]
fn flags_go_before_the_file_and_that_before_defaults() {
    let nothing = load(&[], None).unwrap();
    assert_eq!((nothing.options.port, nothing.origin("port")), (Some(8080), Origin::Default));

    let file = load(&[], Some("port = 1\nlist = true\ngrace = 5")).unwrap();
    assert_eq!((file.options.port, file.origin("port")), (Some(1), Origin::File));
    assert_eq!(file.options.list, Some(true));
    assert_eq!(file.options.grace.map(|it| it.0), Some(Duration::from_secs(5)));

    let flag = load(&["--port", "2", "--list=false"], Some("port = 1\nlist = true")).unwrap();
    assert_eq!((flag.options.port, flag.origin("port")), (Some(2), Origin::Flag));
    assert_eq!(flag.options.list, Some(false));
}

/// Every key of the file.
const FILE: &str = r#"
    listen = ["127.0.0.1:1", "[::1]"]
    port = 2
    docroot = "www"
    list = true
    root = "/app"
    tls_cert = "cert.pem"
    tls_key = "key.pem"
    tls_self_signed = false
    tls_listen = ["[::]:2", "h"]
    tls_client_ca = "ca.pem"
    tls_client_auth = "optional"
    trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
    proxy_headers = "x-forwarded"
    proxy_protocol = "all"
    reuse_port = true
    admin = "127.0.0.1:3"
    max_text_message = "64 KiB"
    max_binary_message = 7
    idle_timeout = "off"
    keep_alive = "1500ms"
    pong_timeout = "3s"
    message_timeout = "9s"
    message_budget = "1 GiB"
    overflow = "drop-oldest"
    close_timeout = "4s"
    send_timeout = "5s"
    head_timeout = "7s"
    handshake_timeout = "6s"
    grace = "1m"
    drain_delay = "8s"
    drain_spread = "off"
    drain_code = 1012
    allowed_origins = ["https://a.example", "*"]
    subprotocol_order = "server"
    log = "warn"
    verbose = true
    trace_handshake = true
    threads = 3
"#;

/// The same as flags.
const FLAGS: &[&str] = &[
    "--listen=127.0.0.1:1",
    "--listen=[::1]",
    "--port=2",
    "--docroot=www",
    "--list",
    "--root=/app",
    "--tls-cert=cert.pem",
    "--tls-key=key.pem",
    "--tls-self-signed=false",
    "--tls-listen=[::]:2,h",
    "--tls-client-ca=ca.pem",
    "--tls-client-auth=optional",
    "--trusted-proxies=127.0.0.1,10.0.0.0/8",
    "--proxy-headers=x-forwarded",
    "--proxy-protocol",
    "--reuse-port",
    "--admin=127.0.0.1:3",
    "--max-text-message=64 KiB",
    "--max-binary-message=7",
    "--idle-timeout=off",
    "--keep-alive=1500ms",
    "--pong-timeout=3s",
    "--message-timeout=9s",
    "--message-budget=1 GiB",
    "--overflow=drop-oldest",
    "--close-timeout=4s",
    "--send-timeout=5s",
    "--head-timeout=7s",
    "--handshake-timeout=6s",
    "--grace=1m",
    "--drain-delay=8s",
    "--drain-spread=off",
    "--drain-code=1012",
    "--allowed-origins=https://a.example,*",
    "--subprotocol-order=server",
    "--log=warn",
    "--verbose",
    "--trace-handshake",
    "--threads=3",
];

#[cfg(feature = "deflate")]
const DEFLATE_KEYS: &str = r#"
        deflate = false
        deflate_level = 6
        deflate_threshold = "1 KiB"
        deflate_server_window = 11
        deflate_client_window = "off"
        deflate_budget = "8 MiB"
    "#;

#[cfg(feature = "deflate")]
const DEFLATE_FLAGS: &[&str] = &[
    "--deflate=false",
    "--deflate-level=6",
    "--deflate-threshold=1 KiB",
    "--deflate-server-window=11",
    "--deflate-client-window=off",
    "--deflate-budget=8 MiB",
];

#[test]
fn every_key_of_the_file_is_a_flag_too() {
    #[cfg(feature = "deflate")]
    let (text, flags) = (&format!("{FILE}{DEFLATE_KEYS}"), &[FLAGS, DEFLATE_FLAGS].concat());
    #[cfg(not(feature = "deflate"))]
    let (text, flags) = (FILE, FLAGS);
    let (file, flag) = (load(&[], Some(text)).unwrap(), load(flags, None).unwrap());
    assert_eq!(file.options, flag.options);
    for argument in Options::augment_args(Command::new("app")).get_arguments() {
        let key = argument.get_id().as_str();
        assert_eq!(file.origin(key), Origin::File, "{key}");
        assert_eq!(flag.origin(key), Origin::Flag, "{key}");
        let variable = format!("WS_{}", key.to_uppercase());
        assert_eq!(argument.get_env(), Some(variable.as_ref()), "{key}");
        assert_eq!(argument.get_long(), Some(key.replace('_', "-").as_str()), "{key}");
    }
}

#[test]
fn what_is_printed_can_be_read_back() {
    let flags = ["--docroot", "w\"w\\w", "--keep-alive", "off", "--max-text-message", "1000"];
    let effective = load(&flags, Some("listen = [\"[::]:1\"]")).unwrap();
    let printed = effective.to_string();
    assert!(printed.contains("port = 8080                              # default"), "{printed}");
    assert!(printed.contains("keep_alive = \"off\"                       # flag"), "{printed}");
    assert!(printed.contains("# threads is not set"), "{printed}");
    assert_eq!(load(&[], Some(&printed)).unwrap().options, effective.options);
}

#[test]
fn mistakes_in_the_file_are_named_with_their_place() {
    for (text, mention) in [
        ("prot = 8080", "unknown field `prot`"),
        ("port = \"abc\"", "expected u16"),
        ("port = 99999", "expected u16"),
        ("[listen", "line 1"),
        ("grace = \"off\"", "`off` is no duration"),
        ("max_text_message = \"1 MB\"", "KiB"),
        ("max_text_message = 0", "out of range"),
        ("threads = 0", "nonzero"),
        ("listen = [\"a:b\"]", "`a:b` is no address"),
        ("subprotocol_order = \"mine\"", "unknown variant `mine`"),
        ("proxy_protocol = \"some\"", "expected one of `off`, `plain`, `tls`, `all`"),
        ("tls_client_auth = \"no\"", "expected `optional` or `required`"),
        ("trusted_proxies = [\"proxy\"]", "write an address as in `127.0.0.1`"),
        ("drain_code = 1000", "write 1001, going away, or 1012"),
    ] {
        let error = load(&[], Some(text)).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(mention) && source.contains("line 1"), "{text}: {source}");
    }
    let matches = Options::augment_args(Command::new("app")).get_matches_from(["app"]);
    let missing = std::path::Path::new("/nowhere/at/all.toml");
    let error = Effective::load(&matches, Some(missing), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read /nowhere/at/all.toml");
}

#[test]
fn where_to_listen() {
    let file_one = Some("listen = [\"0.0.0.0:1\"]");
    let file_two = Some("listen = [\"0.0.0.0:1\", \"[::1]:2\"]");
    for (flags, file, want) in [
        (&[][..], None, &[("127.0.0.1", 8080)][..]),
        (&["-p", "9"], None, &[("127.0.0.1", 9)]),
        (&["--listen", "0.0.0.0"], None, &[("0.0.0.0", 8080)]),
        (&["--listen", "0.0.0.0", "-p", "9"], None, &[("0.0.0.0", 9)]),
        (&["--listen", "[::]:7", "--listen", "h", "-p", "9"], None, &[("[::]", 7), ("h", 9)]),
        (&["--listen", "a:1,b:2"], None, &[("a", 1), ("b", 2)]),
        (&["-p", "9"], file_one, &[("0.0.0.0", 9)]),
        (&["--listen", "h:3"], file_two, &[("h", 3)]),
        (&[], file_two, &[("0.0.0.0", 1), ("[::1]", 2)]),
    ] {
        let addresses = load(flags, file).unwrap().addresses().unwrap();
        let got: Vec<_> = addresses.iter().map(|(host, port)| (host.as_str(), *port)).collect();
        assert_eq!(got, want, "{flags:?} {file:?}");
    }
    for (flags, file) in [(&["--listen", "a:1", "-p", "9"][..], None), (&["-p", "9"], file_two)] {
        let refused = load(flags, file).unwrap().addresses();
        assert!(matches!(refused, Err(ConfigError::PortWithoutUse)), "{flags:?} {file:?}");
    }
}

/// Hosts and ports.
type Places = &'static [(&'static str, u16)];

#[test]
fn where_to_listen_with_tls() {
    let cases: &[(&[&str], Places, Places)] = &[
        (&["--tls-self-signed"], &[], &[("127.0.0.1", 8080)]),
        (&["--tls-self-signed", "-p", "0"], &[], &[("127.0.0.1", 0)]),
        (&["--tls-cert=a", "--tls-key=b", "--listen=h:1"], &[], &[("h", 1)]),
        (&["--tls-self-signed", "--tls-listen=h"], &[], &[("h", 8443)]),
        (&["--tls-self-signed", "--tls-listen=h:1", "-p", "2"], &[("127.0.0.1", 2)], &[("h", 1)]),
        (&["--tls-self-signed", "--tls-listen=h:1", "--listen=i:2"], &[("i", 2)], &[("h", 1)]),
        (&["--tls-self-signed=false"], &[("127.0.0.1", 8080)], &[]),
    ];
    let owned = |places: Places| -> Vec<(String, u16)> {
        places.iter().map(|(host, port)| ((*host).to_owned(), *port)).collect()
    };
    for (flags, plain, tls) in cases {
        let places = load(flags, None).unwrap().places().unwrap();
        assert_eq!(places, (owned(plain), owned(tls)), "{flags:?}");
    }
    let refused = load(&["--tls-listen=h"], None).unwrap().places().unwrap_err().to_string();
    assert!(refused.contains("`tls_listen` was given without `tls_cert`"), "{refused}");
}

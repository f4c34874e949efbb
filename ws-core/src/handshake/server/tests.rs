//! What the server makes of requests.

use http::Request;

use super::*;
use crate::extension::{ExtensionOffer, ExtensionParam, Halves, InvalidParams};
use crate::frame::Rsv;
use crate::role::Role;

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/// The header lines of a request that is accepted.
const GOOD: [&str; 5] =
    ["Host: h:8080", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", KEY];

fn request(method: &str, lines: &[&str]) -> Parts {
    let mut request = Request::builder().method(method).uri("/chat?room=1");
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}

/// A good request without the lines of `field`, if it names one, and with `lines` behind the rest.
fn changed(field: &str, lines: &[&str]) -> Parts {
    let kept = GOOD.iter().filter(|line| field.is_empty() || !line.starts_with(field));
    request("GET", &kept.chain(lines).copied().collect::<Vec<_>>())
}

fn judge(parts: &Parts) -> Result<Accepted, Rejection> {
    accept(parts, Scheme::Ws, &Policy::default())
}

#[rustfmt::skip] // a table: name, field of a good request to leave out, lines to add, answer
const CASES: &[(&str, &str, &[&str], Option<Rejection>)] = &[
    ("as it should be",               "",                      &[],                                        None),
    ("repeated Host",                 "",                      &["Host: h:8080"],                          Some(Rejection::HostRepeated)),
    ("no Host",                       "Host",                  &[],                                        Some(Rejection::HostMissing)),
    ("empty Host",                    "Host",                  &["Host: "],                                Some(Rejection::HostMalformed)),
    ("Host with a user",              "Host",                  &["Host: u@h"],                             Some(Rejection::HostMalformed)),
    ("Host with a path",              "Host",                  &["Host: h/p"],                             Some(Rejection::HostMalformed)),
    ("Host with two names",           "Host",                  &["Host: h, i"],                            Some(Rejection::HostMalformed)),
    ("Host with a bad port",          "Host",                  &["Host: h:65536"],                         Some(Rejection::HostMalformed)),
    ("Host by IPv6",                  "Host",                  &["Host: [::1]:8080"],                      None),
    ("Host with an empty port",       "Host",                  &["Host: h:"],                              None),
    ("Upgrade: WebSocket",            "Upgrade",               &["Upgrade: WebSocket"],                    None),
    ("Upgrade: h2c, websocket",       "Upgrade",               &["Upgrade: h2c, websocket"],               None),
    ("Upgrade in two lines",          "Upgrade",               &["Upgrade: h2c", "Upgrade: websocket"],    None),
    ("Upgrade: h2c",                  "Upgrade",               &["Upgrade: h2c"],                          Some(Rejection::NotUpgrade)),
    ("Upgrade: websockets",           "Upgrade",               &["Upgrade: websockets"],                   Some(Rejection::NotUpgrade)),
    ("Upgrade with a version",        "Upgrade",               &["Upgrade: websocket/13"],                 Some(Rejection::NotUpgrade)),
    ("empty Upgrade",                 "Upgrade",               &["Upgrade: "],                             Some(Rejection::NotUpgrade)),
    ("no Upgrade",                    "Upgrade",               &[],                                        Some(Rejection::UpgradeMissing)),
    ("Connection: keep-alive, Upgrade", "Connection",          &["Connection: keep-alive, Upgrade"],       None),
    ("Connection: UPGRADE",           "Connection",            &["Connection: UPGRADE"],                   None),
    ("Connection in two lines",       "Connection",            &["Connection: keep-alive", "Connection: upgrade"], None),
    ("Connection: close",             "Connection",            &["Connection: close"],                     Some(Rejection::ConnectionWithoutUpgrade)),
    ("Connection: upgraded",          "Connection",            &["Connection: upgraded"],                  Some(Rejection::ConnectionWithoutUpgrade)),
    ("no Connection",                 "Connection",            &[],                                        Some(Rejection::ConnectionWithoutUpgrade)),
    ("no version",                    "Sec-WebSocket-Version", &[],                                        Some(Rejection::Version)),
    ("version 8",                     "Sec-WebSocket-Version", &["Sec-WebSocket-Version: 8"],              Some(Rejection::Version)),
    ("version 14",                    "Sec-WebSocket-Version", &["Sec-WebSocket-Version: 14"],             Some(Rejection::Version)),
    ("version 013",                   "Sec-WebSocket-Version", &["Sec-WebSocket-Version: 013"],            Some(Rejection::Version)),
    ("version abc",                   "Sec-WebSocket-Version", &["Sec-WebSocket-Version: abc"],            Some(Rejection::Version)),
    ("empty version",                 "Sec-WebSocket-Version", &["Sec-WebSocket-Version: "],               Some(Rejection::Version)),
    ("version 13, 8",                 "Sec-WebSocket-Version", &["Sec-WebSocket-Version: 13, 8"],          Some(Rejection::VersionRepeated)),
    ("version 8, 7",                  "Sec-WebSocket-Version", &["Sec-WebSocket-Version: 8, 7"],           Some(Rejection::VersionRepeated)),
    ("version twice",                 "",                      &["Sec-WebSocket-Version: 13"],             Some(Rejection::VersionRepeated)),
    ("hixie-76 beside a good one",    "",                      &["Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5"], Some(Rejection::Hixie76)),
    ("hixie-76",                      "Sec-WebSocket",         &["Sec-WebSocket-Key2: 12998 5 Y3 1  .P00"], Some(Rejection::Hixie76)),
    ("no key",                        "Sec-WebSocket-Key",     &[],                                        Some(Rejection::KeyMissing)),
    ("key twice",                     "",                      &[KEY],                                     Some(Rejection::KeyRepeated)),
    ("two keys",                      "",                      &["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="], Some(Rejection::KeyRepeated)),
    ("short key",                     "Sec-WebSocket-Key",     &["Sec-WebSocket-Key: YWJj"],               Some(Rejection::KeyMalformed)),
    ("long key",                      "Sec-WebSocket-Key",     &["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBES"], Some(Rejection::KeyMalformed)),
    ("key that is not base64",        "Sec-WebSocket-Key",     &["Sec-WebSocket-Key: ------this is it------=="], Some(Rejection::KeyMalformed)),
    ("empty key",                     "Sec-WebSocket-Key",     &["Sec-WebSocket-Key: "],                   Some(Rejection::KeyMalformed)),
    ("a body",                        "",                      &["Content-Length: 3"],                     Some(Rejection::Body)),
    ("no body, said",                 "",                      &["Content-Length: 0"],                     None),
    ("length +0",                     "",                      &["Content-Length: +0"],                    Some(Rejection::Body)),
    ("length 0, 3",                   "",                      &["Content-Length: 0, 3"],                  Some(Rejection::Body)),
    ("length 0, then 3",              "",                      &["Content-Length: 0", "Content-Length: 3"], Some(Rejection::Body)),
    ("empty length",                  "",                      &["Content-Length: "],                      Some(Rejection::Body)),
    ("chunked",                       "",                      &["Transfer-Encoding: chunked"],            Some(Rejection::Body)),
    ("identity",                      "",                      &["Transfer-Encoding: identity"],           Some(Rejection::Body)),
    ("own origin",                    "",                      &["Origin: http://h:8080"],                 None),
    ("other origin",                  "",                      &["Origin: http://h"],                      Some(Rejection::OriginForbidden)),
    ("origin null",                   "",                      &["Origin: null"],                          Some(Rejection::OriginForbidden)),
    ("origin that is not ASCII",      "",                      &["Origin: http://ä:8080"],                 Some(Rejection::OriginForbidden)),
    ("origin twice",                  "",                      &["Origin: http://h:8080", "Origin: http://h:8080"], Some(Rejection::OriginRepeated)),
    ("unknown subprotocol",           "",                      &["Sec-WebSocket-Protocol: chat"],          None),
    ("empty list of subprotocols",    "",                      &["Sec-WebSocket-Protocol: "],              None),
    ("malformed subprotocols",        "",                      &["Sec-WebSocket-Protocol: a b"],           Some(Rejection::SubprotocolsMalformed)),
    ("unknown extension",             "",                      &["Sec-WebSocket-Extensions: zip; level=9"], None),
    ("malformed extensions",          "",                      &["Sec-WebSocket-Extensions: ;;;"],         Some(Rejection::ExtensionsMalformed)),
    ("origin before subprotocols",    "",                      &["Origin: null", "Sec-WebSocket-Protocol: a b"], Some(Rejection::OriginForbidden)),
    ("version before key",            "Sec-WebSocket",         &[],                                        Some(Rejection::Version)),
];

#[test]
fn requests_are_judged() {
    for (name, field, lines, want) in CASES {
        let parts = changed(field, lines);
        let got = judge(&parts);
        assert_eq!(got.as_ref().err(), want.as_ref(), "{name}");
        if let Ok(accepted) = got {
            let response = accepted.response();
            assert_eq!(response.status(), 101, "{name}");
            assert_eq!(response.headers().len(), 3, "{name}: {:?}", response.headers());
        }
    }
}

#[test]
fn requests_have_a_method_and_a_version() {
    for method in ["POST", "HEAD", "OPTIONS", "CONNECT", "PUT", "get"] {
        assert_eq!(judge(&request(method, &GOOD)).unwrap_err(), Rejection::Method, "{method}");
    }
    for version in [Version::HTTP_09, Version::HTTP_10, Version::HTTP_2, Version::HTTP_3] {
        let mut parts = request("GET", &GOOD);
        parts.version = version;
        assert_eq!(judge(&parts).unwrap_err(), Rejection::HttpVersion, "{version:?}");
    }
}

#[test]
fn requests_offer_a_bounded_number_of_things() {
    #[rustfmt::skip] // a table
    let cases = [
        ("Sec-WebSocket-Protocol",   vec!["x"; 32].join(","),          None),
        ("Sec-WebSocket-Protocol",   vec!["x"; 33].join(","),          Some(Rejection::TooManySubprotocols)),
        ("Sec-WebSocket-Extensions", vec!["x"; 32].join(","),          None),
        ("Sec-WebSocket-Extensions", vec!["x"; 33].join(","),          Some(Rejection::TooManyExtensions)),
        ("Sec-WebSocket-Extensions", format!("x{}", ";p".repeat(16)),  None),
        ("Sec-WebSocket-Extensions", format!("x{}", ";p".repeat(17)),  Some(Rejection::TooManyExtensions)),
    ];
    for (field, value, want) in cases {
        let line = format!("{field}: {value}");
        assert_eq!(judge(&changed("", &[&line])).err(), want, "{line}");
    }
}

#[test]
fn requests_for_a_websocket_are_told_from_others() {
    #[rustfmt::skip] // a table
    let cases: &[(&str, &[&str], bool)] = &[
        ("a plain GET",                 &["Host: h"],                                               false),
        ("kept alive",                  &["Host: h", "Connection: keep-alive"],                     false),
        ("h2c",                         &["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"],   false),
        ("h2c with a key",              &["Upgrade: h2c", "Connection: Upgrade", KEY],              false),
        ("only Upgrade",                &["Upgrade: websocket"],                                    true),
        ("h2c or websocket",            &["Upgrade: h2c, WebSocket"],                               true),
        ("hixie-76",                    &["Sec-WebSocket-Key1: 1"],                                 true),
        ("only Connection",             &["Connection: Upgrade"],                                   false),
        ("Connection and key",          &["Connection: Upgrade", KEY],                              true),
        ("only a key",                  &[KEY],                                                     false),
        ("all",                         &GOOD,                                                      true),
    ];
    for (name, lines, want) in cases {
        assert_eq!(is_upgrade(&request("GET", lines)), *want, "{name}");
        assert_eq!(is_upgrade(&request("POST", lines)), *want, "{name}, POST");
    }
}

#[test]
fn a_plain_request_is_told_to_upgrade() {
    let rejection = judge(&request("GET", &["Host: h"])).unwrap_err();
    assert_eq!(rejection, Rejection::NotUpgrade);
    let response = rejection.into_response();
    assert_eq!(response.status(), 426);
    assert_eq!(response.headers()[UPGRADE], "websocket");
    assert_eq!(response.headers()[CONNECTION], "close, Upgrade");
}

#[test]
fn rejections_answer_for_themselves() {
    for (rejection, status) in [
        (Rejection::Method, 405),
        (Rejection::Version, 426),
        (Rejection::VersionRepeated, 400),
        (Rejection::OriginForbidden, 403),
        (Rejection::Hixie76, 400),
        (Rejection::Body, 400),
    ] {
        let response = rejection.into_response();
        let headers = response.headers();
        assert_eq!(response.status(), status, "{rejection:?}");
        assert!(list_has(headers, &CONNECTION, "close"), "{rejection:?}");
        assert_eq!(*response.body(), rejection.to_string());
        let header = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap());
        assert_eq!(header("allow"), (status == 405).then_some("GET"), "{rejection:?}");
        assert_eq!(header("sec-websocket-version"), (status == 426).then_some("13"));
        assert_eq!(header("sec-websocket-accept"), None);
    }
}

/// Accepts every offer as it stands.
#[derive(Debug)]
struct Agreeable(&'static str);

impl Extension for Agreeable {
    fn name(&self) -> &str {
        self.0
    }

    fn rsv(&self) -> Rsv {
        Rsv::NONE
    }

    fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        Some(offer.params().to_vec())
    }

    fn start(&self, _: &ExtensionOffer, _: Role) -> Result<Halves, InvalidParams> {
        Err(InvalidParams::new("it only negotiates"))
    }
}

#[test]
fn a_response_says_what_was_agreed() {
    let policy = Policy {
        subprotocols: vec![Subprotocol::new("chat").unwrap()],
        extensions: vec![Arc::new(Agreeable("a")), Arc::new(Agreeable("b"))],
        ..Policy::default()
    };
    let lines =
        ["Sec-WebSocket-Protocol: other, chat", "Sec-WebSocket-Extensions: b; x=\"1\", c, a"];
    let parts = changed("", &lines);
    let mut accepted = accept(&parts, Scheme::Wss, &policy).unwrap();
    let installed: Vec<_> = accepted.extensions().iter().map(|e| e.installed).collect();
    assert_eq!(installed, [1, 0]);

    let response = accepted.response();
    let mut lines: Vec<_> =
        response.headers().iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "connection: Upgrade",
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "sec-websocket-extensions: b; x=1, a",
            "sec-websocket-protocol: chat",
            "upgrade: websocket",
        ]
    );

    let other = Subprotocol::new("other").unwrap();
    let wrong = Subprotocol::new("wrong").unwrap();
    let refused = accepted.choose_subprotocol(&parts.headers, Some(wrong.clone()));
    assert_eq!(refused, Err(NotOffered(wrong)));
    assert_eq!(accepted.subprotocol().unwrap().as_str(), "chat");
    accepted.choose_subprotocol(&parts.headers, Some(other)).unwrap();
    assert_eq!(accepted.response().headers()[SEC_WEBSOCKET_PROTOCOL], "other");
    accepted.choose_subprotocol(&parts.headers, None).unwrap();
    assert!(!accepted.response().headers().contains_key(SEC_WEBSOCKET_PROTOCOL));
}

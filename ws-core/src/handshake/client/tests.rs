//! What the client sends, and what it makes of answers.

use proptest::prelude::*;

use super::*;
use crate::extension::InvalidExtensions;
use crate::handshake::HandshakeError as E;

fn key() -> HandshakeKey {
    HandshakeKey::from_random(*b"the sample nonce")
}

fn request() -> ClientRequest {
    ["chat", "superchat"]
        .into_iter()
        .map(|name| Subprotocol::new(name).unwrap())
        .fold(ClientRequest::new("ws://h/", key()), |request, name| request?.subprotocol(name))
        .unwrap()
        .extension(ExtensionOffer::new("deflate").unwrap())
        .extension(ExtensionOffer::new("mux").unwrap())
}

const STATUS: &str = "HTTP/1.1 101 Switching Protocols";
const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The lines of an answer that opens a connection.
const GOOD: [&str; 4] = [STATUS, "Upgrade: websocket", "Connection: Upgrade", ACCEPT];

/// A good answer without the line that begins with `left_out`, if that says one; `lines` go to the
/// end, a status line among them to the front.
fn answer(left_out: &str, lines: &[&str]) -> Vec<u8> {
    let kept = GOOD.iter().filter(|line| left_out.is_empty() || !line.starts_with(left_out));
    let mut all: Vec<_> = kept.chain(lines).copied().collect();
    all.sort_by_key(|line| !line.starts_with("HTTP"));
    (all.join("\r\n") + "\r\n\r\n").into_bytes()
}

#[rustfmt::skip] // a table: name, line of a good answer to leave out, lines to add, debug form of the result
const CASES: &[(&str, &str, &[&str], &str)] = &[
    ("as it should be",               "",           &[],                                          "ok"),
    ("other reason phrase",           "HTTP",       &["HTTP/1.1 101 Fine"],                       "ok"),
    ("no reason phrase",              "HTTP",       &["HTTP/1.1 101 "],                           "ok"),
    ("other fields",                  "",           &["Server: x", "Set-Cookie: a", "Set-Cookie: b"], "ok"),
    ("Upgrade: WebSocket",            "Upgrade",    &["Upgrade: WebSocket"],                      "ok"),
    ("Connection: keep-alive, Upgrade", "Connection", &["Connection: keep-alive, upgrade"],       "ok"),
    ("a subprotocol",                 "",           &["Sec-WebSocket-Protocol: superchat"],       "ok superchat"),
    ("an extension",                  "",           &["Sec-WebSocket-Extensions: deflate; a=1"],  "ok [deflate; a=1]"),
    ("two extensions",                "",           &["Sec-WebSocket-Extensions: mux, deflate"],  "ok [mux] [deflate]"),
    ("an empty list of extensions",   "",           &["Sec-WebSocket-Extensions: "],              "ok"),
    ("status 200",                    "HTTP",       &["HTTP/1.1 200 OK"],                         "Status(200)"),
    ("status 100",                    "HTTP",       &["HTTP/1.1 100 Continue"],                   "Status(100)"),
    ("a redirect",                    "HTTP",       &["HTTP/1.1 302 Found", "Location: /"],       "Status(302)"),
    ("credentials wanted",            "HTTP",       &["HTTP/1.1 401 Unauthorized"],               "Status(401)"),
    ("another version wanted",        "HTTP",       &["HTTP/1.1 426 Upgrade Required"],           "Status(426)"),
    ("HTTP/1.0",                      "HTTP",       &["HTTP/1.0 101 Switching Protocols"],        "HttpVersion"),
    ("HTTP/2.0",                      "HTTP",       &["HTTP/2.0 101 Switching Protocols"],        "HttpVersion"),
    ("status of two digits",          "HTTP",       &["HTTP/1.1 10 Switching Protocols"],         "Malformed"),
    ("status 000",                    "HTTP",       &["HTTP/1.1 000 Switching Protocols"],        "Malformed"),
    ("no status line",                "HTTP",       &[],                                          "HttpVersion"),
    ("no Upgrade",                    "Upgrade",    &[],                                          "Upgrade"),
    ("Upgrade: h2c",                  "Upgrade",    &["Upgrade: h2c"],                            "Upgrade"),
    ("Upgrade: h2c, websocket",       "Upgrade",    &["Upgrade: h2c, websocket"],                 "Upgrade"),
    ("Upgrade twice",                 "",           &["Upgrade: websocket"],                      "Upgrade"),
    ("no Connection",                 "Connection", &[],                                          "Connection"),
    ("Connection: close",             "Connection", &["Connection: close"],                       "Connection"),
    ("no accept value",               "Sec-",       &[],                                          "AcceptNotSingle"),
    ("accept value twice",            "",           &[ACCEPT],                                    "AcceptNotSingle"),
    ("accept value of another key",   "Sec-",       &["Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="], "AcceptMismatch"),
    ("accept value in other case",    "Sec-",       &["Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo="], "AcceptMismatch"),
    ("accept value and more",         "Sec-",       &["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, x"], "AcceptMismatch"),
    ("empty accept value",            "Sec-",       &["Sec-WebSocket-Accept: "],                  "AcceptMismatch"),
    ("a subprotocol not offered",     "",           &["Sec-WebSocket-Protocol: other"],           "SubprotocolNotOffered"),
    ("a subprotocol in other case",   "",           &["Sec-WebSocket-Protocol: CHAT"],            "SubprotocolNotOffered"),
    ("two subprotocols",              "",           &["Sec-WebSocket-Protocol: chat, superchat"], "SubprotocolNotOffered"),
    ("an empty subprotocol",          "",           &["Sec-WebSocket-Protocol: "],                "SubprotocolNotOffered"),
    ("subprotocol twice",             "",           &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"], "SubprotocolRepeated"),
    ("an extension not offered",      "",           &["Sec-WebSocket-Extensions: zip"],           "ExtensionNotOffered"),
    ("an extension twice",            "",           &["Sec-WebSocket-Extensions: mux, mux; a"],   "ExtensionRepeated"),
    ("an extension in two lines",     "",           &["Sec-WebSocket-Extensions: mux", "Sec-WebSocket-Extensions: mux"], "ExtensionRepeated"),
    ("malformed extensions",          "",           &["Sec-WebSocket-Extensions: mux;"],          "Extensions"),
    ("space before a colon",          "",           &["X : y"],                                   "Malformed"),
    ("a folded line",                 "",           &["X: y", " folded"],                         "Malformed"),
    ("a line without a colon",        "",           &["X"],                                       "Malformed"),
    ("a line without a name",         "",           &[": y"],                                     "Malformed"),
    ("NUL in a value",                "",           &["X: \0"],                                   "Malformed"),
    ("CR in a value",                 "",           &["X: a\rY: b"],                              "Malformed"),
    ("LF in a value",                 "",           &["X: a\nY: b"],                              "LineEnding"),
];

fn show(result: Result<Verified, E>) -> String {
    match result {
        Ok(verified) => {
            let mut text = "ok".to_owned();
            text.extend(verified.subprotocol.map(|name| format!(" {name}")));
            text.extend(verified.extensions.iter().map(|extension| format!(" [{extension}]")));
            text
        }
        Err(E::Status { code, .. }) => format!("Status({})", code.as_u16()),
        Err(error) => format!("{error:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

/// The answer of a complete head.
fn verify(request: &mut ClientRequest, head: &[u8]) -> Result<Verified, E> {
    request.verify(head).map(|verified| verified.expect("a complete head"))
}

#[test]
fn answers_are_judged_however_they_are_sliced() {
    for (name, left_out, lines, want) in CASES {
        let head = answer(left_out, lines);
        assert_eq!(show(verify(&mut request(), &head)), *want, "{name}");

        let frames = [&head[..], b"\x81\x02hi\n\r\n\r\n"].concat();
        let result = verify(&mut request(), &frames);
        assert!(result.as_ref().map_or(true, |v| v.consumed == head.len()), "{name}");
        assert_eq!(show(result), *want, "{name}: with frames behind it");

        for cut in 0..head.len() {
            let mut request = request();
            match request.verify(&head[..cut]) {
                Ok(None) => {
                    assert_eq!(show(verify(&mut request, &head)), *want, "{name}: cut at {cut}");
                }
                early => {
                    let early = early.map(|verified| verified.expect("not None"));
                    assert_eq!(show(early), *want, "{name}: cut at {cut}");
                }
            }
        }

        let mut bytewise = request();
        let result = (1..=head.len()).find_map(|len| bytewise.verify(&head[..len]).transpose());
        assert_eq!(show(result.expect("a complete head")), *want, "{name}: byte by byte");
    }
}

#[test]
fn a_refusal_keeps_its_fields() {
    let head = answer("HTTP", &["HTTP/1.1 307 Temporary Redirect", "Location: ws://other/"]);
    let error = request().verify(&head).unwrap_err();
    assert_eq!(error.status().unwrap(), 307);
    assert_eq!(error.headers().unwrap()["location"], "ws://other/");
    assert_eq!(error.to_string(), "the server answered 307 Temporary Redirect");
    assert_eq!(E::from(InvalidExtensions::Malformed).status(), None);
}

#[test]
fn what_was_not_offered_is_refused_by_a_bare_request_too() {
    let mut bare = ClientRequest::new("ws://h/", key()).unwrap();
    let head = answer("", &["Sec-WebSocket-Protocol: chat"]);
    assert_eq!(show(verify(&mut bare.clone(), &head)), "SubprotocolNotOffered");
    let head = answer("", &["Sec-WebSocket-Extensions: mux"]);
    assert_eq!(show(verify(&mut bare, &head)), "ExtensionNotOffered");
}

#[test]
fn heads_have_limits() {
    let fields = |n: usize| answer("", &vec!["X: y"; n - 3]);
    assert_eq!(show(verify(&mut request(), &fields(100))), "ok");
    assert_eq!(show(verify(&mut request(), &fields(101))), "TooManyHeaders");

    let sized = |len: usize| {
        let padding = "p".repeat(len - answer("", &["X: "]).len());
        answer("", &[&format!("X: {padding}")])
    };
    let mut longest = sized(MAX_HEAD_LEN);
    longest.extend_from_slice(&[b'x'; 100]);
    assert_eq!(show(verify(&mut request(), &longest)), "ok", "frames do not count");
    let too_long = sized(MAX_HEAD_LEN + 1);
    let mut request = request();
    assert!(request.verify(&too_long[..MAX_HEAD_LEN - 1]).unwrap().is_none());
    let error = request.verify(&too_long[..MAX_HEAD_LEN]).unwrap_err();
    assert!(matches!(error, E::HeadTooLong), "before it is complete");
}

#[test]
fn every_byte_is_searched_once() {
    let head = answer("", &[]);
    let mut request = request();
    for len in 0..head.len() {
        assert!(request.verify(&head[..len]).unwrap().is_none());
        assert_eq!(request.scanned, len);
    }
    for _ in 0..2 {
        assert_eq!(request.verify(&head).unwrap().unwrap().consumed, head.len(), "asked again");
    }
}

#[test]
fn uris_are_checked() {
    #[rustfmt::skip] // a table: URI, then host and port to connect to, request target, Host
    let good = [
        ("ws://example.com/chat?a=b",    "example.com", 80,   "/chat?a=b", "example.com"),
        ("wss://example.com",            "example.com", 443,  "/",         "example.com"),
        ("ws://example.com:80/",         "example.com", 80,   "/",         "example.com"),
        ("ws://example.com:443/",        "example.com", 443,  "/",         "example.com:443"),
        ("wss://example.com:80/",        "example.com", 80,   "/",         "example.com:80"),
        ("ws://example.com:/x",          "example.com", 80,   "/x",        "example.com"),
        ("ws://[::1]:8080/x",            "::1",         8080, "/x",        "[::1]:8080"),
        ("ws://[::1]",                   "::1",         80,   "/",         "[::1]"),
        ("WS://h?q",                     "h",           80,   "/?q",       "h"),
        ("ws://h/a%20b//c",              "h",           80,   "/a%20b//c", "h"),
        ("ws://h/\u{e9}?\u{e9}",         "h",           80,   "/%C3%A9?%C3%A9", "h"),
    ];
    for (uri, host, port, target, field) in good {
        let request = ClientRequest::new(uri, key()).unwrap();
        assert_eq!((request.host(), request.port()), (host, port), "{uri}");
        let head = String::from_utf8(request.to_bytes()).unwrap();
        let start = format!("GET {target} HTTP/1.1\r\nHost: {field}\r\nUpgrade: websocket\r\n");
        assert!(head.starts_with(&start), "{uri}: {head}");
    }
    #[rustfmt::skip] // a table
    let bad = [
        ("http://h/",          "Scheme"),
        ("h/chat",             "Uri"),
        ("/chat",              "Scheme"),
        ("ws:///chat",         "Uri"),
        ("ws://:80/",          "HostMissing"),
        ("ws://h/#part",       "Fragment"),
        ("ws://user:pw@h/",    "UserInfo"),
        ("ws://h:0/",          "Port"),
        ("ws://h:65536/",      "Port"),
        ("ws://h:x/",          "Port"),
        ("ws://h/a b",         "Uri"),
        ("ws://h/\r\nX: y",    "Uri"),
        ("",                   "Uri"),
    ];
    for (uri, want) in bad {
        let error = format!("{:?}", ClientRequest::new(uri, key()).unwrap_err());
        assert!(error.starts_with(want), "{uri}: {error}");
    }
}

#[test]
fn a_request_says_all_it_offers() {
    let request = request()
        .origin(HeaderValue::from_static("http://page"))
        .header(HeaderName::from_static("cookie"), HeaderValue::from_static("secret=1"))
        .unwrap();
    assert_eq!(
        String::from_utf8(request.to_bytes()).unwrap(),
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Extensions: deflate, mux\r\n\
         origin: http://page\r\ncookie: secret=1\r\n\r\n"
    );
    assert!(!format!("{request:?}").contains("secret"));

    let again = request.clone().subprotocol(Subprotocol::new("chat").unwrap());
    assert!(matches!(again, Err(InvalidRequest::RepeatedSubprotocol(_))));
    for name in RESERVED {
        let reserved = request.clone().header(name.clone(), HeaderValue::from_static("x"));
        assert!(matches!(reserved, Err(InvalidRequest::ReservedHeader(_))), "{name}");
    }
}

#[test]
fn our_server_accepts_what_our_client_asks_and_the_client_its_answer() {
    let mut request = request();
    let head = request.to_bytes();
    let mut lines = [httparse::EMPTY_HEADER; 16];
    let mut parsed = httparse::Request::new(&mut lines);
    assert_eq!(parsed.parse(&head), Ok(httparse::Status::Complete(head.len())));
    let mut rebuilt = http::Request::get(parsed.path.unwrap());
    for line in parsed.headers {
        rebuilt = rebuilt.header(line.name, line.value);
    }
    let parts = rebuilt.body(()).unwrap().into_parts().0;
    let policy = crate::handshake::Policy {
        subprotocols: request.subprotocols[1..].to_vec(),
        ..Default::default()
    };
    let response = crate::handshake::accept(&parts, Scheme::Ws, &policy).unwrap().response();
    let mut answer = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
    for (name, value) in response.headers() {
        line(&mut answer, name.as_str(), value.as_bytes());
    }
    answer.extend_from_slice(b"\r\n");
    assert_eq!(show(verify(&mut request, &answer)), "ok superchat");
}

proptest! {
    /// Whatever goes into a request, it has one line for each thing that was accepted.
    #[test]
    fn no_input_adds_a_line(
        path in "[ -~\r\n\u{0}é]{0,8}",
        names in proptest::collection::vec("[a-c\r\n:, \u{0}]{0,4}", 0..4),
        values in proptest::collection::vec(any::<Vec<u8>>(), 0..4),
    ) {
        let uri = format!("ws://h/{path}");
        let Ok(mut request) = ClientRequest::new(&uri, key()) else { return Ok(()) };
        let mut want = 6;
        for name in &names {
            let Ok(name) = Subprotocol::new(name) else { continue };
            if let Ok(more) = request.clone().subprotocol(name) {
                request = more;
            }
        }
        want += usize::from(!request.subprotocols.is_empty());
        for name in &names {
            if let Ok(offer) = ExtensionOffer::new(name.clone()) {
                request = request.extension(offer);
            }
        }
        want += usize::from(!request.extensions.is_empty());
        for (name, value) in names.iter().zip(&values) {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
                request = request.header(name, value).unwrap();
                want += 1;
            }
        }
        let head = request.to_bytes();
        let (body, end) = head.split_at(head.len() - 4);
        prop_assert_eq!(end, b"\r\n\r\n");
        prop_assert_eq!(body.split(|&byte| byte == b'\n').count(), want);
        prop_assert_eq!(body.iter().filter(|&&byte| byte == b'\r').count(), want - 1);
        prop_assert!(!body.contains(&0));
    }

    /// No bytes of a server make the client panic, and no slicing changes what it says.
    #[test]
    fn any_answer_is_judged(
        mut tail in proptest::collection::vec(proptest::sample::select(&b"\r\n: ;,\"ax\0\xff"[..]), 0..40),
        cut in 0_usize..200,
    ) {
        let mut head = GOOD.join("\r\n").into_bytes();
        head.append(&mut tail);
        let whole = request().verify(&head);
        let mut sliced = request();
        if matches!(sliced.verify(&head[..cut.min(head.len())]), Ok(None)) {
            prop_assert_eq!(
                format!("{:?}", sliced.verify(&head)),
                format!("{:?}", whole)
            );
        }
    }
}

//! Every example is started as its head comment says, and does what it says.

use tests::{Frame, Program, RawClient, http};

fn start(program: &str) -> Program {
    Program::start(program, &["--port", "0"])
}

#[test]
fn echo_returns_every_message() {
    let example = start(env!("CARGO_BIN_EXE_echo"));
    let mut client = RawClient::open(example.addr(), "/echo");
    client.assert_echo("hello");
    client.send(&Frame::binary([1, 2, 3]));
    client.assert_next(&Frame::binary([1, 2, 3]));
    assert_eq!(http::get(example.addr(), "/", "").status, 200);
}

#[test]
fn chat_reaches_everyone_in_the_room_and_nobody_else() {
    let example = start(env!("CARGO_BIN_EXE_chat"));
    let join = |room: &str, name: &str| {
        let mut client = RawClient::open_as(example.addr(), &format!("/chat/{room}"), "chat.v1");
        assert_eq!(client.subprotocol(), Some("chat.v1"));
        let joined = format!(r#"{{"from":"{name}","text":"has joined!"}}"#);
        client.assert_echo(&joined);
        (client, joined)
    };
    let (mut ann, _) = join("lobby", "ann");
    let (mut bob, joined) = join("lobby", "bob");
    let (mut cleo, _) = join("caf%C3%A9", "cleo");
    ann.assert_next(&Frame::text(joined));
    let line = r#"{"from":"ann","text":"<b>hi</b>"}"#;
    ann.assert_echo(line);
    bob.assert_next(&Frame::text(line));
    cleo.assert_silent();
}

#[test]
fn chat_serves_its_page() {
    let example = start(env!("CARGO_BIN_EXE_chat"));
    let page = http::get(example.addr(), "/", "");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("data-endpoint=\"chat/{room}\""), "{}", page.text());
    assert!(page.text().contains("User name"));
}

#[test]
fn client_hears_what_it_said_in_both_forms() {
    let server = start(env!("CARGO_BIN_EXE_echo"));
    let client = std::process::Command::new(env!("CARGO_BIN_EXE_client"))
        .arg(format!("ws://{}/echo", server.addr()))
        .output()
        .unwrap();
    let output = String::from_utf8(client.stdout).unwrap();
    assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines[..2], ["Reader heard one", "Reader heard two"]);
    assert_eq!(lines[3], "closures heard three");
    for end in [lines[2], lines[4]] {
        assert!(end.starts_with("over: 1000"), "{end}");
    }
}

#[test]
fn custom_codec_moves_the_robot() {
    let example = start(env!("CARGO_BIN_EXE_custom_codec"));
    let mut client = RawClient::open(example.addr(), "/robot");
    for (step, position) in [("north 3", "0,3"), ("east 2", "2,3")] {
        client.send_text(step);
        client.assert_next(&Frame::text(position));
    }
    client.send_text("up 1");
    let answer = client.read_text();
    assert!(answer.contains("north, south, east and west"), "{answer}");
    client.send_text("south 3");
    client.assert_next(&Frame::text("2,0"));
}

#[test]
fn upload_counts_messages_that_are_larger_than_any_limit() {
    let example = start(env!("CARGO_BIN_EXE_upload"));
    let mut client = RawClient::open(example.addr(), "/upload");
    client.send(&Frame::binary(vec![7; 3 << 20]));
    let answer = client.read_text();
    assert!(answer.starts_with("3145728 bytes, 0 lines, FNV-1a "), "{answer}");
    client.send_text("one\ntwo\n");
    let answer = client.read_text();
    assert!(answer.starts_with("8 bytes, 2 lines, FNV-1a "), "{answer}");
}

#[test]
fn configured_knows_who_may_do_what() {
    let example = start(env!("CARGO_BIN_EXE_configured"));
    let answer = |path: &str, fields: &str| {
        http::exchange(example.addr(), http::upgrade(example.addr(), path, fields))
    };
    let refused = answer("/board/news", "");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    let (editor, reader) = ("Authorization: Bearer editor\r\n", "Authorization: Bearer reader\r\n");
    assert_eq!(answer("/board/nothing", editor).status, 404);

    let mut reader = RawClient::open_with(example.addr(), "/board/news", reader, &[]);
    reader.assert_next(&Frame::text("welcome, bob"));
    let mut editor = RawClient::open_with(example.addr(), "/board/news", editor, &[]);
    editor.assert_next(&Frame::text("welcome, ada"));
    editor.send_text("rain");
    editor.assert_next(&Frame::text("1: rain"));
    reader.assert_next(&Frame::text("1: rain"));
    reader.send_text("sun");
    assert!(reader.read_text().contains("editor"));
    editor.assert_silent();
}

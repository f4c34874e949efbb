//! Compressed sessions with the servers of Python `websockets` and npm `ws`, RFC 7692.

use tests::client::config;
use tokio::io::AsyncWriteExt;
use ws_container::client::WebSocket;
use ws_container::extension::{PerMessageDeflate, WindowBits};
use ws_container::{MessageKind, MessageWriter};

use crate::{Check, closes, echoes, next, open, place, within};

#[rustfmt::skip] // a table
pub(crate) const CHECKS: &[Check] = &[
    ("s1_14 messages are compressed one by one unless told otherwise", s1_14_default_offer),
    ("s1_14 messages refer to earlier ones through windows of 32 KiB", s1_14_takeover_15),
    ("s1_14 messages refer to earlier ones through windows of 2 KiB", s1_14_takeover_11),
];

/// Where a server is, and what it agrees on.
type Agreed = (&'static str, &'static str);

/// Length of the messages that are counted, in bytes: two of them are in the smallest window.
const LEN: usize = 1_000;

/// How many of them are sent.
const REPEATS: usize = 8;

fn s1_14_default_offer() {
    let each_alone = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let python = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                  server_max_window_bits=12; client_max_window_bits=12";
    within(async {
        let deflate = PerMessageDeflate::default();
        let agreed = [
            ("PYTHON_DEFLATE", python),
            ("PYTHON_KEEPING", each_alone),
            ("NODE_DEFLATE", each_alone),
        ];
        for server in agreed {
            let [read, written] = round_trips(&deflate, server).await;
            // Noise of hexadecimal digits gets half as long.
            for bytes in [read, written] {
                assert!(
                    (LEN * REPEATS * 4 / 10..LEN * REPEATS * 8 / 10).contains(&bytes),
                    "{bytes}"
                );
            }
        }
    });
}

fn s1_14_takeover_15() {
    takeover(
        15,
        [
            (
                "PYTHON_DEFLATE",
                "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            ),
            ("PYTHON_KEEPING", "permessage-deflate"),
            ("NODE_DEFLATE", "permessage-deflate"),
        ],
    );
}

fn s1_14_takeover_11() {
    let both = "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11";
    takeover(11, [("PYTHON_DEFLATE", both), ("PYTHON_KEEPING", both), ("NODE_DEFLATE", both)]);
}

fn takeover(window: u8, agreed: [Agreed; 3]) {
    within(async {
        let window = WindowBits::new(window).unwrap();
        let deflate = PerMessageDeflate::default()
            .server_context_takeover(window)
            .client_context_takeover(window);
        for server in agreed {
            let [read, written] = round_trips(&deflate, server).await;
            // All but the first are little more than a reference.
            assert!(read < LEN * 3 / 2 && written < LEN * 3 / 2, "{read} and {written}");
        }
    });
}

/// Sends messages of all sorts to a server and back: bytes that it read and wrote for those of them
/// that are counted.
async fn round_trips(deflate: &PerMessageDeflate, (server, agreed): Agreed) -> [usize; 2] {
    let config = config(|it| it.permessage_deflate(deflate.clone()));
    let connected = async |path: &str| {
        let uri = format!("ws://{}/open/{path}", place(server));
        let socket = open(&config, &uri).await.unwrap();
        let extensions: Vec<_> =
            socket.session().extensions().iter().map(ToString::to_string).collect();
        assert_eq!(extensions, [agreed], "{server}");
        socket
    };
    for path in ["echo", "pieces"] {
        let mut socket = connected(path).await;
        echoes(&mut socket).await;
        written_in_pieces(&mut socket).await;
        closes(socket).await;
    }
    let mut fragments = connected("fragments").await;
    assert_eq!(next(&mut fragments).await, (MessageKind::Binary, vec![b'x'; 11_000]));
    closes(fragments).await;

    let mut socket = connected("counted").await;
    let message = noise(LEN);
    for _ in 0..REPEATS {
        socket.send(message.as_str()).await.unwrap();
        assert_eq!(next(&mut socket).await, (MessageKind::Text, message.clone().into_bytes()));
    }
    socket.send("traffic").await.unwrap();
    let counts = serde_json::from_slice(&next(&mut socket).await.1).unwrap();
    closes(socket).await;
    counts
}

/// Writes messages in frames of several lengths, some of them longer than any window.
async fn written_in_pieces(socket: &mut WebSocket) {
    let text = format!("{}žluťoučký kůň 🦀", noise(100_000));
    let writer = socket.session().text_writer().await.unwrap();
    write(writer, text.as_bytes(), 7_001).await;
    assert!(next(socket).await == (MessageKind::Text, text.into_bytes()));
    let bytes: Vec<u8> = noise(3_000).into_bytes();
    let writer = socket.session().binary_writer().await.unwrap();
    write(writer, &bytes, 100).await;
    assert!(next(socket).await == (MessageKind::Binary, bytes));
}

/// Writes `bytes` to a message, a frame for each `len` of them.
async fn write(mut writer: MessageWriter, bytes: &[u8], len: usize) {
    for piece in bytes.chunks(len) {
        writer.write_bytes(piece).await.unwrap();
        writer.flush().await.unwrap();
    }
    writer.finish().await.unwrap();
}

/// Hexadecimal digits that nothing repeats in, `len` of them.
fn noise(len: usize) -> String {
    let mut state = 1_u64;
    let digits = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from_digit(u32::try_from(state >> 60).unwrap(), 16).unwrap()
    });
    digits.take(len).collect()
}

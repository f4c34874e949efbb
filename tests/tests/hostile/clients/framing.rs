//! Frames that no client may send (RFC 6455 §5, §7): each is failed with its code, whole, one byte at
//! a time, and with more behind it.

use tests::wire::{BINARY, CLOSE, TEXT};
use tests::{Frame, TestServer};

use super::{Case, open, wire};

/// What is sent, and the code that answers it.
type Row = (&'static str, fn() -> Vec<u8>, u16);

#[rustfmt::skip] // a table
const HEADERS: &[Row] = &[
    ("an unmasked text",              || Frame::text("x").unmasked(),                        1002),
    ("an unmasked empty text",        || Frame::text("").unmasked(),                         1002),
    ("an unmasked ping",              || Frame::ping("x").unmasked(),                        1002),
    ("an unmasked close",             || Frame::close(1000, "").unmasked(),                  1002),
    ("an unmasked continuation",      || [part("x"), Frame::continuation("y").unmasked()].concat(), 1002),
    ("RSV1 without an extension",     || Frame::text("x").with_rsv(4).masked(),              1002),
    ("RSV2",                          || Frame::text("x").with_rsv(2).masked(),              1002),
    ("RSV3",                          || Frame::binary("x").with_rsv(1).masked(),            1002),
    ("all reserved bits",             || Frame::text("x").with_rsv(7).masked(),              1002),
    ("RSV1 of a ping",                || Frame::ping("").with_rsv(4).masked(),               1002),
    ("RSV1 of a close",               || Frame::close(1000, "").with_rsv(4).masked(),        1002),
    ("RSV1 of a continuation",        || after(&Frame::continuation("x").with_rsv(4)),        1002),
    ("opcode 3",                      || Frame::new(3, "x").masked(),                        1002),
    ("opcode 4",                      || Frame::new(4, "").masked(),                         1002),
    ("opcode 5",                      || Frame::new(5, "x").masked(),                        1002),
    ("opcode 6",                      || Frame::new(6, "x").masked(),                        1002),
    ("opcode 7",                      || Frame::new(7, "x").masked(),                        1002),
    ("opcode 11",                     || Frame::new(11, "x").masked(),                       1002),
    ("opcode 12",                     || Frame::new(12, "").masked(),                        1002),
    ("opcode 13",                     || Frame::new(13, "x").masked(),                       1002),
    ("opcode 14",                     || Frame::new(14, "x").masked(),                       1002),
    ("opcode 15 in fragments",        || Frame::new(15, "x").unfinished().masked(),          1002),
    ("all bits",                      || vec![0xff; 14],                                     1002),
    ("a ping in fragments",           || Frame::ping("x").unfinished().masked(),             1002),
    ("a pong in fragments",           || Frame::pong("x").unfinished().masked(),             1002),
    ("a close in fragments",          || Frame::close(1000, "").unfinished().masked(),       1002),
    ("a ping of 126 bytes",           || Frame::ping([0; 126]).masked(),                     1002),
    ("a pong of 64 KiB",              || Frame::pong(vec![0; 1 << 16]).masked(),             1002),
    ("a close of 126 bytes",          || Frame::close(1000, &"x".repeat(124)).masked(),      1002),
    ("a continuation of nothing",     || Frame::continuation("x").masked(),                  1002),
    ("more of a continuation",        || Frame::continuation("x").unfinished().masked(),     1002),
    ("a continuation of what ended",  || wire(&[Frame::text(""), Frame::continuation("")]),  1002),
    ("text inside text",              || after(&Frame::text("x")),                            1002),
    ("binary inside text",            || after(&Frame::binary("x")),                          1002),
    ("fragments inside fragments",    || after(&Frame::text("x").unfinished()),               1002),
];

#[rustfmt::skip] // a table
const LENGTHS: &[Row] = &[
    ("0 in 16 bits",                  || Frame::binary([]).header_claiming(0, 7 + 16),       1002),
    ("125 in 16 bits",                || Frame::binary([]).header_claiming(125, 7 + 16),     1002),
    ("126 in 64 bits",                || Frame::binary([]).header_claiming(126, 7 + 64),     1002),
    ("2^16 - 1 in 64 bits",           || Frame::binary([]).header_claiming(0xffff, 7 + 64),  1002),
    ("limit + 1",                     || promise(TEXT, (1 << 20) + 1),                       1009),
    ("2^31 - 1 bytes",                || promise(BINARY, (1 << 31) - 1),                     1009),
    ("2^31 bytes",                    || promise(TEXT, 1 << 31),                             1009),
    ("2^31 + 1 bytes",                || promise(BINARY, (1 << 31) + 1),                     1009),
    ("2^32 - 1 bytes",                || promise(TEXT, (1 << 32) - 1),                       1009),
    ("2^32 bytes",                    || promise(BINARY, 1 << 32),                           1009),
    ("2^32 + 1 bytes",                || promise(TEXT, (1 << 32) + 1),                       1009),
    ("2^63 - 1 bytes",                || promise(BINARY, (1 << 63) - 1),                     1009),
    ("2^63 bytes",                    || promise(TEXT, 1 << 63),                             1002),
    ("2^63 + 1 bytes",                || promise(BINARY, (1 << 63) + 1),                     1002),
    ("2^64 - 1 bytes",                || promise(TEXT, u64::MAX),                            1002),
    ("2^63 - 1 bytes of a ping",      || promise(9, (1 << 63) - 1),                          1002),
    ("2^32 + 5 bytes of a close",     || promise(CLOSE, (1 << 32) + 5),                      1002),
    ("a fragment beyond the limit",   || [part(&"x".repeat(1 << 19)), promise(0, (1 << 19) + 1)].concat(), 1009),
    ("a sum that wraps",              || [part("xx"), promise(0, (1 << 63) - 1)].concat(),   1009),
    ("many fragments above the limit", || [part(""), Frame::continuation(vec![b'x'; 4096]).unfinished().masked().repeat(257)].concat(), 1009),
];

#[rustfmt::skip] // a table
const TEXTS: &[Row] = &[
    ("a byte that UTF-8 never has",   || Frame::text([0xff]).masked(),                       1007),
    ("a lone continuation byte",      || Frame::text([0x80]).masked(),                       1007),
    ("an overlong slash",             || Frame::text([0xc0, 0xaf]).masked(),                 1007),
    ("an overlong NUL",               || Frame::text([0xe0, 0x80, 0x80]).masked(),           1007),
    ("a surrogate",                   || Frame::text([0xed, 0xa0, 0x80]).masked(),           1007),
    ("above U+10FFFF",                || Frame::text([0xf4, 0x90, 0x80, 0x80]).masked(),     1007),
    ("five bytes",                    || Frame::text([0xf8, 0x88, 0x80, 0x80, 0x80]).masked(), 1007),
    ("the first byte",                || bad_at(0, 10_000),                                  1007),
    ("a byte in the middle",          || bad_at(5_000, 10_000),                              1007),
    ("the last byte",                 || bad_at(9_999, 10_000),                              1007),
    ("a byte at 64 KiB",              || bad_at(1 << 16, (1 << 16) + 1),                     1007),
    ("a character that is cut off",   || Frame::text([0xf0, 0x9f, 0xa6]).masked(),           1007),
    ("in a first fragment",           || Frame::text([0xce, 0xba, 0xff]).unfinished().masked(), 1007),
    ("in the second fragment",        || [part("x"), Frame::continuation([0xff]).masked()].concat(), 1007),
    ("over two fragments",            || wire(&[Frame::text([0xed]).unfinished(), Frame::continuation([0xa0, 0x80])]), 1007),
    ("over a ping",                   || wire(&[Frame::text([0xf0]).unfinished(), Frame::ping(""), Frame::continuation("x")]), 1007),
    ("cut off by an empty fragment",  || wire(&[Frame::text([0xce]).unfinished(), Frame::continuation("")]), 1007),
    ("in an unfinished frame",        || { let all = bad_at(2, 100); all[..10].to_vec() },   1007),
];

#[rustfmt::skip] // a table
const CLOSES: &[Row] = &[
    ("half a close code",             || Frame::new(CLOSE, [3]).masked(),                    1002),
    ("a reason that is no UTF-8",     || Frame::new(CLOSE, [3, 0xe8, 0xff]).masked(),        1007),
    ("a reason that is cut off",      || Frame::new(CLOSE, [3, 0xe8, 0xce]).masked(),        1007),
    ("close code 0",                  || Frame::close(0, "").masked(),                       1002),
    ("close code 999",                || Frame::close(999, "").masked(),                     1002),
    ("close code 1004",               || Frame::close(1004, "").masked(),                    1002),
    ("close code 1005",               || Frame::close(1005, "").masked(),                    1002),
    ("close code 1006",               || Frame::close(1006, "").masked(),                    1002),
    ("close code 1015",               || Frame::close(1015, "").masked(),                    1002),
    ("close code 1016",               || Frame::close(1016, "").masked(),                    1002),
    ("close code 2999",               || Frame::close(2999, "").masked(),                    1002),
    ("close code 5000",               || Frame::close(5000, "").masked(),                    1002),
    ("close code 65535",              || Frame::close(65535, "").masked(),                   1002),
];

/// What a client may do, though few do: the code of the Close that is answered.
#[rustfmt::skip] // a table
const LEGAL: &[Row] = &[
    ("a close between fragments",     || after(&Frame::close(1000, "")),                      1000),
    ("a close without a code",        || Frame::empty_close().masked(),                      1005),
    ("a close of 125 bytes",          || Frame::close(4999, &"x".repeat(123)).masked(),      4999),
    ("data behind a close",           || [Frame::close(3000, "").masked(), Frame::text("x").masked().repeat(1000)].concat(), 3000),
    ("a violation behind a close",    || [Frame::close(1001, "").masked(), vec![0xff; 1000]].concat(), 1001),
    ("a hundred closes",              || Frame::close(1000, "").masked().repeat(100),        1000),
];

/// The header of a frame that promises `len` bytes, and some of them.
fn promise(opcode: u8, len: u64) -> Vec<u8> {
    [Frame::new(opcode, []).header_claiming(len, 7 + 64), vec![b'x'; 100]].concat()
}

/// The first part of a text.
fn part(text: &str) -> Vec<u8> {
    Frame::text(text).unfinished().masked()
}

fn after(frame: &Frame) -> Vec<u8> {
    [part("x"), frame.masked()].concat()
}

/// A text of `len` bytes that is not UTF-8 at `place`.
fn bad_at(place: usize, len: usize) -> Vec<u8> {
    let mut text = vec![b'x'; len];
    text[place] = 0xff;
    Frame::text(text).masked()
}

pub(super) fn cases() -> Vec<Case> {
    let rows = [HEADERS, LENGTHS, TEXTS, CLOSES, LEGAL].concat();
    let cases = rows.into_iter().map(|(name, make, code)| {
        Case::new(name, move |server| {
            let bytes = make();
            assert_closes(server, &bytes, bytes.len(), code);
            assert_closes(server, &[&bytes[..], &[0; 50_000]].concat(), usize::MAX, code);
            if bytes.len() <= 1000 {
                assert_closes(server, &bytes, 1, code);
            }
        })
    });
    cases.collect()
}

/// Sends `bytes` in pieces of `size`, and checks that a Close with `code` and the end of the stream
/// come back.
fn assert_closes(server: &TestServer, bytes: &[u8], size: usize, code: u16) {
    let mut client = open(server);
    client.assert_echo("before");
    for piece in bytes.chunks(size) {
        // The answer may come before the last piece; what is sent then is dropped or refused.
        if client.try_send_bytes(piece).is_err() {
            break;
        }
    }
    client.assert_failed(code);
}

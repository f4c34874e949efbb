//! Messages that say which they are, and that can be made again to be compared.

use tests::Frame;
use tests::deflated::deflated;
use tests::wire::{BINARY, TEXT};

use crate::random::Random;

/// The message number `number` of the connection `connection`: its opcode and its payload, which is
/// from a few bytes to 100,000 long.
pub(crate) fn message(connection: u64, number: u32) -> (u8, Vec<u8>) {
    let mut random = Random::new(connection ^ (u64::from(number) << 40));
    let len = match random.below(20) {
        0 => random.below(100_000),
        1..=4 => random.below(8_000),
        _ => random.below(200),
    };
    let mut payload = format!("{connection:016x} {number:08x} ").into_bytes();
    if random.once_in(2) {
        // Compresses well, and has characters of all lengths.
        let word = ["chaos ", "žluť ", "√ ", "🦀"][random.below(4)];
        payload.extend_from_slice(word.repeat(len / word.len()).as_bytes());
        (TEXT, with_sum(payload))
    } else {
        payload.extend((0..len).map(|_| random.next().to_le_bytes()[0]));
        (BINARY, with_sum(payload))
    }
}

/// `payload` with its checksum (FNV-1a) behind it.
fn with_sum(mut payload: Vec<u8>) -> Vec<u8> {
    let sum = payload.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    payload.extend_from_slice(format!("{sum:016x}").as_bytes());
    payload
}

/// Checks that what came is the message `number` of `connection`.
pub(crate) fn assert_is(connection: u64, number: u32, opcode: u8, payload: &[u8]) {
    let begins = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(26)]).into_owned();
    let want = message(connection, number);
    let same = (opcode, payload) == (want.0, &want.1);
    let (got, want) = (begins(payload), begins(&want.1));
    assert!(same, "{got:?} came, of {} bytes, and not {want:?}", payload.len());
}

/// The message number `number` on the wire, in fragments and compressed as it happens, and the Pings
/// between.
pub(crate) fn wire(
    connection: u64,
    number: u32,
    compresses: bool,
    random: &mut Random,
    pings: &mut u32,
) -> Vec<u8> {
    let (opcode, mut payload) = message(connection, number);
    let compressed = compresses && random.once_in(2);
    if compressed {
        payload = deflated(&payload);
    }
    let pieces = if random.once_in(3) { 1 + random.below(6) } else { 1 };
    let mut wire = Vec::new();
    let mut rest = &payload[..];
    for piece in 1..=pieces {
        let len = if piece == pieces { rest.len() } else { random.below(rest.len() + 1) };
        let (now, later) = rest.split_at(len);
        rest = later;
        let frame = if piece == 1 {
            Frame::new(opcode, now).with_rsv(if compressed { 4 } else { 0 })
        } else {
            Frame::continuation(now)
        };
        let frame = if piece == pieces { frame } else { frame.unfinished() };
        wire.extend(frame.masked());
        if random.once_in(8) {
            wire.extend(Frame::ping(pings.to_be_bytes()).masked());
            *pings += 1;
        }
    }
    wire
}

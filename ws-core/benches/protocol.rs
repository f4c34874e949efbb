//! The ways of messages without I/O: bytes to events, and messages to bytes.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use ws_core::extension::{Decoders, Encoders, SendOptions};
use ws_core::protocol::{Event, Heap, Other, Piece, Receiver, Sender, Wants};
use ws_core::{Delivery, Limits, MessageKind, OpCode, Role};

/// Leaves payloads as they are, so that the same bytes can be received again and again; it takes as
/// long as any other.
const KEY: [u8; 4] = [0; 4];

/// Bytes on the wire, how many messages they hold, and who receives them.
struct Wire {
    bytes: Vec<u8>,
    messages: u64,
    receiver: Role,
}

fn sender(role: Role) -> Sender {
    Sender::new(role, Encoders::default())
}

fn receiver(role: Role) -> Receiver {
    let wants = Wants { text: Delivery::Whole, binary: Delivery::Whole, frames: false };
    Receiver::new(role, Limits::default(), wants, Decoders::default(), Heap)
}

/// `messages` messages of one frame each, as `from` sends them.
fn whole(from: Role, kind: MessageKind, payload_len: usize, messages: u64) -> Wire {
    let (mut sender, mut bytes) = (sender(from), Vec::new());
    for _ in 0..messages {
        sender.message(kind, &vec![b'x'; payload_len], KEY, &mut bytes);
    }
    let receiver = if from == Role::Client { Role::Server } else { Role::Client };
    Wire { bytes, messages, receiver }
}

/// Messages of a client, of `fragments` frames each, with a Ping before each last one.
fn fragmented(kind: MessageKind, payload_len: usize, fragments: usize, messages: u64) -> Wire {
    let (mut sender, mut bytes) = (sender(Role::Client), Vec::new());
    let payload = vec![b'x'; payload_len];
    for _ in 0..messages {
        for at in 0..fragments {
            let (first, last) = (at == 0, at + 1 == fragments);
            if last {
                sender.control(OpCode::Ping, b"there?", KEY, &mut bytes);
            }
            let piece = Piece { kind, first, last, options: SendOptions::new() };
            sender.piece(piece, &payload, KEY, &mut bytes);
        }
    }
    Wire { bytes, messages, receiver: Role::Server }
}

/// Receives all of `bytes`: how many messages there were.
fn receive(receiver: &mut Receiver, bytes: &mut [u8]) -> u64 {
    let (mut rest, mut messages) = (bytes, 0);
    loop {
        let (event, behind) = receiver.receive(rest).expect("it is as RFC 6455 wants it");
        match event {
            Some(Event::Text(text)) => messages += u64::from(!black_box(text.as_str()).is_empty()),
            Some(Event::Binary(binary)) => {
                messages += u64::from(!black_box(binary.as_slice()).is_empty());
            }
            Some(Event::Other(Other::Ping(payload))) => {
                black_box(payload);
            }
            Some(other) => unreachable!("nobody sent {other:?}"),
            None => return messages,
        }
        rest = behind;
    }
}

/// Receives `wire` in reads of at most `read` bytes.
fn receiving(criterion: &mut Criterion, name: &str, mut wire: Wire, read: usize) {
    let mut group = criterion.benchmark_group("receive");
    let mut receiver = receiver(wire.receiver);
    group.throughput(Throughput::Elements(wire.messages));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let reads = black_box(&mut wire.bytes[..]).chunks_mut(read);
            let messages: u64 = reads.map(|bytes| receive(&mut receiver, bytes)).sum();
            assert_eq!(messages, wire.messages);
        });
    });
}

fn receive_path(criterion: &mut Criterion) {
    use MessageKind::{Binary, Text};
    use Role::{Client, Server};

    #[rustfmt::skip] // a table
    let whole_frames = [
        ("server, text of 16 bytes",    whole(Client, Text, 16, 64)),
        ("server, binary of 16 bytes",  whole(Client, Binary, 16, 64)),
        ("server, text of 125 bytes",   whole(Client, Text, 125, 64)),
        ("server, text of 1 KiB",       whole(Client, Text, 1 << 10, 32)),
        ("server, binary of 16 KiB",    whole(Client, Binary, 16 << 10, 4)),
        ("client, text of 16 bytes",    whole(Server, Text, 16, 64)),
        ("client, text of 1 KiB",       whole(Server, Text, 1 << 10, 32)),
        ("fragments, 4 of 16 bytes",    fragmented(Text, 16, 4, 16)),
        ("fragments, 16 of 1 KiB",      fragmented(Binary, 1 << 10, 16, 4)),
    ];
    for (name, wire) in whole_frames {
        receiving(criterion, name, wire, usize::MAX);
    }
    // Frames that are cut, in their header or in their payload.
    receiving(
        criterion,
        "cut every 100 bytes, text of 125 bytes",
        whole(Client, Text, 125, 64),
        100,
    );
    receiving(
        criterion,
        "cut every 4 KiB, binary of 64 KiB",
        whole(Client, Binary, 64 << 10, 1),
        4096,
    );
}

fn send_path(criterion: &mut Criterion) {
    for (side, role) in [("server", Role::Server), ("client", Role::Client)] {
        let mut group = criterion.benchmark_group(format!("send as {side}"));
        for len in [16, 125, 1 << 10, 16 << 10] {
            let (mut sender, payload) = (sender(role), vec![b'x'; len]);
            let mut out = Vec::with_capacity(len + 16);
            group.throughput(Throughput::Bytes(len as u64));
            group.bench_function(BenchmarkId::from_parameter(len), |bencher| {
                bencher.iter(|| {
                    out.clear();
                    sender.message(MessageKind::Text, black_box(&payload), KEY, &mut out);
                    black_box(&out);
                });
            });
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    receive_path(&mut criterion);
    send_path(&mut criterion);
    criterion.final_summary();
}

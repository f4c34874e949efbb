//! permessage-deflate on JSON messages of 1 KiB, RFC 7692: each by itself, and with context takeover.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput};
use ws_core::extension::{
    Decoders, Encoders, Extension, ExtensionOffer, PerMessageDeflate, Stack, WindowBits,
};
use ws_core::protocol::{Event, Heap, Receiver, Sender, Wants};
use ws_core::{Delivery, HeaderValue, Limits, MessageKind, Role};

/// Length of a message, in bytes.
const LEN: usize = 1 << 10;

const LEVELS: [u8; 3] = [1, 2, 6];

/// The field that a server agrees with, by how messages are compressed.
const MANNERS: [(&str, &str); 3] = [
    ("alone", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
    ("takeover of 2 KiB", "permessage-deflate; server_max_window_bits=11"),
    ("takeover of 32 KiB", "permessage-deflate"),
];

/// Messages as an application sends them: alike, and no two of them the same.
fn messages() -> Vec<String> {
    let mut state = 1_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    let mut message = |_| {
        let mut json = String::from("[");
        while json.len() < LEN {
            let (id, price, user) = (next(100_000), next(1_000_000), next(50));
            write!(json, r#"{{"id":{id},"price":{price},"user":"user {user}","on":true}},"#)
                .expect("strings take everything");
        }
        json.truncate(LEN - 1);
        json + "]"
    };
    (0..16).map(&mut message).collect()
}

/// One side's halves, after the server answered `field`.
fn halves(level: u8, field: &'static str, role: Role) -> (Decoders, Encoders) {
    let extension = PerMessageDeflate::default()
        .level(level)
        .server_context_takeover(WindowBits::MAX)
        .client_context_takeover(WindowBits::MAX);
    let installed: [Arc<dyn Extension>; 1] = [Arc::new(extension)];
    let answer = ExtensionOffer::parse_list([&HeaderValue::from_static(field)])
        .expect("the field is well-formed");
    Stack::start_all(&installed, &answer, role).expect("it is a legal answer").split()
}

fn sender(level: u8, field: &'static str) -> Sender {
    Sender::new(Role::Server, halves(level, field, Role::Server).1)
}

fn compress(criterion: &mut Criterion) {
    let messages = messages();
    for (manner, field) in MANNERS {
        let mut group = criterion.benchmark_group(format!("compress, {manner}"));
        group.throughput(Throughput::Bytes(LEN as u64));
        for level in LEVELS {
            let mut sender = sender(level, field);
            let mut due = messages.iter().cycle();
            let mut out = Vec::with_capacity(2 * LEN);
            group.bench_function(BenchmarkId::new("level", level), |bencher| {
                bencher.iter(|| {
                    out.clear();
                    let message = due.next().expect("it is a cycle").as_bytes();
                    sender.message(MessageKind::Text, black_box(message), [0; 4], &mut out);
                    black_box(&out);
                });
            });
            assert!(out.len() < LEN, "it was compressed");
        }
    }
}

fn decompress(criterion: &mut Criterion) {
    let messages = messages();
    let wants = Wants { text: Delivery::Whole, binary: Delivery::Whole, frames: false };
    let mut group = criterion.benchmark_group("decompress");
    group.throughput(Throughput::Bytes(LEN as u64));
    for (manner, field) in MANNERS {
        let mut sender = sender(PerMessageDeflate::DEFAULT_LEVEL, field);
        // The first refers to nothing before it: all of them can be received again and again.
        let mut wires: Vec<Vec<u8>> = messages
            .iter()
            .map(|message| {
                let mut wire = Vec::new();
                sender.message(MessageKind::Text, message.as_bytes(), [0; 4], &mut wire);
                wire
            })
            .collect();
        let (decoders, _) = halves(PerMessageDeflate::DEFAULT_LEVEL, field, Role::Client);
        let mut receiver = Receiver::new(Role::Client, Limits::default(), wants, decoders, Heap);
        let mut due = 0;
        group.bench_function(manner, |bencher| {
            bencher.iter(|| {
                let (event, _) = receiver.receive(black_box(&mut wires[due])).expect("it is legal");
                let Some(Event::Text(text)) = event else {
                    unreachable!("the whole of it is there")
                };
                assert_eq!(text.as_str().len(), LEN);
                due = (due + 1) % messages.len();
            });
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    compress(&mut criterion);
    decompress(&mut criterion);
    criterion.final_summary();
}

//! The check of text, RFC 6455 §8.1: of whole messages, and of messages that come in pieces.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use ws_core::utf8::{self, Partial};

/// Text that is repeated until it is long enough, by what it is made of.
const TEXTS: [(&str, &str); 3] = [
    ("ASCII", "The quick brown fox jumps over the lazy dog. "),
    ("two bytes", "Съешь же ещё этих мягких французских булок, да выпей чаю. "),
    ("all lengths", "Žluťoučký kůň, 色は匂へど 散りぬるを, and 🦀🦀. "),
];

/// Lengths of messages in bytes, at most.
const LENS: [usize; 5] = [16, 48, 125, 1 << 10, 16 << 10];

/// Length of the pieces that longer messages come in, in bytes. Most begin inside of a code point.
const PIECE: usize = 999;

/// `sample` again and again, in at most `len` bytes.
fn text(sample: &str, len: usize) -> String {
    let mut text = sample.repeat(len / sample.len() + 1);
    text.truncate(text.floor_char_boundary(len));
    text
}

fn whole(criterion: &mut Criterion) {
    for (name, sample) in TEXTS {
        let mut group = criterion.benchmark_group(format!("whole text, {name}"));
        for len in LENS {
            // Where the payload of a short masked frame begins.
            let bytes = ["012345", &text(sample, len)].concat();
            let payload = &bytes.as_bytes()[6..];
            group.throughput(Throughput::Bytes(payload.len() as u64));
            group.bench_function(BenchmarkId::from_parameter(len), |bencher| {
                bencher.iter(|| utf8::whole(black_box(payload)).is_ok());
            });
        }
    }
}

fn pieces(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("text in pieces");
    for (name, sample) in TEXTS {
        let text = text(sample, 16 << 10);
        let mut collected = String::with_capacity(text.len());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                collected.clear();
                let mut partial = Partial::default();
                for piece in black_box(text.as_bytes()).chunks(PIECE) {
                    utf8::append(&mut collected, &mut partial, piece).expect("it is text");
                }
                assert!(partial.is_empty());
            });
        });
        assert_eq!(collected, text);
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    whole(&mut criterion);
    pieces(&mut criterion);
    criterion.final_summary();
}

//! What each frame costs before its payload is looked at: masking (RFC 6455 §5.3), and headers to
//! bytes and back (§5.2).

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use ws_core::frame::{FrameHeader, Rsv, decode_header, encode_header};
use ws_core::{OpCode, mask};

const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// Payloads as chats, control frames, documents, fragments and files have them, in bytes.
const LENS: [usize; 5] = [16, 125, 1 << 10, 16 << 10, 1 << 20];

/// One for each form of the length.
const HEADER_LENS: [(&str, u64); 3] = [("7 bits", 16), ("16 bits", 1 << 10), ("64 bits", 1 << 20)];

fn masking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mask");
    for len in LENS {
        let mut payload = vec![b'x'; len];
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(BenchmarkId::from_parameter(len), |bencher| {
            bencher.iter(|| mask::apply(black_box(&mut payload), black_box(KEY), 0));
        });
    }
}

fn headers(criterion: &mut Criterion) {
    for (side, mask) in [("server", None), ("client", Some(KEY))] {
        let mut group = criterion.benchmark_group(format!("header of a {side}"));
        for (form, payload_len) in HEADER_LENS {
            let opcode = OpCode::Text;
            let header = FrameHeader { fin: true, rsv: Rsv::NONE, opcode, mask, payload_len };
            group.bench_function(BenchmarkId::new("encode", form), |bencher| {
                bencher.iter(|| encode_header(black_box(&header)));
            });
            let (bytes, len) = encode_header(&header);
            group.bench_function(BenchmarkId::new("decode", form), |bencher| {
                bencher.iter(|| decode_header(black_box(&bytes[..len])));
            });
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    masking(&mut criterion);
    headers(&mut criterion);
    criterion.final_summary();
}

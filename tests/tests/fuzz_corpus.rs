//! The fuzz targets over the kept corpus, and over what lies next to it: every beginning of every
//! input, and short inputs with any one bit turned over.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use tests::fuzz::{TARGETS, Target};

/// Longest input whose every beginning is run.
const CUT: usize = 2048;

/// Longest input whose every bit is turned over.
const FLIP: usize = 160;

/// Most bytes that the corpus may have in the repository.
const MOST: u64 = 100 * 1024;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("fuzz/corpus")
}

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpus().join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    inputs.sort();
    inputs
}

/// Runs a target; a panic's message is followed by the input.
fn run((name, target): Target, input: &[u8], from: &Path) {
    if std::panic::catch_unwind(|| target(input)).is_err() {
        panic!("{name}, from {}: {}", from.display(), input.escape_ascii());
    }
}

fn run_all(target: Target) {
    let inputs = inputs(target.0);
    assert!(inputs.len() >= 3, "{}: {} inputs", target.0, inputs.len());
    for (path, input) in inputs {
        run(target, &input, &path);
        let cuts = if input.len() <= CUT { input.len() } else { 0 };
        for len in 0..cuts {
            run(target, &input[..len], &path);
        }
        let flips = if input.len() <= FLIP { 8 * input.len() } else { 0 };
        for bit in 0..flips {
            let mut flipped = input.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            run(target, &flipped, &path);
        }
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let all = TARGETS.iter();
                run_all(*all.clone().find(|(name, _)| *name == stringify!($name)).unwrap());
            }
        )*

        /// Every target is run here, and has its file in `fuzz/`.
        #[test]
        fn no_target_is_left_out() {
            let mut here = [$(stringify!($name)),*];
            here.sort_unstable();
            let all: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(here[..], all);
            for name in all {
                let file = corpus().parent().unwrap().join(format!("fuzz_targets/{name}.rs"));
                assert!(file.is_file(), "{}", file.display());
            }
        }
    };
}

targets! {
    client_response close_payload conn_client conn_server deflate_offer deflate_roundtrip ext_header
    frame_header inflate mask path_template utf8_incremental
}

#[test]
fn the_corpus_is_small() {
    let files = TARGETS.iter().flat_map(|(name, _)| inputs(name));
    let sum: u64 = files.map(|(_, input)| input.len() as u64).sum();
    assert!(sum <= MOST, "{sum} bytes");
}

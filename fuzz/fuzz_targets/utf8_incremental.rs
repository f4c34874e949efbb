//! Runs `utf8_incremental` of `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::utf8_incremental(data));

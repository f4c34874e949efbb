//! Runs `deflate_offer` of `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::deflate_offer(data));

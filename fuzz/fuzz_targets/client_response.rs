//! Runs `client_response` of `tests/src/fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::client_response(data));

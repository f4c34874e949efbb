//! What the compile-fail suite says to the author of a mistake.

use std::fs;

/// Checks that `case` is a mistake of the compile-fail suite, and that its author reads `sentence`.
#[track_caller]
pub fn assert_explained(case: &str, sentence: &str) {
    let folder = env!("CARGO_MANIFEST_DIR");
    let read = |name: &str| {
        fs::read_to_string(format!("{folder}/{name}")).unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    let suite = read("tests/ui.rs");
    assert!(suite.contains("compile_fail(\"ui/*.rs\")"), "the suite runs every file");
    assert!(!read(&format!("ui/{case}.rs")).is_empty());
    let said = read(&format!("ui/{case}.stderr"));
    assert!(said.contains(sentence), "ui/{case}.stderr does not say {sentence:?}");
}

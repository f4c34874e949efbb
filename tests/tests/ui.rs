//! What the macros accept, and what they say to the rest.
//!
//! Each file under `ui/` is one mistake and is named after it; its `.stderr` is what the author of
//! that mistake reads. `TRYBUILD=overwrite cargo test --test ui` writes them anew.

/// The rules of Jakarta WebSocket 2.2 that are kept by not compiling what breaks them, by the numbers
/// of its assertions (WSC), with the fixtures that break them.
const JAKARTA: &[(&str, &[&str])] = &[
    ("2.1.3-1", &["two_text_handlers", "whole_and_parts_of_one_kind"]),
    ("2.1.3-2", &["two_handlers_of_one_decoded_kind", "reader_of_both_kinds_beside_another"]),
    ("4.1-1", &["no_default", "factory_of_another_type", "generic_endpoint_without_default"]),
    ("4.1.1-3", &["malformed_path", "path_missing"]),
    ("4.1.2-1", &["reply_without_encoder"]),
    ("4.3-1", &["path_param_without_from_str", "optional_path_param_without_from_str"]),
    ("4.3-2", &["path_param_not_in_path", "path_param_with_pattern"]),
    ("4.4-3", &["duplicate_on_open", "unknown_parameter", "parameter_of_another_event"]),
    ("4.5-4", &["duplicate_on_close", "unknown_parameter", "reply_from_on_close"]),
    ("4.6-3", &["two_handlers_of_one_error", "two_names_of_one_error", "error_by_value"]),
    ("4.7-1", &["bool_beside_whole_message", "message_missing", "two_messages_in_one_handler"]),
    ("4.7-4", &["two_text_handlers", "handlers_under_overlapping_cfgs"]),
];

#[test]
fn jakartas_rules_have_their_fixtures() {
    for (rule, fixtures) in JAKARTA {
        for fixture in *fixtures {
            let path = format!("{}/ui/{fixture}.stderr", env!("CARGO_MANIFEST_DIR"));
            assert!(std::path::Path::new(&path).exists(), "WSC-{rule}: {path}");
        }
    }
}

#[test]
fn legal_shapes_compile_and_mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/*.rs");
}

//! What the macros accept, and what they say to the rest.
//!
//! Each file under `ui/` is one mistake and is named after it; its `.stderr` is what the author of
//! that mistake reads. `TRYBUILD=overwrite cargo test --test ui` writes them anew.

#[test]
fn legal_shapes_compile_and_mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/*.rs");
}

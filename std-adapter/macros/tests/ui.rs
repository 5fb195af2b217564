//! What the attribute refuses, and how its refusals read and where they point.
//!
//! Only messages of its own are here: those of the compiler change from version to version.

/// Each file in `ui/` fails to compile with the text beside it.
#[test]
fn refusals_point_at_their_place() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

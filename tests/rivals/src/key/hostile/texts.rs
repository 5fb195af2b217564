//! Strings: escapes of every kind, and characters of every length.

use super::{Hostile, MB, repeated};

pub(super) fn bodies(_seed: u64) -> Vec<Hostile> {
    let cases = [
        ("string of \\n", r"\n"),
        ("string of \\\"", r#"\""#),
        ("string of \\\\", r"\\"),
        ("string of \\/", r"\/"),
        ("string of \\u0041", r"\u0041"),
        ("string of \\u0000", r"\u0000"),
        ("string of \\u000a", r"\u000a"),
        ("string of \\u20ac", r"\u20ac"),
        ("string of \\ud83d\\ude00", r"\ud83d\ude00"),
        ("string of a\\n", r"a\n"),
        ("string of eight bytes and \\n", r"abcdefgh\n"),
        ("string of 2-byte characters", "\u{e9}"),
        ("string of 3-byte characters", "\u{4e2d}"),
        ("string of 4-byte characters", "\u{1f600}"),
        ("string of 1- and 2-byte characters", "a\u{e9}"),
        ("string of 2-byte characters and \\n", "\u{e9}\\n"),
    ];
    let mut bodies: Vec<_> =
        cases.into_iter().map(|(name, piece)| (name, string(MB, piece))).collect();
    bodies.push(("10MB string of \\n", string(10 * MB, r"\n")));
    bodies.push(("10MB string of \\u0041", string(10 * MB, r"\u0041")));
    bodies.push(("10MB string of \\ud83d\\ude00", string(10 * MB, r"\ud83d\ude00")));
    bodies.push(("10MB string of \\\"", string(10 * MB, r#"\""#)));
    bodies.push(("strings of one character", repeated(MB, "[", "]", r#""a""#)));
    bodies.push(("strings of one escape", repeated(MB, "[", "]", r#""\n""#)));
    bodies.push(("empty strings", repeated(MB, "[", "]", r#""""#)));
    bodies
}

/// A document that is one string.
fn string(len: usize, piece: &str) -> Vec<u8> {
    format!("\"{}\"", piece.repeat((len - 2) / piece.len())).into_bytes()
}

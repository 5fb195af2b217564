//! The budget's cases.

use super::sides;
use crate::{
    Options,
    bodies::{Body, anthropic, openai},
    report::{Ratio, Table},
    text::Style::{Ascii, Cjk, Escapes, Mixed},
    timing::{by_turns, side},
};

pub(crate) const COLUMNS: [&str; 4] = ["ours", "canonicalizer_sha256", "jcs_sha256", "raw_sha256"];

pub(crate) const RATIOS: [Ratio; 2] = [
    Ratio { name: "ours/raw", above: 0, below: 3 },
    Ratio { name: "canonicalizer/ours", above: 1, below: 0 },
];

/// Prints the table.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut table = Table::begin(options, "key", &COLUMNS, &RATIOS);
    for (case, Body { dialect, json }) in bodies(options.seed) {
        sides::check_equal(case, &json)?;
        let hasher = sides::hasher(dialect)?;
        let spreads = by_turns(
            options.plan,
            &mut [
                side(|| sides::ours(&hasher, &json)),
                side(|| sides::canonicalizer_sha256(&json)),
                side(|| sides::jcs_sha256(&json)),
                side(|| sides::raw_sha256(&json)),
            ],
        );
        table.row(case, &spreads);
    }
    table.mean();
    Ok(())
}

/// The cases by the names that the budget gives them; both vendors' shapes by turns.
pub(crate) fn bodies(seed: u64) -> [(&'static str, Body); 7] {
    [
        ("1KB ascii", anthropic(Ascii, 1_000, seed)),
        ("20KB ascii", openai(Ascii, 20_000, seed)),
        ("100KB ascii", anthropic(Ascii, 100_000, seed)),
        ("100KB mixed", openai(Mixed, 100_000, seed)),
        ("100KB cjk", anthropic(Cjk, 100_000, seed)),
        ("100KB escapes", openai(Escapes, 100_000, seed)),
        ("1MB ascii", anthropic(Ascii, 1_000_000, seed)),
    ]
}

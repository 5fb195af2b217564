//! What the worst bodies cost beside a plain one: the budget is ten times as much.

use std::{hint::black_box, time::Instant};

use llm_cache_core::{
    canonical::Slot,
    key::{Dialect, KeyHasher},
};

use super::{hostile, sides};
use crate::{
    Options,
    bodies::anthropic,
    report::{Ratio, Table},
    text::Style,
    timing::{Spread, by_turns, side},
};

const RATIOS: [Ratio; 1] = [Ratio { name: "ours/plain", above: 0, below: 1 }];

/// Prints the table: times are those of 1 MB, whatever the length of a body.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    table(options, "key worst", |hasher, body| {
        black_box(hasher.key_alloc(body).is_ok());
    })
}

/// Slots of a caller that has few.
const FEW: usize = 128;

/// The same where the caller has 128 slots, until there is a key or the word that more are needed.
pub(crate) fn run_with_few_slots(options: &Options) -> Result<(), String> {
    let mut scratch = [Slot::EMPTY; FEW];
    table(options, "key worst with 128 slots", move |hasher, body| {
        black_box(hasher.key(body, &mut scratch).is_ok());
    })
}

fn table(
    options: &Options,
    name: &'static str,
    mut key: impl FnMut(&KeyHasher, &[u8]),
) -> Result<(), String> {
    let columns = ["ours", "plain", "raw_sha256"];
    let mut table = Table::begin(options, name, &columns, &RATIOS);
    let hasher = sides::hasher(Dialect::AnthropicMessages)?;
    let plain = anthropic(Style::Ascii, 1_000_000, options.seed).json;
    for (case, body) in hostile::KINDS.iter().flat_map(|bodies| bodies(options.seed)) {
        let start = Instant::now();
        key(&hasher, &body);
        let spreads = by_turns(
            options.plan.bounded(start.elapsed()),
            &mut [
                side(|| key(&hasher, black_box(&body))),
                side(|| sides::ours(&hasher, &plain)),
                side(|| sides::raw_sha256(&body)),
            ],
        );
        let lengths = [body.len(), plain.len(), body.len()];
        let of_1_mb = spreads.iter().zip(lengths).map(|(spread, len)| scaled(spread, len));
        table.row(case, &of_1_mb.collect::<Vec<_>>());
    }
    Ok(())
}

fn scaled(spread: &Spread, len: usize) -> Spread {
    let per_mb = |time: f64| time * 1e6 / len as f64;
    let Spread { low, median, high } = *spread;
    Spread { low: per_mb(low), median: per_mb(median), high: per_mb(high) }
}

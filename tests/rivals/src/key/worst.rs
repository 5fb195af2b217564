//! What the worst bodies cost beside a plain one: the budget is ten times as much.

use std::time::{Duration, Instant};

use llm_cache_core::key::Dialect;

use super::{hostile, sides};
use crate::{
    Options,
    bodies::anthropic,
    report::{Ratio, Table},
    text::Style,
    timing::{Spread, by_turns, side},
};

const RATIOS: [Ratio; 1] = [Ratio { name: "ours/plain", above: 0, below: 1 }];

/// What one case may take. There are many; those far beyond the budget get fewer rounds.
const CASE_MAX: Duration = Duration::from_millis(600);

/// Prints the table: times are those of 1 MB, whatever the length of a body.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let columns = ["ours", "plain", "raw_sha256"];
    let mut table = Table::begin(options, "key worst", &columns, &RATIOS);
    let hasher = sides::hasher(Dialect::AnthropicMessages)?;
    let plain = anthropic(Style::Ascii, 1_000_000, options.seed).json;
    for (case, body) in hostile::KINDS.iter().flat_map(|bodies| bodies(options.seed)) {
        let start = Instant::now();
        if let Err(error) = hasher.key_alloc(&body) {
            eprintln!("# {case} is refused: {error}");
        }
        let spreads = by_turns(
            options.plan.within(CASE_MAX, start.elapsed()),
            &mut [
                side(|| sides::ours(&hasher, &body)),
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

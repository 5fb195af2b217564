//! `table`: what a call takes beside other caches of the same number of entries, with the hit ratio
//! and the memory of each in the same run.

mod caches;
mod cases;
mod stream;
mod threads;

use crate::{
    Options,
    report::{Ratio, Table},
};
use caches::SIDES;
use cases::Case;

const ENTRIES: [usize; 4] = [64, 1024, 10_000, 1_000_000];
const EXPONENTS: [f64; 3] = [0.7, 0.9, 1.1];
const BYTES: [usize; 2] = [64, 1024];

const RATIOS: [Ratio; 2] = [
    Ratio { name: "ours/quick_cache_unsync", above: 0, below: 1 },
    Ratio { name: "uluru/ours", above: 6, below: 0 },
];

/// Prints all tables, or those of one capacity, or that of several threads. A quick run has one
/// popularity, and no capacity of a million but on request.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let only = options.only.as_deref();
    let wanted = |entries: &&usize| match only {
        Some(only) => entries.to_string() == only,
        None => **entries <= 10_000 || !options.quick,
    };
    let entries: Vec<_> = ENTRIES.iter().filter(wanted).collect();
    if entries.is_empty() && only != Some("threads") {
        let names = ENTRIES.map(|entries| entries.to_string()).join(", ");
        return Err(format!("there is no such table; there are: {names}, threads"));
    }
    if !entries.is_empty() {
        let sides = SIDES.map(|(name, _)| name);
        let of_each = |unit| sides.map(|side| format!("{side}_{unit}"));
        let others = [of_each("hit_ratio"), of_each("bytes_per_entry")].concat();
        let mut table = Table::begin_with(options, "table", "ns", &sides, &RATIOS, &others);
        for &entries in entries {
            for bytes in BYTES {
                for exponent in EXPONENTS {
                    if exponent == 0.9 || !options.quick {
                        Case { entries, exponent, bytes }.run(options, &mut table);
                    }
                }
            }
        }
        table.mean();
    }
    if only.is_none_or(|only| only == "threads") {
        threads::run(options);
    }
    Ok(())
}

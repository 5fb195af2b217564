//! What less scratch memory costs: the caller's slots from the fewest that do.

use llm_cache_core::{
    canonical::{Slot, scratch_needed},
    key::{Dialect, KeyHasher},
};

use super::{cases, sides};
use crate::{
    Options,
    bodies::Body,
    report::{Ratio, Table},
    timing::{by_turns, side},
};

const RATIOS: [Ratio; 1] = [Ratio { name: "ours/key_alloc", above: 0, below: 1 }];

/// Prints the table: for each body the fewest slots, those that `scratch_needed` tells, and some
/// numbers between.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let columns = ["ours", "key_alloc", "raw_sha256"];
    let mut table = Table::begin(options, "key scratch", &columns, &RATIOS);
    let wide = Body { dialect: Dialect::Json, json: wide() };
    for (case, Body { dialect, json }) in
        cases::bodies(options.seed).into_iter().chain([("10000 members", wide)])
    {
        let hasher = sides::hasher(dialect)?;
        let needed = scratch_needed(&json).map_err(|error| format!("{case}: {error}"))?;
        let mut scratch = vec![Slot::EMPTY; needed];
        for slots in steps(fewest(&hasher, &json, &mut scratch), needed) {
            let spreads = by_turns(
                options.plan,
                &mut [
                    side(|| hasher.key(&json, &mut scratch[..slots])),
                    side(|| hasher.key_alloc(&json)),
                    side(|| sides::raw_sha256(&json)),
                ],
            );
            table.row(&format!("{case}, {slots} of {needed} slots"), &spreads);
        }
    }
    Ok(())
}

/// An object of 10,000 members in reverse order.
fn wide() -> Vec<u8> {
    let members: Vec<_> = (0..10_000).rev().map(|name| format!(r#""{name:04}":0"#)).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// The fewest slots that do, found by halving: with more of them a key never fails.
fn fewest(hasher: &KeyHasher, body: &[u8], scratch: &mut [Slot]) -> usize {
    let (mut too_few, mut enough) = (0, scratch.len());
    while too_few < enough {
        let middle = (too_few + enough) / 2;
        if hasher.key(body, &mut scratch[..middle]).is_ok() {
            enough = middle;
        } else {
            too_few = middle + 1;
        }
    }
    enough
}

/// Three numbers from `low` to `high`, the middle one by ratio; fewer where they are equal.
fn steps(low: usize, high: usize) -> Vec<usize> {
    let middle = ((low as f64 * high as f64).sqrt() as usize).clamp(low, high);
    let mut steps = vec![low, middle, high];
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bodies::anthropic, text::Style};

    /// One slot less than the fewest does not do.
    #[test]
    fn the_fewest_slots_are_found() {
        let Body { dialect, json } = anthropic(Style::Ascii, 20_000, 1);
        let hasher = sides::hasher(dialect).unwrap();
        let mut scratch = vec![Slot::EMPTY; scratch_needed(&json).unwrap()];
        let fewest = fewest(&hasher, &json, &mut scratch);
        assert!(hasher.key(&json, &mut scratch[..fewest]).is_ok());
        assert!(hasher.key(&json, &mut scratch[..fewest - 1]).is_err());
        assert_eq!(steps(2, 200), [2, 20, 200]);
        assert_eq!(steps(5, 5), [5]);
    }
}

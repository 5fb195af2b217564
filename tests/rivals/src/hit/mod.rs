//! `hit`: what share of the requests of recorded traces each cache answers.

mod sides;
mod trace;

use crate::{Options, parallel, report};
use sides::SIDES;
use trace::Trace;

/// Sizes, as shares of a trace's unique keys in percent.
const PERCENTS: [usize; 4] = [1, 5, 10, 30];
/// How many requests a quick run plays at most, over all traces.
const QUICK_REQUESTS: usize = 1_000_000;

/// Prints the table: a row for each trace and size, then the means. Nothing in it depends on the
/// machine, so there are no rounds and no spread.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let folder = options.traces.as_ref().ok_or("hit needs --traces DIR")?;
    let traces = trace::load_all(folder, options.quick.then_some(QUICK_REQUESTS))?;
    report::begin(options, "hit");
    let header: Vec<_> = SIDES.iter().map(|(name, _)| *name).collect();
    println!("case\t{}\tbest_rival_ratio", header.join("\t"));
    let rows = play(&traces, options.seed);
    for ((trace, percent), ratios) in &rows {
        report::print_row(&format!("{} {percent}%", trace.name), ratios);
    }
    for percent in PERCENTS {
        let of_size = rows.iter().filter(|(case, _)| case.1 == percent);
        report::print_row(
            &format!("MEAN {percent}%"),
            &report::mean(of_size.map(|(_, ratios)| ratios)),
        );
    }
    report::print_row("MEAN", &report::mean(rows.iter().map(|(_, ratios)| ratios)));
    Ok(())
}

/// A trace and the size of the caches in percent of its unique keys.
type Case<'t> = (&'t Trace, usize);

/// The hit ratios of all sides in all cases, and of the best rival.
fn play(traces: &[Trace], seed: u64) -> Vec<(Case<'_>, Vec<f64>)> {
    let of_trace = |trace| PERCENTS.map(|percent| (trace, percent));
    let cases: Vec<Case<'_>> = traces.iter().flat_map(of_trace).collect();
    let rows = parallel::map(&cases, |case| ratios(case, seed));
    cases.into_iter().zip(rows).collect()
}

fn ratios(&(trace, percent): &Case<'_>, seed: u64) -> Vec<f64> {
    let capacity = (trace.keys * percent / 100).max(1);
    let ratio = |hits| hits as f64 / trace.requests.len() as f64;
    let ratios = SIDES.iter().map(|(_, side)| ratio(side(trace, capacity, seed)));
    let mut ratios: Vec<_> = ratios.collect();
    let rivals = &ratios[1..SIDES.len() - 1];
    ratios.push(rivals.iter().copied().fold(0.0, f64::max));
    ratios
}

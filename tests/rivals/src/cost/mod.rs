//! `cost`: what share of the money each cache saves, on requests with LLM-like sizes and prices.

mod bound;
mod sides;
mod workload;

use crate::{Options, parallel, report};
use sides::footprint;
use workload::Workload;

/// How many workloads there are, and of how many requests each.
const SEEDS: u64 = 10;
const REQUESTS: usize = 200_000;

/// A table, and its memory as a share of what all answers of a workload would take, in thousandths.
struct Entry {
    name: &'static str,
    per_mille: usize,
    quick: bool,
}

const TABLES: [Entry; 3] = [
    Entry { name: "main", per_mille: 50, quick: true },
    Entry { name: "small", per_mille: 10, quick: false },
    Entry { name: "large", per_mille: 200, quick: false },
];

const COLUMNS: [&str; 8] = [
    "ours_saved",
    "lru_saved",
    "gdsf_saved",
    "bound_saved",
    "ours/gdsf",
    "ours/lru",
    "ours/bound",
    "memory_mb",
];

/// Prints the tables. Nothing in them depends on the machine: there are no rounds and no spread.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let wanted = |table: &&Entry| options.wants(table.name, table.quick);
    if !TABLES.iter().any(|table| wanted(&table)) {
        let names = TABLES.map(|table| table.name).join(", ");
        return Err(format!("there is no such table; there are: {names}"));
    }
    let seeds: Vec<_> = (0..SEEDS).map(|at| options.seed.wrapping_add(at)).collect();
    for table in TABLES.iter().filter(wanted) {
        report::begin(options, &format!("cost {}", table.name));
        println!("case\t{}", COLUMNS.join("\t"));
        let rows = parallel::map(&seeds, |seed| row(*seed, table.per_mille));
        for (seed, row) in seeds.iter().zip(&rows) {
            report::print_row(&format!("seed {seed}"), row);
        }
        report::print_row("MEAN", &report::mean(&rows));
    }
    Ok(())
}

fn row(seed: u64, per_mille: usize) -> Vec<f64> {
    let workload = Workload::new(seed, REQUESTS);
    let memory = workload.answers.iter().map(footprint).sum::<usize>() * per_mille / 1000;
    let cost = workload.cost() as f64;
    let ours = sides::ours(&workload, memory, seed) as f64 / cost;
    let lru = sides::lru(&workload, memory) as f64 / cost;
    let gdsf = sides::gdsf(&workload, memory) as f64 / cost;
    let bound = sides::upper_bound(&workload, memory) / cost;
    vec![ours, lru, gdsf, bound, ours / gdsf, ours / lru, ours / bound, memory as f64 / 1e6]
}

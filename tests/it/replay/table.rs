//! The printed table: what became of the recorded pairs, pass by pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use llm_cache::cache::Outcome;
use llm_cache_tests::replay::Pair;

use super::{bench::Asked, recorded};

/// Which asking of a pair it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pass {
    /// The first one.
    First,
    /// In the same process.
    Again,
    /// After the store was closed and opened.
    Reopened,
}

/// Pairs by dialect and verdict, and how each pass was answered.
#[derive(Default)]
pub(super) struct Table(BTreeMap<(&'static str, String), Row>);

#[derive(Default)]
struct Row {
    passes: [Cell; 3],
}

/// One verdict in one pass.
#[derive(Default)]
struct Cell {
    pairs: usize,
    calls: u64,
    /// Ways of being answered: `hit memory`, `miss absent`, `bypass`.
    ways: BTreeSet<String>,
}

impl Table {
    /// Counts what a call came to, as the caller and the cache's observer were told.
    pub(super) fn count(&mut self, pair: &Pair, pass: Pass, asked: &Asked) {
        let row = (recorded::dialect(pair).as_str(), asked.verdict());
        let cell = &mut self.0.entry(row).or_default().passes[pass as usize];
        cell.pairs += 1;
        cell.calls += asked.calls;
        cell.ways.insert(match asked.outcome {
            Outcome::Hit { tier, .. } => format!("hit {tier}"),
            Outcome::Bypass { .. } => "bypass".into(),
            other => other.to_string(),
        });
    }

    /// Pairs by verdict, over both dialects.
    pub(super) fn by_verdict(&self) -> BTreeMap<&str, usize> {
        let mut pairs = BTreeMap::new();
        for ((_, verdict), row) in &self.0 {
            *pairs.entry(verdict.as_str()).or_default() += row.passes[0].pairs;
        }
        pairs
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<18} {:<17} {:>5}", "dialect", "verdict", "pairs")?;
        for pass in ["first pass", "second pass", "reopened"] {
            write!(f, "   {pass:<11} {:>5}", "calls")?;
        }
        writeln!(f)?;
        for ((dialect, verdict), row) in &self.0 {
            write!(f, "{dialect:<18} {verdict:<17} {:>5}", row.passes[0].pairs)?;
            for cell in &row.passes {
                let ways: Vec<&str> = cell.ways.iter().map(String::as_str).collect();
                write!(f, "   {:<11} {:>5}", ways.join(", "), cell.calls)?;
            }
            writeln!(f)?;
        }
        let pairs: usize = self.by_verdict().values().sum();
        write!(f, "{:<18} {:<17} {pairs:>5}", "sum", "")?;
        for pass in 0..3 {
            let calls: u64 = self.0.values().map(|row| row.passes[pass].calls).sum();
            write!(f, "   {:<11} {calls:>5}", "")?;
        }
        writeln!(f)
    }
}

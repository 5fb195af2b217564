//! `plan`: what prompts cost with the marks of the adapter's planner, with rules that do not look
//! back, and with the cheapest marks there are.

#[cfg(test)]
mod exhaustive;
mod loops;
mod optimum;
mod price;
mod prompt;
mod rules;
#[cfg(test)]
mod tests;
mod trace;

use llm_cache_planner::engine::Engine;

use crate::{Options, report, shared};
use optimum::Optimum;
use price::Provider;
use prompt::{Mark, Prompt, TERMS};
use rules::Rule;

/// Prefixes that the planner remembers, as the adapter does.
const PREFIXES: usize = 65_536;
/// Turns of the loops.
const TURNS: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 200];
/// How long a stretch is over which no rule may be cheaper.
const STRETCH_MS: u64 = 10 * 60 * 1000;

const RULES: [(&str, Rule); 5] = [
    ("none_rel", rules::none),
    ("automatic_rel", rules::automatic),
    ("mark_last_rel", rules::mark_last),
    ("static_prefix_rel", rules::static_prefix),
    ("static_prefix_alone_rel", rules::static_prefix_alone),
];

/// What the prompts of a case cost, in prices of a token.
struct Outcome {
    tokens: f64,
    ours: Vec<f64>,
    /// In the order of [`RULES`].
    fixed: Vec<Vec<f64>>,
    optimum: Optimum,
}

/// Prints the tables. Nothing in them depends on the machine: there are no rounds and no spread.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    const TABLES: [&str; 2] = ["relative", "stretches"];
    if !TABLES.iter().any(|table| options.wants(table, true)) {
        return Err(format!("there is no such table; there are: {}", TABLES.join(", ")));
    }
    let outcomes: Vec<_> = cases(options)?
        .into_iter()
        .map(|(case, prompts)| (case, Outcome::of(&prompts), prompts))
        .collect();
    if options.wants("relative", true) {
        report::begin(options, "plan relative");
        let rules: Vec<_> = RULES[..4].iter().map(|(name, _)| *name).collect();
        println!("case\tours_rel\t{}\toptimum_rel", rules.join("\t"));
        for (case, outcome, _) in &outcomes {
            let fixed = outcome.fixed[..4].iter().map(|costs| outcome.relative(costs));
            let ours = outcome.relative(&outcome.ours);
            let cells: Vec<_> = [ours].into_iter().chain(fixed).collect();
            print_row(case, &cells, outcome.optimum.cost / outcome.tokens);
        }
    }
    if options.wants("stretches", true) {
        report::begin(options, "plan stretches");
        println!("case\tours/best_fixed\tstatic_prefix_alone_rel\tours/optimum\tbound_rel");
        for (case, outcome, prompts) in &outcomes {
            let alone = outcome.relative(&outcome.fixed[4]);
            let ours: f64 = outcome.ours.iter().sum();
            let cells = [outcome.worst_stretch(prompts), alone, ours / outcome.optimum.cost];
            print_row(case, &cells, outcome.optimum.bound / outcome.tokens);
        }
    }
    Ok(())
}

/// Prints a row with a digit more than other tables have: loops differ in the third.
fn print_row(case: &str, cells: &[f64], last: f64) {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:.4}")).collect();
    println!("{case}\t{}\t{last:.4}", cells.join("\t"));
}

/// The trace, where it is there, and the loops.
fn cases(options: &Options) -> Result<Vec<(String, Vec<Prompt>)>, String> {
    let mut cases = Vec::new();
    if let Some(shared) = shared::shared_dir()? {
        cases.push(("production trace".to_owned(), trace::read(&shared.join("conversations"))?));
    }
    for turns in TURNS {
        cases.push((format!("loop {turns} turns"), loops::generate(turns, options.seed)));
    }
    Ok(cases)
}

impl Outcome {
    fn of(prompts: &[Prompt]) -> Self {
        let mut engine = Engine::new(PREFIXES);
        let ours = costs(prompts, |prompt| {
            let marks = engine.place(&prompt.spots, &TERMS, prompt.at_ms);
            marks.unwrap_or_default().iter().map(|mark| (mark.at, mark.ttl)).collect()
        });
        Self {
            tokens: prompts.iter().map(|prompt| prompt.tokens() as f64).sum(),
            ours,
            fixed: RULES.iter().map(|(_, rule)| costs(prompts, rule)).collect(),
            optimum: optimum::find(prompts, &TERMS),
        }
    }

    /// Costs relative to no caching.
    fn relative(&self, costs: &[f64]) -> f64 {
        costs.iter().sum::<f64>() / self.tokens
    }

    /// The most that ours cost in ten minutes on end, from any prompt on, relative to the rule that
    /// was the cheapest in those ten minutes.
    fn worst_stretch(&self, prompts: &[Prompt]) -> f64 {
        let mut sums = vec![0.0; 1 + self.fixed.len()];
        let costs = |at: usize| {
            let fixed = self.fixed.iter().map(move |costs| costs[at]);
            [self.ours[at]].into_iter().chain(fixed)
        };
        let (mut end, mut worst) = (0, 0.0_f64);
        for start in 0..prompts.len() {
            while end < prompts.len() && prompts[end].at_ms < prompts[start].at_ms + STRETCH_MS {
                sums.iter_mut().zip(costs(end)).for_each(|(sum, cost)| *sum += cost);
                end += 1;
            }
            if end == prompts.len() && start > 0 {
                break;
            }
            let best = sums[1..].iter().copied().fold(f64::INFINITY, f64::min);
            worst = worst.max(sums[0] / best);
            sums.iter_mut().zip(costs(start)).for_each(|(sum, cost)| *sum -= cost);
        }
        worst
    }
}

/// What each prompt costs, by a rule for its marks.
fn costs(prompts: &[Prompt], mut rule: impl FnMut(&Prompt) -> Vec<Mark>) -> Vec<f64> {
    let mut provider = Provider::default();
    prompts.iter().map(|prompt| provider.process(prompt, &rule(prompt), &TERMS)).collect()
}

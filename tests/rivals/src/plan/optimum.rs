//! The cheapest marks for a row of prompts that is known from its first to its last.
//!
//! First without the limits: each block for itself, over the prompts that have it. It is written,
//! read or paid in full each time; a small dynamic program over the lifetime it has after each
//! prompt finds the cheapest way. No marks do better ([`Optimum::bound`]). Then marks are placed so
//! that each block is read where that program reads it: an entry at the last block that each later
//! prompt shares, a mark where an entry is read. Where more than four would be wanted, those go
//! that hold the fewest tokens. The outcome is processed as any other ([`Optimum::cost`]). Where
//! the two agree, it is the optimum.

use std::collections::HashMap;

use llm_cache_core::prompt::Ttl;
use llm_cache_planner::engine::{Run, Terms};

use super::{
    price::Provider,
    prompt::{Mark, Prompt, can_hold, lifetime_ms},
};

/// The outcome, in prices of a token.
pub(crate) struct Optimum {
    /// What the marks found cost.
    pub(crate) cost: f64,
    /// No marks cost less.
    pub(crate) bound: f64,
}

/// What becomes of a block in one prompt, and how long it lives from there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Step {
    is_read: bool,
    lives: Option<Ttl>,
}

/// A block that may hold an entry, with those before it that may not.
struct Block {
    tokens: u64,
    /// The prompts that have it, by their numbers.
    prompts: Vec<usize>,
    steps: Vec<Step>,
}

/// The blocks of each prompt, as indices and positions.
type Paths = Vec<Vec<(usize, usize)>>;

/// Finds the optimum. O(blocks of all prompts).
pub(crate) fn find(prompts: &[Prompt], terms: &Terms) -> Optimum {
    let (mut blocks, paths, mut bound) = blocks(prompts, terms);
    for block in &mut blocks {
        let cost;
        (block.steps, cost) = cheapest(&block.prompts, prompts, terms);
        bound += cost * block.tokens as f64;
    }
    let mut provider = Provider::default();
    let marks = marks(prompts, &blocks, &paths);
    let process = |(prompt, marks): (&Prompt, &Vec<Mark>)| provider.process(prompt, marks, terms);
    Optimum { cost: prompts.iter().zip(&marks).map(process).sum(), bound }
}

/// The blocks of all prompts, and what the ends cost that can hold no entry.
fn blocks(prompts: &[Prompt], terms: &Terms) -> (Vec<Block>, Paths, f64) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut numbers = HashMap::new();
    let mut plain = 0.0;
    let mut paths = Vec::new();
    for (number, prompt) in prompts.iter().enumerate() {
        let (mut path, mut before) = (Vec::new(), 0);
        for (at, spot) in prompt.spots.iter().enumerate() {
            if !can_hold(spot, terms) {
                continue;
            }
            let block = *numbers.entry(spot.digest).or_insert_with(|| {
                let tokens = spot.tokens_end - before;
                blocks.push(Block { tokens, prompts: Vec::new(), steps: Vec::new() });
                blocks.len() - 1
            });
            blocks[block].prompts.push(number);
            path.push((block, at));
            before = spot.tokens_end;
        }
        plain += (prompt.tokens() - before) as f64;
        paths.push(path);
    }
    (blocks, paths, plain)
}

/// The cheapest way of one block through its prompts, and what it costs a token.
fn cheapest(numbers: &[usize], prompts: &[Prompt], terms: &Terms) -> (Vec<Step>, f64) {
    const STATES: [Option<Ttl>; 3] = [None, Some(Ttl::FiveMinutes), Some(Ttl::OneHour)];
    // Of each prompt and each state after it: the cheapest cost, the state before, what was done.
    let mut table: Vec<[(f64, usize, bool); 3]> = Vec::with_capacity(numbers.len());
    let mut costs = [0.0, f64::INFINITY, f64::INFINITY];
    let mut last_ms = 0;
    for (visit, number) in numbers.iter().enumerate() {
        let now_ms = prompts[*number].at_ms;
        let mut row = [(f64::INFINITY, 0, false); 3];
        let mut offer = |to: usize, cost: f64, from: usize, is_read: bool| {
            if cost < row[to].0 {
                row[to] = (cost, from, is_read);
            }
        };
        for (from, cost) in costs.into_iter().enumerate() {
            let ends = |ttl: Ttl| last_ms + lifetime_ms(ttl);
            if visit > 0 && STATES[from].is_some_and(|ttl| now_ms < ends(ttl)) {
                offer(from, cost + terms.read, from, true);
                if terms.write_1h.is_some() {
                    // An hour's entry behind it costs nothing for what is read.
                    offer(2, cost + terms.read, from, true);
                }
            }
            offer(0, cost + 1.0, from, false);
            offer(1, cost + terms.write_5m, from, false);
            offer(2, cost + terms.write_1h.unwrap_or(f64::INFINITY), from, false);
        }
        costs = row.map(|(cost, ..)| cost);
        table.push(row);
        last_ms = now_ms;
    }
    let best = (0..3).min_by(|one, other| costs[*one].total_cmp(&costs[*other]));
    let mut state = best.unwrap_or_default();
    let cost = costs[state];
    let mut steps = Vec::with_capacity(table.len());
    for row in table.iter().rev() {
        let (_, from, is_read) = row[state];
        steps.push(Step { is_read, lives: STATES[state] });
        state = from;
    }
    steps.reverse();
    (steps, cost)
}

/// Marks by which the provider does what the steps say, as far as four of them can.
///
/// From the last prompt to the first: a block that a later prompt reads last needs an entry. It is
/// marked in each prompt that has it, back to the one that writes it: a mark on what is read makes
/// no entry, it keeps one alive.
fn marks(prompts: &[Prompt], blocks: &[Block], paths: &Paths) -> Vec<Vec<Mark>> {
    let mut visits: Vec<_> = blocks.iter().map(|block| block.prompts.len()).collect();
    // Of each block: for how long an entry is needed from the prompt before on.
    let mut needs: Vec<Option<Ttl>> = vec![None; blocks.len()];
    let mut all = Vec::with_capacity(prompts.len());
    for (number, path) in paths.iter().enumerate().rev() {
        let prompt = &prompts[number];
        let mut marks: Vec<Mark> = Vec::new();
        let mut read = None;
        for (block, at) in path {
            visits[*block] -= 1;
            let visit = visits[*block];
            let step = blocks[*block].steps[visit];
            if let Some(ttl) = needs[*block].take() {
                marks.push((*at, ttl));
                needs[*block] = step
                    .is_read
                    .then_some(ttl)
                    .map(|ttl| ttl.max(needed(&blocks[*block], visit - 1, prompts)));
            }
            if step.is_read {
                read = Some((*block, *at, visit));
            }
        }
        if let Some((block, at, visit)) = read {
            let ttl = needed(&blocks[block], visit - 1, prompts);
            needs[block] = Some(needs[block].map_or(ttl, |other| other.max(ttl)));
            if !is_in_reach(prompt, &marks, at) {
                marks.push((at, ttl));
                marks.sort_unstable();
            }
        }
        limit(&mut marks, prompt, read.map(|(_, at, _)| at));
        // An hour's marks come first: what stands before one lives as long.
        let hours = marks.iter().rposition(|(_, ttl)| *ttl == Ttl::OneHour);
        for (_, ttl) in &mut marks[..hours.map_or(0, |last| last + 1)] {
            *ttl = Ttl::OneHour;
        }
        all.push(marks);
    }
    all.reverse();
    all
}

/// The lifetime with which an entry lasts from one prompt that has a block to the next.
fn needed(block: &Block, visit: usize, prompts: &[Prompt]) -> Ttl {
    let at_ms = |visit: usize| prompts[block.prompts[visit]].at_ms;
    let gap = at_ms(visit + 1) - at_ms(visit);
    if gap < lifetime_ms(Ttl::FiveMinutes) { Ttl::FiveMinutes } else { Ttl::OneHour }
}

/// Takes marks away until four are left, those first that hold the fewest tokens.
fn limit(marks: &mut Vec<Mark>, prompt: &Prompt, read: Option<usize>) {
    while marks.len() > 4 {
        let end = |at: usize| prompt.spots[marks[at].0].tokens_end;
        let held = |at: &usize| end(*at) - at.checked_sub(1).map_or(0, end);
        let others = (0..marks.len()).filter(|at| Some(marks[*at].0) != read);
        let Some(least) = others.min_by_key(held) else { break };
        marks.remove(least);
    }
}

/// Whether a look back from the first mark at or behind `read` comes to it.
fn is_in_reach(prompt: &Prompt, marks: &[Mark], read: usize) -> bool {
    let Some((mark, _)) = marks.iter().find(|(at, _)| *at >= read) else { return false };
    let spots = &prompt.spots;
    let is_counted = |at: &usize| spots[*at].run == Run::No || spots[*at].run != spots[*at + 1].run;
    (read..*mark).filter(is_counted).count() < 20
}

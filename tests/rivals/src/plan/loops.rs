//! Agent loops: prompts that grow by calls of tools and their results.
//!
//! One agent works off tasks one after the other, each in a loop of the same number of turns. Its
//! tools and its system prompt are the same for all tasks. The first prompt of a loop ends with the
//! task; each further one adds what the model wrote, text and one to four calls of tools (now and
//! then more than twenty at once), and as many results. A turn takes 2 to 60 seconds, the next
//! task comes after 5 to 240. The planner starts with nothing seen: learning is part of the cost.

use llm_cache_core::prompt::Section;
use llm_cache_planner::engine::{Run, Spot};

use super::prompt::Prompt;
use crate::random::Random;

/// Prompts of all loops of a case, about.
const PROMPTS: usize = 4000;
/// Most loops of a case.
const MOST_LOOPS: usize = 200;

/// The prompts of loops of so many turns, in order of time.
pub(crate) fn generate(turns: usize, seed: u64) -> Vec<Prompt> {
    let mut agent = Agent { random: Random::new(seed), digest: 1, at_ms: 0 };
    let mut prefix = Vec::new();
    for _ in 0..8 {
        agent.push(&mut prefix, Section::Tools, Run::No, 150..500);
    }
    agent.push(&mut prefix, Section::System, Run::No, 1000..2500);
    let mut prompts = Vec::new();
    for _ in 0..MOST_LOOPS.min(PROMPTS / turns) {
        let mut spots = prefix.clone();
        agent.push(&mut spots, Section::Messages, Run::No, 100..1000);
        for turn in 0..turns {
            if turn > 0 {
                agent.turn(&mut spots);
            }
            prompts.push(Prompt { at_ms: agent.at_ms, spots: spots.clone() });
            agent.at_ms += agent.range(2_000..60_000);
        }
        agent.at_ms += agent.range(5_000..180_000);
    }
    prompts
}

struct Agent {
    random: Random,
    digest: u128,
    at_ms: u64,
}

impl Agent {
    fn turn(&mut self, spots: &mut Vec<Spot>) {
        if self.random.below(2) == 0 {
            self.push(spots, Section::Messages, Run::No, 20..200);
        }
        let calls = if self.random.below(20) == 0 { 24 } else { 1 + self.random.below(4) };
        for _ in 0..calls {
            self.push(spots, Section::Messages, Run::ToolUse, 30..200);
        }
        for _ in 0..calls {
            self.push(spots, Section::Messages, Run::ToolResult, 50..2000);
        }
    }

    fn range(&mut self, range: core::ops::Range<u64>) -> u64 {
        range.start + self.random.next() % (range.end - range.start)
    }

    fn push(
        &mut self,
        spots: &mut Vec<Spot>,
        section: Section,
        run: Run,
        tokens: core::ops::Range<u64>,
    ) {
        self.digest += 1;
        let before = spots.last().map_or(0, |last: &Spot| last.tokens_end);
        let tokens_end = before + self.range(tokens);
        let digest = self.digest;
        spots.push(Spot { digest, tokens_end, section, is_markable: true, run });
    }
}

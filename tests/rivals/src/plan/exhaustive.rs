//! The optimum of a few short prompts by trying all marks there are.

use llm_cache_core::prompt::{Section, Ttl};
use llm_cache_planner::engine::{Run, Spot, Terms};

use super::{
    optimum,
    price::Provider,
    prompt::{Mark, Prompt, TERMS},
};
use crate::random::Random;

/// The least that the prompts cost with any marks that the provider accepts.
fn cheapest(prompts: &[Prompt], terms: &Terms) -> f64 {
    let marks: Vec<_> = prompts.iter().map(|prompt| all_marks(prompt.spots.len())).collect();
    let mut best = f64::INFINITY;
    search(prompts, &marks, &Provider::default(), 0.0, terms, &mut best);
    best
}

fn search(
    prompts: &[Prompt],
    marks: &[Vec<Vec<Mark>>],
    provider: &Provider,
    cost: f64,
    terms: &Terms,
    best: &mut f64,
) {
    let (Some((prompt, prompts)), Some((all, marks))) =
        (prompts.split_first(), marks.split_first())
    else {
        *best = best.min(cost);
        return;
    };
    for choice in all {
        let mut provider = provider.clone();
        let cost = cost + provider.process(prompt, choice, terms);
        if cost < *best {
            search(prompts, marks, &provider, cost, terms, best);
        }
    }
}

/// All ways to mark at most four of so many spots, an hour's marks before the others.
fn all_marks(spots: usize) -> Vec<Vec<Mark>> {
    let mut all = Vec::new();
    for chosen in 0..1_u32 << spots {
        if chosen.count_ones() > 4 {
            continue;
        }
        let places: Vec<_> = (0..spots).filter(|at| chosen >> at & 1 == 1).collect();
        for hours in 0..=places.len() {
            let ttl = |at: usize| if at < hours { Ttl::OneHour } else { Ttl::FiveMinutes };
            all.push(places.iter().enumerate().map(|(at, spot)| (*spot, ttl(at))).collect());
        }
    }
    all
}

/// Prompts of which each shares some of its blocks with an earlier one, at times on both sides of
/// the lifetimes.
fn prompts(random: &mut Random, count: usize, length: usize) -> Vec<Prompt> {
    const GAPS_MS: [u64; 8] = [0, 20_000, 20_000, 200_000, 299_999, 300_000, 1_500_000, 3_600_000];
    const TOKENS: [u64; 4] = [100, 400, 1000, 5000];
    let mut prompts: Vec<Prompt> = Vec::new();
    let (mut digest, mut at_ms) = (0, 0);
    for _ in 0..count {
        let mut spots = Vec::new();
        if !prompts.is_empty() {
            let from = &prompts[random.below(prompts.len())].spots;
            spots.extend_from_slice(&from[..random.below(from.len() + 1)]);
        }
        let end = spots.len().max(1 + random.below(length));
        while spots.len() < end {
            digest += 1;
            let before = spots.last().map_or(0, |last: &Spot| last.tokens_end);
            spots.push(Spot {
                digest,
                tokens_end: before + random.pick(&TOKENS),
                section: Section::Messages,
                is_markable: !random.percent(10),
                run: Run::No,
            });
        }
        prompts.push(Prompt { at_ms, spots });
        at_ms += random.pick(&GAPS_MS);
    }
    prompts
}

/// The search and the code that computes the optimum agree: no marks cost less than the bound, none
/// that the code finds cost less than the cheapest, and where bound and cost are one, so is the
/// cheapest. In nearly all cases they are.
#[test]
fn the_optimum_is_that_of_an_exhaustive_search() {
    let mut random = Random::new(7);
    let (mut cases, mut exact, mut certain) = (0, 0, 0);
    for (count, length, rounds) in [(2, 5, 200), (3, 4, 150), (4, 3, 150), (5, 2, 300)] {
        for _ in 0..rounds {
            let prompts = prompts(&mut random, count, length);
            let found = optimum::find(&prompts, &TERMS);
            let cheapest = cheapest(&prompts, &TERMS);
            let slack = 1e-9 * cheapest;
            assert!(found.bound <= cheapest + slack, "{} > {cheapest}", found.bound);
            assert!(cheapest <= found.cost + slack, "{cheapest} > {}", found.cost);
            cases += 1;
            exact += usize::from(found.cost <= cheapest + slack);
            certain += usize::from(found.cost <= found.bound + slack);
        }
    }
    println!("{cases} cases: {exact} found exactly, {certain} of them known to be by the bound");
    assert!(exact * 100 >= cases * 97, "{exact} of {cases}");
    assert!(certain * 100 >= cases * 90, "{certain} of {cases}");
}

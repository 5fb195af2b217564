//! The caches that a workload is played to, each in the same memory.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use llm_cache_core::{
    Millis, RequestKey,
    table::{BLOCK_BYTES, ENTRY_BYTES, HeapTable, Meta},
};

use super::{
    bound::{self, Interval},
    workload::{Answer, Workload},
};
use crate::{
    policy::{belady::next_uses, list::List},
    random::Random,
};

/// The memory of an answer, the same on all sides: an entry and the blocks of our table.
pub(super) fn footprint(answer: &Answer) -> usize {
    ENTRY_BYTES + answer.bytes.div_ceil(BLOCK_BYTES) * BLOCK_MEMORY
}

/// A block with its link.
const BLOCK_MEMORY: usize = BLOCK_BYTES + 4;

/// What the public table saves, told the costs. Its memory is divided beforehand between entries
/// and blocks: as many entries as answers of mean length would fill it with, and a quarter more.
pub(super) fn ours(workload: &Workload, memory: usize, seed: u64) -> u64 {
    const NOW: Millis = Millis(0);
    let footprints: usize = workload.answers.iter().map(footprint).sum();
    let entries = (memory * workload.answers.len() / footprints).max(1) * 5 / 4;
    let blocks = memory.saturating_sub(entries * ENTRY_BYTES) / BLOCK_MEMORY;
    let mut random = Random::new(seed);
    let keys = workload.answers.iter().map(|_| RequestKey::from_bytes(random.bytes()));
    let keys: Vec<_> = keys.collect();
    let mut table = HeapTable::with_capacity(entries, blocks * BLOCK_BYTES, random.next());
    let value = vec![0; workload.answers.iter().map(|answer| answer.bytes).max().unwrap_or(0)];
    let saved = play(workload, |prompt, answer| {
        let key = &keys[prompt as usize];
        let hit = table.get(key, NOW).is_some();
        if !hit {
            let meta = Meta { created: NOW, ttl: None, cost: answer.cost };
            // A value that can never fit is refused, and asked for again.
            let _ = table.insert(key, &value[..answer.bytes], meta, NOW);
        }
        hit
    });
    assert_eq!(saved, table.stats().hit_cost, "what the table itself counts");
    saved
}

/// What least recently used saves: from its end goes what it takes to make room.
pub(super) fn lru(workload: &Workload, memory: usize) -> u64 {
    let mut queue = List::new(workload.answers.len());
    let mut free = memory;
    play(workload, |prompt, answer| {
        let hit = queue.remove(prompt);
        let needed = footprint(answer);
        if !hit {
            if needed > memory {
                return false;
            }
            while free < needed
                && let Some(last) = queue.pop_back()
            {
                free += footprint(workload.answer(last));
            }
            free -= needed;
        }
        queue.push_front(prompt);
        hit
    })
}

/// What GDSF saves (Cherkasova 1998): the lowest priority goes, where the priority is a clock plus
/// uses * cost / size as of the last use, and the clock is the priority of the last that went.
pub(super) fn gdsf(workload: &Workload, memory: usize) -> u64 {
    let mut gdsf = Gdsf {
        entries: vec![None; workload.answers.len()],
        by_priority: BinaryHeap::new(),
        clock: 0.0,
        uses: 0,
        free: memory,
    };
    play(workload, |prompt, answer| gdsf.request(workload, memory, prompt, answer))
}

struct Gdsf {
    /// How often each entry was used, and the number of its last use.
    entries: Vec<Option<(u32, u64)>>,
    /// Entries by priority, the lowest and of equal ones the oldest first, and some out of date.
    by_priority: BinaryHeap<Reverse<(Priority, u64, u32)>>,
    clock: f64,
    uses: u64,
    free: usize,
}

impl Gdsf {
    fn request(
        &mut self,
        workload: &Workload,
        memory: usize,
        prompt: u32,
        answer: &Answer,
    ) -> bool {
        let size = footprint(answer);
        let known = self.entries[prompt as usize];
        if known.is_none() {
            if size > memory {
                return false;
            }
            while self.free < size
                && let Some(Reverse((priority, number, victim))) = self.by_priority.pop()
            {
                let entry = &mut self.entries[victim as usize];
                if entry.is_some_and(|(_, last)| last == number) {
                    *entry = None;
                    self.clock = priority.0;
                    self.free += footprint(workload.answer(victim));
                }
            }
            self.free -= size;
        }
        self.uses += 1;
        let times = known.map_or(0, |(times, _)| times) + 1;
        self.entries[prompt as usize] = Some((times, self.uses));
        let worth = f64::from(times) * f64::from(answer.cost) / size as f64;
        self.by_priority.push(Reverse((Priority(self.clock + worth), self.uses, prompt)));
        known.is_some()
    }
}

/// A number that has an order.
#[derive(Clone, Copy)]
struct Priority(f64);

impl Ord for Priority {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Priority {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Priority {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Priority {}

/// What nothing can surpass.
pub(super) fn upper_bound(workload: &Workload, memory: usize) -> f64 {
    let next_uses = next_uses(&workload.requests, workload.answers.len());
    let uses = workload.requests.iter().zip(next_uses).enumerate();
    let intervals = uses.filter_map(|(start, (&prompt, next_use))| {
        let answer = workload.answer(prompt);
        let (size, cost) = (footprint(answer), f64::from(answer.cost));
        let end = next_use as usize;
        let fits = end < workload.requests.len() && size <= memory;
        fits.then_some(Interval { start, end, size: size as f64, cost })
    });
    let intervals: Vec<_> = intervals.collect();
    bound::upper_bound(&intervals, workload.requests.len(), memory as f64)
}

fn play(workload: &Workload, mut is_hit: impl FnMut(u32, &Answer) -> bool) -> u64 {
    let requests = workload.requests.iter();
    let hits = requests.filter_map(|&prompt| {
        let answer = workload.answer(prompt);
        is_hit(prompt, answer).then_some(u64::from(answer.cost))
    });
    hits.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small workload with little memory.
    fn small(seed: u64) -> (Workload, usize) {
        let mut random = Random::new(seed);
        let answers = (0..30)
            .map(|_| Answer { bytes: random.skewed(1, 5000), cost: random.skewed(1, 1000) as u32 });
        let answers = answers.collect();
        let requests = (0..2000).map(|_| random.skewed(1, 31) as u32 - 1).collect();
        (Workload { requests, answers }, random.skewed(500, 20_000))
    }

    /// The obvious form: all entries in a list, from the least recently used one on.
    #[test]
    fn lru_is_the_obvious() {
        for seed in 0..100 {
            let (workload, memory) = small(seed);
            let size = |prompt: &u32| footprint(workload.answer(*prompt));
            let mut entries = Vec::new();
            let obvious = play(&workload, |prompt, _| {
                let len = entries.len();
                entries.retain(|entry| *entry != prompt);
                let hit = entries.len() < len;
                if size(&prompt) <= memory {
                    entries.push(prompt);
                    while entries.iter().map(size).sum::<usize>() > memory {
                        entries.remove(0);
                    }
                }
                hit
            });
            assert_eq!(lru(&workload, memory), obvious, "seed {seed}");
        }
    }

    /// The obvious form: the lowest priority is looked for among all entries.
    #[test]
    fn gdsf_is_the_obvious() {
        for seed in 0..100 {
            let (workload, memory) = small(seed);
            let size = |prompt: u32| footprint(workload.answer(prompt));
            // Prompt, uses, priority, by last use.
            let mut entries: Vec<(u32, u32, f64)> = Vec::new();
            let mut clock = 0.0;
            let obvious = play(&workload, |prompt, answer| {
                let found = entries.iter().position(|entry| entry.0 == prompt);
                let mut uses = found.map_or(0, |at| entries.remove(at).1);
                if size(prompt) > memory {
                    return false;
                }
                while entries.iter().map(|entry| size(entry.0)).sum::<usize>() + size(prompt)
                    > memory
                {
                    let lowest = |best: usize, at: usize| {
                        if entries[at].2 < entries[best].2 { at } else { best }
                    };
                    let victim = (0..entries.len()).reduce(lowest).unwrap();
                    clock = entries.remove(victim).2;
                }
                uses += 1;
                let worth = f64::from(uses) * f64::from(answer.cost) / size(prompt) as f64;
                entries.push((prompt, uses, clock + worth));
                found.is_some()
            });
            assert_eq!(gdsf(&workload, memory), obvious, "seed {seed}");
        }
    }

    /// Nobody surpasses the bound, ours included, and what fits wholly is saved wholly.
    #[test]
    fn nobody_surpasses_the_bound() {
        for seed in 0..30 {
            let (workload, memory) = small(seed);
            let bound = upper_bound(&workload, memory);
            for saved in
                [ours(&workload, memory, seed), lru(&workload, memory), gdsf(&workload, memory)]
            {
                assert!(saved as f64 <= bound * (1.0 + 1e-9), "{saved} of {bound}, seed {seed}");
            }
            let all = upper_bound(&workload, 1_000_000);
            assert!((lru(&workload, 1_000_000) as f64 - all).abs() < 1e-6 * all);
        }
    }
}

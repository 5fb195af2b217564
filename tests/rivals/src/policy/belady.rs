//! The optimum (Belady 1966): what is used again last of all goes, or never comes.

use std::collections::BinaryHeap;

/// A request that never comes.
const NEVER: u32 = u32::MAX;

/// The most hits that any cache for `capacity` entries, one or more, can have on these requests
/// for keys below `keys`, though it knew all of them beforehand and may refuse entries.
pub(crate) fn hits(requests: &[u32], keys: usize, capacity: usize) -> usize {
    let next_uses = next_uses(requests, keys);
    // The next use of each key that is there.
    let mut resident = vec![None; keys];
    let mut len = 0;
    // What is there by next use, and pairs that are out of date.
    let mut by_next_use = BinaryHeap::new();
    let mut hits = 0;
    for (&key, &next_use) in requests.iter().zip(&next_uses) {
        let before = resident[key as usize].replace(next_use);
        by_next_use.push((next_use, key));
        match before {
            Some(_) => hits += 1,
            None => len += 1,
        }
        while len > capacity {
            let Some((next_use, key)) = by_next_use.pop() else { break };
            if resident[key as usize] == Some(next_use) {
                resident[key as usize] = None;
                len -= 1;
            }
        }
    }
    hits
}

/// For each request, the number of the next one for its key.
pub(crate) fn next_uses(requests: &[u32], keys: usize) -> Vec<u32> {
    let mut next = vec![NEVER; keys];
    let mut next_uses = vec![NEVER; requests.len()];
    for (at, &key) in requests.iter().enumerate().rev() {
        next_uses[at] = std::mem::replace(&mut next[key as usize], at as u32);
    }
    next_uses
}
